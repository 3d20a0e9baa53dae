"""A worker that stands still gives no sign of life, which is said at once and taken back once it goes on."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import Any

import psutil
import pytest
from click.testing import CliRunner

from inpaintbench.cli import bench
from inpaintbench.cli.progress import Lines
from inpaintbench.execution.options import Options
from inpaintbench.execution.run import run_suite
from inpaintbench.logbook import writing
from inpaintbench.plugins import load_registry
from inpaintbench.store import Store
from inpaintbench.suite import Suite

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="workers are forked on Linux alone")

TITLE = "hostile[how=stops] × few[count=8] × center_square[side=6]"


class Waking(Lines):
    """Reads what others are told of a worker that stands still, and lets it go on."""

    def __init__(self, root: Path) -> None:
        super().__init__()
        self.root = root
        self.said: list[str] = []
        self.seen = ""

    def say(self, text: str) -> None:
        self.said.append(text)

    def ticked(self) -> None:
        if self.said[-1].endswith("nothing else of it run.") and not self.seen:
            seen = CliRunner().invoke(bench, ["status", str(self.root)]).output
            if "no sign of life" in seen:
                self.seen = seen
                for process in psutil.Process().children(recursive=True):
                    if process.status() == psutil.STATUS_STOPPED:
                        os.kill(process.pid, signal.SIGCONT)


def test_a_worker_that_stands_still_is_told_of_until_it_goes_on(
    suite: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("inpaintbench.execution.engines.local.SILENCE_SECONDS", 2.5)  # a sign of life comes each second
    monkeypatch.setattr(writing, "BEAT_SECONDS", 0.1)
    chosen = Suite.load("embedded").replace(
        methods=("hostile[how=stops]",), datasets=("few[count=8]",), size=16,
        **{name: tuple(suite[name]) for name in ("masks", "metrics")},
    )  # fmt: skip
    waking = Waking(tmp_path)
    options = Options(device="cpu", batch_size=4, isolation="process")
    results = run_suite(chosen, load_registry(suite["plugins"]), Store(tmp_path), options, waking)

    assert results.complete
    _planned, silent, again, finished = waking.said
    assert silent.startswith(f"{TITLE}: no sign of life for ")
    assert f"  now: {TITLE}, which gives no sign of life\n" in waking.seen
    assert again == f"{TITLE}: signs of life again."
    assert finished.startswith(f"[1/1] {TITLE}: 8 of 8 images")
