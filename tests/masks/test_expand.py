import numpy as np
import pytest

from inpaintbench.errors import ParameterError
from inpaintbench.seeding import RandomStream
from inpaintbench_masks.center_square import CenterSquare
from inpaintbench_masks.expand import Expand

STREAM = RandomStream(0)


@pytest.mark.parametrize("size", [64, 256])
def test_a_sixteenth_of_the_picture_is_known_by_default(size: int) -> None:
    assert Expand().draw(size, size, STREAM).mean() == 0.9375


def test_the_central_64_of_256_pixels_are_known() -> None:
    rows, columns = np.nonzero(~Expand().draw(256, 256, STREAM))

    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (96, 159, 96, 159)


@pytest.mark.parametrize(("height", "width", "side"), [(64, 64, 20), (5, 7, 2), (33, 20, 0.5)])
def test_what_the_centre_square_hides_is_known_and_nothing_else(height: int, width: int, side: float) -> None:
    hole = Expand(side=side).draw(height, width, STREAM)

    assert np.array_equal(~hole, CenterSquare(side=side).draw(height, width, STREAM))


def test_a_known_square_larger_than_the_picture_is_refused() -> None:
    with pytest.raises(ParameterError, match=r"expand\[side=65\] does not fit into .* 100×64 .* at most 64"):
        Expand(side=65).draw(64, 100, STREAM)
