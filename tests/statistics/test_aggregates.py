"""Methods over all groups: worked by hand, and against what is known of single groups."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pytest
from scipy import stats

from inpaintbench.columns import Column
from inpaintbench.leaderboard import Leaderboard
from inpaintbench.statistics import aggregates
from inpaintbench.statistics.certainty import assess
from inpaintbench.statistics.intervals import mean_intervals
from inpaintbench.stored import StoredCell

StoreCell = Callable[..., StoredCell]
MASKS = ("circle", "half", "dots")


def flat(value: float, count: int = 6) -> list[float]:
    return [value + number / 100 for number in range(count)]


def board_of(store_cell: StoreCell, means: dict[str, Sequence[float | None]]) -> Leaderboard:
    """Return a board with one group a mask; None for a cell that is not there."""
    return Leaderboard.from_cells(
        store_cell(method, {"psnr": flat(mean)}, mask=mask, key=f"{method}-{mask}")
        for method, each in means.items()
        for mask, mean in zip(MASKS, each, strict=True)
        if mean is not None
    )


def psnr(board: Leaderboard) -> Column:
    return next(column for column in board.columns if column.key.name == "psnr")


def test_mean_ranks_agree_with_scipy(store_cell: StoreCell) -> None:
    numbers = {"a": (30, 31, 20), "b": (29, 30, 22), "c": (28, 33, 19), "d": (20, 20, 18)}
    board = board_of(store_cell, numbers)
    found = aggregates.mean_ranks(board)
    test = found.by_column[psnr(board).key]

    assert test is not None
    ranks = dict(zip(found.methods, test.mean_ranks, strict=True))
    assert ranks == pytest.approx({"a": 5 / 3, "b": 2, "c": 7 / 3, "d": 4})
    expected = stats.friedmanchisquare(*numbers.values())
    assert (test.statistic, test.p) == pytest.approx((expected.statistic, expected.pvalue))
    assert test.cells == 3
    assert found.together == test  # one metric votes


def test_a_method_that_is_not_ranked_everywhere_has_no_part(store_cell: StoreCell) -> None:
    board = board_of(store_cell, {"a": (30, 31, 20), "b": (29, 30, 22), "c": (28, 33, 19), "part": (99, None, 99)})
    certainty = assess(board, board.columns)

    assert set(aggregates.everywhere(board)) == {"a", "b", "c"}
    test = aggregates.mean_ranks(board).by_column[psnr(board).key]
    assert test is not None
    assert sum(test.mean_ranks) == pytest.approx(6)  # as of three methods, not of four
    assert "part" not in aggregates.plain_means(board, board.columns)[psnr(board).key]
    assert "part" not in aggregates.points(board, certainty).by_column[psnr(board).key]


def test_too_few_methods_are_not_tested(store_cell: StoreCell) -> None:
    board = board_of(store_cell, {"a": (30, 31, 20), "b": (29, 30, 22)})

    assert aggregates.mean_ranks(board).by_column == {psnr(board).key: None}
    assert aggregates.mean_ranks(board).together is None


def test_points_are_for_what_is_certain(store_cell: StoreCell) -> None:
    # Six differences of one sign: p = 2/64, which is certain for one pair, and times three is not.
    board = board_of(store_cell, {"a": (30, 30, 30), "b": (29, 31, 30)})
    won = aggregates.points(board, assess(board, board.columns))
    assert won.by_column[psnr(board).key] == {"a": 1.5, "b": 1.5}
    assert won.most[psnr(board).key] == 3

    board = board_of(store_cell, {"a": (30, 30, 30), "b": (29, 29, 30), "c": (28, 28, 28)})
    won = aggregates.points(board, assess(board, board.columns))
    assert won.by_column[psnr(board).key] == {"a": 3.0, "b": 3.0, "c": 3.0}


def test_points_follow_the_direction_of_the_metric(store_cell: StoreCell) -> None:
    cells = [
        store_cell(method, {"lpips": flat(mean, 30)}, mask=mask, key=f"{method}-{mask}")
        for method, mean in (("low", 0.1), ("middle", 0.2), ("high", 0.3))
        for mask in MASKS
    ]
    board = Leaderboard.from_cells(cells)
    (column,) = board.columns
    won = aggregates.points(board, assess(board, board.columns))
    assert won.by_column[column.key] == {"low": 6.0, "middle": 3.0, "high": 0.0}


def test_groups_weigh_the_same_however_many_pictures_they_have(store_cell: StoreCell) -> None:
    sizes = {"few": 10, "many": 40}
    values = {"few": 20.0, "many": 30.0}
    cells = [
        store_cell(method, {"psnr": flat(values[name] + ahead, count)}, dataset=name, key=f"{method}-{name}")
        for name, count in sizes.items()
        for method, ahead in (("a", 1.0), ("b", 0.0))
    ]
    board = Leaderboard.from_cells(cells)
    plain = aggregates.plain_means(board, board.columns)[psnr(board).key]
    verdict = aggregates.means(board, board.columns)[psnr(board).key]

    expected = (np.mean(flat(20.0, 10)) + np.mean(flat(30.0, 40))) / 2
    assert plain == pytest.approx({"a": expected + 1, "b": expected})
    assert {method: one.mean for method, one in verdict.means.items()} == pytest.approx(plain)
    assert verdict.ranks == {"a": 1, "b": 2}
    assert verdict.images == 50


def test_a_picture_under_two_masks_is_one_picture(store_cell: StoreCell) -> None:
    """The same numbers under three masks tell no more than those under one; taken for apart, they would by √3."""
    rng = np.random.default_rng(0)
    values = {method: rng.normal(25, 4, 50).tolist() for method in ("a", "b")}
    board = Leaderboard.from_cells(
        store_cell(method, {"psnr": values[method]}, mask=mask, key=f"{method}-{mask}")
        for method in values
        for mask in MASKS
    )
    verdict = aggregates.means(board, board.columns)[psnr(board).key]
    for method, numbers in values.items():
        (alone,) = mean_intervals(np.array(numbers)[:, None], 0)
        found = verdict.means[method]
        assert found.mean == pytest.approx(alone.mean)
        assert found.high - found.low == pytest.approx(alone.high - alone.low, rel=0.05)


def test_pictures_that_cannot_be_read_leave_the_mean_without_an_interval(store_cell: StoreCell) -> None:
    board = board_of(store_cell, {"a": (30, 31, 20), "b": (29, 30, 22)})
    board.entries[0].cell.table.write_bytes(b"")

    assert aggregates.means(board, board.columns) == {}
    assert aggregates.plain_means(board, board.columns)[psnr(board).key]["a"] == pytest.approx(27 + 0.025)
