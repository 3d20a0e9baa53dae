"""What a terminal shows: bars, styles and whole names; and what an old code page makes of them."""

import dataclasses
import os
import re
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from inpaintbench.cli.progress import Display, Lines, describe
from inpaintbench.errors import StoreError
from inpaintbench.execution.planning.plan import Plan, make_plan
from inpaintbench.plugins import load_registry
from inpaintbench.records import CellRecord
from inpaintbench.store import Store
from inpaintbench.suite import Suite

COLUMNS = 300
COMMAND = (sys.executable, "-c", "from inpaintbench.cli import main; main()")


def read_until(terminal: int, text: str) -> str:
    """Return what a terminal shows until `text` appears, or until its process has ended."""
    shown = b""
    while text.encode() not in shown:
        try:
            part = os.read(terminal, 4096)
        except OSError:  # how Linux says that nobody writes to it any more
            break
        if not part:
            break
        shown += part
    return shown.decode(errors="replace")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pseudo-terminals")
def test_a_terminal_shows_bars_and_then_the_table(small: list[str], tmp_path: Path) -> None:
    import fcntl
    import pty
    import struct
    import subprocess
    import termios

    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, COLUMNS, 0, 0))
    (tmp_path / "gate").mkdir()
    environment = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "NO_COLOR")}
    selectors = ["-m", "noise", "-m", "gated[path=gate]", *small[4:-4]]
    process = subprocess.Popen(
        [*COMMAND, "run", *small[:2], *selectors, "--batch-size", "1"],
        cwd=tmp_path,
        env={**environment, "TERM": "xterm-256color"},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    )
    os.close(theirs)
    try:
        running = read_until(ours, "images/s")
        (tmp_path / "gate" / "open").touch()
        rest = read_until(ours, "nothing that is ever shown")
        code = process.wait()
    finally:
        process.kill()
        process.wait()
        os.close(ours)
    shown = running + rest
    plain = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown)

    assert code == 0, plain
    assert "━" in running
    assert "\x1b[" in running
    assert re.search(r"[0-9,]+ images/s", running)
    assert "gated[path=gate] × drawn × dots" in plain  # brackets are no markup
    assert re.search(r"cells\s+\S+\s+[01]/2", plain)
    assert "[2/2] gated[path=gate] × drawn × dots: 6 of 6 images" in plain
    assert "Leaderboard: 2 methods" in plain
    assert "\x1b[1m" in rest  # the best is bold
    assert "Traceback" not in plain


def test_an_old_code_page_costs_signs_and_not_the_table(start: Any, small: list[str]) -> None:
    environment = {**os.environ, "PYTHONIOENCODING": "iso8859-5", "PYTHONUTF8": "0"}  # has no ×
    process = start("run", *small, environment=environment)
    out, err = process.communicate()

    assert process.returncode == 0, err
    assert "noise ? drawn ? dots" in err
    assert "6/6" in out


@pytest.fixture
def lines(small: list[str], tmp_path: Path) -> Any:
    """Return a listener and a planned cell for it."""
    suite = Suite(name="test", methods=("noise",), datasets=("drawn",), masks=("dots",), metrics=("psnr",), size=16)
    plan = make_plan(suite, load_registry([small[1]]), Store(tmp_path))
    listener = Lines()
    listener.planned(plan, plan.cells)
    return listener, plan.cells[0]


def record(**changes: Any) -> CellRecord:
    """Return a record that says only what a line of progress needs."""
    given = {
        "key": "0",
        "status": "complete",
        "method": "a",
        "dataset": "b",
        "mask": "c",
        "size": 16,
        "seed": 0,
        "limit": None,
        "protocol": 1,
        "identity": {},
        "metrics": (),
        "expected": 6,
        "scored": 6,
        "timing": {"seconds_per_image": 0.01234},
    }
    return CellRecord(**{**given, **changes})


def test_a_complete_cell_in_one_line() -> None:
    assert describe(record()) == "a × b × c: 6 of 6 images, 12.3 ms an image"
    unreadable = ({"item": "x", "reason": "y"},)
    found = describe(record(scored=5, unreadable=unreadable, timing={"seconds_per_image": None}))
    assert found == "a × b × c: 5 of 6 images, 1 could not be decoded"


def test_a_failure_in_one_line(lines: Any, capsys: pytest.CaptureFixture[str]) -> None:
    listener, planned = lines
    error = {"type": "ValueError", "message": "first\n  second"}
    listener.finished(planned, record(status="failed", error=error))
    line = capsys.readouterr().err.splitlines()[-1]

    assert line == f"[1/1] a × b × c: failed. ValueError: first second (see {planned.folder / 'log.txt'})"


def test_a_very_long_message_is_cut(lines: Any, capsys: pytest.CaptureFixture[str]) -> None:
    listener, planned = lines
    listener.finished(planned, record(status="failed", error={"type": "ValueError", "message": "a" * 200_000}))
    line = capsys.readouterr().err.splitlines()[-1]

    assert line == f"[1/1] a × b × c: failed. ValueError: {'a' * 300}… (see {planned.folder / 'log.txt'})"


def test_cells_that_are_not_run_are_counted_by_what_is_stored(lines: Any, capsys: pytest.CaptureFixture[str]) -> None:
    listener, planned = lines
    states = ("cached", "cached", "failed", "stale", "missing")
    cells = [dataclasses.replace(planned, state=state, folder=Path(str(i))) for i, state in enumerate(states)]
    listener.planned(Plan(Store(Path("here")), tuple(cells)), cells[-1:])

    assert capsys.readouterr().err.splitlines()[-1] == (
        "5 cells: 1 to run, 2 stored in here, 1 failed before, 1 out of date."
    )


def test_the_bar_of_preparing_goes_when_it_is_done_or_has_failed() -> None:
    display = Display()
    dataset: Any = SimpleNamespace(items=("a", "b"), selection=SimpleNamespace(name="faces"))
    cell = SimpleNamespace(title="fill × faces × dots", dataset=dataset)
    planned: Any = SimpleNamespace(cell=cell, folder=Path("here"))

    def bars() -> list[str]:
        return [task.description for task in display._progress.tasks]

    display.preparing(dataset, 1)
    assert bars() == ["preparing faces"]
    display.preparing(dataset, 2)
    assert bars() == []
    display.preparing(dataset, 1)
    display.refused(planned, StoreError("the data set has failed"))
    assert bars() == []
