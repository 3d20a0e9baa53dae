"""Orders of rows, and which of them matter most."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from inpaintbench.leaderboard import Leaderboard
from inpaintbench.site.gallery.choosing import Order, by_importance, chance, order_of
from inpaintbench.site.gallery.walls import Row, Wall, find_walls


def row(index: int, *scores: float | None) -> Row:
    return Row(
        item=str(index),
        index=index,
        image_hash="",
        hole_hash="",
        hole_ratio=None,
        label=None,
        samples=(None,) * len(scores),
        scores=tuple((score,) for score in scores),
    )


# means 22, 30, 17.5, 21, none, 50; ranges 4, 0, 15, 13, none, none
ROWS = [row(0, 20, 22, 24), row(1, 30, 30, 30), row(2, 10, 25, None), row(3, 28, 20, 15), row(4, None, None, None)]
ROWS.append(row(5, None, 50, None))


@pytest.mark.parametrize(
    ("order", "higher", "expected"),
    [
        ("disagreement", True, "230145"),
        ("disagreement", False, "230145"),
        ("worst", True, "230154"),
        ("worst", False, "510324"),
        ("best", True, "510324"),
        ("best", False, "230154"),
        ("dataset", True, "012345"),
    ],
)
def test_an_order_is_by_hand(order: Order, higher: bool, expected: str) -> None:
    assert "".join(one.item for one in order_of(ROWS, order, 0, higher)) == expected


def test_infinite_scores_are_sorted_as_numbers() -> None:
    rows = [row(0, 20.0, 30.0), row(1, float("inf"), float("inf")), row(2, 20.0, float("inf"))]
    assert [one.index for one in order_of(rows, "disagreement", 0, True)] == [2, 0, 1]
    assert [one.index for one in order_of(rows, "best", 0, True)] == [1, 2, 0]


def test_random_order_depends_on_the_items_alone() -> None:
    forward = [one.item for one in order_of(ROWS, "random", 0, True)]
    assert forward == [one.item for one in order_of(ROWS[::-1], "random", 0, True)]
    assert forward != [one.item for one in ROWS]
    assert chance(ROWS[0]) == 7190540768721335934  # for ever, on every machine


def test_what_matters_comes_in_turns(hang: Callable[..., object]) -> None:
    cells = [hang("alpha", {"psnr": [20, 30, 10, 28]}), hang("beta", {"psnr": [22, 30, 25, 20]})]
    (wall,) = find_walls(Leaderboard.from_cells(cells))  # type: ignore[arg-type]
    assert isinstance(wall, Wall)
    found = [one.index for one in by_importance(wall)]
    # worst: 2 0 3 1; best: 1 3 0 2; disagreement: 2 3 0 1
    first = [2, 1, order_of(wall.rows, "random", 0, True)[0].index]
    assert found[: len(dict.fromkeys(first))] == list(dict.fromkeys(first))
    assert sorted(found) == [0, 1, 2, 3]


def test_nothing_is_lost_without_metrics(tmp_path: Path, hang: Callable[..., object]) -> None:
    cell = hang("alpha", {"psnr": [20, 30]}, metrics=())
    (wall,) = find_walls(Leaderboard.from_cells([cell]))  # type: ignore[list-item]
    assert sorted(one.index for one in by_importance(wall)) == [0, 1]
