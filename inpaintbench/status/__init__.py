"""How far the runs in a results folder are, read from the disk alone while they go on.

No lock of a cell is touched, and nothing is mended: a run must not find its cell taken by somebody who only looks.

`looking` reads, and `overview` is what has been seen.
"""

from inpaintbench.status.looking import look
from inpaintbench.status.overview import CellSeen, CellState, Overview

__all__ = ["CellSeen", "CellState", "Overview", "look"]
