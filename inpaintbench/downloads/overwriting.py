"""Whether an archive would replace files that are not its own: a person's, whose content is nowhere else."""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path

from inpaintbench.archives.names import safe_name
from inpaintbench.archives.reading import Entry, damage, entries
from inpaintbench.downloads.transfer import Progress
from inpaintbench.errors import DownloadError


def refuse_overwriting(archive: Path, folder: Path, on_progress: Progress = lambda done, total: None) -> None:
    """Refuse an archive of which a file or link differs from what lies in its place.

    What lies there with the same content is no hindrance: an interrupted unpacking has left it, or it is the same file
    from elsewhere. Names that lead out of the folder, and folders in the place of files, are left to `unpack`, which
    refuses them.

    Args:
        archive: the file. It is read only where the folder holds something.
        folder: for its content; it need not exist.
        on_progress: called with 0 and None now and then.

    Raises:
        DownloadError: if something differs; it names the first such file. Or if the archive is damaged, or a file
            cannot be read.
    """
    try:
        if not folder.is_dir() or {path.name for path in folder.iterdir()} <= _traces(archive):
            return
        with contextlib.suppress(ValueError):  # a name that leads out
            differing = _differing(archive, folder, on_progress)
            if differing:
                raise DownloadError(
                    f"{archive} holds {differing!r}, but {folder / differing} is there already, and not the same",
                    "Nothing has been unpacked. Move that away and run the command again; the archive stays.",
                )
    except OSError as error:
        raise DownloadError(f"{folder} cannot be compared with {archive}: {error.strerror or error}") from error


def _traces(archive: Path) -> set[str]:
    """Return the names of what fetching the archive leaves in its folder."""
    return {archive.name, f".{archive.name}.lock", ".obtain.lock"}


def _differing(archive: Path, folder: Path, on_progress: Progress) -> str:
    """Return the first name, in the archive's order, in whose place something else lies; empty if there is none."""
    standing: dict[str, bool] = {}  # of each name in whose place something lies: whether that is something else
    sources: dict[str, list[str]] = {}  # of each file that is to be read: which of these names are its own
    for count, (name, entry, _) in enumerate(_named(archive)):
        if count % 1000 == 0:
            on_progress(0, None)
        place = folder / name
        if entry.kind == "folder" or not os.path.lexists(place) or (place.is_dir() and not place.is_symlink()):
            continue
        standing[name] = not (entry.kind == "link" and place.is_symlink() and str(place.readlink()) == entry.target)
        if entry.kind != "link":
            sources.setdefault(safe_name(entry.target) if entry.kind == "hard link" else name, []).append(name)
    if sources:
        for name, _, digest in _named(archive):
            for own in sources.get(name, []):
                standing[own] = not (folder / own).is_file() or _of_file(folder / own) != digest()
    return next((name for name, differs in standing.items() if differs), "")


def _named(archive: Path) -> Iterator[tuple[str, Entry, Callable[[], str]]]:
    """Yield each entry's safe name, the entry, and what computes the SHA-256 of its content."""
    with contextlib.closing(entries(archive)) as found:
        for entry, open_content in found:

            def digest() -> str:
                with damage(archive), open_content() as source:  # noqa: B023  called before the next one is drawn
                    return hashlib.file_digest(source, "sha256").hexdigest()  # type: ignore[arg-type]

            yield safe_name(entry.name), entry, digest


def _of_file(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
