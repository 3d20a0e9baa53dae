"""`bench figure`: strips of what is stored, and masks over pictures."""

from __future__ import annotations

import dataclasses
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from inpaintbench.cli import looks
from inpaintbench.figures import drawing, plate
from inpaintbench.figures.layout import Layout, arrange
from inpaintbench.figures.lettering import Lettering
from inpaintbench.figures.plate import Panel, Plate, Style

SPECIMENS = Path(__file__).parent.parent / "plugins" / "specimens.py"
RESULTS = "results/embedded"


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two methods on six pictures under two masks, four of them with saved pictures."""
    from inpaintbench import run

    folder = tmp_path_factory.mktemp("stored")
    run(
        methods=["noise", "slow", "noise[gain=0.5]"],
        datasets=["drawn"],
        masks=["dots", "half"],
        metrics=["psnr", "ssim"],
        size=16,
        plugins=[str(SPECIMENS)],
        out=folder,
        device="cpu",
    )
    return folder


@pytest.fixture
def results(bench: Any, stored: Path, tmp_path: Path) -> Path:
    """Return a copy of them, where `bench figure` looks by itself."""
    del bench  # it has made the folder the current one
    shutil.copytree(stored, tmp_path / RESULTS)
    return tmp_path / RESULTS


def cell(results: Path, method: str, mask: str = "dots") -> Path:
    (found,) = (results / "cells" / method / "drawn" / mask).iterdir()
    return found


def levels(path: Path) -> NDArray[np.uint8]:
    with Image.open(path) as picture:
        return np.asarray(picture.convert("RGB"))


def layout_of(heads: list[str], rows: int, caption: str = "", style: Style | None = None) -> Layout:
    panel = Panel(np.zeros((16, 16, 3), np.uint8), caption)
    style = style or Style()
    return arrange(Plate(heads, [[panel] * len(heads)] * rows), style, Lettering(style.font, style.font_size))


def panels(path: Path, layout: Layout) -> list[list[NDArray[np.uint8]]]:
    """Return what a figure shows, with one pixel for each of the picture."""
    sheet = levels(path)
    assert sheet.shape[:2] == (layout.height, layout.width)
    return [
        [
            sheet[top : top + layout.panel_height : layout.factor, left : left + layout.panel_width : layout.factor]
            for left in layout.lefts
        ]
        for top in layout.tops
    ]


def test_a_strip_shows_input_methods_and_truth_as_they_are_saved(bench: Any, results: Path) -> None:
    outcome = bench(
        "figure", "-m", "slow", "-m", "noise", "-d", "drawn", "-k", "dots", "--items", "test-2,0", "--hole", "pink"
    )

    assert (outcome.code, outcome.err) == (0, "")
    assert outcome.out == (
        "2 images × 2 methods, drawn · dots · 16 × 16: strip.png, strip.pdf\n"
        "  row 1: test-2 (number 2)\n"
        "  row 2: test-0 (number 0)\n"
    )
    shown = panels(Path("strip.png"), layout_of(["Input", "slow", "noise", "Ground truth"], rows=2))
    for row, number in zip(shown, (2, 0), strict=True):
        slow, noise = cell(results, "slow") / "samples", cell(results, "noise") / "samples"
        image = levels(noise / f"{number:05d}-image.png")
        hole = levels(noise / f"{number:05d}-hole.png")[:, :, 0] > 0
        expected = np.where(hole[:, :, None], np.array([236, 0, 140], np.uint8), image)
        assert np.array_equal(row[0], expected)
        assert np.array_equal(row[1], levels(slow / f"{number:05d}-composite.png"))
        assert np.array_equal(row[2], levels(noise / f"{number:05d}-composite.png"))
        assert np.array_equal(row[3], image)
    assert Path("strip.pdf").read_bytes().startswith(b"%PDF")


@pytest.mark.usefixtures("results")
def test_it_can_be_called_by_its_name_and_with_the_folder(bench: Any) -> None:
    chosen = ["-k", "dots", "--items", "0"]
    bench("figure", *chosen, "--out", "a.png")
    bench("figure", "strip", RESULTS, *chosen, "--out", "b.png")
    bench("figure", RESULTS, *chosen, "--out", "c.png")

    assert Path("a.png").read_bytes() == Path("b.png").read_bytes() == Path("c.png").read_bytes()
    assert not Path("a.pdf").exists()


@pytest.mark.usefixtures("results")
def test_help_says_what_there_is(bench: Any) -> None:
    outcome = bench("figure", "--help")
    assert outcome.code == 0
    assert "masks  " in outcome.out
    assert "strip  " in outcome.out
    assert "--items" in bench("figure", "-m", "tv", "--help").out
    assert "--items" in bench("figure", "strip", "--help").out
    assert "--count" in bench("figure", "masks", "--help").out


def test_by_default_it_shows_all_ranked_methods_by_their_rank_and_the_first_saved_images(
    bench: Any, results: Path
) -> None:
    outcome = bench("figure", "-k", "half", "--out", "strip.svg")

    assert outcome.out.startswith(
        "4 images × 3 methods, drawn · half · 16 × 16: strip.svg\n  row 1: test-0 (number 0)\n"
    )
    ranks = [one["method"] for one in json.loads(bench("table", results, "--format", "json").out)["mean_ranks"]]
    assert len(ranks) == 3
    svg = Path("strip.svg").read_text()
    heads = {"noise[gain=0.5]": ">noise[gain=0.5]<", "noise": ">noise<", "slow": ">slow<"}
    places = [svg.index(heads[method]) for method in ranks]
    assert svg.index(">Input<") < places[0]
    assert places == sorted(places)
    assert svg.index(">Ground truth<") > places[-1]


@pytest.mark.usefixtures("results")
def test_columns_are_renamed(bench: Any) -> None:
    labels = ["slow=<script>$a$", "noise[gain=0.5]=Half & half", "noise=Whole = 1", "input=Masked", "truth=GT"]
    bench("figure", "-k", "dots", "--items", "0", "--out", "strip.svg", *(f"--label={label}" for label in labels))

    svg = Path("strip.svg").read_text()
    for text in ("&lt;script&gt;$a$", "Half &amp; half", "Whole = 1", "Masked", "GT"):
        assert f">{text}<" in svg
    assert "Ground truth" not in svg
    assert ">noise" not in svg


def test_the_number_of_each_image_stands_under_it(bench: Any, results: Path) -> None:
    outcome = bench("figure", "-m", "slow", "-k", "dots", "--items", "1,3", "--score", "psnr", "--out", "strip.svg")

    assert outcome.code == 0
    import pandas as pd

    scores = pd.read_parquet(cell(results, "slow") / "images.parquet").set_index("item")["psnr"]
    svg = Path("strip.svg").read_text()
    assert svg.count(">PSNR, dB<") == 2
    assert svg.index(f">{scores['test-1']:.2f}<") < svg.index(f">{scores['test-3']:.2f}<")


def test_a_zoom_makes_the_figure_higher_by_what_it_enlarges(bench: Any, results: Path) -> None:
    bench("figure", "-m", "slow", "-k", "dots", "--items", "0", "--out", "plain.png")
    bench("figure", "-m", "slow", "-k", "dots", "--items", "0", "--zoom", "2,3,8,4", "--out", "zoomed.png")

    layout = layout_of(["Input", "slow", "Ground truth"], rows=1)
    plain, zoomed = levels(Path("plain.png")), levels(Path("zoomed.png"))
    gap = layout.lefts[1] - layout.panel_width
    assert zoomed.shape[0] - plain.shape[0] == gap + layout.panel_width // 2
    inset = zoomed[-(layout.panel_width // 2) :, layout.lefts[1] : layout.lefts[1] + layout.panel_width]
    part = levels(cell(results, "slow") / "samples" / "00000-composite.png")[3:7, 2:10]
    enlarged = np.asarray(Image.fromarray(part).resize((inset.shape[1], inset.shape[0]), Image.Resampling.NEAREST))
    assert (inset == enlarged).all(axis=2).mean() > 0.9


@pytest.mark.usefixtures("results")
def test_measures(bench: Any) -> None:
    arguments = ["-m", "slow", "-k", "dots", "--items", "0", "--out", "strip.png"]
    outcome = bench("figure", *arguments, "--width", "2", "--dpi", "100", "--font-size", "6", "--font", "sans")

    assert outcome.code == 0
    style = Style(width=2.0, dpi=100, font_size=6.0, font="sans")
    layout = layout_of(["Input", "slow", "Ground truth"], rows=1, style=style)
    assert levels(Path("strip.png")).shape[:2] == (layout.height, layout.width)


@pytest.mark.usefixtures("results")
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], r"2 groups of results fit: drawn · dots · 16 × 16, drawn · half · 16 × 16. Choose one with -d, -k,"),
        (["-d", "drwn"], "There is no data set in these results called 'drwn'. Did you mean drawn?"),
        (["-k", "dot"], "There is no mask in these results called 'dot'. Did you mean dots?"),
        (["-k", "dots", "-m", "nois"], "There is no method in these results called 'nois'."),
        (["-k", "dots", "-m", "[["], "'[[' is no selector; expected name[param=value,…]."),
        (["-k", "dots", "--size", "32"], "None of these results has --size 32; expected 16."),
        (["-k", "dots", "--limit", "3"], "None of these results has --limit 3; leave it out."),
        (["-k", "dots", "--items", "9"], "There is no image '9' in these results of drawn; expected an id such as "
         "'test-0', or a number from 0 to 5."),
        (["-k", "dots", "--items", "test-5"], "No picture of test-5 (number 5) was saved for "),
        (["-k", "dots", "--items", "5"], "Saved for every method: 0–3. `bench run --samples N --rerun all`, or"),
        (["-k", "dots", "--score", "pnsr"], "There is no metric in these results called 'pnsr'. Did you mean psnr"),
        (["-k", "dots", "--zoom", "9,9,9,9"], "A zoom of 9 × 9 pixels at (9, 9) does not lie within pictures of 16"),
        (["-k", "dots", "--zoom", "9,9,9"], "'9,9,9' is not possible; expected four whole numbers X,Y,W,H"),
        (["-k", "dots", "--label", "tv"], "--label 'tv' is not possible; expected NAME=TEXT"),
        (["-k", "dots", "--label", "tv=TV"], "There is no column called 'tv'."),
        (["-k", "dots", "--out", "strip.jpg"], "strip.jpg is no name of a figure; expected one that ends in .png,"),
        (["-k", "dots", "--out", ".."], ".. is no name of a figure; expected one that ends in .png,"),
        (["-k", "dots", "--out", "..."], "... is no name of a figure;"),
        (["-k", "dots", "--out", ".png"], ".png is no name of a figure;"),
        (["-k", "dots", "--out", "..pdf"], "..pdf is no name of a figure;"),
        (["-k", "dots", "--out", ""], ". is no name of a figure;"),
        (["-k", "dots", "--width", "nan"], "nan is not possible; expected a number from 0.5 to 50."),
        (["-k", "dots", "--width", "inf"], "inf is not in the range 0.5<=x<=50."),
        (["-k", "dots", "--font-size", "NaN"], "NaN is not possible; expected a number from 3 to 72."),
        (["-k", "dots", "--out", "absent/strip.png"], "absent/strip.png cannot be written: No such file or directory."),
        (["-k", "dots", "--width", "50", "--dpi", "2400"], "dots; at most 100 million"),
    ],
)  # fmt: skip
def test_what_is_not_possible_is_explained(bench: Any, arguments: list[str], message: str) -> None:
    outcome = bench("figure", *arguments)

    assert outcome.code == 2
    assert message in outcome.err
    assert [one.name for one in Path.cwd().iterdir() if one.is_file()] == []


@pytest.mark.usefixtures("results")
def test_a_measure_that_is_no_number_is_no_fault_of_a_plugin(bench: Any) -> None:
    for option in ("--width", "--font-size"):
        outcome = bench("figure", "masks", "-d", "photos", "-k", "half", "--size", "16", option, "nan")
        assert outcome.code == 2
        assert f"Invalid value for '{option}': nan is not possible" in outcome.err
        assert "plugin" not in outcome.err


def test_methods_that_are_called_like_the_first_and_the_last_column(bench: Any, results: Path, rewrite: Any) -> None:
    for method, name in (("noise", "input"), ("slow", "truth")):
        rewrite(cell(results, method), method=name)
    chosen = ["-k", "dots", "-m", "input", "-m", "truth", "--items", "0"]
    assert bench("figure", *chosen, "--out", "strip.png").code == 0

    shown = panels(Path("strip.png"), layout_of(["Input", "input", "truth", "Ground truth"], rows=1))[0]
    for column, method in ((1, "noise"), (2, "slow")):
        assert np.array_equal(shown[column], levels(cell(results, method) / "samples" / "00000-composite.png"))
    labels = ["--label=input=Masked", "--label=truth=GT", "--label=inpu?=First", "--label=t*=Second"]
    assert bench("figure", *chosen, *labels, "--out", "strip.svg").code == 0
    svg = Path("strip.svg").read_text()
    places = [svg.index(f">{head}<") for head in ("Masked", "First", "Second", "GT")]
    assert places == sorted(places)


def test_results_that_are_not_there(bench: Any, tmp_path: Path) -> None:
    outcome = bench("figure", "nowhere")
    assert outcome.code == 2
    assert "nowhere holds no results: expected a folder with cells/ below it." in outcome.err

    (tmp_path / "empty" / "cells").mkdir(parents=True)
    assert "empty holds no cell that can be read." in bench("figure", "empty").err


def test_a_selector_without_parameters_means_all_that_have_the_name_unless_one_is_just_that(
    bench: Any, results: Path
) -> None:
    arguments = ["-k", "dots", "--items", "0", "--out", "strip.svg"]
    assert "× 1 method," in bench("figure", "-m", "noise", *arguments).out
    assert "× 2 methods," in bench("figure", "-m", "no*", *arguments).out
    assert "× 1 method," in bench("figure", "-m", "*[gain=0.5]", *arguments).out
    assert "× 3 methods," in bench("figure", "-m", "slow", "-m", "*", *arguments).out
    shutil.rmtree(results / "cells" / "noise")
    assert "× 1 method," in bench("figure", "-m", "noise", *arguments).out


def test_methods_that_have_failed_are_named(bench: Any, results: Path, rewrite: Any) -> None:
    error = {"type": "ValueError", "message": "it\x1b[1m broke\nat once"}
    rewrite(cell(results, "slow"), status="failed", error=error)
    arguments = ["-k", "dots", "--items", "0", "--out", "strip.svg"]

    asked = bench("figure", "-m", "noise", "-m", "slow", *arguments)
    assert asked.code == 2
    assert r"There is nothing to show of slow (failed: it\x1b[1m broke\nat once)." in asked.err
    rest = bench("figure", *arguments)
    assert rest.code == 0
    assert "× 2 methods," in rest.out
    assert r"slow (failed: it\x1b[1m broke\nat once) is left out." in rest.err
    for method in ("noise", "noise[gain=0.5]"):
        rewrite(cell(results, method), status="oom", error=error)
    none = bench("figure", *arguments)
    assert none.code == 2
    assert "Every method has failed on drawn · dots · 16 × 16: " in none.err


def test_methods_of_different_groups_are_not_shown_side_by_side(bench: Any, results: Path, rewrite: Any) -> None:
    folder = cell(results, "slow")
    identity = json.loads((folder / "cell.json").read_bytes())["identity"]
    rewrite(folder, identity={**identity, "mask": {**identity["mask"], "code": "other"}})

    outcome = bench("figure", "-k", "dots", "-m", "slow", "-m", "noise")
    assert outcome.code == 2
    assert "No group of results has all of slow, noise, and only one group's are of the same pictures" in outcome.err
    assert "dots (code other) · 16 × 16 has slow" in outcome.err
    alone = bench("figure", "-k", "dots", "-m", "slow", "--items", "0", "--out", "strip.svg")
    assert alone.code == 0


@pytest.mark.parametrize("name", ["image_hash", "hole_hash", "item"])
def test_other_pictures_or_holes_under_the_same_name_are_refused(
    bench: Any, results: Path, rewrite: Any, name: str
) -> None:
    rewrite(
        cell(results, "slow"), lambda table: table.assign(**{name: table[name].where(table["index"] != 1, "other")})
    )

    outcome = bench("figure", "-k", "dots", "-m", "noise", "-m", "slow", "--items", "1")
    assert outcome.code == 2
    assert "test-1 (number 1) is not the same picture with the same hole for slow as for noise; run both" in outcome.err
    assert bench("figure", "-k", "dots", "-m", "noise", "-m", "slow", "--items", "0", "--out", "a.svg").code == 0


@pytest.mark.parametrize("kind", ["image", "hole"])
def test_saved_pictures_that_differ_are_refused(bench: Any, results: Path, kind: str) -> None:
    path = cell(results, "slow") / "samples" / f"00001-{kind}.png"
    with Image.open(path) as picture:
        picture.transpose(Image.Transpose.ROTATE_90).save(path)

    outcome = bench("figure", "-k", "dots", "-m", "noise", "-m", "slow", "--items", "1")
    assert outcome.code == 2
    assert f"samples/00001-{kind}.png is not the picture that " in outcome.err


def test_a_damaged_picture_is_named(bench: Any, results: Path) -> None:
    path = cell(results, "slow") / "samples" / "00001-composite.png"
    whole = path.read_bytes()
    for content, why in ((b"", "cannot identify"), (whole[: len(whole) // 2], "")):
        path.write_bytes(content)
        outcome = bench("figure", "-k", "dots", "-m", "slow", "--items", "1")
        assert outcome.code == 2
        assert "samples/00001-composite.png cannot be read: " in outcome.err
        assert why in outcome.err
    Image.new("RGB", (16, 17)).save(path)
    outcome = bench("figure", "-k", "dots", "-m", "slow", "--items", "1")
    assert "00001-composite.png cannot be read: it has 16 × 17 pixels, expected 16 × 16" in outcome.err


def test_only_images_that_all_methods_have_saved_are_shown_by_default(bench: Any, results: Path) -> None:
    shutil.rmtree(cell(results, "slow") / "samples")
    outcome = bench("figure", "-k", "dots")
    assert outcome.code == 2
    assert "No image has a saved picture of every method. `bench run --samples N" in outcome.err
    one = bench("figure", "-k", "dots", "-m", "slow", "--items", "0")
    assert "No picture of test-0 (number 0) was saved for slow. `bench run" in one.err
    assert bench("figure", "-k", "dots", "-m", "noise", "--out", "strip.svg").out.startswith("4 images × 1 method")


def test_the_newest_complete_result_is_shown(bench: Any, results: Path) -> None:
    old = cell(results, "slow")
    new = old.with_name("f" * 16)
    shutil.copytree(old, new)
    record = json.loads((new / "cell.json").read_bytes())
    from inpaintbench.records import CellRecord

    changed = dataclasses.replace(
        CellRecord.from_json(record),
        key=new.name,
        finished="9999-01-01T00:00:00+00:00",
        identity={**record["identity"], "method": {**record["identity"]["method"], "code": "new"}},
    )
    (new / "cell.json").write_text(json.dumps(changed.to_json()))
    blue = np.full((16, 16, 3), (0, 0, 255), np.uint8)
    Image.fromarray(blue).save(new / "samples" / "00000-composite.png")
    bench("figure", "-k", "dots", "-m", "slow", "--items", "0", "--out", "strip.png")

    shown = panels(Path("strip.png"), layout_of(["Input", "slow", "Ground truth"], rows=1))
    assert np.array_equal(shown[0][1], blue)


def test_a_limited_run_is_shown_where_asked_for_or_alone(bench: Any, small: list[str], results: Path) -> None:
    assert bench("run", *small, "--limit", "2", "--out", RESULTS).code == 0
    arguments = ["-d", "drawn", "-k", "dots", "--out", "strip.svg"]
    assert bench("figure", *arguments).out.startswith("4 images × 3 methods, drawn · dots · 16 × 16:")
    assert bench("figure", *arguments, "--limit", "2").out.startswith(
        "2 images × 1 method, drawn · dots · 16 × 16 · first 2"
    )
    shutil.rmtree(results / "cells")
    assert bench("run", *small, "--limit", "2", "--out", RESULTS).code == 0
    assert bench("figure", *arguments).out.startswith("2 images × 1 method, drawn · dots · 16 × 16 · first 2")


def test_masks_show_their_holes_and_what_share_is_missing(bench: Any) -> None:
    outcome = bench(
        "figure", "masks", "-d", "photos", "-k", "half", "-k", "center_square[side=8]", "--size", "16", "--count", "2"
    )

    assert (outcome.code, outcome.err) == (0, "")
    assert outcome.out == "2 pictures × 2 masks at 16 × 16 pixels: masks.png, masks.pdf\n"
    layout = layout_of(["Image", "half", "center_square[side=8]"], rows=2, caption="50.0%")
    for picture, half, square in panels(Path("masks.png"), layout):
        pink = [(one == (236, 0, 140)).all(axis=2) for one in (picture, half, square)]
        assert [hole.sum() for hole in pink] == [0, 128, 64]
        assert np.array_equal(np.where(pink[2][:, :, None], square, picture), square)
        assert pink[2][4:12, 4:12].all()


def test_masks_have_heads_and_shares(bench: Any) -> None:
    label = "--label=center_square[side=8]=A quarter"
    chosen = ["-d", "photos", "-k", "half", "-k", "center_square[side=8]", "--size", "16", "--count", "1"]
    assert bench("figure", "masks", *chosen, label, "--out", "masks.svg").code == 0

    svg = Path("masks.svg").read_text()
    assert [text in svg for text in (">Image<", ">half<", ">A quarter<", ">50.0%<", ">25.0%<")] == [True] * 5


def test_masks_that_cannot_be_drawn(bench: Any, tmp_path: Path) -> None:
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "1.png").write_bytes(b"")
    outcome = bench("figure", "masks", "-d", "image_folder[path=broken]", "-k", "circle")
    assert outcome.code == 2
    assert "The picture chosen cannot be decoded; `bench run` names it with the reason." in outcome.err
    Image.new("RGB", (9, 9)).save(tmp_path / "broken" / "2.png")
    outcome = bench("figure", "masks", "-d", "image_folder[path=broken]", "-k", "half", "--size", "8", "--out", "m.png")
    assert outcome.err == "1 picture cannot be decoded and is left out.\n"
    large = bench("figure", "masks", "-d", "photos", "-k", "half", "--size", "4096", "--count", "50")
    assert large.code == 2
    assert "at most 100 million" in large.err
    fault = bench("figure", "masks", "--plugin", SPECIMENS, "-d", "drawn", "-k", "dots[fault=draw]", "--size", "16")
    assert fault.code == 2
    assert "One of the data sets or masks cannot be used: ValueError: the mask cannot be drawn" in fault.err


def test_the_command_offers_what_can_be_drawn() -> None:
    assert tuple(drawing.FORMATS) == looks.FORMATS
    assert tuple(plate.HOLES) == looks.HOLES
