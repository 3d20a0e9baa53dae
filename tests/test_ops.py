import sys
from collections.abc import Iterator
from types import ModuleType

import jaxtyping
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from inpaintbench.ops import composite, corrupt, known_mean, round_to_8_bits, to_levels


def pictures(count: int = 2, seed: int = 0) -> torch.Tensor:
    return torch.rand((count, 3, 5, 4), generator=torch.Generator().manual_seed(seed))


def one_pixel_hole(count: int = 2) -> torch.Tensor:
    hole = torch.zeros((count, 1, 5, 4), dtype=torch.bool)
    hole[:, :, 1, 2] = True
    return hole


def test_the_composite_has_every_known_pixel_bit_for_bit_and_the_completions_elsewhere() -> None:
    completion, known, hole = pictures(seed=0), pictures(seed=1), one_pixel_hole()

    result = composite(completion, known, hole)

    everywhere = hole.expand_as(known)
    assert torch.equal(result[~everywhere], known[~everywhere])
    assert torch.equal(result[everywhere], completion[everywhere])


def test_what_a_completion_holds_outside_the_hole_does_not_matter() -> None:
    hole = one_pixel_hole()
    completion = pictures().masked_fill(~hole, torch.nan)

    assert torch.equal(composite(completion, pictures(), hole), pictures())


def test_corrupting_sets_the_hole_to_zero_and_leaves_the_image_alone() -> None:
    image = pictures()

    corrupted = corrupt(image, one_pixel_hole())

    assert torch.equal(corrupted[:, :, 1, 2], torch.zeros(2, 3))
    assert torch.equal(composite(image, corrupted, one_pixel_hole()), image)
    assert torch.equal(image, pictures())


def test_all_levels_of_a_saved_file_survive() -> None:
    levels = torch.arange(256).repeat(3).reshape(1, 3, 16, 16)

    image = torch.from_numpy(levels.numpy().astype(np.uint8)).to(torch.float32) / 255

    assert torch.equal(to_levels(image), levels.to(torch.int32))
    assert torch.equal(round_to_8_bits(image), image)


def test_levels_are_rounded_to_nearest_and_halves_up() -> None:
    image = torch.tensor([0.0, 0.49 / 255, 0.5 / 255, 0.51 / 255, 0.1, 0.3, 0.5, 0.998, 0.999, 1.0])

    levels = to_levels(image.reshape(1, 1, 1, 10).expand(1, 3, 1, 10))

    # 0.1, 0.3 and 0.5 times 255 are 25.5, 76.5 and 127.5.
    assert levels[0, 0, 0].tolist() == [0, 0, 1, 1, 26, 77, 128, 254, 255, 255]


@given(st.integers(0, 2**31))
def test_rounding_agrees_with_numpy_in_double_precision(seed: int) -> None:
    image = pictures(seed=seed)
    exact = image.numpy().astype(np.float64) * 255

    levels = to_levels(image).numpy()

    # float32 moves 255·x by at most 2**-17, so that only values as near as that to a half may fall to
    # either side.
    assert np.abs(levels - exact).max() <= 0.5 + 2**-16
    clear = np.abs(exact - np.floor(exact) - 0.5) > 2**-16
    assert np.array_equal(levels[clear], np.rint(exact[clear]))


def test_a_picture_that_was_saved_and_loaded_is_the_rounded_one() -> None:
    image = pictures(count=1)
    saved = Image.fromarray(to_levels(image)[0].permute(1, 2, 0).numpy().astype(np.uint8))

    loaded = torch.from_numpy(np.array(saved)).permute(2, 0, 1)[None].to(torch.float32) / 255

    assert torch.equal(loaded, round_to_8_bits(image))


def test_the_mean_colour_of_the_known_pixels_by_hand() -> None:
    corrupted = torch.zeros(2, 3, 1, 3)
    corrupted[0, :, 0] = torch.tensor([[0.2, 0.4, 9.0], [0.0, 1.0, 9.0], [0.5, 0.5, 9.0]])
    hole = torch.tensor([[False, False, True], [True, True, True]]).reshape(2, 1, 1, 3)

    mean = known_mean(corrupted, hole)

    assert mean.shape == (2, 3, 1, 1)
    torch.testing.assert_close(mean[0].flatten(), torch.tensor([0.3, 0.5, 0.5]))
    assert mean[1].flatten().tolist() == [0.5, 0.5, 0.5]  # nothing is known: mid-grey


@pytest.fixture
def checked_ops(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """A copy of the module whose annotated shapes are checked at each call."""
    import inpaintbench

    monkeypatch.setattr(inpaintbench, "ops", inpaintbench.ops)  # both are put back after the test
    monkeypatch.delitem(sys.modules, "inpaintbench.ops")
    with jaxtyping.install_import_hook("inpaintbench.ops", "beartype.beartype"):
        import inpaintbench.ops as copy
    yield copy
    sys.modules.pop("inpaintbench.ops")


@pytest.mark.parametrize(
    "hole",
    [
        one_pixel_hole(count=1),
        one_pixel_hole().expand(2, 3, 5, 4),
        one_pixel_hole()[:, 0],
        one_pixel_hole().to(torch.float32),
    ],
    ids=["one hole for the batch", "a hole per channel", "no channel", "numbers"],
)
def test_holes_that_would_broadcast_are_caught_by_the_annotated_shapes(
    checked_ops: ModuleType, hole: torch.Tensor
) -> None:
    assert torch.equal(
        checked_ops.composite(pictures(), pictures(seed=1), one_pixel_hole()),
        composite(pictures(), pictures(seed=1), one_pixel_hole()),
    )
    with pytest.raises(jaxtyping.TypeCheckError, match="hole"):
        checked_ops.composite(pictures(), pictures(), hole)
    with pytest.raises(jaxtyping.TypeCheckError, match="hole"):
        checked_ops.known_mean(pictures(), hole)
