"""Which mask and which data set is hardest: in the right direction, with ties, over the right methods."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from inpaintbench.comparing.data import ladders_csv, ladders_json
from inpaintbench.comparing.hardest import Hardness, Kind, Ladder, find_hardest
from inpaintbench.comparing.ladders import build_sheet
from inpaintbench.errors import UsageError
from inpaintbench.leaderboard import Leaderboard
from inpaintbench.report import SHEETS, write
from inpaintbench.statistics.unpaired import unpaired_test
from inpaintbench.store import Store

StoreCell = Callable[..., Any]
Hardest = Callable[..., Hardness]


@pytest.fixture
def hardest(tmp_path: Path) -> Hardest:
    """Return a function that asks the question of what is stored."""

    def ask(kind: Kind, **options: Any) -> Hardness:
        return find_hardest(Leaderboard.from_cells(Store(tmp_path / "run").scan()), kind, **options)

    return ask


def drawn(seed: int, shift: float = 0.0, count: int = 30) -> np.ndarray:
    """Numbers of pictures that are hard or easy whatever is missing, and a little noise."""
    hard = np.random.default_rng(99).normal(25, 4, count)
    return np.asarray(hard + shift + np.random.default_rng(seed).normal(0, 0.3, count))


def levels(ladder: Ladder) -> list[tuple[str, int]]:
    return [(level.name, level.rank) for level in ladder.levels]


@pytest.mark.parametrize(
    ("metric", "expected"),
    [("psnr_hole", [("hard", 1), ("alike", 1), ("easy", 3)]), ("lpips", [("easy", 1), ("alike", 2), ("hard", 2)])],
)
def test_masks_are_compared_on_the_same_pictures(
    store_cell: StoreCell, hardest: Hardest, metric: str, expected: list[tuple[str, int]]
) -> None:
    for number, (mask, shift) in enumerate([("easy", 2.0), ("alike", 0.0), ("hard", 0.0)]):
        for method, own in (("a", 1.0), ("b", -1.0)):
            store_cell(
                method, {metric: (drawn(number, shift) + own).tolist()}, mask=mask, hole_ratio=0.1 * (number + 1)
            )
    (ladder,) = hardest("mask", metrics=[metric]).ladders
    by_name = {level.name: level for level in ladder.levels}

    assert dict(levels(ladder)) == dict(expected)
    assert by_name["easy"].score.mean == pytest.approx(drawn(0, 2.0).mean())
    assert by_name["easy"].hole_ratio == pytest.approx(0.1)
    assert (ladder.within, ladder.methods, ladder.left_out, by_name["easy"].images) == ("photos", ("a", "b"), (), 30)
    first, *others = ladder.levels
    assert first.from_hardest is None
    for level in others:
        assert level.from_hardest is not None
        assert level.from_hardest.difference.mean == pytest.approx(level.score.mean - first.score.mean)
        assert level.from_hardest.difference.low < level.from_hardest.difference.high


def test_a_method_that_is_not_ranked_everywhere_is_left_out(store_cell: StoreCell, hardest: Hardest) -> None:
    for mask in ("circle", "half"):
        store_cell("a", {"psnr": drawn(1).tolist()}, mask=mask)
        store_cell("limited", {"psnr": drawn(1, 50.0).tolist()}, mask=mask, limit=30)
    store_cell("once", {"psnr": drawn(1, 50.0).tolist()}, mask="half")
    found = hardest("mask")
    (ladder,) = found.ladders

    assert (ladder.methods, ladder.left_out) == (("a",), ("once",))
    assert levels(ladder) == [("circle", 1), ("half", 1)]
    note = " ".join(write(build_sheet(found)).split())
    assert "mean over 1 method: a. Not ranked everywhere, and left out: once." in note


def test_over_all_data_sets_each_counts_alike(store_cell: StoreCell, hardest: Hardest) -> None:
    for dataset, count, shifts in (("few", 10, (0.0, 2.0)), ("many", 60, (1.0, 0.0))):
        for mask, shift in zip(("circle", "half"), shifts, strict=True):
            store_cell("a", {"psnr": drawn(1, shift, count).tolist()}, dataset=dataset, mask=mask)
    store_cell("a", {"psnr": drawn(1).tolist()}, dataset="many", mask="square", items=[f"{n}.png" for n in range(30)])
    store_cell("a", {"psnr": drawn(1).tolist()}, dataset="alone")
    found = hardest("mask")
    together, few, _ = found.ladders

    assert [(one.within, one.others) for one in found.ladders] == [("", 2), ("few", 1), ("many", 1)]
    assert {one.name for one in together.levels} == {"circle", "half"}
    assert together.levels[0].from_hardest is None
    comparison = together.levels[1].from_hardest
    assert comparison is not None
    assert comparison.difference.mean == pytest.approx((2.0 - 1.0) / 2)
    assert levels(few) == [("circle", 1), ("half", 2)]
    assert together.levels[0].images == 70
    assert any("square" in gap for gap in found.gaps)


def test_data_sets_are_compared_as_sets_of_other_pictures(store_cell: StoreCell, hardest: Hardest) -> None:
    rng = np.random.default_rng(5)
    sets = {"hard": rng.normal(20, 1, 6), "easy": rng.normal(24, 1, 5), "hard_too": rng.normal(20, 1, 5)}
    for mask in ("circle", "half"):
        for dataset, values in sets.items():
            store_cell("a", {"psnr": values.tolist()}, dataset=dataset, mask=mask)
    together, circle, _ = hardest("dataset").ladders

    assert dict(levels(circle)) == {"hard": 1, "hard_too": 1, "easy": 3}
    assert dict(levels(together)) == {"hard": 1, "hard_too": 1, "easy": 3}
    assert {level.name: level.images for level in circle.levels} == {"hard": 6, "hard_too": 5, "easy": 5}
    (pair,) = (pair for pair in circle.verdict.pairs if set(pair) == {"hard_too", "easy"})
    raw = unpaired_test(sets["easy"], sets["hard_too"], seed=0)
    assert circle.verdict.pairs[pair].p >= raw
    assert raw == 2 / math.comb(10, 5)


def test_pictures_that_one_mask_lacks_are_left_out(store_cell: StoreCell, hardest: Hardest) -> None:
    store_cell("a", {"psnr": [20.0, 30.0, 40.0, math.nan]}, mask="circle", items=["0", "1", "2", "3"])
    store_cell("a", {"psnr": [21.0, 31.0, 99.0, 99.0]}, mask="half", items=["0", "1", "4", "3"])
    (ladder,) = hardest("mask").ladders

    assert [(level.name, level.score.mean, level.images) for level in ladder.levels] == [
        ("circle", 25.0, 2), ("half", 26.0, 2),
    ]  # fmt: skip


def test_an_image_that_is_there_twice_leaves_its_cell_out(store_cell: StoreCell, hardest: Hardest) -> None:
    for mask in ("circle", "half"):
        store_cell("a", {"psnr": [20.0, 30.0]}, mask=mask)
        store_cell("b", {"psnr": [20.0, 30.0]}, mask=mask, items=["evil\x1b", "evil\x1b"])
    found = hardest("mask")

    assert [ladder.methods for ladder in found.ladders] == [("a",)]
    assert [gap.partition(" is left out on ")[0] for gap in found.gaps] == ["b", "b"]
    with pytest.raises(UsageError, match=r"b is left out on photos × circle: .* holds an image twice: ") as raised:
        hardest("mask", selectors=["b"])
    assert str(raised.value).isprintable()


@pytest.mark.parametrize("masks", [["circle"], []])
def test_nothing_to_compare(store_cell: StoreCell, hardest: Hardest, masks: Sequence[str]) -> None:
    for mask in masks:
        store_cell("a", {"psnr": [1.0, 2.0]}, mask=mask)
    store_cell("a", {"psnr": [1.0, 2.0]}, mask="half", limit=2)

    with pytest.raises(
        UsageError, match="nothing to compare: expected a method with whole, ranked results of two masks"
    ):
        hardest("mask")


@pytest.fixture
def hostile(store_cell: StoreCell, hardest: Hardest) -> Hardness:
    for mask in ("<script>\x1b[1m", "half"):
        store_cell("a", {"psnr": drawn(1).tolist()}, mask=mask)
    return hardest("mask")


def test_programs_read_it(hostile: Hardness) -> None:
    document = json.loads(ladders_json(hostile.ladders, build_sheet(hostile)))
    (ladder,) = document["ladders"]
    read = list(csv.DictReader(io.StringIO(ladders_csv(hostile.ladders))))

    assert [one["name"] for one in ladder["levels"]] == [one["name"] for one in read]
    assert float(read[0]["score"]) == hostile.ladders[0].levels[0].score.mean
    assert ladder["pairs"][0]["p"] == 1.0
    assert (read[0]["metric"], read[0]["within"], read[0]["methods"]) == ("psnr", "photos", "a")


def test_programs_read_how_many_sources_there_are(store_cell: StoreCell, hardest: Hardest) -> None:
    for mask in ("circle", "half"):
        store_cell("a", {"psnr": drawn(1).tolist()}, mask=mask, source=[f"of {at // 3}" for at in range(len(drawn(1)))])
    found = hardest("mask")
    (ladder,) = json.loads(ladders_json(found.ladders, build_sheet(found)))["ladders"]
    read = list(csv.DictReader(io.StringIO(ladders_csv(found.ladders))))

    assert [(one["images"], one["sources"]) for one in ladder["levels"]] == 2 * [(30, 10)]
    assert [(one["images"], one["sources"]) for one in read] == 2 * [("30", "10")]


@pytest.mark.parametrize("format_", SHEETS)
def test_people_read_it(hostile: Hardness, format_: str) -> None:
    written = write(build_sheet(hostile), format_)

    assert "\x1b" not in written
    assert "half" in written
    if format_ == "html":
        assert "<script>" not in written
        assert written.count(' best"') == 2  # none can be told from the other
