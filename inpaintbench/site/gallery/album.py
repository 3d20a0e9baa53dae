"""Writes pictures so that all take at most so many bytes: lossless if they fit, else smaller, else fewer of them.

Which of it fits is estimated from some images first, and held to when they are written.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from inpaintbench.seeding import RandomStream, derive_seed
from inpaintbench.site.gallery.choosing import by_importance, in_turns
from inpaintbench.site.gallery.pictures import Encoded, NoPictureError, encode, load
from inpaintbench.site.gallery.walls import Row, Wall

LADDER: Final[tuple[int | None, ...]] = (None, 95, 90, 80)
"""Qualities of WebP, None for lossless. Below the last one there are fewer pictures, and no worse ones."""

_TRIED: Final = 24
"""So many images are encoded to find out what all of them take."""

_MARGIN: Final = 1.05
"""An estimate that is too low costs a second writing."""

_THREADS: Final = 2
_AHEAD: Final = 8
"""So many images are encoded before the first of them is written: what is held in memory does not grow with a run."""


@dataclass(frozen=True, kw_only=True)
class Album:
    """The pictures that were written.

    Attributes:
        quality: of WebP; None for lossless.
        shown: for each wall, the rows that have pictures, in the data set's order, and their files.
        bytes: what all files take.
        skipped: how many rows there was no room for.
        problems: files that should have been there and could not be read.
    """

    quality: int | None
    shown: tuple[tuple[tuple[Row, Encoded], ...], ...]
    bytes: int
    skipped: int
    problems: tuple[str, ...]


def write_album(walls: Sequence[Wall], folder: Path, most_bytes: int) -> Album:
    """Write the pictures of all walls.

    Args:
        walls: what there is to show.
        folder: where the files go; it is made.
        most_bytes: how many they may take together.

    Raises:
        OSError: if they cannot be written.
    """
    queue = in_turns([[(position, row) for row in by_importance(wall)] for position, wall in enumerate(walls)])
    for quality in LADDER[:-1]:
        if estimate(walls, queue, quality) <= most_bytes:
            album = _write(walls, queue, quality, folder, most_bytes)
            if not album.skipped:
                return album
            for file in folder.iterdir():
                file.unlink()
    return _write(walls, queue, LADDER[-1], folder, most_bytes)


def estimate(walls: Sequence[Wall], queue: Sequence[tuple[int, Row]], quality: int | None) -> float:
    """Return about how many bytes the pictures take: those of some images, drawn with a fixed seed, for all."""
    truth = corrupted = completed = 0  # bytes
    images = completions = 0
    chosen = RandomStream(derive_seed("gallery", "estimate")).permutation(len(queue))[:_TRIED]
    for wall, row in (queue[position] for position in chosen):
        try:
            encoded = encode(load(row, walls[wall].group.size), quality)
        except NoPictureError:
            continue
        sizes = {name: len(content) for name, content in encoded.files.items()}
        own = sum(size for name, size in sizes.items() if name in encoded.shared)
        hole = sum(size for name, size in sizes.items() if name.startswith(encoded.corrupted))
        truth += own
        corrupted += hole
        completed += sum(sizes.values()) - own - hole
        images += 1
        completions += sum(one is not None for one in encoded.completions)
    if not images:
        return 0.0
    truths = len({(row.item, row.image_hash, walls[wall].group.size) for wall, row in queue})
    wanted = sum(one is not None for _, row in queue for one in row.samples)
    expected = truth / images * truths + corrupted / images * len(queue) + completed / max(completions, 1) * wanted
    return expected * _MARGIN


def _write(
    walls: Sequence[Wall], queue: Sequence[tuple[int, Row]], quality: int | None, folder: Path, most_bytes: int
) -> Album:
    """Write rows until there is no room for the next one."""
    folder.mkdir(parents=True, exist_ok=True)
    written: set[str] = set()
    shown: list[list[tuple[Row, Encoded]]] = [[] for _ in walls]
    problems: list[str] = []
    total = skipped = done = 0
    for (wall, row), encoded in _encoded(walls, queue, quality, written):
        done += 1
        if isinstance(encoded, NoPictureError):
            problems.append(str(encoded))
            continue
        fresh = {name: content for name, content in encoded.files.items() if name not in written}
        total += sum(map(len, fresh.values()))
        if total > most_bytes:
            total -= sum(map(len, fresh.values()))
            skipped = len(queue) - done + 1
            break
        for name, content in fresh.items():
            (folder / name).write_bytes(content)
        written.update(fresh)
        problems += encoded.problems
        encoded.files.clear()  # they are on disk; a run may have more of them than memory holds
        shown[wall].append((row, encoded))
    rows = tuple(tuple(sorted(found, key=lambda one: _position(one[0]))) for found in shown)
    return Album(quality=quality, shown=rows, bytes=total, skipped=skipped, problems=tuple(dict.fromkeys(problems)))


def _position(row: Row) -> tuple[int, str, str, str]:
    return row.index, row.item, row.image_hash, row.hole_hash


def _encoded(
    walls: Sequence[Wall], queue: Sequence[tuple[int, Row]], quality: int | None, written: set[str]
) -> Iterator[tuple[tuple[int, Row], Encoded | NoPictureError]]:
    """Yield rows as files, in order; a row without pictures as the reason. Some are made ahead, by several threads."""

    def make(wall: int, row: Row) -> Encoded | NoPictureError:
        try:
            return encode(load(row, walls[wall].group.size), quality, known=written)
        except NoPictureError as error:
            return error

    waiting: deque[tuple[tuple[int, Row], Future[Encoded | NoPictureError]]] = deque()
    with ThreadPoolExecutor(_THREADS) as threads:
        for one in queue:
            waiting.append((one, threads.submit(make, *one)))
            if len(waiting) >= _AHEAD:
                done, future = waiting.popleft()
                yield done, future.result()
        for done, future in waiting:
            yield done, future.result()
