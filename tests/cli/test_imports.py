"""What must be quick imports nothing heavy."""

import subprocess
import sys

import pytest

HEAVY = ["torch", "torchvision", "pandas", "numpy", "PIL", "skimage", "pyarrow", "scipy", "lpips", "torchmetrics"]
SECONDS = 0.4

MODULES = """
import sys
from inpaintbench.cli import main
sys.argv = ["bench", *sys.argv[1:]]
try:
    main()
finally:
    print(*sys.modules, file=sys.stderr)
"""

TIME = """
import sys, time
from inpaintbench.cli import main
try:
    main()
finally:
    print(time.process_time(), file=sys.stderr)
"""
"""Tells what a process has computed: how long it takes on a machine that has nothing else to do."""


def command(code: str, arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code, *arguments.split()], capture_output=True, text=True, encoding="utf-8", check=True
    )


@pytest.mark.parametrize(
    "arguments", ["--help", "--version", "run --help", "train --help", "list", "list --json", "show circle", "show yeh"]
)
def test_nothing_heavy_is_imported(arguments: str) -> None:
    loaded = set(command(MODULES, arguments).stderr.split())

    assert "inpaintbench.cli.run" in loaded
    assert loaded.isdisjoint(HEAVY)


def test_a_plan_of_what_has_to_be_trained_imports_no_torch() -> None:
    done = command(MODULES, "plan -m yeh -d photos -k center_square[side=20]")

    assert done.stdout.startswith("train  yeh × photos")
    assert set(done.stderr.split()).isdisjoint({"torch", "torchvision", "matplotlib"})


@pytest.mark.parametrize("arguments", ["--help", "list"])
def test_it_answers_at_once(arguments: str) -> None:
    times = [float(command(TIME, arguments).stderr) for _ in range(5)]

    assert 0.01 < min(times) < SECONDS
