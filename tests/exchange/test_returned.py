"""What has come back is looked through name by name."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from inpaintbench.errors import StoreError
from inpaintbench.exchange.export import Export
from inpaintbench.exchange.returned import Returned, look_through


@pytest.fixture
def done(exported: Callable[..., Export], tmp_path: Path) -> Export:
    """Return an export whose pictures have come back as they were."""
    done = exported(tmp_path / "out", masks=("random_pixels",))
    shutil.copytree(tmp_path / "out/pictures", tmp_path / "back")
    return done


def test_all_that_came_back_as_it_should_is_complete(done: Export, tmp_path: Path) -> None:
    found = look_through(done.manifest, tmp_path / "back")

    assert found == Returned()
    assert found.complete


def test_each_file_is_judged_by_itself(done: Export, tmp_path: Path) -> None:
    names = [entry.file for entry in done.manifest.entries]
    back = tmp_path / "back"
    (back / names[0]).unlink()
    Image.open(back / names[1]).convert("L").save(back / names[1])
    Image.fromarray(np.zeros((16, 17, 3), np.uint8)).save(back / names[2])
    (back / names[3]).write_bytes(b"no picture")
    for name in ("other.png", ".DS_Store", names[0].replace(".png", ".jpg")):
        (back / name).write_bytes(b"")
    found = look_through(done.manifest, back)

    assert found.missing == (names[0],)
    assert found.surplus == (names[0].replace(".png", ".jpg"), "other.png")
    assert found.converted == {names[1]: "grey"}
    assert found.refused == {
        names[2]: f"{names[2]} cannot be scored: it has 17 × 16 pixels, expected 16 × 16.",
        names[3]: f"{names[3]} cannot be read: it is no PNG file, or is damaged.",
    }
    assert not found.complete


def test_a_surplus_alone_leaves_it_complete(done: Export, tmp_path: Path) -> None:
    (tmp_path / "back/other.png").write_bytes(b"")

    assert look_through(done.manifest, tmp_path / "back").complete


def test_a_folder_that_is_not_there_is_named(done: Export, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"nowhere cannot be read: No such file or directory\. Expected the folder"):
        look_through(done.manifest, tmp_path / "nowhere")
