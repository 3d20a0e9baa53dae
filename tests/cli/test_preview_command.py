"""`bench preview` and `bench masks export`: the holes are those that `bench run` scores, and look like it."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from inpaintbench.contact_sheet import HOLE

SPECIMENS = Path(__file__).parent.parent / "plugins" / "specimens.py"


def test_the_sheet_shows_the_missing_pixels_of_each_mask(bench: Any, tmp_path: Path) -> None:
    outcome = bench(
        "preview", "-d", "photos", "-k", "center_square[side=16]", "-k", "half", "--size", "32", "--count", "2"
    )

    assert outcome.code == 0
    assert outcome.out == "2 pictures × 2 masks at 32 × 32 pixels: preview.png\n"
    sheet = np.asarray(Image.open(tmp_path / "preview.png"))
    marked = (sheet == HOLE).all(axis=2).sum()
    enlarged = 128 // 32
    assert marked == 2 * (16**2 + 32**2 // 2) * enlarged**2


def test_a_sheet_that_cannot_be_written_is_an_error(bench: Any) -> None:
    outcome = bench("preview", "-d", "photos", "-k", "circle", "-o", "absent/preview.png")

    assert outcome.code == 2
    assert "absent/preview.png cannot be written: No such file or directory." in outcome.err


def test_pictures_of_which_none_can_be_decoded_are_an_error(bench: Any, tmp_path: Path) -> None:
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "1.png").write_bytes(b"")
    outcome = bench("preview", "-d", "image_folder[path=broken]", "-k", "circle")

    assert outcome.code == 2
    assert "None of the 1 picture chosen can be decoded" in outcome.err


def test_what_cannot_be_decoded_is_counted(bench: Any, tmp_path: Path) -> None:
    (tmp_path / "mixed").mkdir()
    (tmp_path / "mixed" / "1.png").write_bytes(b"")
    Image.new("RGB", (9, 9)).save(tmp_path / "mixed" / "2.png")
    outcome = bench("preview", "-d", "image_folder[path=mixed]", "-k", "half", "--size", "8")

    assert outcome.err == "1 picture cannot be decoded and left out.\n"
    assert outcome.out == "1 picture × 1 mask at 8 × 8 pixels: preview.png\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["-o", "sheet.jpg"], "sheet.jpg is no name of a PNG file"),
        (["--size", "4096", "--count", "56"], "million pixels; at most 200 million are drawn"),
    ],
)
def test_sheets_that_are_not_drawn(bench: Any, arguments: list[str], message: str) -> None:
    outcome = bench("preview", "-d", "photos", "-k", "half", *arguments)

    assert outcome.code == 2
    assert message in outcome.err


@pytest.mark.parametrize("command", [["preview", "--count", "6"], ["masks", "export"]])
@pytest.mark.parametrize(
    ("dataset", "mask", "fault"),
    [
        ("drawn[fault=load]", "dots", "ValueError: the data set cannot load test-5"),
        ("drawn[fault=constructor]", "dots", "ValueError: the data set cannot be built"),
        ("drawn", "dots[fault=constructor]", "ValueError: the mask cannot be built"),
        ("drawn", "dots[fault=draw]", "ValueError: the mask cannot be drawn"),
    ],
)
def test_a_broken_plugin_is_a_sentence_and_no_traceback(
    bench: Any, command: list[str], dataset: str, mask: str, fault: str
) -> None:
    outcome = bench(*command, "--plugin", SPECIMENS, "-d", dataset, "-k", mask, "--size", "16")

    assert outcome.code == 2
    assert outcome.err.startswith("bench: One of the data sets or masks cannot be used: ")
    assert f"{fault} ({SPECIMENS}, line " in outcome.err
    assert "Traceback" not in outcome.err


@pytest.mark.parametrize("mask", ["lama_thin", "random_pixels[fraction=0.8]"])
def test_exported_holes_are_those_of_a_run_and_their_hashes_can_be_computed_again(
    bench: Any, tmp_path: Path, mask: str
) -> None:
    chosen = ["-d", "photos", "-k", mask, "--size", "24", "--limit", "3", "--seed", "7"]
    assert bench("run", "-m", "mean_fill", "--metric", "psnr", *chosen, "--out", "results").code == 0
    outcome = bench("masks", "export", *chosen, "--out", "holes")

    folder = tmp_path / "holes" / "photos" / mask
    assert outcome.out == f"3 holes in {Path('holes') / 'photos' / mask}\n"
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    (images,) = (tmp_path / "results").rglob("images.parquet")
    scored = pd.read_parquet(images)
    assert [entry["item"] for entry in manifest["holes"]] == scored["item"].tolist()
    assert (manifest["size"], manifest["seed"], manifest["mask"]["selector"]) == (24, 7, mask)
    for entry, (_, record) in zip(manifest["holes"], scored.iterrows(), strict=True):
        hole = np.asarray(Image.open(folder / entry["file"])) > 0
        digest = hashlib.sha256("24×24:".encode() + np.packbits(hole).tobytes()).hexdigest()[:16]
        assert entry["hole_hash"] == record["hole_hash"] == digest
        assert entry["image_hash"] == record["image_hash"]
        assert entry["hole_ratio"] == record["hole_ratio"] == hole.mean()
        assert (entry["components"], entry["largest_hole"]) == (record["components"], record["largest_hole"])
        sample = tmp_path.joinpath(images.parent) / "samples" / f"{record['index']:05d}-image.png"
        picture = np.asarray(Image.open(sample).convert("RGB"))
        assert hashlib.sha256("24×24:".encode() + picture.tobytes()).hexdigest()[:16] == entry["image_hash"]


def test_a_second_export_replaces_the_first(bench: Any, tmp_path: Path) -> None:
    for seed, limit in (("0", "4"), ("1", "2")):
        chosen = ["-d", "photos", "-k", "free_form", "--size", "16", "--limit", limit, "--seed", seed]
        assert bench("masks", "export", *chosen).code == 0

    (manifest,) = (tmp_path / "masks-export").rglob("manifest.json")
    assert json.loads(manifest.read_text())["seed"] == 1
    assert len(list(manifest.parent.glob("*.png"))) == 2
    assert [path.name for path in manifest.parent.parent.iterdir()] == ["free_form"]


def test_an_export_never_replaces_what_is_no_export(bench: Any, tmp_path: Path) -> None:
    folder = tmp_path / "masks-export" / "photos" / "half"
    folder.mkdir(parents=True)
    (folder / "mine.png").write_bytes(b"mine")
    outcome = bench("masks", "export", "-d", "photos", "-k", "half", "--limit", "1")

    assert outcome.code == 2
    assert "photos/half is there already and holds no manifest.json; choose another --out, or remove it." in outcome.err
    assert (folder / "mine.png").read_bytes() == b"mine"
