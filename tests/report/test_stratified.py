from __future__ import annotations

import io
import json
from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest

from inpaintbench.errors import UnknownNameError, UsageError
from inpaintbench.leaderboard import Leaderboard
from inpaintbench.report import FORMATS, render, to_frame
from inpaintbench.report.options import TableOptions
from inpaintbench.report.views import build_sheet
from inpaintbench.stored import StoredCell

MakeCell = Callable[..., StoredCell]
StoreCell = Callable[..., StoredCell]

WHOLE = """\
Leaderboard: 3 methods · 1 data set · 1 mask · seed 0 · scoring protocol 1

PSNR (dB) ↑ · pets · circle · 64 × 64
  class     images  harmonic    tv ‡   broken !
  beagle         2     30.00*  20.00+         –
  boxer 2        1     10.00+  12.50*         –
  boxer 10       1     20.00+  25.00*         –
  all          4/4     22.50*  19.38+         –

Mean rank over PSNR
            mean rank
  method            ↓   ranked in
  harmonic       1.00*        1/1
  tv             2.00+        1/1
  broken            –         0/1

  * best   + second best
! broken: oom on pets · circle · 64 × 64 (E: too big).
‡ tv stopped at its limit before it had converged on 1 of 4 images.
  No mean rank for broken: not ranked everywhere that another method is.
"""


def images(*values: float, names: str = "beagle beagle boxer_10 boxer_2", ratio: float = 0.25) -> list[dict[str, Any]]:
    classes = [name.replace("_", " ") for name in names.split()]
    return [{"psnr": value, "hole_ratio": ratio, "class": one} for value, one in zip(values, classes, strict=True)]


@pytest.fixture
def board(make_cell: MakeCell, store_cell: StoreCell) -> Leaderboard:
    place = {"dataset": "pets", "mask": "circle"}
    error = {"type": "E", "message": "too big"}
    return Leaderboard.from_cells(
        [
            store_cell("harmonic", images(20.0, 40.0, 20.0, 10.0), **place),
            store_cell("tv", images(20.0, 20.0, 25.0, 12.5), unconverged=1, **place),
            make_cell("broken", status="oom", error=error, expected=4, **place),
        ]
    )


def notes(board: Leaderboard, by: Any) -> list[str]:
    return [note.text for note in build_sheet(board, TableOptions(by=by)).notes]


def test_the_whole_table_as_text(board: Leaderboard) -> None:
    assert render(board, by="class") == WHOLE


def test_markdown(board: Leaderboard) -> None:
    lines = render(board, "md", by="class").splitlines()
    start = lines.index("### PSNR (dB) ↑ · pets · circle · 64 × 64") + 2
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in lines[start : start + 6]]
    assert rows[0] == ["class", "images", "harmonic", "tv ‡", "broken !"]
    assert rows[2:] == [
        ["beagle", "2", "**30.00**", "<ins>20.00</ins>", "–"],
        ["boxer 2", "1", "<ins>10.00</ins>", "**12.50**", "–"],
        ["boxer 10", "1", "<ins>20.00</ins>", "**25.00**", "–"],
        ["all", "4/4", "**22.50**", "<ins>19.38</ins>", "–"],
    ]


def test_latex(store_cell: StoreCell) -> None:
    records = [{"psnr": 10.0, "hole_ratio": ratio} for ratio in (0.005, 0.05, 0.7)]
    text = render(Leaderboard.from_cells([store_cell("tv", records)]), "latex", by="hole_ratio")
    body = text[text.index(r"\midrule") : text.index(r"\bottomrule")].splitlines()[1:]
    assert r"hole ratio & images & tv \\" in text
    assert body == [
        r"$\leq$ 0.01 & 1 & 10.00 \\",
        r"(0.01, 0.1] & 1 & 10.00 \\",
        r"\textgreater{} 0.6 & 1 & 10.00 \\",
        r"all & 3/3 & 10.00 \\",
    ]


def test_csv_has_a_row_a_metric_group_stratum_and_method(board: Leaderboard) -> None:
    frame = pd.read_csv(io.StringIO(render(board, "csv", by="class")))
    first = ["metric", "dataset", "mask", "size", "seed", "limit", "protocol", "class", "method", "standing"]
    assert list(frame.columns) == [*first, "images", "mean", "rank"]
    rows = frame[["class", "method", "standing", "images", "mean", "rank"]].astype(object)
    assert [tuple(row) for row in rows.where(rows.notna(), None).itertuples(index=False)] == [
        ("beagle", "harmonic", "ranked", 2, 30.0, 1.0),
        ("beagle", "tv", "ranked", 2, 20.0, 2.0),
        ("beagle", "broken", "failed", 0, None, None),
        ("boxer 2", "harmonic", "ranked", 1, 10.0, 2.0),
        ("boxer 2", "tv", "ranked", 1, 12.5, 1.0),
        ("boxer 2", "broken", "failed", 0, None, None),
        ("boxer 10", "harmonic", "ranked", 1, 20.0, 2.0),
        ("boxer 10", "tv", "ranked", 1, 25.0, 1.0),
        ("boxer 10", "broken", "failed", 0, None, None),
    ]


def test_the_means_of_strata_put_together_are_the_cells(board: Leaderboard) -> None:
    frame = to_frame(board, by="class").query("images > 0")
    sums = (frame["mean"] * frame["images"]).groupby(frame["method"]).sum()
    assert dict(sums / frame.groupby("method")["images"].sum()) == {"harmonic": 22.5, "tv": 19.375}


def test_json_has_the_strata_beside_everything_else(board: Leaderboard) -> None:
    plain, document = (json.loads(render(board, "json", by=by)) for by in (None, "class"))
    assert document.pop("strata_by") == "class"
    (strata,) = (group.pop("strata") for group in document["groups"])
    assert document == plain
    assert [(one["metric"], one["stratum"], one["images"]) for one in strata] == [
        ("psnr", "beagle", 2),
        ("psnr", "boxer 2", 1),
        ("psnr", "boxer 10", 1),
    ]
    unknown = {"low": None, "high": None, "shared_rank": None, "sources": None}
    assert strata[1]["scores"] == {
        "harmonic": {"images": 1, "mean": 10.0, "rank": 2.0, "place": 2} | unknown,
        "tv": {"images": 1, "mean": 12.5, "rank": 1.0, "place": 1} | unknown,
    }


def test_a_block_a_group_and_metric_of_the_metrics_that_are_ranked(store_cell: StoreCell) -> None:
    records = [{"psnr": 10.0, "l1": 0.1, "psnr_hole": 5.0, "hole_ratio": 0.05}]
    board = Leaderboard.from_cells([store_cell("a", records, mask=mask) for mask in ("m1", "m2")])
    assert [block.title for block in build_sheet(board, TableOptions(by="hole_ratio")).blocks] == [
        "PSNR (dB) ↑ · photos · m1 · 64 × 64",
        "PSNR (hole) (dB) ↑ · photos · m1 · 64 × 64",
        "PSNR (dB) ↑ · photos · m2 · 64 × 64",
        "PSNR (hole) (dB) ↑ · photos · m2 · 64 × 64",
    ]
    chosen = build_sheet(board, TableOptions(by="hole_ratio", metrics=["l1"])).blocks
    assert [block.title.split()[0] for block in chosen] == ["L1", "L1"]


def test_masks_of_one_band_each_are_said_to_be_better_off_side_by_side(store_cell: StoreCell) -> None:
    cells = [
        store_cell("a", [{"psnr": 10.0, "hole_ratio": ratio}], mask=mask) for mask, ratio in [("m1", 0.15), ("m2", 0.2)]
    ]
    hint = "2 masks have all their holes in one band each: --by mask puts masks side by side."
    assert notes(Leaderboard.from_cells(cells), "hole_ratio") == [hint]
    assert notes(Leaderboard.from_cells(cells[:1]), "hole_ratio") == []


def test_results_from_before_there_were_classes_are_named(store_cell: StoreCell) -> None:
    old = [{"psnr": 30.0, "hole_ratio": 0.25}] * 2
    board = Leaderboard.from_cells([store_cell("new", images(10.0, 20.0, names="cat dog")), store_cell("old", old)])
    sheet = build_sheet(board, TableOptions(by="class"))
    assert [[item.text for item in row] for row in sheet.blocks[0].rows] == [
        ["cat", "1", "–", "10.00"],
        ["dog", "1", "–", "20.00"],
        ["–", "2", "30.00", "–"],
        ["all", "2/2", "30.00", "15.00"],
    ]
    assert [item.place for row in sheet.blocks[0].rows for item in row] == [0] * 14 + [1, 2]
    assert [note.text for note in sheet.notes] == [
        "No class is stored in the results of old on photos · center_square[side=20] · 64 × 64. The data set tells"
        " none, or they are older than this column; `bench run --rerun all` runs them again."
    ]


def test_a_damaged_file_leaves_a_column_of_dashes_and_a_note(board: Leaderboard) -> None:
    path = board.entries[0].cell.folder / "images.parquet"
    path.write_bytes(b"nothing")
    sheet = build_sheet(board, TableOptions(by="class"))
    assert [row[2].text for row in sheet.blocks[0].rows] == ["–", "–", "–", "22.50"]
    (note,) = [one.text for one in sheet.notes if "each image" in one.text]
    start = "The numbers of each image cannot be shown for harmonic on pets · circle · 64 × 64: "
    assert note.startswith(f"{start}{path} was altered or damaged")


def test_an_incomplete_method_is_marked_in_its_head(store_cell: StoreCell) -> None:
    cells = [
        store_cell("a", images(10.0, 20.0, names="cat dog")),
        store_cell("b", images(30.0, names="cat"), expected=2),
    ]
    sheet = build_sheet(Leaderboard.from_cells(cells), TableOptions(by="class"))
    assert [heading.label for heading in sheet.blocks[0].headings] == ["class", "images", "a", "b †"]
    assert [(row[1].text, row[1].marks) for row in sheet.blocks[0].rows] == [("1", ""), ("1", ""), ("2/2", "†")]
    assert {item.place for row in sheet.blocks[0].rows for item in row} == {0}


@pytest.mark.parametrize("format_", FORMATS)
def test_no_format_tells_by_class_what_has_none(store_cell: StoreCell, format_: str) -> None:
    board = Leaderboard.from_cells([store_cell("a", [{"psnr": 10.0, "hole_ratio": 0.05}])])
    with pytest.raises(UsageError, match="No image of these results has a class"):
        render(board, format_, by="class")


def test_a_frame_is_not_arranged_by_any_column(board: Leaderboard) -> None:
    with pytest.raises(UnknownNameError, match=r"arrangement called 'components'.*Known: class, dataset, hole_ratio"):
        to_frame(board, by="components")  # type: ignore[arg-type]


@pytest.mark.parametrize("format_", FORMATS)
def test_nothing_but_failures_can_be_printed(make_cell: MakeCell, format_: str) -> None:
    failed = make_cell("a", status="oom", metrics=(make_cell("b", {"psnr": 1.0}).record.metrics))
    assert render(Leaderboard.from_cells([failed]), format_, by="hole_ratio")
    assert to_frame(Leaderboard.from_cells([failed]), by="hole_ratio").empty
