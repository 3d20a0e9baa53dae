"""A run that is stopped half-way, by Ctrl-C or by `kill -9`, and one that meets another run."""

import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows knows neither signal")

REACHED = 1
"""Images that are stored when a gated method stands still: its first call warms it up, its third waits."""


class Standing:
    """A run that stands in the middle of its only cell."""

    def __init__(self, start: Any, small: list[str], tmp_path: Path) -> None:
        self.gate = tmp_path / "gate"
        self.gate.mkdir()
        self.arguments = [*small[:2], "-m", f"gated[path={self.gate}]", *small[4:-4]]
        self.process: subprocess.Popen[str] = start("run", *self.arguments, "--batch-size", "1")
        while self.process.poll() is None and not (self.gate / "arrived").exists():
            pass

    def open_gate(self) -> None:
        (self.gate / "open").touch()


@pytest.fixture
def standing(start: Any, small: list[str], tmp_path: Path) -> Any:
    run = Standing(start, small, tmp_path)
    yield run
    run.open_gate()
    run.process.communicate()


def check_that_the_next_run_completes_it(bench: Any, standing: Standing, small: list[str]) -> None:
    (planned,) = json.loads(bench("plan", *standing.arguments, "--json").out)
    assert (planned["state"], planned["why"]) == ("interrupted", f"{REACHED} of 6 images are stored")
    unfinished = bench("table", "results/embedded", "--format", "json")
    assert json.loads(unfinished.out)["groups"][0]["results"][0]["status"] == "incomplete"

    standing.open_gate()
    finished = bench("run", *standing.arguments, "--json")
    undisturbed = bench("run", *small, "--out", "undisturbed", "--json")

    assert finished.code == undisturbed.code == 0
    ((result,), (expected,)) = (json.loads(one.out)["groups"][0]["results"] for one in (finished, undisturbed))
    assert (result["images"], result["status"]) == (6, "complete")
    for metric, score in expected["scores"].items():
        assert result["scores"][metric]["mean"] == score["mean"]


def test_ctrl_c_keeps_what_was_scored(standing: Standing, bench: Any, small: list[str]) -> None:
    standing.process.send_signal(signal.SIGINT)
    out, err = standing.process.communicate()

    assert standing.process.returncode == 130
    assert out == ""
    assert err.endswith("Interrupted. Everything scored so far is kept; the same command goes on from there.\n")
    assert "Traceback" not in err
    check_that_the_next_run_completes_it(bench, standing, small)


def test_kill_keeps_what_was_scored(standing: Standing, bench: Any, small: list[str]) -> None:
    standing.process.kill()
    standing.process.communicate()

    assert standing.process.returncode == -signal.SIGKILL
    check_that_the_next_run_completes_it(bench, standing, small)


def test_a_second_run_of_the_same_cell_is_refused_and_disturbs_nothing(standing: Standing, bench: Any) -> None:
    second = bench("run", *standing.arguments)
    standing.open_gate()
    _, err = standing.process.communicate()

    assert second.code == 1
    assert "not stored." in second.err
    assert "is being written by another run; wait for it, or choose another --out." in second.err
    assert "Traceback" not in second.err
    assert standing.process.returncode == 0
    assert ": 6 of 6 images" in err
    assert bench("run", *standing.arguments).code == 0
