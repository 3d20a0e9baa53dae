"""`bench export`, a program outside, `bench score`: the numbers are those of the method that runs inside."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from PIL import Image

import inpaintbench
from inpaintbench.store import Store
from inpaintbench.stored import StoredCell

SUITE = ["-d", "photos", "-k", "circle", "-k", "random_rectangle", "--limit", "3", "--size", "32", "--seed", "5"]
TELEA = """
import sys
from pathlib import Path
import cv2

cv2.setNumThreads(1)
for picture in Path(sys.argv[1], "pictures").iterdir():
    hole = cv2.imread(str(Path(sys.argv[1], "holes", picture.name)), cv2.IMREAD_GRAYSCALE)
    filled = cv2.inpaint(cv2.imread(str(picture)), hole, 5, cv2.INPAINT_TELEA)
    cv2.imwrite(str(Path(sys.argv[1], "filled", picture.name)), filled)
"""


@pytest.fixture
def returned(bench: Any, tmp_path: Path) -> Path:
    """Return an export whose pictures have come back with each hole filled grey."""
    assert bench("export", *SUITE, "--out", "out").code == 0
    for path in (tmp_path / "out/pictures").iterdir():
        hole = np.asarray(Image.open(tmp_path / "out/holes" / path.name))
        filled = np.where(hole[..., None] == 255, 128, np.asarray(Image.open(path))).astype(np.uint8)
        Image.fromarray(filled).save(tmp_path / "out/filled" / path.name)
    return tmp_path / "out"


@pytest.fixture
def score(bench: Any) -> Callable[..., Any]:
    """Return a function that scores the folder `out` on the CPU, as `grey`."""
    return lambda *more: bench("score", "out", "--name", "grey", "--device", "cpu", "--out", "results", *more)


def cells(folder: Path) -> dict[str, StoredCell]:
    return {f"{cell.record.method} {cell.record.mask} {cell.record.key}": cell for cell in Store(folder).scan()}


def newest(folder: Path) -> list[StoredCell]:
    return sorted(cells(folder).values(), key=lambda cell: cell.record.finished)


def test_a_program_outside_gets_the_numbers_of_the_method_inside(bench: Any, tmp_path: Path) -> None:
    pytest.importorskip("cv2", reason="OpenCV is not installed: pip install 'inpaintbench[opencv]'")
    exported = bench("export", *SUITE, "--out", "out")
    subprocess.run([sys.executable, "-c", TELEA, str(tmp_path / "out")], check=True)
    scored = bench("score", "out", "--name", "outside", "--device", "cpu", "--out", "results")
    inside = inpaintbench.run(
        methods="opencv[algorithm=telea]",
        datasets="photos",
        masks=["circle", "random_rectangle"],
        limit=3,
        size=32,
        seed=5,
        device="cpu",
        out=tmp_path / "results",
    )
    outside = pd.concat(
        cell.images().assign(mask=cell.record.mask)
        for cell in cells(tmp_path / "results").values()
        if cell.record.method == "outside"
    )

    assert exported.out == "6 pictures in out. out/README.txt says how to go on.\n"
    assert (scored.code, inside.complete) == (0, True)
    columns = ["mask", "item", "psnr", "ssim", "l1", "psnr_hole", "l1_hole", "image_hash", "hole_hash", "clamped"]
    columns += [name for name in inside.records() if name.startswith("lpips")]
    expected = inside.records()[columns].sort_values(["mask", "item"]).reset_index(drop=True)
    found = outside[columns].sort_values(["mask", "item"]).reset_index(drop=True)
    assert len(found) == 6
    pd.testing.assert_frame_equal(found, expected, check_exact=True)


def test_the_table_shows_it_among_the_others_without_a_time(
    bench: Any, returned: Path, score: Any, tmp_path: Path
) -> None:
    inpaintbench.run(
        methods="mean_fill",
        datasets="photos",
        masks="circle",
        limit=3,
        size=32,
        seed=5,
        device="cpu",
        out=tmp_path / "results",
    )
    outcome = score()
    (circle,) = [part for part in outcome.out.split("\n\n") if part.startswith("photos · circle")]
    rows = {line.split()[0]: line.split() for line in circle.splitlines()[1:] if line.strip()}

    assert outcome.code == 0
    assert rows["grey"][-2:] == ["3/3", "–"]
    assert float(rows["mean_fill"][-1]) > 0
    assert "altered" not in outcome.err
    for cell in cells(tmp_path / "results").values():
        timed = cell.record.method == "mean_fill"
        assert (cell.record.timing["seconds_per_image"] is not None) == timed
        assert (cell.record.timing["method_seconds"] is not None) == timed
        assert cell.images()["seconds"].notna().all() == timed
    for page in ("text", "csv", "json", "latex"):
        assert bench("table", "results", "--format", page).code == 0


def test_what_is_scored_and_unchanged_is_not_scored_again(returned: Path, score: Any, tmp_path: Path) -> None:
    score()
    first = {name: cell.record.finished for name, cell in cells(tmp_path / "results").items()}
    score()

    assert {name: cell.record.finished for name, cell in cells(tmp_path / "results").items()} == first


def test_changed_pictures_are_scored_anew(returned: Path, score: Any, tmp_path: Path) -> None:
    score()
    path = next((returned / "filled").glob("01-*"))
    levels = np.asarray(Image.open(path)).copy()
    hole = np.asarray(Image.open(returned / "holes" / path.name)) == 255
    levels[hole] = 0
    Image.fromarray(levels).save(path)
    outcome = score()

    assert len(cells(tmp_path / "results")) == 4
    assert "2 to run" in outcome.err
    before, after = [cell.images()["psnr"] for cell in newest(tmp_path / "results") if "circle" in cell.record.mask]
    assert (before != after).sum() == 1


def test_another_folder_will_do(returned: Path, score: Any, tmp_path: Path) -> None:
    (returned / "filled").rename(tmp_path / "elsewhere")

    assert score("--filled", "elsewhere").code == 0
    refused = score()
    assert refused.code == 2
    assert "out/filled cannot be read: No such file or directory" in refused.err


def test_nothing_is_scored_if_something_is_missing(returned: Path, score: Any, tmp_path: Path) -> None:
    filled = returned / "filled"
    names = sorted(path.name for path in filled.iterdir())
    (filled / names[0]).unlink()
    (filled / "more.txt").write_text("")
    Image.new("RGB", (31, 32)).save(filled / names[1])
    Image.open(filled / names[2]).convert("RGBA").save(filled / names[2])
    outcome = score()

    assert outcome.code == 2
    assert outcome.err.splitlines() == [
        "bench: 1 file in out/filled that the export does not have, passed over:",
        "  more.txt",
        "bench: 1 picture converted to RGB of 8 bits:",
        f"  {names[2]} (with an opaque alpha channel)",
        "bench: 1 picture missing in out/filled:",
        f"  {names[0]}",
        "bench: 1 picture cannot be scored:",
        f"  {names[1]} cannot be scored: it has 31 × 32 pixels, expected 32 × 32.",
        "bench: Not everything in out/filled can be scored, and nothing was. Expected for each picture of the export a "
        "PNG file of the same name and size: RGB, 8 bits a channel, nothing transparent.",
    ]
    assert not (tmp_path / "results").exists()


def test_long_lists_are_cut(returned: Path, score: Any) -> None:
    for number in range(12):
        (returned / f"filled/surplus-{number:02d}").write_text("")
    outcome = score()

    assert outcome.code == 0
    assert "  surplus-09\n  … and 2 more\n" in outcome.err


def test_altered_known_pixels_are_told_and_put_back(returned: Path, score: Any, tmp_path: Path) -> None:
    score()
    before = [cell.images()["psnr"].tolist() for cell in newest(tmp_path / "results")]
    for path in list((returned / "filled").glob("02-*"))[:2]:
        hole = np.asarray(Image.open(returned / "holes" / path.name)) == 255
        levels = np.asarray(Image.open(path)).copy()
        levels[~hole] ^= 4  # by four levels each
        Image.fromarray(levels).save(path)
    outcome = score()
    again = score()
    known = 32 * 32 - np.mean(
        [
            (np.asarray(Image.open(returned / "holes" / path.name)) == 255).sum()
            for path in list((returned / "filled").glob("02-*"))[:2]
        ]
    )

    said = f"altered known pixels of 2 pictures of 6: {known:,.0f} pixels of each on average, by up to 4 of 255 levels"
    assert said in outcome.err
    assert said in again.err
    assert [cell.images()["psnr"].tolist() for cell in newest(tmp_path / "results")[2:]] == before


def test_a_name_that_is_taken_is_refused(bench: Any, returned: Path) -> None:
    outcome = bench("score", "out", "--name", "tv")

    assert outcome.code == 2
    assert "tv is a method already, brought by inpaintbench_methods (bundled with inpaintbench)" in outcome.err
    assert "cannot be a method's name" in bench("score", "out", "--name", "my tool").err


def test_data_that_have_changed_cannot_be_scored(bench: Any, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    Image.effect_noise((32, 32), 50).convert("RGB").save(tmp_path / "mine/0.png")
    bench("export", "-d", "image_folder[path=mine]", "-k", "circle[diameter=8]", "--size", "32", "--out", "out")
    shutil.copytree(tmp_path / "out/pictures", tmp_path / "out/filled", dirs_exist_ok=True)
    Image.new("RGB", (32, 32), "red").save(tmp_path / "mine/0.png")
    outcome = bench("score", "out", "--name", "late", "--device", "cpu")

    assert outcome.code == 1
    assert "invalid-output" in outcome.err
    assert "is not as it was exported" in outcome.err


def test_plugins_of_an_export_are_named_and_not_loaded(bench: Any, tmp_path: Path) -> None:
    source = tmp_path / "mine.py"
    source.write_text(PLUGIN)
    bench("export", "-d", "flat", "-k", "circle[diameter=8]", "--size", "32", "--plugin", "mine.py", "--out", "out")
    shutil.copytree(tmp_path / "out/pictures", tmp_path / "out/filled", dirs_exist_ok=True)
    forgotten = bench("score", "out", "--name", "tool", "--device", "cpu")
    given = bench("score", "out", "--name", "tool", "--device", "cpu", "--plugin", "mine.py")

    assert forgotten.code == 2
    assert f"out was exported with --plugin {source}." in forgotten.err
    assert "There is no dataset called 'flat'" in forgotten.err
    assert given.code == 0


def test_a_folder_that_is_no_export_is_refused(bench: Any, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    outcome = bench("score", "out", "--name", "tool")

    assert outcome.code == 2
    assert "out/manifest.json cannot be read: No such file or directory. Expected a folder that `bench export`" in (
        outcome.err
    )


def test_an_export_names_what_it_leaves_out(bench: Any, tmp_path: Path) -> None:
    (tmp_path / "mixed").mkdir()
    (tmp_path / "mixed/1.png").write_bytes(b"")
    Image.new("RGB", (9, 9)).save(tmp_path / "mixed/2.png")
    arguments = ["export", "-d", "image_folder[path=mixed]", "-k", "half", "--size", "8", "--out", "out"]
    first, second = bench(*arguments), bench(*arguments)

    assert first.err == "1 picture cannot be decoded and left out.\n"
    assert first.out == "1 picture in out. out/README.txt says how to go on.\n"
    assert second.out.startswith("1 picture in out, the same that was there before.")


PLUGIN = """
import numpy as np
from inpaintbench import hookimpl
from inpaintbench.api import DatasetSpec


class Flat:
    def items(self, split):
        return ["one"]

    def load(self, item):
        return np.full((32, 32, 3), 99, np.uint8)

    def fingerprint(self, items):
        return "flat"


@hookimpl
def register_datasets():
    return [DatasetSpec(name="flat", target=f"{__name__}:Flat", summary="Flat.")]
"""
