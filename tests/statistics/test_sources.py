"""Pictures of one source count as one draw."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inpaintbench.leaderboard import Leaderboard
from inpaintbench.statistics import aggregates
from inpaintbench.statistics.certainty import assess
from inpaintbench.statistics.sources import linearised, positions, shares
from inpaintbench.statistics.verdicts import Rivals, judge
from inpaintbench.stored import StoredCell

StoreCell = Callable[..., StoredCell]


def test_rows_are_the_means_of_sources_where_all_are_as_large() -> None:
    values = np.array([[1.0], [3.0], [10.0], [20.0]])
    sources = np.array([0, 0, 1, 1])
    assert linearised(values, sources).tolist() == [[2.0], [15.0]]
    assert shares(values, sources).tolist() == [[2.0], [15.0]]


def test_independent_pictures_stay_as_they_are() -> None:
    values = np.array([[1.0], [3.0]])
    assert linearised(values, np.arange(2)) is values
    assert shares(values, np.arange(2)) is values
    assert linearised(np.empty((0, 2)), np.arange(0)).shape == (0, 2)


def test_a_source_weighs_as_many_pictures_as_it_has() -> None:
    """Worked by hand: means 4 over three pictures; the sources deviate by -6 and +6 in sum, two sources for three."""
    values = np.array([[1.0], [1.0], [10.0]])
    sources = np.array([0, 0, 1])
    assert linearised(values, sources).tolist() == [[4 - 6 * 2 / 3], [4 + 6 * 2 / 3]]
    assert shares(values, sources)[:, 0].tolist() == pytest.approx([2 * 2 / 3, 10 * 2 / 3])


@given(st.lists(st.tuples(st.floats(-50, 50), st.integers(0, 4)), min_size=1, max_size=30))
def test_both_keep_the_mean_over_pictures(drawn: list[tuple[float, int]]) -> None:
    values = np.array([[one] for one, _ in drawn])
    sources = positions([str(source) for _, source in drawn], {})
    for found in (linearised(values, sources), shares(values, sources)):
        assert found.mean() == pytest.approx(values.mean(), abs=1e-9)
        assert len(found) == len(set(sources.tolist()))


def test_crops_prove_no_more_than_their_photographs() -> None:
    """The same difference in each of eight crops: seven photographs, whose signs alone can be exchanged."""
    rng = np.random.default_rng(0)
    of_photograph = rng.uniform(0.5, 1.5, 7)
    items = [f"{photograph}/{crop}" for photograph in range(7) for crop in range(8)]
    better = {"a": np.repeat(of_photograph, 8), "b": np.zeros(56)}
    sources = {item: item.partition("/")[0] for item in items}

    (alone,) = judge([Rivals(better, True, items)], 0)
    (counted,) = judge([Rivals(better, True, items)], 0, sources=sources)
    assert (alone.sources, counted.sources, counted.images) == (56, 7, 56)
    assert alone.pairs["a", "b"].p < 1e-6
    assert counted.pairs["a", "b"].p == 2 / 2**7
    widths = [one.pairs["a", "b"].difference for one in (alone, counted)]
    assert widths[1].high - widths[1].low > 2 * (widths[0].high - widths[0].low)
    assert widths[0].mean == pytest.approx(widths[1].mean)


def test_equal_methods_are_rarely_told_apart_though_crops_resemble_each_other() -> None:
    """Without counting sources, far more than 5 % of these would be."""
    rng = np.random.default_rng(1)
    items = [f"{photograph}/{crop}" for photograph in range(20) for crop in range(6)]
    sources = {item: item.partition("/")[0] for item in items}
    wrong = {"counted": 0, "ignored": 0}
    for seed in range(150):
        difference = np.repeat(rng.normal(0, 1, 20), 6) + rng.normal(0, 1, 120)
        rivals = [Rivals({"a": difference, "b": np.zeros(120)}, True, items)]
        for name, given_ in (("counted", sources), ("ignored", {})):
            (verdict,) = judge(rivals, seed, sources=given_)
            wrong[name] += verdict.pairs["a", "b"].certain
    assert wrong["counted"] <= 15  # 5 % of 150 are 7.5; more than 15 come once in two hundred times
    assert wrong["ignored"] > 35


def test_what_a_table_says_of_sources_is_counted_in_groups_and_over_them(store_cell: StoreCell) -> None:
    rng = np.random.default_rng(2)
    whence = [f"photograph {place // 6}" for place in range(60)]
    cells = [
        store_cell(method, {"psnr": rng.normal(25, 4, 60).tolist()}, mask=mask, key=f"{method}-{mask}", source=whence)
        for method in ("a", "b")
        for mask in ("circle", "half")
    ]
    board = Leaderboard.from_cells(cells)
    found = assess(board, board.columns)
    for group in board.groups:
        verdict = found.of(group, board.columns[0])
        assert verdict is not None
        assert (verdict.images, verdict.sources) == (60, 10)
    verdict = aggregates.means(board, board.columns)[board.columns[0].key]
    assert (verdict.images, verdict.sources) == (60, 10)
