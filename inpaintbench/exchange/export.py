"""Writing an export: corrupted pictures, holes, a manifest and instructions; never the truth, nor a hash of it.

Under several masks, what one of them hides of a picture is known under another: `_instructions` says so.
"""

from __future__ import annotations

import re
import shlex
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal, get_args

from inpaintbench.errors import StoreError, UnreadableImageError, UsageError
from inpaintbench.exchange.manifest import FILLED, NAME, PICTURES, Entry, Manifest
from inpaintbench.execution.evaluating.drawing import about
from inpaintbench.execution.gallery import Gallery
from inpaintbench.holes import hash_of
from inpaintbench.plugins import Registry
from inpaintbench.suite import Suite

if TYPE_CHECKING:
    import numpy as np
    from jaxtyping import Bool, UInt8

Polarity = Literal["white", "black", "both"]
POLARITIES: Final = get_args(Polarity)
"""What missing pixels are in the pictures of holes."""

_FOLDERS: Final = {"white": "holes", "black": "holes_black"}


@dataclass(frozen=True)
class Export:
    """What was written.

    Attributes:
        manifest: what it says.
        unreadable: pictures that cannot be decoded, and are left out.
        again: whether it was there before, and is the same.
    """

    manifest: Manifest
    unreadable: int
    again: bool


def export(suite: Suite, registry: Registry, folder: Path, hole: Polarity = "white") -> Export:
    """Write every picture of a suite's data sets under every mask, for programs to fill.

    Everything is written to a folder of another name first. Where the same export stands already, its files are
    written anew, and what else lies there, such as filled pictures, stays.

    Args:
        suite: what is asked for; its methods do not count.
        registry: the plugins.
        folder: to write to.
        hole: whether missing pixels are white in `holes/`, black in `holes_black/`, or both.

    Raises:
        UsageError: if a selector, a parameter, a data set or a mask of this size is not possible, nothing can be
            decoded, or two pictures could not be told apart when they come back.
        StoreError: if the folder cannot be written, or holds something else than the same export.
        Exception: whatever a data set or a mask raises.
    """
    folder = folder.resolve()
    gallery = Gallery.of(suite, registry, hashed=False)
    former = _former(folder)
    with _write_errors(folder):
        if not folder.parent.exists():
            folder.parent.mkdir(parents=True, exist_ok=True)
        unfinished = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        manifest, unreadable = _write_all(gallery, suite, registry, unfinished, hole)
        if former is not None and former != manifest:
            raise StoreError(
                f"{folder} holds another export, of {len(former.entries)} pictures; choose another --out, or remove it."
            )
        with _write_errors(folder):
            _move(unfinished, folder)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    return Export(manifest, unreadable, former is not None)


def _former(folder: Path) -> Manifest | None:
    """Return the manifest of an export that stands there; None where there is nothing.

    Raises:
        StoreError: if something else is there.
    """
    with _write_errors(folder):
        if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
            return None
        if not (folder / NAME).is_file():
            raise StoreError(f"{folder} is there already and holds no {NAME}; choose another --out, or remove it.")
    return Manifest.read(folder / NAME)


def _write_all(
    gallery: Gallery, suite: Suite, registry: Registry, folder: Path, hole: Polarity
) -> tuple[Manifest, int]:
    """Write all files, the manifest last; return it, and how many pictures cannot be decoded."""
    folders = [_FOLDERS[one] for one in ("white", "black") if hole in (one, "both")]
    with _write_errors(folder):
        for name in (PICTURES, FILLED, *folders):
            (folder / name).mkdir()
    entries: dict[tuple[int, str], Entry] = {}
    unreadable = 0
    for number, dataset in enumerate(gallery.datasets):
        shown = 0
        for exhibit in gallery.exhibits(dataset, range(len(dataset.items))):
            shown += 1
            for position, (mask, missing) in enumerate(zip(gallery.masks, exhibit.holes, strict=True)):
                pair = number * len(gallery.masks) + position + 1
                names = dataset.selection.spec.name, mask.selection.spec.name, _stem(exhibit.item)
                file = f"{pair:02d}-{names[0][:40]}-{names[1][:40]}-{exhibit.index:06d}-{names[2]}.png"
                corrupted = exhibit.picture.copy()
                corrupted[missing] = 0
                entry = Entry(
                    file=file,
                    dataset=dataset.selection.name,
                    mask=mask.selection.name,
                    item=exhibit.item,
                    seed=about(dataset, mask, exhibit.item, gallery.seed).method_seed,
                    picture=hash_of(corrupted),
                    hole=hash_of(missing),
                )
                if (twin := entries.setdefault((entry.seed, entry.picture), entry)) is not entry:
                    raise UsageError(
                        f"{entry.item} of {entry.dataset} and {twin.item} of {twin.dataset} are one picture with one "
                        "hole, and could not be told apart when they come back. Export these data sets apart."
                    )
                with _write_errors(folder):
                    _write_picture(corrupted, missing, folder, file, folders)
        unreadable += len(dataset.items) - shown
    if not entries:
        raise UnreadableImageError(f"None of the {unreadable} pictures can be decoded: there is nothing to fill.")
    manifest = Manifest(
        suite=suite.name,
        datasets=tuple(one.selection.name for one in gallery.datasets),
        masks=tuple(one.selection.name for one in gallery.masks),
        metrics=suite.metrics,
        size=gallery.size,
        seed=gallery.seed,
        limit=suite.limit,
        plugins=registry.given,
        entries=tuple(entries.values()),
    )
    with _write_errors(folder):
        (folder / "README.txt").write_text(_instructions(manifest, folders), encoding="utf-8")
        manifest.write(folder)
    return manifest, unreadable


def _write_picture(
    corrupted: UInt8[np.ndarray, "h w 3"], missing: Bool[np.ndarray, "h w"], folder: Path, file: str, folders: list[str]
) -> None:
    import numpy as np
    from PIL import Image

    Image.fromarray(corrupted).save(folder / PICTURES / file, format="PNG")
    for name in folders:
        white = missing if name == _FOLDERS["white"] else ~missing
        Image.fromarray(np.where(white, 255, 0).astype(np.uint8)).save(folder / name / file, format="PNG")


def _move(source: Path, target: Path) -> None:
    """Put a finished folder in its place, or its files over those of the same export."""
    if not target.exists():
        source.chmod(0o755)
        source.replace(target)
        return
    # A folder that is there stays: somebody may stand in it, and it may be the root of another disk.
    for path in sorted(source.rglob("*"), key=lambda path: (path.name == NAME, path)):
        place = target / path.relative_to(source)
        if path.is_dir():
            place.mkdir(exist_ok=True)
        else:
            shutil.copyfile(path, place)


def _stem(item: str) -> str:
    """Return an item's id as part of a file name: for people, since the numbers before it tell files apart."""
    return re.sub(r"[^A-Za-z0-9_-]+", "-", item.rpartition(".")[0] or item)[-60:]


def _instructions(manifest: Manifest, folders: list[str]) -> str:
    meaning = {_FOLDERS["white"]: "white = missing, black = known", _FOLDERS["black"]: "black = missing, white = known"}
    lines = [
        f"{len(manifest.entries)} pictures with holes, {manifest.size} x {manifest.size} pixels each, to be filled.",
        "",
        f"  {PICTURES}/NAME.png     the picture; missing pixels are black",
        *(f"  {name + '/NAME.png':21} its hole: {meaning[name]}" for name in folders),
        "",
        f"Fill each picture, and save it under the same name as {FILLED}/NAME.png: PNG, RGB, 8 bits a channel, nothing",
        "transparent, as large as it was. Known pixels are put back before anything is scored. Leave manifest.json as",
        "it is. Take nothing from another picture: what one mask hides, another one may show.",
        "",
        "Then, where the data sets lie, and with the folder's and the program's name:",
        "",
        "  bench score FOLDER --name PROGRAM" + "".join(f" --plugin {shlex.quote(one)}" for one in manifest.plugins),
    ]
    return "\n".join(lines) + "\n"


@contextmanager
def _write_errors(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StoreError(f"{folder} cannot be written: {error.strerror or error}.") from error
