"""Plugins for the tests of exports: a data set whose ids lead everywhere, and one of which some cannot be decoded."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from inpaintbench import hookimpl
from inpaintbench.api import DatasetSpec, Split
from inpaintbench.errors import UnreadableImageError
from inpaintbench.seeding import RandomStream, derive_seed

HOSTILE = (
    "../../escaped.png",
    "/etc/passwd",
    "..",
    ".",
    "a/b/../c.jpg",
    "back\\slash",
    "new\nline.png",
    "nul\0l",
    "CON",
    "x" * 500 + ".png",
    "é—ü",
    "e---",
    " ",
    "*?<>|:\"'$(touch escaped)",
    "\ud83d alone",
)


class Hostile:
    """Data set `hostile`."""

    def items(self, split: Split) -> Sequence[str]:
        return HOSTILE if split == "test" else ()

    def load(self, item: str) -> NDArray[np.uint8]:
        levels = 255 * RandomStream(derive_seed(item)).fractions(20 * 20 * 3)
        return levels.astype(np.uint8).reshape(20, 20, 3)

    def fingerprint(self, items: Sequence[str]) -> str:
        return "hostile"


class Gaps(Hostile):
    """Data set `gaps`: every second picture cannot be decoded."""

    def items(self, split: Split) -> Sequence[str]:
        return tuple("abcde") if split == "test" else ()

    def load(self, item: str) -> NDArray[np.uint8]:
        if item in "bd":
            raise UnreadableImageError(f"{item} cannot be decoded: it is a gap.")
        return super().load(item)


@hookimpl
def register_datasets() -> list[DatasetSpec]:
    return [DatasetSpec(name=name.lower(), target=f"{__name__}:{name}", summary="Odd.") for name in ("Hostile", "Gaps")]
