from __future__ import annotations

import json
import math
from collections.abc import Callable
from typing import Any

from inpaintbench.leaderboard import Leaderboard
from inpaintbench.records import MetricColumn
from inpaintbench.report import render
from inpaintbench.stored import StoredCell

MakeCell = Callable[..., StoredCell]
MakeMetric = Callable[..., MetricColumn]

UNKNOWN = {"low": None, "high": None, "shared_rank": None, "sources": None}


def refuse(constant: str) -> Any:
    raise AssertionError(f"{constant} is no JSON")


def test_it_holds_what_is_needed_to_draw_the_table_again(make_cell: MakeCell) -> None:
    board = Leaderboard.from_cells(
        [
            make_cell("a", {"psnr": 0.1 + 0.2, "lpips[net=squeeze]": 0.5}, unconverged=1),
            make_cell("b", {"psnr": 20.0, "lpips[net=squeeze]": 0.25}),
            make_cell("c", status="oom", error={"type": "E", "message": "too big"}),
        ]
    )
    document = json.loads(render(board, "json"), parse_constant=refuse)
    assert document["schema"] == 1
    assert [(one["field"], one["name"], one["higher_is_better"]) for one in document["metrics"]] == [
        ("psnr", "psnr", True),
        ("lpips", "lpips[net=squeeze]", False),
    ]
    (group,) = document["groups"]
    assert (group["dataset"], group["mask"], group["size"], group["limit"]) == (
        "photos",
        "center_square[side=20]",
        64,
        None,
    )
    b, a, c = group["results"]
    assert [one["method"] for one in (a, b, c)] == ["a", "b", "c"]
    assert a["scores"]["psnr"] == {"mean": 0.1 + 0.2, "rank": 2.0, "place": 2} | UNKNOWN
    assert c["scores"]["psnr"] == {"mean": None, "rank": None, "place": 0} | UNKNOWN
    assert (c["status"], c["standing"], c["error"]["message"]) == ("oom", "failed", "too big")
    assert document["mean_ranks"][0] == {
        "method": "b",
        "mean_rank": 1.0,
        "groups": 1,
        "of_groups": 1,
        "by_metric": {},
    }
    assert (document["statistics"], group["comparisons"], document["rank_tests"]["together"]) == (None, {}, None)
    assert [note["mark"] for note in document["notes"]][:2] == ["!", "‡"]


def test_what_is_no_number_is_null(make_cell: MakeCell) -> None:
    cell = make_cell("a", {"psnr": math.nan}, timing={"seconds_per_image": math.nan})
    document = json.loads(render(Leaderboard.from_cells([cell]), "json"), parse_constant=refuse)
    (result,) = document["groups"][0]["results"]
    assert result["scores"]["psnr"]["mean"] is None
    assert result["seconds_per_image"] is None


def test_an_infinite_mean_is_null_too(make_cell: MakeCell) -> None:
    document = json.loads(
        render(Leaderboard.from_cells([make_cell("a", {"psnr": math.inf})]), "json"), parse_constant=refuse
    )
    assert document["groups"][0]["results"][0]["scores"]["psnr"]["mean"] is None


def test_arrangements_do_not_change_it(make_cell: MakeCell) -> None:
    board = Leaderboard.from_cells([make_cell("a", {"psnr": 20.0, "l1": 0.1})])
    assert render(board, "json", by="mask") == render(board, "json")
    assert list(json.loads(render(board, "json", metrics=["l1"]))["groups"][0]["results"][0]["scores"]) == ["l1"]
