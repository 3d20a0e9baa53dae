"""What the figures of the plots hold, worked by hand on small results."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inpaintbench.checkpoints import Library
from inpaintbench.report.sheet import clean
from inpaintbench.site.contents import Contents
from inpaintbench.site.plots import bands, critical, curves, masks, pareto, ranks, spread
from inpaintbench.site.plots.cards import find_trainings
from inpaintbench.site.plots.drawing import looks, wrapped
from inpaintbench.site.plots.page import make_plots, pages, script_of
from inpaintbench.site.plots.plot import Plot, Table, View
from inpaintbench.statistics.aggregates import MeanRanks
from inpaintbench.statistics.friedman import RankTest
from inpaintbench.strata import BANDS

from .fixtures_plots import HOSTILE, SHIFTS, contents_of, psnr, store_cell, store_results, write_training

METHODS = list(SHIFTS)
NUMBERS = {method: look.number for method, look in looks(METHODS).items()}
CIRCLE, SQUARE = "m1 g1", "m1 g2"


@pytest.fixture(scope="module")
def contents(tmp_path_factory: pytest.TempPathFactory) -> Contents:
    return contents_of(store_results(tmp_path_factory.mktemp("results")))


@pytest.fixture
def shipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Return where a package brings the checkpoint of alpha."""
    (tmp_path / "plots_shipping").mkdir()
    (tmp_path / "plots_shipping" / "__init__.py").touch()
    write_training(tmp_path / "plots_shipping" / "checkpoints" / "alpha")
    monkeypatch.syspath_prepend(tmp_path)
    return "plots_shipping:checkpoints"


def table(plot: Plot, **when: str) -> Table:
    (found,) = [one for one in plot.tables if dict(one.when) == when]
    return found


def points(view: View) -> dict[int, tuple[list[float], list[float]]]:
    """Return where the points of each method are."""
    return {one["meta"]["method"]: (one["x"], one["y"]) for one in view.traces if "marker" in one and "meta" in one}


# Quality against time


def test_the_front_of_points_worked_by_hand() -> None:
    assert pareto.front([(1.0, 20.0), (1.0, 21.0), (2.0, 21.0), (3.0, 30.0)], True) == [False, True, False, True]
    assert pareto.front([(1.0, 0.3), (2.0, 0.2), (3.0, 0.25)], False) == [True, True, False]


def test_equal_points_are_on_the_front_together() -> None:
    assert pareto.front([(1.0, 20.0), (1.0, 20.0)], True) == [True, True]


@given(
    st.lists(st.tuples(st.integers(1, 9).map(float), st.integers(1, 9).map(float)), min_size=1, max_size=12),
    st.booleans(),
)
def test_no_point_of_the_front_is_dominated_and_every_other_is(found: list[tuple[float, float]], higher: bool) -> None:
    front = pareto.front(found, higher)

    def beats(one: tuple[float, float], other: tuple[float, float]) -> bool:
        better, not_worse = (
            (one[1] > other[1], one[1] >= other[1]) if higher else (one[1] < other[1], one[1] <= other[1])
        )
        return (one[0] < other[0] and not_worse) or (one[0] <= other[0] and better)

    kept = [point for point, on in zip(found, front, strict=True) if on]
    assert kept
    for point, on in zip(found, front, strict=True):
        assert any(beats(other, point) for other in kept) == (not on)


def test_quality_against_time(contents: Contents) -> None:
    plot = pareto.plot(contents, looks(METHODS))
    view = plot.views[CIRCLE]
    at, number = points(view), NUMBERS
    assert at[number["alpha"]] == ([0.1], [30.5])  # 20 to 35, and 3
    assert at[number[HOSTILE]] == ([0.001], [27.5])
    (steps,) = [one for one in view.traces if one["mode"] == "lines"]
    assert (steps["x"], steps["y"], steps["line"]["shape"]) == ([0.001, 0.01, 0.1, 0.5], [27.5, 29.5, 30.5, 30.5], "hv")
    assert view.layout["xaxis"]["type"] == "log"
    assert view.finding.endswith("alpha (30.50 dB in 0.100 s). 1 other method is slower without being better.")
    rows = table(plot, group="g1").rows
    assert [row[0] for row in rows] == [HOSTILE, "beta", "alpha", "gamma"]
    assert [row[2] for row in rows] == ["27.50 ●", "29.50 ●", "30.50 ●", "29.50 ○"]
    assert plot.notes == ()


def test_where_lower_is_better_only_the_fastest_is_on_the_front_here(contents: Contents) -> None:
    rows = table(pareto.plot(contents, looks(METHODS)), group="g1").rows
    assert [row[3] for row in rows] == ["2.7500 ●", "2.9500 ○", "3.0500 ○", "2.9500 ○"]


def test_times_of_several_devices_have_a_front_each(tmp_path: Path) -> None:
    cells = store_results(tmp_path, environment={"device": {"type": "cpu", "name": "A", "threads": 2}})
    other = {"device": {"type": "cuda", "name": "B"}}
    slow = {"psnr": psnr("gamma", "circle"), "lpips": psnr("gamma", "circle")}
    cells[4] = store_cell(tmp_path, "gamma", "circle", slow, key="2circle", environment=other)
    plot = pareto.plot(contents_of(cells), looks(METHODS))
    view = plot.views[CIRCLE]
    assert sum(one["mode"] == "lines" for one in view.traces) == 2
    assert "do not compare" in view.finding
    assert "do not compare" in plot.notes[0]
    found = {row[0]: (row[2], row[-1]) for row in table(plot, group="g1").rows}
    assert found["gamma"] == ("29.50 ●", "B")
    assert found["alpha"] == ("30.50 ●", "A with 2 threads")


def test_a_method_without_a_time_is_left_out(tmp_path: Path) -> None:
    plot = pareto.plot(contents_of(store_results(tmp_path, timing={})), looks(METHODS))
    assert plot.views == {}
    assert plot.tables == ()


# By hole ratio, and across masks


def test_bands_of_the_hole_ratio(contents: Contents) -> None:
    plot = bands.plot(contents, looks(METHODS))
    x, y = points(plot.views[CIRCLE])[NUMBERS["alpha"]]
    assert (x, y) == ([0, 1, 2], [24.5, 28.5, 34.5])  # images 0 to 3, 4 to 7, 8 to 15
    assert plot.views[CIRCLE].layout["xaxis"]["ticktext"] == ["1–10", "10–20", "20–30"]
    assert "alpha has the best mean in each of the 3 bands" in plot.views[CIRCLE].finding
    shown = table(plot, metric="m1", group="g1")
    assert shown.headings == ["method", *(f"{BANDS[place]}: {n} images" for place, n in ((1, 4), (2, 4), (3, 8)))]
    assert ["alpha", "24.50", "28.50", "34.50"] in shown.rows
    assert "lie in one band" in plot.views[SQUARE].finding
    assert [choice.first for choice in plot.choices] == ["m1", "g1"]  # where there is most to see


def test_masks_stand_in_the_order_of_their_holes(contents: Contents) -> None:
    plot = masks.plot(contents, looks(METHODS))
    x, y = points(plot.views["m1 d1"])[NUMBERS["alpha"]]
    assert (x, y) == ([34.5, 30.5], [0, 1])
    assert plot.views["m1 d1"].layout["yaxis"]["ticktext"] == ["square · 9.0 %", "circle · 17.5 %"]
    assert plot.views["m1 d1"].finding == (
        "Worst under circle (17.5 % missing): 4 of 4 methods; best under square (9.0 % missing): 4 of 4 methods."
    )
    assert plot.views["m2 d1"].finding.startswith("Worst under square")  # of LPIPS, less is better
    shown = table(plot, metric="m1", dataset="d1")
    assert [row[:2] for row in shown.rows] == [["square", "9.0 %"], ["circle", "17.5 %"]]
    assert dict(zip(shown.headings, shown.rows[1], strict=True))["alpha"] == "30.50"


# Ranks


def test_ranks_are_counted_over_groups_and_metrics(contents: Contents) -> None:
    """Certain differences of all images: alpha 1, beta and gamma 2, the last 4; in LPIPS the other way round."""
    counts = ranks.counted(contents, list(contents.leaderboard.columns))
    assert {method: dict(found) for method, found in counts.items()} == {
        "alpha": {1: 2, 4: 2},
        "beta": {2: 4},
        "gamma": {2: 4},
        HOSTILE: {4: 2, 1: 2},
    }


def test_bars_of_ranks_add_up(contents: Contents) -> None:
    plot = ranks.plot(contents)
    view = plot.views["m1"]
    assert [choice.first for choice in plot.choices] == ["all"]
    order = [row[0] for row in table(plot, metric="m1").rows]
    first, second, third, fourth = (one["x"] for one in view.traces)
    assert dict(zip(order, first, strict=True)) == {"alpha": 2, "beta": 0, "gamma": 0, HOSTILE: 0}
    assert dict(zip(order, second, strict=True)) == {"alpha": 0, "beta": 2, "gamma": 2, HOSTILE: 0}
    assert third == [0, 0, 0, 0]
    assert sum(fourth) == 2
    assert "alpha is most often first, alone or with others: 2 of 2 times." in view.finding
    assert plot.shades == 4


def test_one_method_alone_has_no_rank(tmp_path: Path) -> None:
    plot = ranks.plot(contents_of([store_cell(tmp_path, "a", "circle", {"psnr": psnr("alpha", "circle")})]))
    assert plot.views == {}


# Critical differences


@pytest.mark.parametrize(
    ("mean_ranks", "difference", "expected"),
    [
        ([1.0, 2.0, 3.0], 0.5, []),
        ([1.0, 2.0, 3.0], 1.0, []),  # as far apart as the critical difference is apart
        ([1.0, 2.0, 3.0], 1.1, [(0, 1), (1, 2)]),
        ([1.0, 2.0, 3.0], 5.0, [(0, 2)]),
        ([1.0, 1.0, 3.0, 3.2, 3.3], 1.0, [(0, 1), (2, 4)]),
        ([1.0, 1.2, 1.9, 2.1, 4.0], 1.0, [(0, 2), (1, 3)]),
        ([], 1.0, []),
    ],
)
def test_sets_that_cannot_be_told_apart(
    mean_ranks: list[float], difference: float, expected: list[tuple[int, int]]
) -> None:
    assert critical.cliques(mean_ranks, difference) == expected


@given(st.lists(st.integers(0, 40), min_size=1, max_size=10), st.integers(1, 20))
def test_two_methods_share_a_bar_exactly_if_they_are_nearer_than_the_critical_difference(
    found: list[int], difference: int
) -> None:
    mean_ranks = sorted(map(float, found))
    bars = critical.cliques(mean_ranks, difference)
    for one in range(len(mean_ranks)):
        for two in range(one + 1, len(mean_ranks)):
            together = any(first <= one and two <= last for first, last in bars)
            assert together == (mean_ranks[two] - mean_ranks[one] < difference)
    assert not any(one != two and two[0] <= one[0] and one[1] <= two[1] for one in bars for two in bars)


def test_mean_ranks_of_two_groups(contents: Contents) -> None:
    """Four methods in two groups: CD = q₀.₀₅(4, ∞) / √2 · √(4 · 5 / 12), and q is 3.633 in Demšar's table times √2."""
    plot = critical.plot(contents, looks(METHODS))
    rows = {row[0]: row[1] for row in table(plot, metric="m1").rows}
    assert rows == {"alpha": "1.00", "beta": "2.50", "gamma": "2.50", HOSTILE: "4.00"}
    assert "critical difference 3.317" in table(plot, metric="m1").caption  # 2.569 · 1.291
    marks = [one for one in plot.views["m1"].traces if one.get("mode") == "markers"]
    assert sorted(one["x"][0] for one in marks) == [1.0, 2.5, 2.5, 4.0]
    assert "finds no difference between the 4 methods" in plot.views["m1"].finding  # χ²(3) = 5.7, p = 0.13
    bars = [one["x"] for one in plot.views["m1"].traces if one.get("line", {}).get("width") == 5]
    assert bars == [[0.97, 4.03]]


@pytest.mark.parametrize(
    ("p", "bars", "near"),
    [
        (0.04, [[1.97, 2.43]], ["none", "c", "b"]),
        (0.06, [[0.97, 2.43]], ["b, c", "a, c", "a, b"]),  # no two differ, so that one bar joins all
    ],
)
def test_only_where_ranks_differ_at_all_does_the_critical_difference_tell_two_apart(
    contents: Contents, monkeypatch: pytest.MonkeyPatch, p: float, bars: list[list[float]], near: list[str]
) -> None:
    test = RankTest(mean_ranks=(1.0, 2.0, 2.4), statistic=5.0, p=p, critical_difference=0.5, cells=10)
    monkeypatch.setattr(critical, "mean_ranks", lambda *_: MeanRanks(("a", "b", "c"), {}, test))

    plot = critical.plot(contents, looks("abc"))

    traces = plot.views["all"].traces
    assert [one["x"] for one in traces if one.get("line", {}).get("width") == 5] == bars
    assert [row[2] for row in table(plot, metric="all").rows] == near


def test_two_methods_are_too_few_for_critical_differences(tmp_path: Path) -> None:
    cells = [one for one in store_results(tmp_path) if one.record.method in ("alpha", "beta")]
    plot = critical.plot(contents_of(cells), looks(METHODS))
    assert plot.views == {}
    assert "it takes 3 methods" in plot.empty
    assert "Here are 2 such methods in 2 groups." in plot.empty


# Distribution over images


def test_a_single_method_is_not_said_to_be_best(tmp_path: Path) -> None:
    cells = [one for one in store_results(tmp_path) if one.record.method == "alpha"]
    contents = contents_of(cells)

    assert spread.plot(contents, looks(["alpha"])).views[CIRCLE].finding.startswith("The mean of alpha is 30.50 dB")
    assert bands.plot(contents, looks(["alpha"])).views[CIRCLE].finding == "alpha is the only ranked method."


def test_boxes_and_means(contents: Contents) -> None:
    plot = spread.plot(contents, looks(METHODS))
    entry = next(one for one in contents.leaderboard.entries if one.method == "alpha")
    score = entry.scores[contents.leaderboard.columns[0].key]
    assert score.low is not None
    assert score.high is not None
    mine = [one for one in plot.views[CIRCLE].traces if one["meta"]["method"] == NUMBERS["alpha"]]
    box, mean = mine
    assert [box[name][0] for name in ("lowerfence", "q1", "median", "q3", "upperfence")] == [
        23.75,  # 23 to 38: a twentieth of the way
        26.75,
        30.5,
        34.25,
        37.25,
    ]
    assert mean["x"] == [30.5]
    assert mean["error_x"]["array"][0] == pytest.approx(score.high - 30.5, rel=1e-5)
    assert mean["error_x"]["arrayminus"][0] == pytest.approx(30.5 - score.low, rel=1e-5)
    row = next(row for row in table(plot, metric="m1", group="g1").rows if row[0] == "alpha")
    assert row[1:] == [
        "16", "30.50", f"[{score.low:.2f}, {score.high:.2f}]", "23.75", "26.75", "30.50", "34.25", "37.25",
    ]  # fmt: skip
    assert "alpha has the best mean, 30.50 dB" in plot.views[CIRCLE].finding
    assert "cannot be told" not in plot.views[CIRCLE].finding


def test_quantiles_agree_with_numpy_on_other_numbers() -> None:
    values = np.random.default_rng(0).normal(size=37)
    assert spread.quantiles(values) == pytest.approx(np.percentile(values, [5, 25, 50, 75, 95]))


def test_an_infinite_number_of_an_image_is_in_no_box(tmp_path: Path) -> None:
    values: list[float | None] = [*psnr("alpha", "circle")]
    values[0], values[1] = float("inf"), None
    plot = spread.plot(contents_of([store_cell(tmp_path, "alpha", "circle", {"psnr": values})]), looks(["alpha"]))
    assert table(plot, metric="m1", group="g1").rows[0][1] == "14"
    assert "NaN" not in script_of(plot)


# Training curves


def test_losses_of_a_training_that_a_plugin_brings(contents: Contents, shipped: str) -> None:
    plot = curves.plot(contents, looks(METHODS), [shipped])
    assert [choice.options for choice in plot.choices] == [(("t1", "alpha × photos"),)]
    first, second = plot.views["t1"].traces
    assert (first["x"], first["y"]) == ([100, 200, 300], [9, 0.5, 0.25])
    assert (second["x"], second["y"]) == ([200, 300], [None, 0.7])
    assert "l2 from 9 to 0.25" in plot.views["t1"].finding
    assert "collapsed" in plot.views["t1"].finding
    assert table(plot, training="t1").rows == [["100", "9", "–"], ["200", "0.5", "–"], ["300", "0.25", "0.7"]]
    assert plot.notes == ()


def test_a_training_of_this_machine_is_found_by_its_weights(contents: Contents, tmp_path: Path) -> None:
    card = write_training(tmp_path / "alpha" / "k")
    (found,) = find_trainings(contents.leaderboard.entries, (), Library(tmp_path))
    assert found.card == card
    assert found.methods == ("alpha",)


def test_a_training_that_is_not_here_is_named(contents: Contents) -> None:
    plot = curves.plot(contents, looks(METHODS), ["no_such_package:checkpoints"])
    assert plot.views == {}
    assert "alpha × photos (weights abababababab)" in plot.notes[0]


# What all plots share


def test_many_methods_look_different() -> None:
    found = looks(f"m{number}" for number in range(64)).values()
    assert len({(look.colour, look.symbol) for look in found}) == 64


def test_a_method_looks_the_same_whatever_its_rank() -> None:
    assert looks(["b", "a", "m10", "m9"]) == looks(["m9", "m10", "a", "b"])


def test_names_are_text_for_plotly() -> None:
    shown = wrapped(HOSTILE, 200)
    assert not re.search(r"<(?!br>)", shown)
    assert "&lt;script&gt;" in shown
    assert "\x1b" not in wrapped("a\x1b[31m\nb")


@given(st.text(max_size=60), st.integers(6, 30), st.integers(1, 4))
def test_wrapping_loses_nothing_that_fits(text: str, width: int, lines: int) -> None:
    shown = wrapped(text, width, lines).split("<br>")
    assert len(shown) <= lines
    if "…" not in shown[-1]:
        joined = "".join(shown).replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
        assert joined.replace(" ", "") == clean(text).replace(" ", "")


def test_scripts_are_json_without_anything_random(contents: Contents) -> None:
    scripts = [script_of(plot) for plot in make_plots(contents)]
    assert scripts == [script_of(plot) for plot in make_plots(contents)]
    for script in scripts:
        data = json.loads(script.partition(" = ")[2].rstrip(";\n"))
        assert set(data) == {"layout", "views"}


def test_every_table_belongs_to_a_figure(contents: Contents) -> None:
    for plot in make_plots(contents):
        for view in plot.views:
            choice = dict(zip((one.name for one in plot.choices), view.split(" "), strict=True))
            assert any(one.when.items() <= choice.items() for one in plot.tables), (plot.name, view)
        for one in plot.tables:
            assert {len(row) for row in one.rows} == {len(one.headings)}


def test_nothing_ranked_is_said_in_words(tmp_path: Path) -> None:
    contents = contents_of(store_results(tmp_path / "results", limit=3))
    (page,) = pages(contents, _folder(tmp_path / "site"))
    plots = page.context["plots"]
    assert all(not plot.views and plot.empty for plot in plots if plot.name != "curves")
    assert all(plot.first is None for plot in plots)


def _folder(path: Path) -> Path:
    path.mkdir()
    return path


COLOURS = Path(__file__).resolve().parents[2] / "inpaintbench" / "site" / "assets"


def _variables(sheet: str, theme: str) -> dict[str, str]:
    """Return the colours of a theme: those of the root, and what the theme replaces."""
    text = (COLOURS / sheet).read_text(encoding="utf-8")
    blocks = re.findall(r':root(\[data-theme="dark"\])? \{([^}]*)\}', text)
    found: dict[str, str] = {}
    for dark, block in blocks:
        if not dark or theme == "dark":
            found |= re.findall(r"--([\w-]+): (#\w{6})", block)
    return found


def _contrast(one: str, other: str) -> float:
    def luminance(colour: str) -> float:
        parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_colours_are_seen_and_read(theme: str) -> None:
    colours = _variables("style.css", theme) | _variables("plots.css", theme)
    for number in range(1, 9):
        assert _contrast(colours[f"method-{number}"], colours["ground"]) >= 3, number
        assert _contrast(colours[f"rank-{number}"], colours[f"rank-{number}-ink"]) >= 4.5, number
    assert len({colours[f"method-{number}"] for number in range(1, 9)}) == 8


def test_both_ways_to_the_dark_have_the_same_colours() -> None:
    text = (COLOURS / "plots.css").read_text(encoding="utf-8")
    by_system = re.search(r'not\(\[data-theme="light"\]\) \{(.*?)\}', text, re.DOTALL)
    assert by_system is not None
    chosen = _variables("plots.css", "dark")
    assert dict(re.findall(r"--([\w-]+): (#\w{6})", by_system[1])) == chosen
