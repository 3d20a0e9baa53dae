"""What others can see of the runs in a results folder, whether these live, have ended, or were killed."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal, get_args

from inpaintbench.errors import StoreError
from inpaintbench.logbook.files import BEAT, END, PLAN, LoggedCell, explaining, is_alive, read_file, run_folders

RunState = Literal["running", "ended", "interrupted", "killed"]


@dataclass(frozen=True)
class RunSeen:
    """A run as its folder shows it.

    Attributes:
        folder: whose name is the run's number.
        suite: name of what is run.
        host: the machine.
        pid: the process.
        started: in UTC; so are `beaten`, None before the first beat, and `finished`, None if nothing says so.
        alive: whether the process lives.
        state: `running`; `ended` or `interrupted`, as it said itself; `killed` if it could not.
        now: titles of the cells that were running at the last beat.
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
    alive: bool
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
            return tuple(
                LoggedCell(
                    str(cell["method"]), str(cell["dataset"]), str(cell["mask"]), str(cell["key"]), int(cell["images"])
                )
                for cell in read_file(path)["cells"]
            )


def read_runs(root: Path, problems: list[StoreError] | None = None) -> list[RunSeen]:
    """Return the runs that a results folder tells of, oldest first.

    Args:
        root: the results folder.
        problems: receives an error for each run that cannot be read; without it the first one is raised.

    Raises:
        StoreError: if what lies there is damaged, or comes from a newer version of this package.
    """
    found = []
    for folder in run_folders(root / "runs"):
        try:
            found += [seen] if (seen := _read_run(folder)) else []
        except StoreError as error:
            if problems is None:
                raise
            problems.append(error)
    return found


def _read_run(folder: Path) -> RunSeen | None:
    plan = read_file(folder / PLAN, head=True)
    if not plan:
        return None  # it is about to be written, or was never
    beat = read_file(folder / BEAT)
    with explaining(folder):
        host = str(plan["host"])
        alive = is_alive(folder, host)
        end = read_file(folder / END)  # not before: a run says that it has ended, and then gives its lock back
        state: RunState = end["state"] if end else "running" if alive else "killed"
        if state not in get_args(RunState):
            raise ValueError(f"its state is {state!r}")
        return RunSeen(
            folder=folder,
            suite=str(plan["suite"]),
            host=host,
            pid=int(plan["pid"]),
            started=_time(plan["started"]),
            beaten=_time(beat["at"]) if beat else None,
            finished=_time(end["at"]) if end else None,
            alive=alive,
            state=state,
            now=tuple(map(str, beat.get("now", ()))) if state == "running" else (),
            silent=tuple(map(str, beat.get("silent", ()))) if state == "running" else (),
            counts={str(status): int(count) for status, count in end.get("counts", {}).items()},
        )


def _time(text: str) -> datetime.datetime:
    return datetime.datetime.fromisoformat(text).astimezone(datetime.UTC)
