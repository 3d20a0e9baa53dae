"""A chosen mask: tried before anything runs, and the holes that it draws."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from inpaintbench.api import Fingerprinted, MaskGenerator, MaskSpec
from inpaintbench.errors import InvalidOutputError
from inpaintbench.execution.chosen.part import Part, checked_text, identity_of, own_fault
from inpaintbench.selectors import Selection

if TYPE_CHECKING:
    import numpy as np
    from jaxtyping import Bool

    from inpaintbench.holes import About


@dataclass(frozen=True)
class ChosenMask(Part):
    """A chosen mask generator.

    Attributes:
        selection: the plugin.
        built: from it; the exception that this raised, if it did.
        fingerprint: hash of the files that it reads; empty for one that only draws.
    """

    selection: Selection[MaskSpec]
    built: MaskGenerator | Exception
    fingerprint: str = ""

    @classmethod
    def open(cls, selection: Selection[MaskSpec], size: int) -> ChosenMask:
        """Build a mask generator and try it, to refuse one that does not fit the size before anything runs.

        Raises:
            UsageError: if the mask says that it cannot be drawn so. Anything else that its code raises costs
                its cells alone.
        """
        try:
            generator: MaskGenerator = selection.build()
            _refuse_unusable(generator, selection.name, size)
            fingerprint = checked_text(generator.fingerprint()) if isinstance(generator, Fingerprinted) else ""
            return cls(selection, generator, fingerprint)
        except Exception as error:
            return cls(selection, own_fault(error))

    @cached_property
    def seed_name(self) -> str:
        """What stands for it in seeds: the same on every machine."""
        return self.selection.portable_name + (f"@{self.fingerprint}" if self.fingerprint else "")

    def draw(self, size: int, about: About) -> Bool[np.ndarray, "size size"]:
        """Draw the hole of a picture: see `inpaintbench.holes.draw_hole`.

        Raises:
            InvalidOutputError: if the mask returns no hole of this size.
            ParameterError: if it returns nothing but empty and full ones.
            Exception: what the mask raised when it was built, or raises now.
        """
        from inpaintbench.holes import draw_hole  # here, so that `bench list` needs no numpy

        if isinstance(self.built, Exception):
            raise self.built
        return draw_hole(self.built.draw, size, size, about)

    @cached_property
    def identity(self) -> dict[str, Any]:
        """All that the holes depend on, but the seed and the items."""
        return identity_of(self.selection) | {"fingerprint": self.fingerprint}


def _refuse_unusable(generator: MaskGenerator, name: str, size: int) -> None:
    """Draw a hole twice, with another one between: if they differ, methods would get different ones.

    Raises:
        ParameterError: if no hole leaves something to fill and something known.
        InvalidOutputError: if the same stream gives two holes, or what is drawn is no hole.
    """
    from inpaintbench.holes import About, draw_hole  # here, so that `bench list` needs no numpy

    about, other = (About(0, "", item, name) for item in ("a", "b"))
    before = draw_hole(generator.draw, size, size, about)
    draw_hole(generator.draw, size, size, other)
    if (before != draw_hole(generator.draw, size, size, about)).any():
        raise InvalidOutputError(
            f"The mask {name} drew two different holes from the same stream; expected a pure function of the size and "
            "the stream, which takes all randomness from the latter."
        )
