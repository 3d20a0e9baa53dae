"""Many small square holes at random places."""

import numpy as np
from jaxtyping import Bool, Int

from inpaintbench.api import resolve_extent
from inpaintbench.errors import ParameterError
from inpaintbench.seeding import RandomStream


class ScatteredSquares:
    """Squares of `side` × `side` pixels, placed until the missing area is reached.

    One rule places them all: of the places where a square would cover the most known pixels without passing
    the area, one is drawn, each with the same probability. So

    - squares do not overlap while there is room for a whole one (for 2×2 squares, up to about 3/4 of the
      picture);
    - an area that is a multiple of side² is then met exactly, by area/side² squares;
    - the rest of another area is met by a square that overlaps earlier ones by as much as is needed. Where
      no place does so, the area stays short of what was asked for, by less than side² pixels.

    Args:
        side: of each square, in pixels or as a fraction of the picture's shorter side.
        area: missing pixels in all, or their fraction of the picture.
        count: above 0, the missing area is that of so many squares, and `area` does not count.
    """

    def __init__(self, side: int | float = 2, area: int | float = 400, count: int = 0) -> None:
        self.side = side
        self.area = area
        self.count = count

    def draw(self, height: int, width: int, stream: RandomStream) -> Bool[np.ndarray, "h w"]:
        """Return the hole, True = missing.

        Raises:
            ParameterError: if a square is larger than the picture or than the area, or the area than the
                picture.
        """
        side, area = self._resolve(height, width)
        hole = np.zeros((height, width), dtype=np.bool_)
        lacking = area
        while lacking:
            known = _known_in_squares(hole, side)
            most = int(known[known <= lacking].max(initial=0))
            if most == 0:  # every square that covers a known pixel covers more than are lacking
                break
            places = np.argwhere(known == most)
            # A random order, passing over the places that have lost pixels to their neighbours, draws each
            # time from the places that are left, all equally probable.
            for top, left in places[stream.permutation(len(places))]:
                square = hole[top : top + side, left : left + side]
                if np.count_nonzero(~square) == most:
                    square[:] = True
                    lacking -= most
                    if lacking < most:
                        break
        return hole

    def _resolve(self, height: int, width: int) -> tuple[int, int]:
        """Return the side and the missing area in pixels."""
        shorter, total = min(height, width), height * width
        picture = f"a picture of {width}×{height} pixels"
        side = resolve_extent(self.side, shorter)
        if side > shorter:
            raise ParameterError(
                f"scattered_squares[side={side}] does not fit into {picture}: "
                f"expected at most {shorter}, or a fraction such as 0.05."
            )
        if self.count:
            area = self.count * side**2
            if area > total:
                raise ParameterError(
                    f"scattered_squares[side={side},count={self.count}] does not fit into {picture}: "
                    f"expected a count of at most {total // side**2}."
                )
        else:
            area = resolve_extent(self.area, total)
            if not side**2 <= area <= total:
                raise ParameterError(
                    f"scattered_squares[side={side},area={area}] is not possible in {picture}: "
                    f"expected an area from {side**2} (one square) to {total}, or a fraction such as 0.1."
                )
        return side, area


def _known_in_squares(hole: Bool[np.ndarray, "h w"], side: int) -> Int[np.ndarray, "rows columns"]:
    """Count the known pixels of the square at each place where one fits.

    Each count is a difference of four sums over rectangles that begin in the picture's corner.
    """
    sums = np.pad(~hole, ((1, 0), (1, 0))).cumsum(0).cumsum(1)
    known: Int[np.ndarray, "rows columns"] = (
        sums[side:, side:] - sums[:-side, side:] - sums[side:, :-side] + sums[:-side, :-side]
    )
    return known
