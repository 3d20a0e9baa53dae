"""What all cells come to: each counts alike, and a picture is one under all its holes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from inpaintbench.comparing.differences import Differences
from inpaintbench.comparing.summary import summarise
from inpaintbench.statistics.intervals import mean_intervals

StoreCell = Callable[..., Any]
Compare = Callable[..., Differences]


def store_pair(store_cell: StoreCell, differences: list[float], **where: Any) -> None:
    base = np.random.default_rng(1).normal(25, 4, len(differences))
    store_cell("a", {"psnr": base.tolist()}, **where)
    store_cell("b", {"psnr": (base + differences).tolist()}, **where)


def test_each_cell_counts_alike(store_cell: StoreCell, compare: Compare) -> None:
    noise = np.random.default_rng(0).normal(0, 0.1, 100)
    store_pair(store_cell, (2.0 + noise[:10] - noise[:10].mean()).tolist(), dataset="few")
    store_pair(store_cell, (-1.0 + noise - noise.mean()).tolist(), dataset="many")
    store_pair(store_cell, [0.5, -0.5] * 5, dataset="few", mask="half")
    store_pair(store_cell, [9.0] * 10, dataset="limited", limit=10)
    (found,) = summarise(compare("a", "b"))

    assert found.cells == 3
    assert found.difference.mean == pytest.approx((2.0 - 1.0 + 0.0) / 3)
    assert found.b - found.a == pytest.approx(found.difference.mean)
    assert (found.a_better, found.b_better, found.neither) == (1, 1, 1)
    assert found.difference.low < found.difference.mean < found.difference.high


def test_the_same_numbers_under_three_masks_are_no_more_certain_than_under_one(
    store_cell: StoreCell, compare: Compare
) -> None:
    differences = np.random.default_rng(2).normal(0.5, 1.0, 40)
    for mask in ("circle", "half", "square"):
        store_pair(store_cell, differences.tolist(), mask=mask)
    (found,) = summarise(compare("a", "b"))
    (alone,) = mean_intervals(differences[:, None], seed=0)

    width = alone.high - alone.low
    assert found.difference.high - found.difference.low == pytest.approx(width, rel=0.05)
    assert width / 3**0.5 < 0.6 * width  # what three cells of unrelated pictures would have


def test_a_missing_number_leaves_the_mean_over_the_cells_as_it_is(store_cell: StoreCell, compare: Compare) -> None:
    store_pair(store_cell, [1.0, 2.0, 3.0, 4.0, 5.0, float("nan")])
    store_pair(store_cell, [0.0, 0.0, 0.0, 0.0, 0.0, 6.0], mask="half")
    (found,) = summarise(compare("a", "b"))

    assert found.difference.mean == pytest.approx((3.0 + 1.0) / 2)


def test_without_whole_cells_there_is_none(store_cell: StoreCell, compare: Compare) -> None:
    store_pair(store_cell, [1.0, 2.0], limit=2)

    assert summarise(compare("a", "b")) == ()
