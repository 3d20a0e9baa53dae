"""How certain the numbers of stored cells are."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from inpaintbench.cell_writer import CellWriter
from inpaintbench.leaderboard import Leaderboard
from inpaintbench.records import CellRecord, MetricColumn
from inpaintbench.statistics.certainty import Certainty, assess
from inpaintbench.statistics.verdicts import Verdict
from inpaintbench.store import Store
from inpaintbench.stored import StoredCell

PSNR = MetricColumn(
    name="psnr", plugin="psnr", label="PSNR", unit="dB", higher_is_better=True, decimals=2, ranked=True, version=1
)
LPIPS = MetricColumn(
    name="lpips", plugin="lpips", label="LPIPS", unit="", higher_is_better=False, decimals=4, ranked=True, version=1
)
COUNT = 80

StoreCell = Callable[..., StoredCell]


@pytest.fixture
def store_cell(tmp_path: Path) -> StoreCell:
    """Return a function that stores a cell of these numbers as a run does, and reads it back."""
    store = Store(tmp_path)

    def make(method: str, scores: Mapping[str, Sequence[float | None]], **changes: Any) -> StoredCell:
        count = len(next(iter(scores.values())))
        given: dict[str, Any] = {"key": f"{method}-0", "status": "complete", "method": method, "dataset": "photos"}
        given |= {"mask": "circle", "size": 64, "seed": 0, "limit": None, "protocol": 1, "identity": {}}
        given |= {"metrics": (PSNR, LPIPS), "expected": count, "scored": count, "finished": "2026-01-01"}
        record = CellRecord(**(given | changes))
        writer = CellWriter(store.folder(method, "photos", record.mask, record.key)).open()
        rows = [
            {"item": f"{index}.png", "index": index, "image_hash": f"i{index}", "hole_hash": f"h{index}"}
            | {name: values[index] for name, values in scores.items()}
            for index in range(count)
        ]
        writer.append(rows[::-1])  # in another order than the data set's
        writer.seal(record)
        writer.close()
        stored = store.read(writer.folder)
        assert stored is not None
        return stored

    return make


def numbers(shift: float = 0.0, seed: int = 0) -> dict[str, list[float | None]]:
    hard = np.random.default_rng(9).normal(25, 4, COUNT)
    own = np.random.default_rng(seed).normal(shift, 0.5, COUNT)
    return {"psnr": (hard + own).tolist(), "lpips": (0.5 - (hard + own) / 100).tolist()}


def certainty(*cells: StoredCell) -> tuple[Leaderboard, Certainty]:
    board = Leaderboard.from_cells(cells)
    return board, assess(board, board.columns)


def only(board: Leaderboard, found: Certainty, label: str) -> Verdict:
    (group,) = board.groups
    (column,) = (one for one in board.columns if one.metric.label == label)
    verdict = found.of(group, column)
    assert verdict is not None
    return verdict


def test_the_numbers_of_stored_cells_are_judged(store_cell: StoreCell) -> None:
    one, two, three = numbers(1.0, 1), numbers(1.0, 2), numbers(0.0, 3)
    board, found = certainty(store_cell("one", one), store_cell("two", two), store_cell("three", three))

    for label, name in (("PSNR", "psnr"), ("LPIPS", "lpips")):
        verdict = only(board, found, label)
        assert verdict.ranks == {"one": 1, "two": 1, "three": 3}
        assert verdict.images == COUNT
        for entry in board.entries:
            assert verdict.means[entry.method].mean == pytest.approx(entry.record.means[name], rel=1e-12)
        pair = next(one for one in verdict.pairs if set(one) == {"one", "three"})
        sign = 1 if pair[0] == "one" else -1
        expected = sign * float(np.subtract(one[name], three[name]).mean())
        assert verdict.pairs[pair].difference.mean == pytest.approx(expected)


def test_what_is_not_ranked_is_not_judged(store_cell: StoreCell) -> None:
    limited = store_cell("limited", numbers(3.0), limit=COUNT)
    board, found = certainty(store_cell("whole", numbers()), limited)
    whole = next(group for group in board.groups if group.limit is None)

    verdicts = [found.of(group, column) for group in board.groups for column in board.columns]
    assert {method for verdict in verdicts if verdict for method in verdict.means} == {"whole"}
    assert found.of(whole, board.columns[0]) is not None


def test_a_metric_that_another_result_holds_is_found_there(store_cell: StoreCell) -> None:
    scores = numbers()
    psnr, lpips = ({name: scores[name]} for name in ("psnr", "lpips"))
    cells = [
        store_cell("a", psnr, metrics=(PSNR,), key="new", finished="2027"),
        store_cell("a", lpips, metrics=(LPIPS,), key="old"),
    ]
    board, found = certainty(*cells, store_cell("b", numbers(0.0, 7)))

    assert set(only(board, found, "LPIPS").means) == {"a", "b"}


def test_a_damaged_table_is_named_and_the_others_are_judged(store_cell: StoreCell) -> None:
    broken, whole = store_cell("broken", numbers()), store_cell("whole", numbers(1.0, 1))
    content = bytearray(broken.table.read_bytes())
    content[200] ^= 1
    broken.table.write_bytes(content)
    board, found = certainty(broken, whole)

    ((entry, why),) = found.unread
    assert (entry.method, why.startswith(f"{broken.table} was altered or damaged")) == ("broken", True)
    assert set(only(board, found, "PSNR").means) == {"whole"}


def test_images_under_another_hole_are_no_pair(store_cell: StoreCell, rewrite: Any) -> None:
    one, two = store_cell("one", numbers()), store_cell("two", numbers(1.0, 1))
    rewrite(two.folder, lambda table: table.assign(hole_hash=["other", *table["hole_hash"][1:]]))
    again = Store(two.folder.parents[4]).read(two.folder)
    assert again is not None
    board, found = certainty(one, again)

    assert only(board, found, "PSNR").images == COUNT - 1


def test_a_verdict_depends_on_nothing_else_in_the_leaderboard(store_cell: StoreCell) -> None:
    one, two = store_cell("one", numbers()), store_cell("two", numbers(0.2, 1))
    elsewhere = store_cell("one", numbers(), mask="half", key="half")
    alone, together = certainty(one, two), certainty(one, elsewhere, two)

    (group,) = alone[0].groups
    for column in alone[0].columns:
        assert together[1].of(group, column) == alone[1].of(group, column)
