"""The masks on whose holes methods for arbitrary holes are trained."""

from __future__ import annotations

from typing import Final

MIXTURE: Final = (
    "center_square[side=0.15625]",
    "center_square[side=0.3125]",
    "center_square[side=0.46875]",
    "circle[diameter=0.3125]",
    "random_rectangle[minimum=0.15,maximum=0.5,window=1.0]",
    "random_region",
    "scattered_squares[side=0.03125,area=0.09765625]",
    "random_pixels[fraction=0.8]",
    "free_form",
    "half",
)
"""One hole in ten is of each kind. All lengths are fractions, so that they are possible at every size."""
