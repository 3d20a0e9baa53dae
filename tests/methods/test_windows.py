from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from inpaintbench_methods.windows import find_windows, pixel_sum_


def _holes(seed: int, count: int, height: int, width: int, share: float) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.rand(count, 1, height, width, generator=generator) < share


@settings(max_examples=50, deadline=None)
@given(seed=st.integers(0, 10**6), height=st.integers(1, 40), width=st.integers(1, 40), share=st.floats(0.001, 0.9))
def test_every_hole_lies_in_its_window_with_a_rim_of_known_pixels(
    seed: int, height: int, width: int, share: float
) -> None:
    hole = _holes(seed, 6, height, width, share)
    seen: list[int] = []
    for windows in find_windows(hole):
        seen += windows.images.tolist()
        cut = windows.cut(hole)
        assert (cut.sum((0, 1, 3)) == hole[windows.images].sum((1, 2, 3))).all()
        for rows, size, edges in (
            (windows.rows, height, (cut[0], cut[-1])),
            (windows.columns, width, (cut[:, 0], cut[:, -1])),
        ):
            assert (rows.diff(dim=0) == 1).all()
            for end, border, edge in zip((rows[0], rows[-1]), (0, size - 1), edges, strict=True):
                assert not edge[:, end != border].any()
    pixels = hole.sum((1, 2, 3))
    assert sorted(seen) == ((pixels > 0) & (pixels < height * width)).nonzero()[:, 0].tolist()


def test_what_is_cut_is_pasted_back_at_its_place() -> None:
    hole = _holes(1, 5, 9, 30, 0.01)
    pictures = torch.rand(5, 3, 9, 30, generator=torch.Generator().manual_seed(2))
    rebuilt = pictures.masked_fill(hole, 0)
    for windows in find_windows(hole):
        windows.paste(windows.cut(pictures), rebuilt)
    assert torch.equal(rebuilt, pictures)


def test_a_window_is_little_larger_than_the_hole_and_its_rim() -> None:
    hole = torch.zeros(2, 1, 64, 64, dtype=torch.bool)
    hole[0, :, 22:42, 22:42] = True
    hole[1, :, 3:36, 60:] = True
    sizes = {tuple(w.images.tolist()): (len(w.rows), len(w.columns)) for w in find_windows(hole)}
    assert sizes == {(0,): (22, 22), (1,): (36, 5)}


def test_parts_hold_as_many_values_as_allowed_and_all_images() -> None:
    hole = torch.zeros(7, 1, 16, 16, dtype=torch.bool)
    hole[:, :, 4:8, 4:8] = True
    (windows,) = find_windows(hole)
    parts = list(windows.split(2 * 3 * 6 * 6))
    assert [part.images.tolist() for part in parts] == [[0, 1], [2, 3], [4, 5], [6]]
    assert [part.images.tolist() for part in windows.split(1)] == [[i] for i in range(7)]


@pytest.mark.parametrize("size", [(1, 1), (2, 3), (7, 16), (33, 5)])
def test_sums_are_right_and_do_not_depend_on_the_columns_beside(size: tuple[int, int]) -> None:
    values = torch.randn(*size, 37, 3, dtype=torch.float32, generator=torch.Generator().manual_seed(0))
    sums = pixel_sum_(values.clone())
    torch.testing.assert_close(sums.double(), values.double().sum((0, 1)), atol=1e-4, rtol=1e-5)
    for image in range(37):
        assert torch.equal(pixel_sum_(values[:, :, image : image + 1].clone())[0], sums[image])
