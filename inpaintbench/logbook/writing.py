"""What a run says of itself: what it is to do, that it lives, and how it ended."""

from __future__ import annotations

import contextlib
import datetime
import itertools
import json
import os
import platform
import shutil
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from filelock import FileLock, Timeout

from inpaintbench.atomic import replacing, write_json
from inpaintbench.errors import StoreError
from inpaintbench.logbook.files import (
    BEAT,
    END,
    LOCK,
    PLAN,
    SCHEMA,
    EndState,
    LoggedCell,
    is_alive,
    read_file,
    run_folders,
)
from inpaintbench.schema import FIELD

KEPT: Final = 20
BEAT_SECONDS: Final = 2.0
"""A beat is written no more often."""


class Logbook:
    """The folder of the run that this process does. Leaving it as a context manager says how the run ended."""

    def __init__(self, folder: Path, lock: FileLock, suite: str) -> None:
        self.folder = folder
        self._lock, self._suite, self._started = lock, suite, _now()
        self._beaten = -BEAT_SECONDS

    @classmethod
    def open(cls, root: Path, suite: str, cells: Iterable[LoggedCell]) -> Self:
        """Announce a run, and forget old ones.

        Args:
            root: the results folder.
            suite: name of what is run.
            cells: that are to be done.

        Raises:
            StoreError: if the folder cannot be written.
        """
        runs = root / "runs"
        try:
            runs.mkdir(parents=True, exist_ok=True)
            folder = _next_folder(runs)
            lock = FileLock(folder / LOCK, thread_local=False)
            lock.acquire(timeout=10)  # held by others only for the moment in which they look whether it is held
            try:
                book = cls(folder, lock, suite)
                book.plan(cells)
                _forget_old(runs)
            except BaseException:
                lock.release()
                raise
        except (OSError, Timeout) as error:
            raise StoreError(f"{runs} cannot be written: {error}") from error
        return book

    def plan(self, cells: Iterable[LoggedCell]) -> None:
        """Say what is to be done; again, where that has changed.

        Raises:
            OSError: if it cannot be written.
        """
        _write_plan(self.folder, self._suite, self._started, cells)

    def beat(self, now: Sequence[str], silent: Sequence[str] = ()) -> None:
        """Say that the run lives, and which cells are running: call it from the run's loop, as often as is easy.

        Where it cannot be written, nothing happens: no result is lost, and a run goes on without a pulse.

        Args:
            now: titles of the cells.
            silent: those among them whose workers give no sign of life.
        """
        clock = time.monotonic()
        if clock - self._beaten < BEAT_SECONDS:
            return
        self._beaten = clock
        with contextlib.suppress(OSError):
            write_json(self.folder / BEAT, {FIELD: SCHEMA, "at": _now(), "now": list(now), "silent": list(silent)})

    def end(self, state: EndState, counts: Mapping[str, int]) -> None:
        """Say how the run ended, and give its lock back. Where it cannot be written, the run looks as if killed.

        Args:
            state: `interrupted` if something was left to do.
            counts: of the cells that it did, by their status.
        """
        if not self._lock.is_locked:
            return
        document = {FIELD: SCHEMA, "state": state, "at": _now(), "counts": dict(counts)}
        try:
            with contextlib.suppress(OSError):
                write_json(self.folder / END, document)
        finally:
            self._lock.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the run if nobody has: as interrupted, if an error ends it."""
        self.end("ended" if error is None else "interrupted", {})


def _next_folder(runs: Path) -> Path:
    """Make the folder of the next number; a folder is made by one process alone, whatever the clocks say."""
    last = max((int(folder.name) for folder in run_folders(runs)), default=0)
    for number in itertools.count(last + 1):
        folder = runs / f"{number:06d}"
        with contextlib.suppress(FileExistsError):
            folder.mkdir()
            break
    return folder


def _write_plan(folder: Path, suite: str, started: str, cells: Iterable[LoggedCell]) -> None:
    head: dict[str, Any] = {FIELD: SCHEMA, "id": folder.name, "suite": suite}
    head |= {"host": platform.node(), "pid": os.getpid(), "started": started}
    opening = json.dumps(head).removesuffix("}") + ', "cells": ['
    rows = ",".join("\n" + json.dumps(asdict(cell)) for cell in cells)
    with replacing(folder / PLAN) as file:
        file.write(f"{opening}{rows}\n]}}\n".encode())


def _forget_old(runs: Path) -> None:
    """Remove the folders of old runs, and what newer ones have half-written that were killed."""
    folders = run_folders(runs)
    for folder in folders:
        old, leftovers = folder in folders[:-KEPT], [*folder.glob(".*.partial")]
        if not old and not leftovers:
            continue
        with contextlib.suppress(StoreError, OSError):
            plan = read_file(folder / PLAN, head=True) or {}
            if is_alive(folder, str(plan.get("host", platform.node()))):
                continue
            for leftover in leftovers:
                leftover.unlink(missing_ok=True)
            if old:
                shutil.rmtree(folder, ignore_errors=True)


def _now() -> str:
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="milliseconds")
