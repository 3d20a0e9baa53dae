"""An export holds what a method may see, no more; and what stands in its place already is not lost."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import inpaintbench
from inpaintbench.errors import StoreError, UnreadableImageError, UsageError
from inpaintbench.exchange.export import Export, export
from inpaintbench.exchange.manifest import Manifest
from inpaintbench.holes import hash_of
from inpaintbench.plugins import Registry
from inpaintbench.suite import Suite

Exporting = Callable[..., Export]


def levels(path: Path) -> np.ndarray:
    return np.asarray(Image.open(path))


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


FILES = {"README.txt", "manifest.json", "pictures", "holes", "filled"}


def test_pictures_and_holes_are_those_of_a_run(exported: Exporting, photographs: Path, tmp_path: Path) -> None:
    done = exported(tmp_path / "out", "both")
    results = inpaintbench.run(
        methods="mean_fill",
        datasets="image_folder[path=photographs]",
        masks=["random_rectangle", "random_pixels"],
        metrics="psnr",
        size=16,
        seed=3,
        device="cpu",
        out=tmp_path / "results",
    )
    hashes = results.records().set_index(["mask", "item"])["hole_hash"].to_dict()

    assert len(done.manifest.entries) == 8
    for entry in done.manifest.entries:
        truth = levels(photographs / entry.item)
        picture, hole = levels(tmp_path / "out/pictures" / entry.file), levels(tmp_path / "out/holes" / entry.file)
        assert set(np.unique(hole)) == {0, 255}
        assert np.array_equal(levels(tmp_path / "out/holes_black" / entry.file), 255 - hole)
        assert np.array_equal(picture, np.where(hole[..., None] == 255, 0, truth))
        assert entry.picture == hash_of(picture)
        assert entry.hole == hash_of(hole == 255) == hashes[entry.mask, entry.item]


def test_nothing_of_an_export_depends_on_what_is_missing(
    exported: Exporting, photographs: Path, tmp_path: Path
) -> None:
    done = exported(tmp_path / "first", masks=("random_rectangle",))
    truths = [path.read_bytes() for path in photographs.iterdir()] + [
        levels(path).tobytes() for path in photographs.iterdir()
    ]
    for entry in done.manifest.entries:
        hole = levels(tmp_path / "first/holes" / entry.file) == 255
        other = np.where(hole[..., None], 255 - levels(photographs / entry.item), levels(photographs / entry.item))
        Image.fromarray(other).save(photographs / entry.item)
    exported(tmp_path / "second", masks=("random_rectangle",))

    assert contents(tmp_path / "first") == contents(tmp_path / "second")
    told = b"".join(contents(tmp_path / "first").values())
    for truth in truths:
        assert hashlib.sha256(truth).hexdigest()[:16].encode() not in told


def test_names_say_nothing_of_where_pictures_lie(exported: Exporting, photographs: Path, tmp_path: Path) -> None:
    done = exported(tmp_path / "out", datasets=(f"image_folder[path={photographs}]",))

    assert [entry.file for entry in done.manifest.entries][:2] == [
        "01-image_folder-random_rectangle-000000-0.png",
        "02-image_folder-random_pixels-000000-0.png",
    ]
    for path in (tmp_path / "out").rglob("*.png"):
        assert "photographs" not in path.name


def test_hostile_ids_lead_nowhere(registry: Registry, suite: Suite, tmp_path: Path) -> None:
    (tmp_path / "below").mkdir()
    done = export(suite.replace(datasets=("hostile",)), registry, tmp_path / "below/out")

    assert [path.name for path in tmp_path.iterdir()] == ["below"]
    assert [path.name for path in (tmp_path / "below").iterdir()] == ["out"]
    assert {path.name for path in (tmp_path / "below/out").iterdir()} == {
        "README.txt",
        "filled",
        "holes",
        "manifest.json",
        "pictures",
    }
    files = [entry.file for entry in done.manifest.entries]
    assert len({file.lower() for file in files}) == len(files) == 2 * 15
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{1,150}\.png", file) for file in files)
    assert {path.name for path in (tmp_path / "below/out/pictures").iterdir()} == set(files)
    assert Manifest.read(tmp_path / "below/out/manifest.json") == done.manifest


def test_the_same_again_is_fine_and_keeps_what_was_filled(exported: Exporting, tmp_path: Path) -> None:
    first = exported(tmp_path / "out")
    before = contents(tmp_path / "out")
    name = first.manifest.entries[0].file
    (tmp_path / "out/filled" / name).write_bytes(b"filled")
    (tmp_path / "out/pictures" / name).unlink()
    (tmp_path / "out/notes.txt").write_text("mine")
    again = exported(tmp_path / "out")

    assert not first.again
    assert again.again
    assert contents(tmp_path / "out") == before | {f"filled/{name}": b"filled", "notes.txt": b"mine"}


def test_an_empty_folder_that_is_there_stays_the_same_one(exported: Exporting, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    before = (tmp_path / "mine").stat().st_ino

    exported(tmp_path / "mine")

    assert (tmp_path / "mine").stat().st_ino == before
    assert {path.name for path in (tmp_path / "mine").iterdir()} == FILES


def test_nothing_beside_it_is_touched(exported: Exporting, tmp_path: Path) -> None:
    (tmp_path / ".mine.unfinished").mkdir()
    (tmp_path / ".mine.unfinished/precious").write_text("keep")
    before = {path.name for path in tmp_path.iterdir()}

    exported(tmp_path / "mine")

    assert {path.name for path in tmp_path.iterdir()} == before | {"mine"}
    assert (tmp_path / ".mine.unfinished/precious").read_text() == "keep"


def test_the_other_polarity_can_be_added(exported: Exporting, tmp_path: Path) -> None:
    exported(tmp_path / "out")
    exported(tmp_path / "out", "black")

    assert len(list((tmp_path / "out/holes").iterdir())) == len(list((tmp_path / "out/holes_black").iterdir())) == 8


@pytest.mark.parametrize(
    "changes", [{"seed": 4}, {"limit": 2}, {"size": 8}, {"masks": ("random_pixels",)}, {"metrics": ("psnr",)}]
)
def test_another_export_is_refused_and_the_first_one_stays(
    exported: Exporting, tmp_path: Path, changes: dict[str, object]
) -> None:
    exported(tmp_path / "out")
    before = contents(tmp_path)
    with pytest.raises(StoreError, match="out holds another export, of 8 pictures; choose another --out"):
        exported(tmp_path / "out", **changes)

    assert contents(tmp_path) == before


def test_a_folder_with_something_else_is_left_alone(exported: Exporting, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/thesis.txt").write_text("all of it")
    with pytest.raises(StoreError, match=r"mine is there already and holds no manifest\.json"):
        exported(tmp_path / "mine")
    (tmp_path / "empty").mkdir()
    exported(tmp_path / "empty")

    assert contents(tmp_path / "mine") == {"thesis.txt": b"all of it"}
    assert (tmp_path / "empty/manifest.json").is_file()


def test_what_is_cut_short_leaves_nothing_that_could_be_taken_for_it(
    exported: Exporting, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = Manifest.write

    def interrupted(manifest: Manifest, folder: Path) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Manifest, "write", interrupted)
    with pytest.raises(KeyboardInterrupt):
        exported(tmp_path / "out")
    assert [path.name for path in tmp_path.iterdir()] == ["photographs"]
    monkeypatch.setattr(Manifest, "write", write)
    assert not exported(tmp_path / "out").again


def test_a_folder_that_cannot_be_written_is_named(exported: Exporting, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(StoreError, match="below cannot be written: Not a directory"):
        exported(tmp_path / "file/below")


def test_pictures_that_cannot_be_decoded_are_counted(registry: Registry, suite: Suite, tmp_path: Path) -> None:
    done = export(suite.replace(datasets=("gaps",)), registry, tmp_path / "out")

    assert done.unreadable == 2
    assert [entry.item for entry in done.manifest.entries] == ["a", "a", "c", "c", "e", "e"]


def test_nothing_that_can_be_decoded_is_an_error(exported: Exporting, photographs: Path, tmp_path: Path) -> None:
    for path in photographs.iterdir():
        path.write_bytes(b"")
    with pytest.raises(UnreadableImageError, match="None of the 4 pictures can be decoded"):
        exported(tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_twins_that_could_not_be_told_apart_are_refused(exported: Exporting, photographs: Path, tmp_path: Path) -> None:
    (tmp_path / "copies").mkdir()
    (tmp_path / "copies/0.png").write_bytes((photographs / "0.png").read_bytes())
    both = ("image_folder[path=photographs]", "image_folder[path=copies]")
    with pytest.raises(UsageError, match=r"could not be told apart when they come back\. Export these data sets apart"):
        exported(tmp_path / "out", datasets=both)
    Image.fromarray(255 - levels(photographs / "0.png")).save(tmp_path / "copies/0.png")
    assert len(exported(tmp_path / "out", datasets=both).manifest.entries) == 10


def test_the_instructions_say_what_is_there(exported: Exporting, registry: Registry, tmp_path: Path) -> None:
    exported(tmp_path / "out", "black")
    text = (tmp_path / "out/README.txt").read_text(encoding="utf-8")

    assert "8 pictures with holes, 16 x 16 pixels each" in text
    assert "holes_black/NAME.png  its hole: black = missing, white = known" in text
    assert "holes/NAME.png" not in text
    assert f"bench score FOLDER --name PROGRAM --plugin {registry.given[0]}" in text
    assert len(text.splitlines()) <= 12
