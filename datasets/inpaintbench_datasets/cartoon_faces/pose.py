"""Where a head is on the canvas, and what it measures."""

from __future__ import annotations

from dataclasses import dataclass

from inpaintbench_datasets.cartoon_faces.canvas import Real
from inpaintbench_datasets.cartoon_faces.genes import Genes

CENTRE_X, CENTRE_Y = 64.0, 65.0
"""Where the middle of the mean face is."""

SCALE = 1.12
"""Of the mean face: pixels for each unit of the head's own measures."""

HEIGHT = 40.0
"""From the middle of a face to its crown, and to its chin, in units of the head."""

EYES = -5.0
"""Height of the eyes over the middle (y goes down)."""


@dataclass(frozen=True)
class Pose:
    """Turns measures of the head, from its middle, into pixels of the canvas.

    Attributes:
        middle_x: of the face, in pixels.
        middle_y: likewise.
        scale: pixels a unit.
        half_width: of the face at its middle, in units.
        narrowing: share of its width that the face loses at the chin.
        eye_distance: of each eye from the middle, in units.
    """

    middle_x: float
    middle_y: float
    scale: float
    half_width: float
    narrowing: float
    eye_distance: float

    @classmethod
    def of(cls, genes: Genes) -> Pose:
        """Return the pose of a face: nearly the same for all, because they are aligned."""
        return cls(
            middle_x=CENTRE_X + 2.0 * genes.shift_x,
            middle_y=CENTRE_Y + 2.0 * genes.shift_y,
            scale=SCALE * (1.0 + 0.04 * genes.scale),
            half_width=31.0 + 3.0 * genes.face_width,
            narrowing=0.20 - 0.12 * genes.jaw,
            eye_distance=14.0 + 1.2 * genes.eye_gap,
        )

    def x(self, units: Real) -> float:
        """Return the pixel that lies so far to the right of the middle."""
        return self.middle_x + self.scale * units

    def y(self, units: Real) -> float:
        """Return the pixel that lies so far below the middle."""
        return self.middle_y + self.scale * units

    def long(self, units: Real) -> float:
        """Return a length in pixels."""
        return self.scale * units
