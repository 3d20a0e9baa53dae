"""Where checkpoints lie: those that were trained here in one folder, those that came with a plugin beside its code."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

from inpaintbench.caching import cache_folder
from inpaintbench.checkpoints.card import Card
from inpaintbench.errors import CheckpointError, PluginError
from inpaintbench.integrity import digest

CHECKPOINTS_VARIABLE: Final = "INPAINTBENCH_CHECKPOINTS"
"""The environment variable that names the folder of checkpoints."""

WEIGHTS: Final = "weights.safetensors"
PROGRESS: Final = "progress.safetensors"
"""All the state of a training that has not ended."""

KEY_LENGTH: Final = 16


@dataclass(frozen=True)
class Wanted:
    """Which training is meant.

    Attributes:
        name: of the method; plugins' names can be folders'.
        identity: everything that the weights depend on, the machine excepted.
        shipped: `package:folder` of checkpoints that came with the method's plugin; empty if none did.
    """

    name: str
    identity: Mapping[str, Any]
    shipped: str = ""

    @cached_property
    def key(self) -> str:
        """A hash of the identity."""
        return digest(dict(self.identity))[:KEY_LENGTH]


@dataclass(frozen=True)
class Checkpoint:
    """A training that has ended, and where it lies.

    Attributes:
        folder: with the card and the weights.
        card: of the training.
        shipped: whether it came with a plugin.
    """

    folder: Path
    card: Card
    shipped: bool = False

    @classmethod
    def at(cls, folder: Path, *, shipped: bool = False) -> Checkpoint | None:
        """Return what lies in a folder; None if no training has ended there.

        Raises:
            CheckpointError: if what lies there is no checkpoint.
        """
        card = Card.read(folder)
        if card is None:
            return None
        if card.status == "complete" and not (folder / WEIGHTS).is_file():
            raise CheckpointError(f"{folder} has a card and no {WEIGHTS}. Train it anew, or bring the file.")
        return cls(folder, card, shipped)

    @property
    def weights(self) -> Path:
        """The file of weights."""
        return self.folder / WEIGHTS

    @property
    def sha256(self) -> str:
        """Of the weights, as the card has it; whoever reads them checks it."""
        return str(self.card.weights.get("sha256", ""))


class Library:
    """The checkpoints in one folder, shared by all suites.

    Args:
        folder: where they lie; `$INPAINTBENCH_CHECKPOINTS` if None, or `checkpoints` in the folder of caches.
    """

    def __init__(self, folder: Path | None = None) -> None:
        chosen = os.environ.get(CHECKPOINTS_VARIABLE)
        default = Path(chosen).expanduser().absolute() if chosen else cache_folder() / "checkpoints"
        self.folder = default if folder is None else folder

    def place(self, wanted: Wanted) -> Path:
        """Return the folder of a training, which need not exist."""
        return self.folder / wanted.name / wanted.key

    def find(self, wanted: Wanted) -> Checkpoint | None:
        """Return a training that has ended: one of this machine, or one that was shipped; None if there is none.

        A shipped checkpoint counts whatever code has made it: its plugin vouches for it by the version of its training.
        One of this machine counts only if the code is still the same.

        Raises:
            CheckpointError: if what lies in its place cannot be read.
        """
        own = Checkpoint.at(self.place(wanted))
        if own is not None and own.card.status == "complete":
            return own
        shipped = (one for one in shipped_checkpoints(wanted.shipped) if one.card.status == "complete")
        return next((one for one in shipped if _alike(one.card.identity, wanted.identity)), own)

    def interrupted(self, wanted: Wanted) -> bool:
        """Whether part of a training lies here."""
        return (self.place(wanted) / PROGRESS).is_file()

    def __iter__(self) -> Iterator[Checkpoint]:
        """Yield every training of this machine that has ended and can be read, in the order of their folders' names."""
        yield from _ended(self.folder.glob("**/card.json"), lenient=True)


def shipped_checkpoints(place: str, *, lenient: bool = False) -> Iterator[Checkpoint]:
    """Yield the trainings that have ended whose checkpoints came with a plugin, in the order of their folders' names.

    Args:
        place: `package:folder`; empty if none came.
        lenient: whether a package that is not there, or a checkpoint that cannot be read, is passed over.

    Raises:
        PluginError: if there is no such package.
        CheckpointError: if a checkpoint cannot be read.
    """
    if not place:
        return
    package, _, folder = place.partition(":")
    try:
        root = Path(str(files(package))) / folder
    except (ModuleNotFoundError, ValueError) as error:  # the latter where no package is named
        if lenient:
            return
        raise PluginError(
            f"Shipped checkpoints are said to lie in {place!r}, and there is no package {package}."
        ) from error
    yield from _ended(root.glob("*/card.json"), shipped=True, lenient=lenient)


def _ended(cards: Iterable[Path], *, shipped: bool = False, lenient: bool) -> Iterator[Checkpoint]:
    for path in sorted(cards):
        try:
            found = Checkpoint.at(path.parent, shipped=shipped)
        except CheckpointError:
            if lenient:
                continue
            raise
        if found is not None:
            yield found


def _alike(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether two identities differ in nothing but the code: of the training, the data set and the masks."""
    return _without_code(one) == _without_code(other)


def _without_code(identity: Mapping[str, Any]) -> dict[str, Any]:
    def less(part: Mapping[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in part.items() if name != "code"}

    masks = [less(mask) for mask in identity.get("masks", ())]
    return less(identity) | {"dataset": less(identity.get("dataset", {})), "masks": masks}
