"""A clock that is set back in the middle of a run, in every process of it."""

from __future__ import annotations

import datetime
import json
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="workers are forked on Linux alone")

CLOCK = """
import datetime, os, sys, time, types
import inpaintbench.cli, inpaintbench.execution.run
true, back = time.time, os.path.splitext(__file__)[0] + ".back"
def behind():
    return true() - (365 * 86_400 if os.path.exists(back) else 0)
class Behind(datetime.datetime):
    @classmethod
    def now(cls, tz=None):
        return cls.fromtimestamp(behind(), tz)
time.time = behind
names = types.SimpleNamespace(**vars(datetime) | {"datetime": Behind})
for name, module in tuple(sys.modules.items()):  # others, written in C, want the true class
    if name.startswith("inpaintbench.") and hasattr(module, "datetime"):
        module.datetime = names
"""
"""Sets a process's clock a year back once a file is beside it, for what it has imported already."""


def test_time_limits_and_results_do_not_hang_on_the_clock(
    start: Any, options: list[str], alone: Any, tmp_path: Path
) -> None:
    custom = tmp_path / "sitecustomize.py"
    custom.write_text(CLOCK)
    methods = ("-m", "hostile[how=sleeps]", "-m", "honest")
    running = start("run", *options, *methods, "--timeout", "3s", customize=custom)
    running.until(lambda: any(running.out.glob("cells/hostile*/*/*/*/journal.jsonl")))
    custom.with_suffix(".back").touch()
    assert running.wait() == 1
    cell = running.hostile("sleeps")
    assert (cell.record.status, cell.record.scored) == ("timeout", 4)
    assert 3 < cell.record.timing["wall_seconds"] < 20
    assert running.numbers("honest").equals(alone)
    assert running.cells["honest"].record.timing["wall_seconds"] > 0
    assert running.temporary == []
    (path,) = running.out.glob("runs/*/end.json")
    end = json.loads(path.read_text())
    assert end["counts"] == {"timeout": 1, "complete": 1}
    year_ago = datetime.datetime.now(datetime.UTC) - datetime.timedelta(days=300)
    assert datetime.datetime.fromisoformat(end["at"]) < year_ago  # the clock was set back
