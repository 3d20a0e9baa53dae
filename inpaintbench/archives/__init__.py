"""Unpacking an archive so that all of it lies in its folder, and nothing of it anywhere else.

An archive may come from anyone. It is looked through before anything is written, and refused as a whole for any entry
that could lead out of the folder: absolute names, `..`, drive letters, backslashes, links that lead out, entries below
a link or below a file, devices. Then its files and folders are written into a fresh folder `.<archive>.unpacking`
beside their places, links last, and moved into place when all of them are there.

Files get the rights that any new file gets; owners, times and rights in the archive are not followed.
"""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from inpaintbench.archives.names import refuse_leading_out, safe_name
from inpaintbench.archives.reading import Entry, damage, entries
from inpaintbench.errors import DownloadError

__all__ = ["unpack"]

Progress = Callable[[int, int | None], None]
"""Told the bytes that are unpacked, and the bytes of all; the latter is None while the archive is looked through."""

_BLOCK: Final = 1 << 20
_CLUSTER: Final = 4096  # bytes that even the smallest file takes


def unpack(archive: Path, folder: Path, on_progress: Progress = lambda done, total: None) -> tuple[str, ...]:
    """Unpack a tar (plain, gzip, bzip2, xz) or a zip, told apart by content, into a folder.

    The folder is made if it does not exist. Folders that exist are merged, files that exist are replaced. While the
    archive's parts are moved into place, some are there already and others not; before, none is. No two processes
    may unpack the same archive into the same folder at once.

    Args:
        archive: the file.
        folder: for its content.
        on_progress: called after each block with the bytes that are unpacked and the bytes of all, None while the
            archive is looked through.

    Returns:
        The names, below the folder, of what the archive holds at its top, sorted.

    Raises:
        DownloadError: if it is no archive, is damaged or cut short, could write outside the folder, does not fit
            onto the disk, or meets a file where it has a folder, or the reverse.
    """
    plan = _survey(archive, on_progress)
    staging = folder / f".{archive.name}.unpacking"
    try:
        _require_room(archive, folder, plan.needed)
        if staging.exists():  # an earlier attempt was killed
            shutil.rmtree(staging)
        staging.mkdir(parents=True)
        try:
            _write(archive, plan, staging, on_progress)
            for source, target in list(_moves(archive, staging, folder, bool(plan.links))):
                _move(source, target)
        finally:
            shutil.rmtree(staging, ignore_errors=True)
    except OSError as error:
        raise DownloadError(f"{archive} cannot be unpacked into {folder}: {error.strerror or error}") from error
    return tuple(sorted({name.partition("/")[0] for name in plan.kinds}))


@dataclass
class _Plan:
    """What an archive holds.

    Attributes:
        kinds: of each entry and of all folders above, by safe name: `file`, `folder`, `link` or `hard link`.
        links: where each symbolic link leads, as it says itself.
        hard: of which entry each hard link is another name.
        size: bytes of all files.
        needed: bytes that they take on a disk, about.
    """

    kinds: dict[str, str] = field(default_factory=dict)
    links: dict[str, str] = field(default_factory=dict)
    hard: dict[str, str] = field(default_factory=dict)
    size: int = 0
    needed: int = 0

    def add(self, entry: Entry) -> None:
        """Note an entry.

        Raises:
            ValueError: if it could lead out of the folder, or contradicts an earlier one.
        """
        name = safe_name(entry.name)
        if not name and entry.kind == "folder":  # `./`, the folder itself
            return
        before = self.kinds.get(name)
        if not name or before not in (None, entry.kind) or before in ("link", "hard link"):
            raise ValueError(f"{entry.name!r} occurs in it twice, as {before or 'folder'} and as {entry.kind}")
        above = name.rpartition("/")[0]
        while above and self.kinds.get(above) != "folder":
            if above in self.kinds:
                raise ValueError(f"{entry.name!r} lies below {above!r}, which is a {self.kinds[above]}")
            self.kinds[above] = "folder"
            above = above.rpartition("/")[0]
        self.kinds[name] = entry.kind
        if entry.kind == "link":
            refuse_leading_out(name, entry.target)
            self.links[name] = entry.target
        elif entry.kind == "hard link":
            self.hard[name] = safe_name(entry.target)
        self.size += entry.size
        self.needed += max(-(-entry.size // _CLUSTER), 1) * _CLUSTER

    def close(self) -> None:
        """Check what can be told only of the whole.

        Raises:
            ValueError: if a hard link is one of something else than the archive's files.
        """
        for name, target in self.hard.items():
            if self.kinds.get(target) != "file":
                raise ValueError(f"{name!r} is a hard link to {target!r}, which is no file of it")
        if not self.kinds:
            raise ValueError("it holds nothing")


def _survey(archive: Path, on_progress: Progress) -> _Plan:
    """Look through the whole archive without writing anything."""
    plan = _Plan()
    with contextlib.closing(entries(archive)) as found:
        try:
            for count, (entry, _) in enumerate(found):
                plan.add(entry)
                if count % 1000 == 0:
                    on_progress(0, None)
            plan.close()
        except ValueError as error:
            raise DownloadError(f"{archive} is not unpacked: {error}", "Nothing has been written.") from error
    return plan


def _require_room(archive: Path, folder: Path, needed: int) -> None:
    standing = folder.absolute()
    while not standing.exists():
        standing = standing.parent
    free = shutil.disk_usage(standing).free
    if needed > free:
        raise DownloadError(
            f"{archive} takes {needed / 1e6:,.1f} MB when unpacked, "
            f"but only {free / 1e6:,.1f} MB are free in {standing}",
            "Nothing has been written.",
        )


def _write(archive: Path, plan: _Plan, staging: Path, on_progress: Progress) -> None:
    """Write everything below `staging`, where links do not exist before all files do."""
    for name, kind in plan.kinds.items():
        if kind == "folder":
            (staging / name).mkdir(parents=True, exist_ok=True)
    done = 0
    with contextlib.closing(entries(archive)) as found:
        for entry, open_content in found:
            if entry.kind != "file":
                continue
            end = done + entry.size
            with (staging / safe_name(entry.name)).open("wb") as file:
                with damage(archive):
                    source = open_content()
                with source:
                    while True:
                        with damage(archive):
                            block = source.read(_BLOCK)
                        if not block:
                            break
                        file.write(block)
                        done += len(block)
                        on_progress(done, plan.size)
            if done != end:
                raise DownloadError(
                    f"{archive} is damaged: {entry.name!r} is not as long as it says", "Fetch it again."
                )
    for name, target in plan.hard.items():
        try:
            os.link(staging / target, staging / name)
        except OSError:  # not every file system has them
            shutil.copyfile(staging / target, staging / name)
    for name, target in plan.links.items():
        (staging / name).symlink_to(target)


def _moves(archive: Path, source: Path, target: Path, linked: bool) -> Iterator[tuple[Path, Path]]:
    """Yield what has to be moved from where to where, so that folders which exist are merged."""
    with os.scandir(source) as found:
        for entry in found:
            to = target / entry.name
            is_folder = entry.is_dir(follow_symlinks=False)
            if is_folder and to.is_dir():
                if linked and to.is_symlink():
                    raise DownloadError(
                        f"{archive} holds links, which would lead elsewhere from behind {to}, a link itself",
                        "Put a folder there.",
                    )
                yield from _moves(archive, Path(entry.path), to, linked)
            elif os.path.lexists(to) and (is_folder or (to.is_dir() and not to.is_symlink())):
                kinds = ("a folder", "a file") if is_folder else ("a file", "a folder")
                raise DownloadError(f"{archive} has {kinds[0]} where {to} is {kinds[1]} already", "Move that away.")
            elif to.exists() and to.samefile(archive):
                raise DownloadError(f"{archive} holds a file that would replace itself", "Rename the archive.")
            else:
                yield Path(entry.path), to


def _move(source: Path, target: Path) -> None:
    try:
        source.replace(target)
    except OSError as error:
        if error.errno != errno.EXDEV:  # a folder that exists may be a link to another disk
            raise
        shutil.move(source, target)
