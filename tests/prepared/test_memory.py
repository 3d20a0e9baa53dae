"""Memory: what preparing takes does not grow with the pictures that are prepared."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = """
import sys
from inpaintbench.api import DatasetSpec
from inpaintbench.execution.chosen import ChosenDataset
from inpaintbench.plugins import load_registry
from inpaintbench.prepared.shelf import Shelf
from inpaintbench.selectors import select

def peak():
    with open("/proc/self/status") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("VmHWM"))

plugin, count = sys.argv[1:]
registry = load_registry([plugin])

def prepare(count):
    [selection] = select([f"plain[count={count}]"], DatasetSpec, registry)
    return Shelf().obtain(ChosenDataset.open(selection).wanted(64), workers=0)

prepare(100)
before = peak()
prepared = prepare(int(count))
assert prepared.pictures.shape == (int(count), 64, 64, 3)
assert prepared.pictures[-1, 0, 0, 0] == (int(count) - 1) % 256
print(peak() - before)
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="only Linux says what a process's peak was")
def test_peak_memory_does_not_grow_with_the_pictures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INPAINTBENCH_CACHE", str(tmp_path / "cache"))
    plugin = Path(__file__).with_name("plugin.py")
    grown = {}
    for count in (5_000, 20_000):
        command = [sys.executable, "-c", SCRIPT, str(plugin), str(count)]
        grown[count] = int(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
        shutil.rmtree(tmp_path / "cache")

    # In kB. The pictures take 61,440 and 245,760; ids and digests 500 bytes an item at most.
    assert grown[5_000] < 12_000
    assert grown[20_000] - grown[5_000] < 15_000 * 0.5
