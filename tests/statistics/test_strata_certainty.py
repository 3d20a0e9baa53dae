"""How certain the numbers of strata are."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from inpaintbench.leaderboard import Leaderboard
from inpaintbench.statistics import strata_certainty as room
from inpaintbench.statistics.strata_certainty import judged_strata
from inpaintbench.stored import StoredCell
from inpaintbench.strata import Strata, Stratum, stratify

StoreCell = Callable[..., StoredCell]
SMALL, LARGE, RARE = 60, 40, 3
RATIOS = SMALL * [0.15] + LARGE * [0.25] + RARE * [0.35]


@pytest.fixture
def board(store_cell: StoreCell) -> Leaderboard:
    """Two methods: one is better by 1 dB in small holes, and worse by 1 dB in large and in three larger ones."""
    rng = np.random.default_rng(0)
    hard = rng.normal(25, 4, len(RATIOS))
    ahead = np.where(np.array(RATIOS) < 0.2, 1.0, -1.0) + rng.normal(0, 0.5, len(RATIOS))
    cells = [
        store_cell("small", {"psnr": (hard + ahead).tolist()}, RATIOS),
        store_cell("large", {"psnr": hard.tolist()}, RATIOS),
    ]
    return Leaderboard.from_cells(cells)


def judge(board: Leaderboard) -> Strata:
    return judged_strata(stratify(board, "hole_ratio", board.columns), board, board.columns)


@pytest.fixture
def found(board: Leaderboard) -> tuple[Stratum, ...]:
    return judge(board).of(board.groups[0], board.columns[0])


def test_each_stratum_is_judged_by_itself(found: tuple[Stratum, ...]) -> None:
    ranks = {one.name: {method: each.score.shared for method, each in one.scores.items()} for one in found}
    assert ranks == {
        "(0.1, 0.2]": {"small": 1, "large": 2},
        "(0.2, 0.3]": {"small": 2, "large": 1},
        "(0.3, 0.4]": {"small": 1, "large": 1},  # three images are no proof
    }
    places = {one.name: {method: each.score.place for method, each in one.scores.items()} for one in found}
    assert places == {name: dict(each) for name, each in ranks.items()}


def test_means_and_intervals_are_of_the_stratum(found: tuple[Stratum, ...]) -> None:
    for one in found:
        for each in one.scores.values():
            if one.images == RARE:
                assert each.score.low is None
            else:
                assert each.score.low is not None
                assert each.score.low < each.score.mean < each.score.high  # type: ignore[operator]


def test_files_are_verified_once_a_group_and_read_once_ever(
    board: Leaderboard, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked_of, read_table = room.asked_of, room.read_table
    seen: list[str] = []
    monkeypatch.setattr(room, "asked_of", lambda *asked: (seen.append("verified"), asked_of(*asked))[1])
    monkeypatch.setattr(room, "read_table", lambda *asked: (seen.append("read"), read_table(*asked))[1])

    first, second = judge(board), judge(board)
    assert len(first.of(board.groups[0], board.columns[0])) == 3
    assert seen == ["verified", "read", "read", "verified"]
    assert second == first
