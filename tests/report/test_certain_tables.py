"""What tables say of how certain their numbers are, in each format."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest

from inpaintbench.leaderboard import Leaderboard
from inpaintbench.ranking import Place
from inpaintbench.report import FORMATS, assess, render, to_frame
from inpaintbench.report.options import TableOptions
from inpaintbench.report.sheet import Item, Sheet
from inpaintbench.report.views import build_sheet
from inpaintbench.stored import StoredCell

StoreCell = Callable[..., StoredCell]

BASE = [18.0, 19.5, 20.0, 20.5, 21.0, 22.0, 23.5, 24.0, 25.5, 26.0, 27.0, 29.0]
LPIPS = "lpips[net=squeeze]"


def images(*psnr: float, **more: Any) -> list[dict[str, Any]]:
    return [{"psnr": one, "image_hash": f"i{at}", "hole_hash": f"h{at}", **more} for at, one in enumerate(psnr)]


def places(sheet: Sheet, position: int = 1) -> dict[str, Place]:
    return {row[0].text: row[position].place for row in sheet.blocks[0].rows}


def sheet_of(board: Leaderboard, test: Any = "permutation", **options: Any) -> Sheet:
    certainty = None if test == "none" else assess(board, board.columns, test)
    return build_sheet(board, TableOptions(certainty=certainty, **options))


@pytest.fixture
def board(store_cell: StoreCell) -> Leaderboard:
    """Return `good` and `even`, apart by noise alone, `worse` by 2 dB everywhere, and `worst` by 4."""
    even = [one + (0.05 if at % 2 else -0.04) for at, one in enumerate(BASE)]
    cells = {"good": BASE, "even": even, "worse": [one - 2 for one in BASE], "worst": [one - 4 for one in BASE]}
    return Leaderboard.from_cells(store_cell(name, images(*psnr)) for name, psnr in cells.items())


def test_all_that_cannot_be_told_from_the_best_are_best(board: Leaderboard) -> None:
    # 12 differences of one sign: p = 2 / 2^12 for each of five pairs, and 6 times that after Holm.
    assert places(sheet_of(board)) == {"even": 1, "good": 1, "worse": 2, "worst": 0}
    assert places(sheet_of(board, "none")) == {"even": 1, "good": 2, "worse": 0, "worst": 0}


def test_without_a_test_places_are_those_of_the_means(board: Leaderboard) -> None:
    of_means = {one.method: next(iter(one.scores.values())).place for one in board.entries}
    assert places(sheet_of(board, "none")) == of_means
    assert not [note for note in sheet_of(board, "none").notes if "Holm" in note.text]


def test_the_test_decides(store_cell: StoreCell) -> None:
    # Eleven images are 0.1 better, one 0.5 worse. By signs the sum is as large or larger in 1025 of 2048 cases; by
    # ranks the twelfth alone stands against eleven.
    ahead = [one + (0.1 if at else -0.5) for at, one in enumerate(BASE)]
    board = Leaderboard.from_cells([store_cell("a", images(*ahead)), store_cell("b", images(*BASE))])
    (pair,) = json.loads(render(board, "json", certainty=assess(board, board.columns)))["groups"][0]["comparisons"][
        "psnr"
    ]
    assert pair["methods"] == ["a", "b"]
    assert pair["p"] == 1025 / 2048
    assert places(sheet_of(board, "permutation")) == {"a": 1, "b": 1}
    assert places(sheet_of(board, "wilcoxon")) == {"a": 1, "b": 2}
    assert "Wilcoxon's signed-rank test" in sheet_of(board, "wilcoxon").notes[-2].text


def test_the_same_outputs_share_the_first_rank(store_cell: StoreCell) -> None:
    cells = [store_cell(name, images(*BASE)) for name in ("a", "b")]
    board = Leaderboard.from_cells([*cells, store_cell("c", images(*(one - 1 for one in BASE)))])
    frame = to_frame(board, certainty=assess(board, board.columns)).set_index("method")
    assert dict(frame["psnr_shared_rank"]) == {"a": 1, "b": 1, "c": 3}
    assert places(sheet_of(board)) == {"a": 1, "b": 1, "c": 2}


def test_the_printed_spread_is_half_the_interval(board: Leaderboard) -> None:
    certainty = assess(board, board.columns)
    frame = to_frame(board, certainty=certainty).set_index("method")
    spread = f"{(frame.loc['worse', 'psnr_high'] - frame.loc['worse', 'psnr_low']) / 2:.2f}"
    mean = sum(BASE) / len(BASE) - 2
    assert frame.loc["worse", "psnr"] == pytest.approx(mean)
    expected = {
        "text": f" {mean:.2f}+±{spread} ",
        "md": f" <ins>{mean:.2f}</ins> ± {spread} |",
        "latex": rf"\underline{{{mean:.2f}}}\,{{\scriptsize$\pm${spread}}}",
        "html": f'class="data row2 col1 second" >{mean:.2f}<span class="spread">±{spread}</span>',
    }
    for format_, text in expected.items():
        assert text in render(board, format_, certainty=certainty, intervals=True)
        assert "±" not in render(board, format_, certainty=certainty)


def test_too_few_images_have_no_interval(store_cell: StoreCell) -> None:
    board = Leaderboard.from_cells([store_cell(name, images(20.0, 21.0, 22.0)) for name in "ab"])
    rows = sheet_of(board, intervals=True).blocks[0].rows
    assert [row[1] for row in rows] == [Item("21.00", 1)] * 2


def test_digits_and_intervals_line_up(board: Leaderboard) -> None:
    lines = render(board, certainty=assess(board, board.columns), intervals=True).splitlines()
    rows = [line for line in lines if "±" in line and "/" in line]
    assert len(rows) == 4
    assert len({row.index("±") for row in rows}) == len({row.index(".") for row in rows}) == 1
    assert [re.findall(r"[\d ]([*+ ])±", row) for row in rows] == [["*"], ["*"], ["+"], [" "]]


def test_damaged_images_are_noted_and_their_method_is_not_marked(board: Leaderboard) -> None:
    (good,) = (one for one in board.entries if one.method == "good")
    good.cell.table.write_bytes(b"nothing")
    sheet = sheet_of(board)
    assert places(sheet) == {"even": 1, "good": 0, "worse": 2, "worst": 0}
    (note,) = (one.text for one in sheet.notes if one.text.startswith("Not judged, and not marked as best: good on"))
    assert "altered or damaged" in note
    frame = to_frame(board, certainty=assess(board, board.columns)).set_index("method")
    assert frame.loc["good", ["psnr_low", "psnr_high", "psnr_shared_rank"]].isna().all()
    assert frame.loc["good", "psnr"] == pytest.approx(sum(BASE) / len(BASE))


@pytest.mark.parametrize("aggregate", ["rank", "mean", "borda"])
def test_what_is_incomplete_is_neither_marked_nor_summed_up(store_cell: StoreCell, aggregate: Any) -> None:
    cells = [
        store_cell("partial", images(*(one + 9 for one in BASE[:8])), expected=12),
        *(store_cell(name, images(*(one - less for one in BASE))) for name, less in (("a", 0), ("b", 1), ("c", 2))),
    ]
    board = Leaderboard.from_cells(cells)
    sheet = sheet_of(board, aggregate=aggregate)
    assert places(sheet) == {"a": 1, "b": 2, "c": 0, "partial": 0}
    (row,) = (row for row in sheet.blocks[-1].rows if row[0].text == "partial")
    assert [item.text for item in row[1:]] == ["–"] * (len(row) - 2) + ["0/1"]
    assert not any(item.place for item in row)


def test_means_over_groups_weigh_each_alike_and_are_judged(store_cell: StoreCell) -> None:
    cells = [
        store_cell(name, images(*(one - less for one in BASE[:count])), dataset=dataset, key=f"{name}{dataset}")
        for dataset, count in (("photos", 12), ("faces", 6))
        for name, less in (("a", 0.0), ("b", 3.0))
    ]
    board = Leaderboard.from_cells(cells)
    mean = (sum(BASE) / 12 + sum(BASE[:6]) / 6) / 2
    block = sheet_of(board, aggregate="mean").blocks[-1]
    assert [[item.text for item in row] for row in block.rows] == [
        ["a", f"{mean:.2f}", "2/2"],
        ["b", f"{mean - 3:.2f}", "2/2"],
    ]
    assert [row[1].place for row in block.rows] == [1, 2]
    document = json.loads(render(board, "json", certainty=assess(board, board.columns), aggregate="mean"))
    assert document["aggregate"]["scores"]["psnr"]["a"]["mean"] == pytest.approx(mean)


def test_points_count_who_certainly_beats_whom(board: Leaderboard) -> None:
    # `good` and `even` share one point, and each beats the two others; `worse` beats `worst`.
    rows = sheet_of(board, aggregate="borda").blocks[-1].rows
    assert {row[0].text: row[1].text for row in rows} == {"good": "2.5", "even": "2.5", "worse": "1.0", "worst": "0.0"}
    document = json.loads(render(board, "json", certainty=assess(board, board.columns), aggregate="borda"))
    assert document["aggregate"]["by_metric"]["psnr"] == {
        "most": 3,
        "points": {"good": 2.5, "even": 2.5, "worse": 1.0, "worst": 0.0},
    }


def test_csv_ends_with_the_statistics_and_has_none_where_none_are_known(board: Leaderboard) -> None:
    certainty = assess(board, board.columns)
    plain, known = (render(board, "csv", certainty=one).splitlines()[0] for one in (None, certainty))
    assert known == f"{plain},psnr_low,psnr_high,psnr_shared_rank"
    frame = to_frame(board, certainty=certainty).set_index("method")
    assert dict(frame["psnr_shared_rank"]) == {"even": 1, "good": 1, "worse": 3, "worst": 4}
    assert (frame["psnr_low"] < frame["psnr"]).all()
    assert (frame["psnr"] < frame["psnr_high"]).all()


def test_a_metric_named_like_a_statistic_keeps_its_column(store_cell: StoreCell, make_metric: Any) -> None:
    odd = make_metric("l1", name="psnr_low", plugin="psnr_low")
    rows = images(*BASE, psnr_low=0.25)
    cell = store_cell("a", rows, metrics=(make_metric("psnr"), odd))
    board = Leaderboard.from_cells([cell])
    frame = to_frame(board, certainty=assess(board, board.columns))
    assert frame.columns.is_unique
    assert frame.loc[0, "psnr_low"] == 0.25
    assert frame.loc[0, "statistic psnr_low"] < frame.loc[0, "psnr"]


def test_strata_have_their_statistics_at_the_end(store_cell: StoreCell) -> None:
    cells = [
        store_cell(name, images(*(one - less for one in BASE), hole_ratio=0.25)) for name, less in (("a", 0), ("b", 1))
    ]
    board = Leaderboard.from_cells(cells)
    frame = to_frame(board, by="hole_ratio", certainty=assess(board, board.columns))
    assert list(frame.columns[-4:]) == ["rank", "low", "high", "shared_rank"]
    assert list(frame["shared_rank"]) == [1, 2]


def test_json_says_how_certain_everything_is(board: Leaderboard) -> None:
    document = json.loads(render(board, "json", certainty=assess(board, board.columns)))
    assert document["statistics"] == {
        "test": "permutation",
        "adjusted_by": "holm",
        "alpha": 0.05,
        "level": 0.95,
        "resamples": 10_000,
    }
    (group,) = document["groups"]
    pairs = {tuple(one["methods"]): one for one in group["comparisons"]["psnr"]}
    assert len(pairs) == 6
    pair = pairs["worse", "worst"]
    assert (pair["difference"], pair["low"], pair["high"]) == (2.0, 2.0, 2.0)  # on every image the same
    assert pair["p"] == 6 * 2 / 2**12
    assert pair["certain"]
    assert not pairs["even", "good"]["certain"]
    by_method = {one["method"]: one["scores"]["psnr"] for one in group["results"]}
    assert {name: (one["shared_rank"], one["place"]) for name, one in by_method.items()} == {
        "even": (1, 1),
        "good": (1, 1),
        "worse": (3, 2),
        "worst": (4, 0),
    }
    assert by_method["good"]["low"] < by_method["good"]["mean"] < by_method["good"]["high"]
    assert (pair["images"], pair["sources"]) == (12, 12)
    assert {one["sources"] for one in by_method.values()} == {12}


def test_json_counts_the_sources_of_what_was_compared(store_cell: StoreCell) -> None:
    """Four photographs with three crops each; of one, `gaps` has no number at all."""
    rows = [one | {"source": f"photograph {at // 3}"} for at, one in enumerate(images(*BASE))]
    gaps = [one | ({"psnr": None} if at < 3 else {}) for at, one in enumerate(rows)]
    board = Leaderboard.from_cells([store_cell("whole", rows), store_cell("gaps", gaps)])
    first, again = (json.loads(render(board, "json", certainty=assess(board, board.columns))) for _ in range(2))

    (group,) = first["groups"]
    (pair,) = group["comparisons"]["psnr"]
    assert (pair["images"], pair["sources"]) == (9, 3)
    assert {one["method"]: one["scores"]["psnr"]["sources"] for one in group["results"]} == {"whole": 4, "gaps": 3}
    assert again == first  # remembered


def test_json_counts_the_sources_of_a_stratum(store_cell: StoreCell) -> None:
    rows = [
        one | {"source": f"photograph {at // 3}", "hole_ratio": 0.15 if at < 6 else 0.25}
        for at, one in enumerate(images(*BASE))
    ]
    board = Leaderboard.from_cells([store_cell("a", rows), store_cell("b", rows)])
    document = json.loads(render(board, "json", by="hole_ratio", certainty=assess(board, board.columns)))
    found = {one["stratum"]: one["scores"]["a"]["sources"] for one in document["groups"][0]["strata"]}
    assert found == {"(0.1, 0.2]": 2, "(0.2, 0.3]": 2}


def test_json_tests_mean_ranks(store_cell: StoreCell) -> None:
    # Friedman's statistic of four groups that agree on three methods: 12 / (4·3·4) · (4² + 8² + 12²) − 3·4·4 = 8.
    cells = [
        store_cell(name, images(*(one - less for one in BASE)), mask=mask, key=f"{name}{mask}")
        for mask in ("m1", "m2", "m3", "m4")
        for name, less in (("a", 0), ("b", 1), ("c", 2))
    ]
    board = Leaderboard.from_cells(cells)
    document = json.loads(render(board, "json", certainty=assess(board, board.columns)))
    test = document["rank_tests"]["by_metric"]["psnr"]
    assert test["statistic"] == pytest.approx(8.0)
    assert test["groups"] == 4
    assert test["critical_difference"] == pytest.approx(2.343 * (3 * 4 / (6 * 4)) ** 0.5, abs=2e-3)  # Demšar, table 5
    assert [(one["method"], one["by_metric"]) for one in document["mean_ranks"]] == [
        ("a", {"psnr": 1.0}),
        ("b", {"psnr": 2.0}),
        ("c", {"psnr": 3.0}),
    ]


@pytest.mark.parametrize("format_", FORMATS)
def test_hostile_names_stay_text_beside_intervals(store_cell: StoreCell, make_metric: Any, format_: str) -> None:
    evil = "<script>\x1b[31m\n\\input{x}|%&"
    odd = make_metric("psnr", label=evil, unit=evil)
    cells = [store_cell(f"{evil}{at}", images(*(one - at for one in BASE)), metrics=(odd,)) for at in range(3)]
    board = Leaderboard.from_cells(cells)
    text = render(board, format_, certainty=assess(board, board.columns), intervals=True)
    assert ("\x1b" in text) == (format_ == "csv")  # quoted, and the same when it is read again
    if format_ in ("md", "html"):
        assert "<script>" not in text
    if format_ == "latex":
        assert r"\input" not in text
        assert len([line for line in text.splitlines() if line.endswith(r"\\")]) == 2 * 3 + _head_rows(text)
    if format_ == "csv":
        assert len(pd.read_csv(io.StringIO(text))) == 3


def _head_rows(text: str) -> int:
    heads = re.findall(r"\\toprule\n(.*?)\\midrule", text, re.DOTALL)
    return sum(head.count("\\\\\n") for head in heads)


def test_ranks_that_cannot_be_tested_are_shown_and_not_marked(board: Leaderboard) -> None:
    sheet = sheet_of(board)
    block = sheet.blocks[-1]
    assert [heading.label for heading in block.headings] == ["method", "mean rank", "ranked in"]
    assert [(row[1].text, row[1].place) for row in block.rows] == [("1.00", 0), ("2.00", 0), ("3.00", 0), ("4.00", 0)]
    assert sheet.notes[-1].text.startswith("Mean ranks are not tested, and none is marked as best")


def test_names_that_are_no_unicode_text_are_shown_escaped_in_every_format(make_cell: Any) -> None:
    names = {"dataset": "image_folder[path=\udcff]"}
    board = Leaderboard.from_cells(
        [make_cell("a", {"psnr": 20.0}, **names), make_cell("b[path=\ud800]", {"psnr": 21.0}, **names)]
    )
    for format_ in FORMATS:
        for by in (None, "mask", "dataset"):
            text = render(board, format_, by=by)  # type: ignore[arg-type]
            assert ("\udcff" if format_ == "json" else "udcff") in text
            assert format_ == "json" or text.encode()
