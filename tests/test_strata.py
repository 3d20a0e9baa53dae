from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from inpaintbench.cell_writer import CellWriter
from inpaintbench.errors import UsageError
from inpaintbench.leaderboard import Leaderboard
from inpaintbench.records import CellRecord, MetricColumn
from inpaintbench.store import Store
from inpaintbench.stored import StoredCell
from inpaintbench.strata import BANDS, EDGES, Key, Strata, Stratum, stratify

Image = Mapping[str, Any]
StoreCell = Callable[..., StoredCell]

PSNR = MetricColumn(
    name="psnr", plugin="psnr", label="PSNR", unit="dB", higher_is_better=True, decimals=2, ranked=True, version=1
)
L1 = MetricColumn(
    name="l1", plugin="l1", label="L1", unit="%", higher_is_better=False, decimals=3, ranked=False, version=1
)


@pytest.fixture
def store_cell(tmp_path: Path) -> StoreCell:
    """Return a function that stores a cell of these images as a run does, and reads it back."""
    store = Store(tmp_path)

    def make(method: str, images: Sequence[Image], **changes: Any) -> StoredCell:
        fields: dict[str, Any] = {
            "key": f"{method}-0",
            "status": "complete",
            "method": method,
            "dataset": "photos",
            "mask": "circle",
            "size": 64,
            "seed": 0,
            "limit": None,
            "protocol": 1,
            "identity": {"method": {"code": method}},
            "metrics": (PSNR,),
            "expected": len(images),
            "scored": len(images),
            "finished": "2026-01-01T00:00:00+00:00",
        }
        record = CellRecord(**(fields | changes))
        folder = store.folder(method, record.dataset, record.mask, record.key)
        writer = CellWriter(folder).open()
        try:
            writer.append([{"item": f"{index}.png", "index": index} | dict(one) for index, one in enumerate(images)])
            if record.status == "complete":
                writer.seal(record)
            else:
                writer.fail(record)
        finally:
            writer.close()
        stored = store.read(folder)
        assert stored is not None
        return stored

    return make


def images(values: Sequence[float | None], ratios: Sequence[float], metric: str = "psnr") -> list[Image]:
    return [{metric: value, "hole_ratio": ratio} for value, ratio in zip(values, ratios, strict=True)]


def of_classes(values: Sequence[float | None], classes: Sequence[str | None]) -> list[Image]:
    return [{"psnr": value, "hole_ratio": 0.25, "class": name} for value, name in zip(values, classes, strict=True)]


def strata(cells: Sequence[StoredCell], by: Key = "hole_ratio") -> Strata:
    board = Leaderboard.from_cells(cells)
    return stratify(board, by, board.columns)


def only(found: Strata) -> tuple[Stratum, ...]:
    """Return the strata of the one group and metric."""
    (those,) = found.found.values()
    return those


def means(found: Sequence[Stratum], method: str) -> dict[str | None, float | None]:
    return {one.name: one.scores[method].score.mean for one in found if method in one.scores}


def places(found: Sequence[Stratum], method: str) -> list[tuple[float | None, int]]:
    return [(one.scores[method].score.rank, one.scores[method].score.place) for one in found]


def test_bands_are_open_below_and_closed_above(store_cell: StoreCell) -> None:
    ratios = [0.01, math.nextafter(0.01, 1), 40 / 400, math.nextafter(0.1, 1), 0.3, 0.6, math.nextafter(0.6, 1), 0.99]
    found = only(strata([store_cell("a", images([1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0], ratios))]))

    assert means(found, "a") == {
        "≤ 0.01": 1.0,
        "(0.01, 0.1]": 3.0,
        "(0.1, 0.2]": 8.0,
        "(0.2, 0.3]": 16.0,
        "(0.5, 0.6]": 32.0,
        "> 0.6": 96.0,
    }
    assert [one.images for one in found] == [1, 2, 1, 1, 1, 2]
    assert [one.name for one in found] == [name for name in BANDS if name in means(found, "a")]


def test_the_means_are_those_of_pandas(store_cell: StoreCell) -> None:
    random = np.random.default_rng(7)
    ratios, values = random.uniform(0, 0.8, 1000), random.normal(25, 5, 1000)
    classes = random.choice(["cat 2", "cat 10", "dog"], 1000)
    records = [
        {"psnr": value, "hole_ratio": ratio, "class": str(name)}
        for value, ratio, name in zip(values.tolist(), ratios.tolist(), classes, strict=True)
    ]
    cell = store_cell("a", records)
    by_band = pd.Series(values).groupby(pd.cut(ratios, [-np.inf, *EDGES, np.inf], right=True, labels=BANDS))
    by_class = pd.Series(values).groupby(classes)

    for key, expected in (("hole_ratio", by_band.mean()), ("class", by_class.mean())):
        got = means(only(strata([cell], key)), "a")  # type: ignore[arg-type]
        assert got == pytest.approx(expected.to_dict(), rel=1e-12)
    assert {one.name: one.images for one in only(strata([cell]))} == by_band.size().to_dict()


def test_classes_stand_in_natural_order_and_images_without_one_last(store_cell: StoreCell) -> None:
    classes = ["cat 10", None, "cat 9", "", "beagle", "cat 9"]
    found = only(strata([store_cell("a", of_classes([1.0, 2.0, 4.0, 8.0, 16.0, 32.0], classes))], "class"))

    assert list(means(found, "a").items()) == [("beagle", 16.0), ("cat 9", 18.0), ("cat 10", 1.0), (None, 5.0)]
    assert [one.images for one in found] == [1, 2, 1, 2]


def test_images_without_a_number_are_counted_apart(store_cell: StoreCell) -> None:
    values = [10.0, math.nan, None, 20.0, math.nan]
    found = only(strata([store_cell("a", images(values, [0.05, 0.05, 0.05, 0.05, 0.15]))]))

    assert [(one.images, one.scores["a"].images) for one in found] == [(4, 2), (1, 0)]
    assert means(found, "a") == {"(0.01, 0.1]": 15.0, "(0.1, 0.2]": None}


def test_the_sum_is_exact(store_cell: StoreCell) -> None:
    found = only(strata([store_cell("a", images([1e16, 1.0, -1e16], [0.05] * 3))]))

    assert means(found, "a") == {"(0.01, 0.1]": 1 / 3}


def test_each_stratum_has_its_own_ranks(store_cell: StoreCell) -> None:
    ratios = [0.05, 0.15, 0.15]
    cells = [
        store_cell("a", images([30.0, 10.0, 20.0], ratios)),
        store_cell("b", images([29.0, 20.0, 20.0], ratios)),
        store_cell("c", images([29.0, 15.0, 15.0], ratios)),
    ]
    found = only(strata(cells))

    assert [places(found, method) for method in "abc"] == [
        [(1.0, 1), (2.5, 2)],
        [(2.5, 2), (1.0, 1)],
        [(2.5, 2), (2.5, 2)],
    ]


def test_lower_is_better_where_the_metric_says_so(store_cell: StoreCell) -> None:
    cells = [store_cell(name, images([value], [0.05], "l1"), metrics=(L1,)) for name, value in [("a", 0.1), ("b", 0.2)]]

    assert [places(only(strata(cells)), method) for method in "ab"] == [[(1.0, 1)], [(2.0, 2)]]


def test_what_is_not_ranked_has_its_mean_and_no_rank(store_cell: StoreCell) -> None:
    better = store_cell("a", images([40.0], [0.05]), expected=2)
    others = [store_cell(name, images([value, value], [0.05, 0.15])) for name, value in [("b", 20.0), ("c", 10.0)]]
    found = only(strata([better, *others]))

    assert means(found, "a") == {"(0.01, 0.1]": 40.0}
    assert places(found[:1], "a") == [(None, 0)]
    assert places(found[:1], "b") == [(1.0, 1)]


def test_other_images_of_a_stratum_are_not_compared(store_cell: StoreCell) -> None:
    cells = [
        store_cell("new", of_classes([40.0, 30.0], ["cat", None])),
        store_cell("old", images([10.0, 20.0], [0.25, 0.25])),
    ]
    found = strata(cells, "class")
    cat, rest = only(found)

    assert (cat.name, rest.name, rest.images) == ("cat", None, 2)
    assert "old" not in cat.scores
    assert [rest.scores[method].score.mean for method in ("new", "old")] == [30.0, 15.0]
    assert rest.scores["new"].score.rank is None
    assert [entry.method for entry in found.unknown] == ["old"]


def test_groups_are_never_pooled(store_cell: StoreCell) -> None:
    cells = [store_cell("a", images([value], [0.05]), mask=mask) for mask, value in [("m1", 10.0), ("m2", 20.0)]]
    found = strata(cells)

    assert [means(found.found[group, key], "a") for group, key in found.found] == [
        {"(0.01, 0.1]": 10.0},
        {"(0.01, 0.1]": 20.0},
    ]


def test_a_metric_of_another_result_of_the_same_completions_is_read_there(store_cell: StoreCell) -> None:
    shown = store_cell("a", images([10.0, 20.0], [0.05, 0.15]), key="new", finished="2027")
    other = store_cell("a", images([0.5, 0.25], [0.05, 0.15], "l1"), key="old", metrics=(L1,))
    found = strata([shown, other])

    assert {key.name: means(those, "a") for (_, key), those in found.found.items()} == {
        "psnr": {"(0.01, 0.1]": 10.0, "(0.1, 0.2]": 20.0},
        "l1": {"(0.01, 0.1]": 0.5, "(0.1, 0.2]": 0.25},
    }
    assert found.unread == ()


@pytest.mark.parametrize("damage", ["absent", "cut", "text", "other images"])
def test_a_cell_that_cannot_be_read_is_named_and_the_others_are_shown(store_cell: StoreCell, damage: str) -> None:
    broken, whole = (store_cell(name, images([10.0, 20.0], [0.05, 0.15])) for name in "ab")
    path = broken.folder / "images.parquet"
    match damage:
        case "absent":
            path.unlink()
        case "cut":
            path.write_bytes(path.read_bytes()[:-20])
        case "text":
            pd.read_parquet(path).assign(psnr="many").to_parquet(path)
        case _:
            pd.read_parquet(path).iloc[:1].to_parquet(path)
    found = strata([broken, whole])

    ((entry, reason),) = found.unread
    assert entry.method == "a"
    assert reason.startswith(f"{path} {'cannot be read' if damage == 'absent' else 'was altered or damaged'}")
    assert [set(one.scores) for one in only(found)] == [{"b"}, {"b"}]


def test_a_file_without_the_metric_is_said_to_lack_it(store_cell: StoreCell) -> None:
    found = strata([store_cell("a", images([0.5], [0.05], "l1"), metrics=(PSNR,))])

    assert [reason.endswith("images.parquet has no psnr") for _, reason in found.unread] == [True]
    assert found.found == {}


def test_a_failure_has_no_images(store_cell: StoreCell) -> None:
    failed = store_cell("a", images([10.0], [0.05]), status="oom", error={"type": "E", "message": "too big"})
    found = strata([failed, store_cell("b", images([10.0], [0.05]))])

    assert [set(one.scores) for one in only(found)] == [{"b"}]
    assert found.unread == ()


def test_an_unavailable_metric_is_not_looked_for(store_cell: StoreCell) -> None:
    absent = MetricColumn(**{**vars(L1), "unavailable": "its weights are not there"})
    found = strata([store_cell("a", images([10.0], [0.05]), metrics=(PSNR, absent))])

    assert [key.name for _, key in found.found] == ["psnr"]
    assert found.unread == ()


def test_results_without_any_class_cannot_be_told_apart_by_it(store_cell: StoreCell) -> None:
    cells = [store_cell("a", images([10.0], [0.05])), store_cell("b", of_classes([10.0], [None]))]

    with pytest.raises(UsageError, match=r"No image of these results has a class.*--rerun all.*hole_ratio"):
        strata(cells, "class")


def test_no_results_have_no_strata() -> None:
    assert strata([], "class").found == {}
