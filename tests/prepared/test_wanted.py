"""The key of prepared pictures: another one wherever a pixel could be another, and the same one everywhere else."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from inpaintbench.api import DatasetSpec
from inpaintbench.execution.chosen import ChosenDataset
from inpaintbench.plugins import load_registry
from inpaintbench.prepared import wanted as wanted_module
from inpaintbench.prepared.shelf import Shelf
from inpaintbench.prepared.wanted import Wanted
from inpaintbench.selectors import select

PLUGIN = """
import numpy as np
from inpaintbench import hookimpl
from inpaintbench.api import DatasetSpec, Parameter

class Constant:
    def __init__(self, level):
        self.level = level
    def items(self, split):
        return ["one", "two"]
    def fingerprint(self, items):
        return ""
    def load(self, item):
        return np.full((4, 4, 3), self.level, np.uint8)

@hookimpl
def register_datasets():
    level = Parameter(name="level", kind="integer", default=1, help="Of grey.")
    return [DatasetSpec(name="constant", target=f"{__name__}:Constant", summary="Grey.", parameters=(level,))]
"""


def chosen(selector: str, limit: int | None = None, plugin: Path | None = None) -> ChosenDataset:
    registry = load_registry([str(plugin)] if plugin else [])
    [selection] = select([selector], DatasetSpec, registry)
    return ChosenDataset.open(selection, limit)


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    folder = tmp_path / "pictures"
    folder.mkdir()
    for number in range(3):
        Image.fromarray(np.full((5, 6, 3), 40 * number, np.uint8)).save(folder / f"{number}.png")
    return folder


def test_the_key_is_the_same_for_the_same_pictures(generated: Callable[..., Wanted]) -> None:
    keys = {generated(["a", "b"]).key, generated(["a", "b"], plugin="another.py", name="another name").key}

    assert len(keys) == 1
    assert len(keys.pop()) == 32


@pytest.mark.parametrize(
    "change",
    [
        {"items": ["a", "c"]},
        {"items": ["b", "a"]},
        {"items": ["a"]},
        {"items": ["a", "b", ""]},
        {"items": ["a\0b"]},
        {"items": ["ab"]},
        {"items": ["a", "\udc80"]},
        {"size": 5},
        {"identity": {"name": "grey", "version": 2}},
        {"identity": {"name": "grey", "parameters": {"level": 1}}},
    ],
    ids=str,
)
def test_each_item_the_size_and_the_identity_count(generated: Callable[..., Wanted], change: dict[str, Any]) -> None:
    given: dict[str, Any] = {"items": ["a", "b"]}

    assert generated(**(given | change)).key != generated(**given).key


def test_the_version_of_pillow_counts(generated: Callable[..., Wanted], monkeypatch: pytest.MonkeyPatch) -> None:
    before = generated(["a"]).key
    monkeypatch.setattr(wanted_module, "version", lambda package: "0.0.1")

    assert generated(["a"]).key != before


@pytest.mark.parametrize("name", ["inpaintbench.decoding", "inpaintbench.pictures", "inpaintbench.prepared.wanted"])
def test_the_code_that_every_pixel_passes_counts(
    generated: Callable[..., Wanted], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str
) -> None:
    before = generated(["a"]).key
    module = __import__(name, fromlist=["x"])
    changed = tmp_path / "changed.py"
    changed.write_text(Path(str(module.__file__)).read_text() + "\n# another line\n")
    monkeypatch.setattr(module, "__file__", str(changed))

    assert generated(["a"]).key != before


def test_parameters_and_code_of_the_data_set_count(tmp_path: Path) -> None:
    plugin = tmp_path / "constant.py"
    plugin.write_text(PLUGIN)
    before = chosen("constant", plugin=plugin).wanted(4).key

    assert chosen("constant[level=1]", plugin=plugin).wanted(4).key == before
    assert chosen("constant[level=2]", plugin=plugin).wanted(4).key != before
    assert chosen("constant", limit=1, plugin=plugin).wanted(4).key != before
    plugin.write_text(PLUGIN.replace("self.level, np", "self.level + 1, np"))
    assert chosen("constant", plugin=plugin).wanted(4).key != before


def test_a_picture_that_has_changed_is_another(pictures: Path) -> None:
    selector = f"image_folder[path={pictures}]"
    before = chosen(selector).wanted(4).key
    level = Image.fromarray(np.full((5, 6, 3), 41, np.uint8))
    level.save(pictures / "1.png")

    assert chosen(selector).wanted(4).key != before


def test_a_data_set_that_has_moved_is_found_again(
    pictures: Path, shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = chosen(f"image_folder[path={pictures}]").wanted(4)
    prepared = shelf.obtain(before)
    shutil.copytree(pictures, pictures.parent / "copy" / "deep")
    shutil.rmtree(pictures)
    monkeypatch.chdir(pictures.parent / "copy")
    after = chosen("image_folder[path=deep]").wanted(4)
    found = shelf.find(after)

    assert after.name != before.name
    assert found is not None
    assert found.folder == prepared.folder


def test_where_a_data_set_could_not_be_built_nothing_can_be_wanted() -> None:
    [selection] = select(["photos"], DatasetSpec, load_registry())
    broken = ChosenDataset(selection, ValueError("it cannot be built"))

    with pytest.raises(ValueError, match="it cannot be built"):
        broken.wanted(4)
