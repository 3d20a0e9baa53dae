"""What others can see of the runs in a results folder, whether these live, have ended, or were killed."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, get_args

from inpaintbench.errors import StoreError
from inpaintbench.logbook.files import (
    BEAT,
    END,
    PLAN,
    EndState,
    LoggedCell,
    explaining,
    is_alive,
    read_file,
    run_folders,
)

RunState = Literal["running", "silent", EndState, "killed"]


@dataclass(frozen=True)
class RunSeen:
    """A run as its folder shows it.

    Attributes:
        folder: whose name is the run's number.
        suite: name of what is run.
        host: the machine.
        pid: the process.
        started: in UTC; so are `beaten`, None before the first beat, and `finished`, None if nothing says so.
        alive: whether the process lives; None if that cannot be known from here.
        state: `running`; `ended` or `interrupted`, as it said itself; `killed` if it could not; `silent` if it has not
            said how it ended, and nobody here knows whether it lives.
        now: titles of the cells that were running at the last beat, if the run may still live.
        silent: those among them whose workers gave no sign of life.
        counts: of its cells by status, as it said at its end.
    """

    folder: Path
    suite: str
    host: str
    pid: int
    started: datetime.datetime
    beaten: datetime.datetime | None
    finished: datetime.datetime | None
    alive: bool | None
    state: RunState
    now: tuple[str, ...]
    silent: tuple[str, ...]
    counts: Mapping[str, int]

    @cached_property
    def cells(self) -> tuple[LoggedCell, ...]:
        """What the run is to do; read when it is asked for.

        Raises:
            StoreError: if `plan.json` is damaged.
        """
        path = self.folder / PLAN
        with explaining(path):
            return tuple(map(_cell, (read_file(path) or {})["cells"]))


def read_runs(root: Path, problems: dict[Path, StoreError] | None = None) -> list[RunSeen]:
    """Return the runs that a results folder tells of, oldest first.

    Args:
        root: the results folder.
        problems: receives an error for each run that cannot be read, by its folder, and for the folder of all of them
            if that cannot be; without it the first one is raised.

    Raises:
        StoreError: if what lies there is damaged, or comes from a newer version of this package.
    """
    found = []
    runs = root / "runs"
    try:
        folders = run_folders(runs)
    except StoreError as error:
        if problems is None:
            raise
        problems[runs] = error
        return []
    for folder in folders:
        try:
            found += [seen] if (seen := _read_run(folder)) else []
        except StoreError as error:
            if problems is None:
                raise
            problems[folder] = error
    return found


def _cell(row: Mapping[str, Any]) -> LoggedCell:
    stored, failed = (None if (time := row.get(name)) is None else str(time) for name in ("stored", "failed"))
    method, dataset, mask, key = (str(row[name]) for name in ("method", "dataset", "mask", "key"))
    return LoggedCell(method, dataset, mask, key, int(row["images"]), stored, failed)


def _read_run(folder: Path) -> RunSeen | None:
    plan = read_file(folder / PLAN, head=True)
    if plan is None:
        return None  # it is about to be written, or was never
    beat = read_file(folder / BEAT)
    with explaining(folder):
        beaten = None if beat is None else _time(beat["at"])
        host = str(plan["host"])
        alive = is_alive(folder, host)
        end = read_file(folder / END)  # not before: a run says that it has ended, and then gives its lock back
        state = _state(alive, end)
        beat = beat if beat and state in ("running", "silent") else {}
        return RunSeen(
            folder=folder,
            suite=str(plan["suite"]),
            host=host,
            pid=int(plan["pid"]),
            started=_time(plan["started"]),
            beaten=beaten,
            finished=None if end is None else _time(end["at"]),
            alive=alive,
            state=state,
            now=tuple(map(str, beat.get("now", ()))),
            silent=tuple(map(str, beat.get("silent", ()))),
            counts={str(status): int(count) for status, count in (end or {}).get("counts", {}).items()},
        )


def _state(alive: bool | None, end: Mapping[str, Any] | None) -> RunState:
    """Say what has become of a run: what it says of its end is more than what is seen of its life."""
    if end is None:
        return "silent" if alive is None else "running" if alive else "killed"
    state: EndState = end["state"]
    if state not in get_args(EndState):
        raise ValueError(f"its state is {state!r}")
    return state


def _time(text: str) -> datetime.datetime:
    return datetime.datetime.fromisoformat(text).astimezone(datetime.UTC)
