"""How do the holes of a mask look? A strip of a few for the page of each mask that needs no files."""

from __future__ import annotations

import io
from typing import Final

import numpy as np
from PIL import Image

from inpaintbench.api import MaskSpec
from inpaintbench.holes import About, draw_hole
from inpaintbench.plugins import load_registry
from inpaintbench.selectors import select

COUNT: Final = 4
"""Holes in a strip."""
SIDE: Final = 64
"""Of each picture, in pixels."""
_SCALE, _GAP = 2, 8
_MISSING, _KNOWN = (196, 38, 120, 255), (128, 140, 140, 56)  # visible on white and on black


def strip(spec: MaskSpec) -> tuple[bytes, list[float]] | None:
    """Draw the holes of the first pictures of a data set, with the mask's defaults.

    Returns:
        A PNG file and the missing share of each picture, in (0, 1); None for a mask that reads files.
    """
    if any(parameter.is_place for parameter in spec.parameters):
        return None
    (selection,) = select([spec.name], MaskSpec, load_registry())
    mask = selection.build()
    holes = [draw_hole(mask.draw, SIDE, SIDE, About(0, "photos", str(item), spec.name)) for item in range(COUNT)]
    side = SIDE * _SCALE
    sheet = np.zeros((side, COUNT * (side + _GAP) - _GAP, 4), np.uint8)
    for position, hole in enumerate(holes):
        levels = np.where(hole[..., None], np.array(_MISSING, np.uint8), np.array(_KNOWN, np.uint8))
        left = position * (side + _GAP)
        sheet[:, left : left + side] = levels.repeat(_SCALE, axis=0).repeat(_SCALE, axis=1)
    file = io.BytesIO()
    Image.fromarray(sheet).save(file, format="PNG", optimize=True)
    return file.getvalue(), [float(hole.mean()) for hole in holes]


def described(name: str, shares: list[float]) -> str:
    """Return the Markdown that shows a strip on the page of the mask, and how much each hole leaves out."""
    listed = ", ".join(f"{share:.1%}" for share in shares)
    picture = f"![{COUNT} holes of {name}](../images/holes/{name}.png){{ .holes }}"
    return f"{picture}\n\nWhat is missing is coloured, at {SIDE} × {SIDE} pixels; the shares are {listed}."
