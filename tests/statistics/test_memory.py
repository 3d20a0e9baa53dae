"""What was judged once is remembered for as long as the numbers stay the same."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from inpaintbench.caching import cache_folder
from inpaintbench.leaderboard import Leaderboard
from inpaintbench.statistics import certainty as room
from inpaintbench.statistics.certainty import Certainty, assess
from inpaintbench.stored import StoredCell

StoreCell = Callable[..., StoredCell]


@pytest.fixture
def board(store_cell: StoreCell) -> Leaderboard:
    rng = np.random.default_rng(0)
    return Leaderboard.from_cells(
        store_cell(method, {"psnr": [None, *rng.normal(25, 4, 20)], "lpips": rng.uniform(0, 1, 21).tolist()})
        for method in ("one", "two", "few")
    )


@pytest.fixture
def readings(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return a list that grows by each entry whose table is read."""
    read = room.read_table
    seen: list[str] = []
    monkeypatch.setattr(room, "read_table", lambda entry, columns: (seen.append(entry.method), read(entry, columns))[1])
    return seen


def judge(board: Leaderboard) -> Certainty:
    return assess(board, board.columns)


def remembered() -> list[Path]:
    return sorted((cache_folder() / "statistics").iterdir())


def test_the_same_numbers_are_judged_once(board: Leaderboard, readings: list[str]) -> None:
    first, second = judge(board), judge(board)

    assert readings == ["few", "one", "two"]
    assert second == first
    assert len(remembered()) == 1


def test_another_test_is_another_question(board: Leaderboard) -> None:
    first, second = judge(board), assess(board, board.columns, "wilcoxon")

    (group,) = board.groups
    found = [certainty.of(group, board.columns[0]) for certainty in (first, second)]
    assert found[0] != found[1]
    assert len(remembered()) == 2


def test_other_numbers_are_judged_anew(board: Leaderboard, store_cell: StoreCell) -> None:
    first = judge(board)
    changed = store_cell("one", {"psnr": 21 * [30.0], "lpips": 21 * [0.1]}, key="other", finished="2027")
    cells = [entry.cell for entry in board.entries]
    other = Leaderboard.from_cells([*cells, changed])
    second = judge(other)

    (group,) = board.groups
    column = board.columns[0]
    means = [certainty.of(group, column).means["one"].mean for certainty in (first, second)]  # type: ignore[union-attr]
    assert means[0] != means[1] == 30.0


@pytest.mark.parametrize("damage", ["empty", "cut", "altered", "newer", "of another kind"])
def test_what_is_damaged_is_found_again(board: Leaderboard, readings: list[str], damage: str) -> None:
    first = judge(board)
    (file,) = remembered()
    document = json.loads(file.read_text())
    match damage:
        case "empty":
            file.write_bytes(b"")
        case "cut":
            file.write_bytes(file.read_bytes()[:-50])
        case "altered":
            document["verdicts"][0]["ranks"]["one"] = 17
            file.write_text(json.dumps(document))
        case "newer":
            file.write_text(json.dumps(document | {"schema": 10**6}))
        case _:
            file.write_text("[]")

    assert judge(board) == first
    assert len(readings) == 6
    assert json.loads(file.read_text())["verdicts"][0]["ranks"]["one"] != 17


def test_without_a_folder_of_caches_it_is_found_each_time(
    board: Leaderboard, readings: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    place = tmp_path / "file"
    place.touch()
    monkeypatch.setenv("INPAINTBENCH_CACHE", str(place))

    assert judge(board) == judge(board)
    assert len(readings) == 6


def test_numbers_that_cannot_be_read_are_not_remembered(board: Leaderboard, readings: list[str]) -> None:
    entry = next(one for one in board.entries if one.method == "two")
    content = entry.cell.table.read_bytes()
    entry.cell.table.write_bytes(content[:-1])
    broken = judge(board)
    entry.cell.table.write_bytes(content)

    assert [one.method for one, _ in broken.unread] == ["two"]
    assert judge(board).unread == ()


def test_numbers_without_a_checksum_are_not_remembered(store_cell: StoreCell, readings: list[str]) -> None:
    cell = store_cell("old", {"psnr": [20.0, 21.0, 22.0, 23.0, 24.0]})
    old = StoredCell(cell.folder, dataclasses.replace(cell.record, table={}))
    board = Leaderboard.from_cells([old])

    assert judge(board) == judge(board)
    assert readings == ["old", "old"]


def test_damage_is_found_though_the_judgement_is_remembered(board: Leaderboard) -> None:
    judge(board)
    table = board.entries[0].cell.table
    content = bytearray(table.read_bytes())
    content[100] ^= 1
    table.write_bytes(content)

    ((entry, why),) = judge(board).unread
    assert entry == board.entries[0]
    assert "was altered or damaged" in why
