"""Methods that take more time or memory than they may, and that do not end when they are asked to."""

from __future__ import annotations

import sys
from typing import Any

import pytest

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="workers are forked on Linux alone")


@pytest.fixture(scope="module")
def ran(limited: Any) -> Any:
    """Return the run, once it is over."""
    limited.code = limited.wait(180)
    return limited


@pytest.mark.parametrize("how", ["sleeps", "sleeps_deaf", "swallows", "stops"])
def test_what_takes_too_long_is_ended_whatever_it_does_against_that(ran: Any, how: str) -> None:
    cell = ran.hostile(how)
    assert (cell.record.status, cell.record.scored) == ("timeout", 4)
    assert cell.record.error["message"] == "It took longer than 5 seconds (--timeout), and was stopped."
    assert 5 < cell.record.timing["wall_seconds"] < 5 + 10 + 10
    assert f"! hostile[how={how}]: timeout on" in ran.printed
    assert "It took longer than 5 seconds" in (cell.folder / "log.txt").read_text()


def test_what_asks_politely_is_heard_before_it_is_killed(ran: Any) -> None:
    seconds = {how: ran.hostile(how).record.timing["wall_seconds"] for how in ("sleeps", "swallows", "sleeps_deaf")}
    assert seconds["sleeps"] < 5 + 5  # it ends at the interruption
    assert 5 + 5 <= seconds["swallows"] < 5 + 10  # at the request to end
    assert seconds["sleeps_deaf"] >= 5 + 10  # not before it is killed


def test_what_takes_too_much_memory_is_ended_and_tried_with_less(ran: Any) -> None:
    cell = ran.hostile("allocates")
    assert cell.record.status == "oom"
    assert "GB of memory, and may take 0.6 (--memory)." in cell.record.error["message"]
    assert cell.record.scored == 4 + 2 + 1  # a batch at each attempt
    assert (cell.record.timing["batch_size"], cell.record.timing["exhausted_batch_sizes"]) == (1, [4, 2])
    assert "! hostile[how=allocates]: oom on" in ran.printed


def test_a_cell_that_fits_with_smaller_batches_is_complete(ran: Any, alone: Any) -> None:
    cell = ran.hostile("much_for_large_batches")
    assert cell.record.status == "complete"
    assert (cell.record.timing["batch_size"], cell.record.timing["exhausted_batch_sizes"]) == (2, [4])
    assert ran.numbers("hostile[how=much_for_large_batches]").equals(alone)


def test_the_others_are_not_harmed(ran: Any, alone: Any) -> None:
    assert ran.code == 1
    assert ran.numbers("honest").equals(alone)
    assert ran.temporary == []


def test_nothing_is_left_of_any_process(ran: Any) -> None:
    assert ran.descendants == []
