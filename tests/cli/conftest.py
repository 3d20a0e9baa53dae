"""What the tests of the command line share: `bench` in this process, and as a process of its own."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple, TypeAlias

import pytest

from inpaintbench.cli import main

SPECIMENS = Path(__file__).parent.parent / "plugins" / "specimens.py"
COMMAND = (sys.executable, "-c", "from inpaintbench.cli import main; main()")


class Outcome(NamedTuple):
    """How a command ended, and what it printed."""

    code: int
    out: str
    err: str


Bench: TypeAlias = Callable[..., Outcome]
Start: TypeAlias = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def small() -> list[str]:
    """Return arguments of `bench run` that choose one cell: a method on six pictures of 16 pixels, in two batches."""
    selectors = ["-m", "noise", "-d", "drawn", "-k", "dots", "--metric", "psnr", "--metric", "ssim", "--size", "16"]
    return ["--plugin", str(SPECIMENS), *selectors, "--batch-size", "4", "--device", "cpu"]


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Bench:
    """Return a function that calls `bench` in this process, in an empty folder."""
    monkeypatch.chdir(tmp_path)

    def bench(*arguments: str | Path) -> Outcome:
        monkeypatch.setattr(sys, "argv", ["bench", *map(str, arguments)])
        capfd.readouterr()
        with pytest.raises(SystemExit) as exit_:
            main()
        assert isinstance(exit_.value.code, int)
        return Outcome(exit_.value.code, *capfd.readouterr())

    return bench


@pytest.fixture
def start(tmp_path: Path) -> Start:
    """Return a function that starts `bench` as a process of its own, in an empty folder, its streams being pipes."""

    def start(*arguments: str | Path, environment: Mapping[str, str] | None = None) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [*COMMAND, *map(str, arguments)],
            cwd=tmp_path,
            env=None if environment is None else dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )

    return start
