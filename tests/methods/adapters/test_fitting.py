from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from inpaintbench_methods.adapters.fitting import pad, resize_known

sides = st.integers(1, 40)


@given(height=sides, width=sides, multiple=st.integers(1, 16))
def test_pictures_are_mirrored_as_numpy_mirrors_them(height: int, width: int, multiple: int) -> None:
    values = torch.rand(2, 3, height, width, generator=torch.Generator().manual_seed(height))
    more = (-height % multiple, -width % multiple)
    expected = np.pad(values.numpy(), ((0, 0), (0, 0), (0, more[0]), (0, more[1])), mode="symmetric")
    assert np.array_equal(pad(values, multiple).numpy(), expected)


@given(old=sides, new=sides, share=st.sampled_from([0.1, 0.5, 0.9]))
def test_no_colour_comes_out_of_a_hole(old: int, new: int, share: float) -> None:
    # Whatever the hole holds: a picture of one colour stays of this colour wherever something is known.
    hole = torch.rand(1, 1, old, old, generator=torch.Generator().manual_seed(new)) < share
    image = torch.full((1, 3, old, old), 0.7).masked_fill(hole, 0.1)
    resized, missing = resize_known(image, hole, new, new)
    expected = torch.full_like(resized, 0.1 if new == old else 0.0).where(missing, torch.tensor(0.7))
    torch.testing.assert_close(resized, expected, atol=1e-5, rtol=0)


@given(old=sides, new=sides)
def test_a_resized_hole_covers_the_old_one(old: int, new: int) -> None:
    hole = torch.rand(1, 1, old, old, generator=torch.Generator().manual_seed(old)) < 0.3
    _, missing = resize_known(torch.zeros(1, 3, old, old), hole, new, new)
    for row, column in hole[0, 0].nonzero().tolist():
        # All new pixels whose area meets the old one's are missing.
        top, bottom = row * new // old, -(-(row + 1) * new // old)
        left, right = column * new // old, -(-(column + 1) * new // old)
        assert missing[0, 0, top:bottom, left:right].all()


@pytest.mark.parametrize("missing", [True, False])
def test_full_and_empty_holes_stay_so(missing: bool) -> None:
    hole = torch.full((1, 1, 9, 9), missing)
    resized, found = resize_known(torch.full((1, 3, 9, 9), 0.5).masked_fill(hole, 0), hole, 16, 16)
    assert (found == missing).all()
    assert torch.allclose(resized, torch.tensor(0.0 if missing else 0.5))
