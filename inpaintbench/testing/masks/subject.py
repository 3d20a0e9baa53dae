"""A mask under examination: built anew as often as a check likes, and drawn from numbered streams."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from inpaintbench.api import MaskGenerator, MaskSpec
from inpaintbench.errors import DatasetError, ParameterError
from inpaintbench.plugins import Registry
from inpaintbench.seeding import RandomStream, derive_seed
from inpaintbench.selectors import Selection, resolve_target
from inpaintbench.testing.checks import NotApplicable

if TYPE_CHECKING:
    from jaxtyping import Bool

SIDES: Final = (64, 128, 256, 512)
"""Of the pictures that most checks use, in pixels: the first that the mask does not refuse."""


class MaskSubject:
    """What the checks of a mask ask of it.

    Args:
        selection: the mask and its parameters.
        registry: of all plugins; not used.
        device: not used: masks need no torch.
        folder: not used.
    """

    def __init__(self, selection: Selection[MaskSpec], registry: Registry, device: str, folder: Path) -> None:
        self.selection = selection

    @property
    def spec(self) -> MaskSpec:
        """The mask's."""
        return self.selection.spec

    @cached_property
    def side(self) -> int:
        """Of the pictures that most checks use.

        Raises:
            ParameterError: if the mask refuses all of `SIDES`; it is the one that it raised last.
        """
        for side in SIDES:
            try:
                self.draw(self.build(), side, side)
            except ParameterError:
                if side == SIDES[-1]:
                    raise
            else:
                break
        return side

    def build(self) -> MaskGenerator:
        """Return the mask, built anew.

        Raises:
            NotApplicable: if it needs files that are not here.
        """
        with files_needed():
            built: MaskGenerator = self.selection.build()
            return built

    def draw(self, mask: MaskGenerator, height: int, width: int, number: int = 0) -> Any:
        """Return what a mask draws from the stream of this number, whatever it is, and not copied.

        Raises:
            NotApplicable: if it needs files that are not here.
        """
        with files_needed():
            return mask.draw(height, width, RandomStream(derive_seed("mask under examination", number)))

    def hole(self, number: int = 0, mask: MaskGenerator | None = None) -> Bool[np.ndarray, "side side"]:
        """Return a copy of a hole at the usual side, by a mask built anew if None is given."""
        return np.array(self.draw(mask or self.build(), self.side, self.side, number))

    def declared(self, height: int, width: int) -> object:
        """Return what the function that the spec names as `coverage` says of this size, whatever it is."""
        return resolve_target(self.spec.coverage)(height, width, **dict(self.selection.values))


@contextmanager
def files_needed() -> Iterator[None]:
    """End a check if files are not on this machine that the plugin needs.

    Raises:
        NotApplicable: in place of a `DatasetError`.
    """
    try:
        yield
    except DatasetError as error:
        raise NotApplicable(f"its files are not here: {error}") from error
