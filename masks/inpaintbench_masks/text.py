"""Holes in the shape of letters: writing over a picture, as the oldest examples of inpainting remove it.

No publication defines this mask. Bertalmio et al. (SIGGRAPH 2000) show text that is taken off photographs, and CoPaint
(Zhang et al., ICML 2023; UCSB-NLP-Chang/CoPaint `datasets/masks.py`) uses one text, stored as a file. The alphabet,
the layout and the words are this package's own.
"""

from functools import cache
from typing import Final

import numpy as np
from jaxtyping import Bool, Int64

from inpaintbench.errors import ParameterError
from inpaintbench.seeding import RandomStream
from inpaintbench_masks.letters import ALPHABET, COLUMNS, ROWS, glyphs

CELL: Final = COLUMNS + 1
"""Dots from one letter to the next."""

LINE: Final = ROWS + 3
"""Dots from one line to the next."""

LOWEST: Final = 2
"""Pixels of a letter's height; lower ones are specks, and their number grows without bound."""

SHORTEST_WORD: Final = 2
LONGEST_WORD: Final = 9

_PLACE_BITS = 16  # of the place within a dot
_HEIGHT_BITS = 20
_BLANK = len(ALPHABET)


class Text:
    """Lines of words over the whole picture: capitals and digits of 5 × 7 square dots, cut off at the borders.

    Words have 2 to 9 letters; each letter and each length has the same probability. Letters are a dot apart, words a
    letter, lines three dots. The lines begin at a random height, and each at a random place of a letter's width.

    All of it scales with the picture's shorter side, and a pixel is missing if its centre lies on a dot. So a stream
    gives the same text at every size of the same proportions, if the height is a fraction.

    Args:
        height: of a letter, in pixels or as a fraction of the picture's shorter side, which is not rounded to pixels.
            Below 7 pixels dots are lost, and below 2 it is refused.
    """

    def __init__(self, height: int | float = 0.109375) -> None:
        self.height = height

    def draw(self, height: int, width: int, stream: RandomStream) -> Bool[np.ndarray, "h w"]:
        """Return the hole, True = missing.

        Raises:
            ParameterError: if a letter would be lower than two pixels.
        """
        if self.height * (1 if isinstance(self.height, int) else min(height, width)) < LOWEST:
            raise ParameterError(
                f"text[height={self.height}] is not possible in a picture of {width}×{height} pixels: expected letters "
                f"of at least {LOWEST} pixels."
            )
        if isinstance(self.height, int):
            dots, pixels = ROWS, self.height
        else:
            dots = ROWS << _HEIGHT_BITS
            pixels = min(height, width) * max(1, int(self.height * 2**_HEIGHT_BITS + 0.5))
        start = stream.integer(0, (LINE << _PLACE_BITS) - 1)
        rows = _dots_at(height, dots, pixels) + start >> _PLACE_BITS
        columns = _dots_at(width, dots, pixels)
        # What is drawn depends on the picture's proportions alone: the numbers of lines and of letters do not count
        # pixels' centres but the dots up to the picture's borders.
        lines = ((height * dots << _PLACE_BITS) // pixels + start) // (LINE << _PLACE_BITS) + 1
        letters = (width * dots) // (pixels * CELL) + 2
        starts = np.empty((lines, 1), dtype=np.int64)
        text = np.empty((lines, letters), dtype=np.int64)
        for number in range(lines):
            starts[number] = stream.integer(0, (CELL << _PLACE_BITS) - 1)
            text[number] = _words(letters, stream)
        line, row = rows[:, None] // LINE, rows[:, None] % LINE
        column = (columns + starts >> _PLACE_BITS)[line[:, 0]]
        hole: Bool[np.ndarray, "h w"] = _cells()[text[line, column // CELL], row, column % CELL]
        return hole


def _dots_at(side: int, dots: int, pixels: int) -> Int64[np.ndarray, " side"]:
    """Return where the pixels' centres lie, in units of 2**-16 dot, where so many dots measure so many pixels."""
    # Python's integers, as the products pass 2**63 at large sizes.
    return np.array([((2 * pixel + 1) * dots << _PLACE_BITS) // (2 * pixels) for pixel in range(side)], dtype=np.int64)


def _words(count: int, stream: RandomStream) -> list[int]:
    """Draw words until they fill a line: indices of letters, with a blank after each word."""
    line: list[int] = []
    while len(line) < count:
        length = stream.integer(SHORTEST_WORD, LONGEST_WORD)
        line += [*(stream.integer(0, len(ALPHABET) - 1) for _ in range(length)), _BLANK]
    return line[:count]


@cache
def _cells() -> Bool[np.ndarray, "37 10 6"]:
    """Return the letters and the blank, each with the empty dots to its right and below it."""
    cells = np.zeros((len(ALPHABET) + 1, LINE, CELL), dtype=np.bool_)
    cells[:_BLANK, :ROWS, :COLUMNS] = glyphs()
    cells.flags.writeable = False
    return cells
