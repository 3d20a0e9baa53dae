"""What a figure is made of: pictures of one size in rows and columns, heads over them, words beneath them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from jaxtyping import Bool, UInt8

from inpaintbench.contact_sheet import HOLE
from inpaintbench.errors import UsageError

Colour = tuple[int, int, int]
"""Levels of red, green and blue."""

HOLES: Final[dict[str, Colour]] = {
    "white": (255, 255, 255),
    "black": (0, 0, 0),
    "grey": (128, 128, 128),
    "pink": HOLE,
}
"""The colours that missing pixels may be shown in. Pink is that of contact sheets."""


@dataclass(frozen=True)
class Panel:
    """One picture.

    Attributes:
        picture: 8-bit RGB.
        caption: stands beneath it; may be empty.
        framed: whether a hairline is drawn along its edge, which a white page would swallow.
    """

    picture: UInt8[np.ndarray, "h w 3"]
    caption: str = ""
    framed: bool = False


@dataclass(frozen=True)
class Zoom:
    """A part that is boxed in every picture, and shown enlarged beneath it.

    Attributes:
        left: first column of pixels; `top`, the first row.
        width: of the part, in pixels; so is `height`.
    """

    left: int
    top: int
    width: int
    height: int

    def of(self, picture: UInt8[np.ndarray, "h w 3"]) -> UInt8[np.ndarray, "zoomed_h zoomed_w 3"]:
        """Return the part of a picture.

        Raises:
            UsageError: if the part is empty, or not within the picture.
        """
        height, width = picture.shape[:2]
        inside = (
            self.left >= 0 and self.top >= 0 and self.left + self.width <= width and self.top + self.height <= height
        )
        if not inside or self.width < 1 or self.height < 1:
            raise UsageError(
                f"A zoom of {self.width} × {self.height} pixels at ({self.left}, {self.top}) does not lie within "
                f"pictures of {width} × {height}."
            )
        return picture[self.top : self.top + self.height, self.left : self.left + self.width]


@dataclass(frozen=True)
class Plate:
    """A figure without its measures.

    Attributes:
        heads: one a column; may be empty.
        rows: each with one panel a column, all of one size.
        zoom: what is enlarged beneath every picture.

    Raises:
        ValueError: if there is no row, or one has another number or size of pictures.
        UsageError: if the zoom does not lie within the pictures.
    """

    heads: Sequence[str]
    rows: Sequence[Sequence[Panel]]
    zoom: Zoom | None = None

    def __post_init__(self) -> None:
        if not self.rows or not self.heads or any(len(row) != len(self.heads) for row in self.rows):
            raise ValueError(f"expected rows of {len(self.heads)} pictures each, at least one")
        shapes = {panel.picture.shape for row in self.rows for panel in row}
        if len(shapes) > 1:
            raise ValueError(f"expected pictures of one size, got {sorted(shapes)}")
        if self.zoom is not None:
            self.zoom.of(self.rows[0][0].picture)

    @property
    def size(self) -> tuple[int, int]:
        """Height and width of each picture, in pixels."""
        height, width = self.rows[0][0].picture.shape[:2]
        return height, width


@dataclass(frozen=True, kw_only=True)
class Style:
    """The measures of a figure.

    Attributes:
        width: of all of it, in inches.
        dpi: dots an inch, at least; see `layout`.
        font_size: in points.
        font: like Times, or without serifs.
    """

    width: float = 6.9
    dpi: int = 300
    font_size: float = 8.0
    font: Literal["serif", "sans"] = "serif"


def vanishes(hole: Bool[np.ndarray, "h w"], colour: Colour) -> bool:
    """Return whether the edge of a picture cannot be seen on a white page, once its hole is shown in this colour."""
    border = hole[0].any() or hole[-1].any() or hole[:, 0].any() or hole[:, -1].any()
    return bool(border) and colour == HOLES["white"]
