from __future__ import annotations

import io
from collections.abc import Callable, Sequence

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inpaintbench.leaderboard import Leaderboard
from inpaintbench.records import MetricColumn
from inpaintbench.report import render, to_frame
from inpaintbench.stored import StoredCell

MakeCell = Callable[..., StoredCell]
MakeMetric = Callable[..., MetricColumn]

FIRST = "method,dataset,mask,images,expected,psnr,ssim,lpips,l1,psnr_hole,l1_hole,seconds_per_image"


def read(text: str, exact: Sequence[str] = ()) -> pd.DataFrame:
    """Read a file with pandas, whose own parser is exact to the last bit in newer versions only."""
    return pd.read_csv(io.StringIO(text), converters=dict.fromkeys(exact, float))


def test_the_promised_columns_come_first_whatever_was_scored(make_cell: MakeCell) -> None:
    for cells in ([], [make_cell("a", {"psnr": 20.0})], [make_cell("a", {"lpips[net=squeeze]": 0.1, "l1": 0.1})]):
        head = render(Leaderboard.from_cells(cells), "csv").splitlines()[0]
        assert head.startswith(f"{FIRST},size,seed,limit,status,unreadable,unconverged,protocol,key,")


@given(mean=st.floats(allow_nan=False, allow_infinity=False), seconds=st.floats(1e-9, 1e6))
def test_means_survive_the_way_through_a_file_exactly(make_cell: MakeCell, mean: float, seconds: float) -> None:
    cell = make_cell("a", {"psnr": mean, "ssim": 0.5}, timing={"seconds_per_image": seconds})
    text = render(Leaderboard.from_cells([cell]), "csv")
    row = read(text, exact=["psnr", "seconds_per_image"]).loc[0]
    assert (row["psnr"], row["seconds_per_image"]) == (mean, seconds)


def test_a_row_a_cell_with_its_counts(make_cell: MakeCell) -> None:
    unreadable = ({"item": "x.jpg", "reason": "truncated"},)
    cells = [
        make_cell("a", {"psnr": 20.0}, scored=63, unreadable=unreadable, unconverged=2),
        make_cell("b", status="oom", error={"type": "E", "message": "too, big"}),
        make_cell("c", {"psnr": 21.0}, mask="scattered_squares[side=2,area=400]", limit=8, expected=8, scored=8),
    ]
    frame = read(render(Leaderboard.from_cells(cells), "csv")).set_index("method")
    counts = frame.loc[:, ["images", "expected", "unreadable", "unconverged"]]
    assert {name: tuple(row) for name, row in counts.iterrows()} == {
        "a": (63, 64, 1, 2),
        "b": (0, 64, 0, 0),
        "c": (8, 8, 0, 0),
    }
    assert dict(frame["status"]) == {"a": "complete", "b": "oom", "c": "complete"}
    assert dict(frame["standing"]) == {"a": "ranked", "b": "failed", "c": "limited"}
    assert frame.loc["b", "reason"] == "too, big"
    assert frame.loc["c", "mask"] == "scattered_squares[side=2,area=400]"
    assert frame["psnr"].isna()["b"]


def test_a_limit_is_a_whole_number_and_no_limit_is_empty(make_cell: MakeCell) -> None:
    cells = [make_cell("a", {"psnr": 20.0}, limit=8), make_cell("b", {"psnr": 20.0})]
    frame = to_frame(Leaderboard.from_cells(cells)).set_index("method")
    assert (str(frame.loc["a", "limit"]), frame.loc["b", "limit"]) == ("8", pd.NA)


def test_the_short_name_stands_for_the_one_metric_that_the_row_names(make_cell: MakeCell) -> None:
    frame = to_frame(Leaderboard.from_cells([make_cell("a", {"psnr": 1.0, "lpips[net=squeeze]": 0.125})]))
    assert frame.loc[0, "lpips"] == 0.125
    weights = "ab12cd" + 58 * "0"
    assert frame.loc[0, "metrics"] == f"psnr = psnr version 1; lpips = lpips[net=squeeze] version 1 weights {weights}"


def test_two_metrics_of_one_plugin_have_their_full_names(make_cell: MakeCell, make_metric: MakeMetric) -> None:
    squeeze = make_metric("lpips[net=squeeze]")
    alex = make_metric("lpips[net=squeeze]", name="lpips[net=alex]", label="LPIPS (alex)", weights="77" * 32)
    means = {"lpips[net=squeeze]": 0.2, "lpips[net=alex]": 0.1}
    frame = to_frame(Leaderboard.from_cells([make_cell("a", means, metrics=(squeeze, alex))]))
    assert list(frame.columns[5:10]) == ["psnr", "ssim", "lpips[net=alex]", "lpips[net=squeeze]", "l1"]
    assert (frame.loc[0, "lpips[net=alex]"], frame.loc[0, "lpips[net=squeeze]"]) == (0.1, 0.2)


def test_two_sets_of_weights_never_share_a_column(make_cell: MakeCell, make_metric: MakeMetric) -> None:
    name = "lpips[net=squeeze]"
    other = make_cell("b", {name: 0.3}, metrics=(make_metric(name, weights="ff" * 32),))
    frame = to_frame(Leaderboard.from_cells([make_cell("a", {name: 0.2}), other])).set_index("method")
    assert "lpips" not in frame
    assert frame[f"{name} ab12cd"].dropna().to_dict() == {"a": 0.2}
    assert frame[f"{name} ffffff"].dropna().to_dict() == {"b": 0.3}


def test_further_metrics_come_last(make_cell: MakeCell, make_metric: MakeMetric) -> None:
    extra = make_metric("l1", name="dists[k=2]", plugin="dists")
    frame = to_frame(Leaderboard.from_cells([make_cell("a", {"dists[k=2]": 0.5}, metrics=(extra,))]))
    assert frame.columns[-1] == "dists"
    assert frame.loc[0, "dists"] == 0.5


def test_chosen_metrics_alone(make_cell: MakeCell) -> None:
    board = Leaderboard.from_cells([make_cell("a", {"psnr": 20.0, "ssim": 0.5, "l1": 0.1})])
    assert list(to_frame(board, metrics=["l1", "psnr"]).columns[3:8]) == [
        "images",
        "expected",
        "l1",
        "psnr",
        "seconds_per_image",
    ]


def test_side_by_side(make_cell: MakeCell) -> None:
    board = Leaderboard.from_cells(
        make_cell(method, {"psnr": number}, mask=mask)
        for method, mask, number in [("a", "m1", 0.375), ("a", "m2", 2.0), ("b", "m1", 3.0)]
    )
    frame = read(render(board, "csv", by="mask"))
    assert list(frame.columns) == ["metric", "dataset", "size", "seed", "limit", "protocol", "method", "m1", "m2"]
    assert dict(zip(frame["method"], frame["m1"], strict=True)) == {"a": 0.375, "b": 3.0}
    assert list(frame["m2"].isna()) == [method == "b" for method in frame["method"]]
    assert list(read(render(board, "csv", by="dataset")).columns[-2:]) == ["method", "photos"]


@pytest.mark.parametrize("name", ["metrics", "method", "images"])
def test_a_plugin_named_like_a_column_does_not_overwrite_it(
    make_cell: MakeCell, make_metric: MakeMetric, name: str
) -> None:
    extra = make_metric("l1", name=name, plugin=name)
    frame = to_frame(Leaderboard.from_cells([make_cell("a", {name: 0.5}, metrics=(extra,))]))
    assert frame.columns.is_unique
    assert (frame.loc[0, "method"], frame.loc[0, "images"]) == ("a", 64)
    assert frame.loc[0, f"metric {name}"] == 0.5
