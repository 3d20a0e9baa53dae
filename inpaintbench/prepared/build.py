"""Preparing a split: all processors at work, a fixed amount of memory, and a folder that appears whole or never."""

from __future__ import annotations

import errno
import os
import secrets
import shutil
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from inpaintbench.atomic import sync_folder
from inpaintbench.errors import DatasetError
from inpaintbench.prepared.crew import Crew, spare_processors
from inpaintbench.prepared.parts import Done, Part, header, parts_of, prepare_part, unwritable
from inpaintbench.prepared.split import PICTURES, write_index
from inpaintbench.prepared.wanted import Wanted

FEW: Final = 512
"""Up to so many items this process prepares alone: before a worker had started, it would be done."""

UNFINISHED: Final = ".unfinished"
"""How the name of a folder ends that is not a split: not yet, or no more."""

Progress = Callable[[int], None]
"""Called with the number of items that are done."""


def build(wanted: Wanted, folder: Path, on_progress: Progress, workers: int | None = None) -> None:
    """Prepare the pictures in a folder of another name, and rename it to `folder`.

    Args:
        wanted: what to prepare.
        folder: where it is to lie. Its parent must be there; only one process may build it at a time.
        on_progress: told how many items are done, now and then.
        workers: processes that help this one; by default one for each other processor, none for a few items.

    Raises:
        CacheError: if it cannot be written; what was written is removed.
        DatasetError: if the data set's files have changed meanwhile.
        Exception: whatever the data set raises, but for an item that cannot be decoded, which is recorded.
    """
    begun = time.perf_counter()
    unfinished = unfinished_name(folder)
    try:
        with _write_errors(unfinished):
            for rest in folder.parent.glob(f"{folder.name}.*{UNFINISHED}"):  # a process that was killed has left it
                shutil.rmtree(rest, ignore_errors=True)
            unfinished.mkdir()
            _reserve(unfinished / PICTURES, wanted)
        if workers is None:
            workers = spare_processors() if len(wanted.items) > FEW else 0
        unreadable, digests = _fill(unfinished / PICTURES, wanted, on_progress, workers)
        if wanted.changed():  # the key says what was there at first; these may be other pixels
            raise DatasetError(
                f"The files of {wanted.name} changed while they were being prepared. Run it again when they stay as "
                "they are."
            )
        with _write_errors(unfinished):
            _sync(unfinished / PICTURES)
            write_index(unfinished, wanted, unreadable, digests, time.perf_counter() - begun)
            shutil.rmtree(folder, ignore_errors=True)
            unfinished.replace(folder)
            sync_folder(folder.parent)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def unfinished_name(folder: Path) -> Path:
    """Return a name beside `folder` that no other process uses.

    The worker of a killed process may still be about to write: it must not find its file in another's folder.
    """
    return folder.with_name(f"{folder.name}.{secrets.token_hex(4)}{UNFINISHED}")


@contextmanager
def _write_errors(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise unwritable(folder, error) from error


def _sync(path: Path) -> None:
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def _reserve(path: Path, wanted: Wanted) -> None:
    """Make the file as long as it will be, on systems that can do so: a full disk is noticed now, not after an hour."""
    head = header(len(wanted.items), wanted.size)
    length = len(head) + len(wanted.items) * wanted.picture_bytes
    with path.open("wb") as file:
        file.write(head)
        file.flush()
        if hasattr(os, "posix_fallocate"):
            try:
                os.posix_fallocate(file.fileno(), 0, length)
            except OSError as error:
                if error.errno not in (errno.EINVAL, errno.EOPNOTSUPP, errno.ENOSYS):
                    raise  # the others say that this file system reserves nothing
        file.truncate(length)


def _fill(path: Path, wanted: Wanted, on_progress: Progress, workers: int) -> tuple[dict[int, str], bytes]:
    """Prepare all parts; return why items could not be decoded, and the SHA-256 of every picture, in order."""
    parts = deque(parts_of(wanted))
    finished: list[Done] = []
    count = 0

    def take(done: Done) -> None:
        nonlocal count
        finished.append(done)
        count += done.part.stop - done.part.start
        on_progress(count)

    with Crew(wanted, path, parts, workers) as crew:

        def take_answers(*, wait: bool) -> None:
            for answer in crew.answers(wait=wait):
                take(prepare_part(wanted, answer, path) if isinstance(answer, Part) else answer)

        while (part := _next(parts)) is not None:
            take(prepare_part(wanted, part, path))
            take_answers(wait=False)
        take_answers(wait=True)
    finished.sort(key=lambda done: done.part.start)
    unreadable = {position: why for done in finished for position, why in done.unreadable.items()}
    return unreadable, b"".join(done.digests for done in finished)


def _next(parts: deque[Part]) -> Part | None:
    try:
        return parts.popleft()
    except IndexError:  # a worker has taken the last one
        return None
