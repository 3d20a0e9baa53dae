"""How certain the numbers of stored cells are."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from inpaintbench.leaderboard import Leaderboard
from inpaintbench.statistics.certainty import Certainty, assess
from inpaintbench.statistics.pairing import IMAGE
from inpaintbench.statistics.verdicts import Verdict
from inpaintbench.store import Store
from inpaintbench.stored import StoredCell

COUNT = 80

StoreCell = Callable[..., StoredCell]


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
        store_cell("a", psnr, key="new", finished="2027"),
        store_cell("a", lpips, key="old"),
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


def test_those_that_cannot_be_told_from_the_best_are_best(store_cell: StoreCell) -> None:
    scores = {"one": numbers(1.0, 1), "two": numbers(1.02, 2), "three": numbers(0.0, 3), "four": numbers(-1.0, 4)}
    board, found = certainty(*(store_cell(method, given) for method, given in scores.items()))
    plain = {entry.method: entry.scores[board.columns[0].key] for entry in board.entries}
    judged = {entry.method: entry.scores[board.columns[0].key] for entry in found.judged(board).entries}

    assert {method: score.place for method, score in plain.items()} == {"one": 2, "two": 1, "three": 0, "four": 0}
    assert {method: score.place for method, score in judged.items()} == {"one": 1, "two": 1, "three": 2, "four": 0}
    assert {method: score.shared for method, score in judged.items()} == {"one": 1, "two": 1, "three": 3, "four": 4}
    assert {method: score.rank for method, score in judged.items()} == {"one": 2, "two": 1, "three": 3, "four": 4}
    for method, score in judged.items():
        values = np.array(scores[method]["psnr"])
        half = 1.96 * values.std() / COUNT**0.5  # what a normal distribution would give
        assert score.low is not None
        assert score.high is not None
        assert score.low == pytest.approx(values.mean() - half, abs=0.2)
        assert score.high == pytest.approx(values.mean() + half, abs=0.2)


def test_a_method_alone_is_not_best_and_has_an_interval(store_cell: StoreCell) -> None:
    board, found = certainty(store_cell("alone", numbers()))
    score = found.judged(board).entries[0].scores[board.columns[0].key]

    assert (score.place, score.shared) == (0, 1)
    assert score.low is not None


def test_a_result_that_is_not_ranked_has_an_interval_and_no_place(store_cell: StoreCell) -> None:
    scores = numbers()
    few = {name: values[: COUNT // 2] for name, values in scores.items()}
    board, found = certainty(
        store_cell("whole", scores), store_cell("also", numbers(0.0, 1)), store_cell("part", few, expected=COUNT)
    )
    part = next(entry for entry in found.judged(board).entries if entry.method == "part")
    score = part.scores[board.columns[0].key]

    assert part.standing == "incomplete"
    assert (score.place, score.shared, score.rank) == (0, None, None)
    assert score.low is not None
    assert score.low < np.mean(few["psnr"]) < score.high


def test_two_versions_of_a_metric_are_not_compared(store_cell: StoreCell) -> None:
    old, new = store_cell("old", numbers()), store_cell("new", numbers(5.0, 1))
    metrics = tuple(dataclasses.replace(one, version=2) for one in new.record.metrics)
    newer = store_cell("newer", numbers(5.0, 1), metrics=metrics)
    board, found = certainty(old, new, newer)
    (group,) = board.groups

    compared = {one.metric.version: found.of(group, one) for one in board.columns if one.metric.name == "psnr"}
    assert {version: set(verdict.means) for version, verdict in compared.items() if verdict} == {
        1: {"old", "new"},
        2: {"newer"},
    }


def test_results_without_hashes_do_not_keep_the_others_from_being_compared(store_cell: StoreCell, rewrite: Any) -> None:
    old, one, two = store_cell("old", numbers()), store_cell("one", numbers()), store_cell("two", numbers(2.0, 1))
    rewrite(old.folder, lambda table: table.drop(columns=["image_hash", "hole_hash"]))
    again = Store(old.folder.parents[4]).read(old.folder)
    assert again is not None
    board, found = certainty(again, one, two)
    (group,) = board.groups

    assert only(board, found, "PSNR").ranks == {"one": 2, "two": 1}
    assert found.judgements[group].apart == ("old",)
    judged = {entry.method: entry.scores[board.columns[0].key] for entry in found.judged(board).entries}
    assert (judged["old"].place, judged["old"].shared) == (0, None)
    assert judged["old"].low is not None


def test_an_image_that_is_there_twice_is_refused(store_cell: StoreCell, rewrite: Any) -> None:
    one, two = store_cell("one", numbers()), store_cell("two", numbers(1.0, 1))
    rewrite(one.folder, lambda table: table.assign(**{name: table[name].iloc[0] for name in IMAGE}))
    again = Store(one.folder.parents[4]).read(one.folder)
    assert again is not None
    _, found = certainty(again, two)

    ((entry, why),) = found.unread
    assert (entry.method, why) == ("one", f"{one.table} holds an image twice: 79.png")
