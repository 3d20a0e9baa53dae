"""Pictures within a number of bytes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from inpaintbench.leaderboard import Leaderboard
from inpaintbench.site.gallery.album import LADDER, Album, estimate, write_album
from inpaintbench.site.gallery.choosing import by_importance
from inpaintbench.site.gallery.walls import Wall, find_walls
from inpaintbench.stored import StoredCell

Hang = Callable[..., StoredCell]


def noise(index: int, size: int) -> np.ndarray:
    return np.random.default_rng(index).integers(0, 256, (size, size, 3), dtype=np.uint8)


@pytest.fixture
def walls(hang: Hang) -> tuple[Wall, ...]:
    """Two groups of eight noisy images, two methods each."""
    numbers = [20.0, 25.0, 21.0, 29.0, 24.0, 23.0, 28.0, 22.0]
    cells = [
        hang(method, {"psnr": numbers}, mask=mask, size=48, picture=noise, off=off)
        for more, mask in enumerate(("one", "two"))
        for method, off in (("alpha", 10 + more), ("beta", 30 + more))
    ]
    return find_walls(Leaderboard.from_cells(cells))


def size(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.iterdir())


def needs(walls: tuple[Wall, ...], folder: Path) -> dict[int | None, int]:
    """Return what all pictures really take at each quality."""
    from inpaintbench.site.gallery import album

    queue = [(position, row) for position, wall in enumerate(walls) for row in wall.rows]
    return {one: album._write(walls, queue, one, folder / str(one), 10**9).bytes for one in LADDER}


def test_an_estimate_is_near(walls: tuple[Wall, ...], tmp_path: Path) -> None:
    queue = [(position, row) for position, wall in enumerate(walls) for row in wall.rows]
    for quality, true in needs(walls, tmp_path).items():
        assert true <= estimate(walls, queue, quality) <= 1.3 * true  # both masks draw one hole, which is counted twice


def test_the_first_quality_that_fits_is_taken(walls: tuple[Wall, ...], tmp_path: Path) -> None:
    queue = [(position, row) for position, wall in enumerate(walls) for row in wall.rows]
    for quality in LADDER:
        room = int(estimate(walls, queue, quality)) + 1
        album = write_album(walls, tmp_path / f"at-{quality}", room)
        assert (album.quality, album.skipped) == (quality, 0)
        assert size(tmp_path / f"at-{quality}") == album.bytes <= room
        assert [len(rows) for rows in album.shown] == [8, 8]


def test_what_matters_most_is_kept_where_there_is_no_room(walls: tuple[Wall, ...], tmp_path: Path) -> None:
    room = needs(walls, tmp_path / "all")[80] // 2
    album = write_album(walls, tmp_path / "some", room)
    assert album.quality == 80
    assert size(tmp_path / "some") == album.bytes <= room
    counts = [len(rows) for rows in album.shown]
    assert album.skipped == 16 - sum(counts) > 0
    assert min(counts) > 0
    assert max(counts) - min(counts) <= 1  # groups take turns
    for wall, rows in zip(walls, album.shown, strict=True):
        assert {row.index for row, _ in rows} == {row.index for row in by_importance(wall)[: len(rows)]}
        assert [row.index for row, _ in rows] == sorted(row.index for row, _ in rows)


def test_an_estimate_that_was_too_low_is_made_up_for(
    walls: tuple[Wall, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("inpaintbench.site.gallery.album.estimate", lambda *_: 0.0)
    room = needs(walls, tmp_path / "all")[90]
    album = write_album(walls, tmp_path / "some", room)
    assert (album.quality, album.skipped) == (90, 0)
    assert size(tmp_path / "some") == album.bytes == room


def test_no_room_at_all(walls: tuple[Wall, ...], tmp_path: Path) -> None:
    album = write_album(walls, tmp_path / "none", 0)
    assert (album.bytes, album.skipped, album.shown) == (0, 16, ((), ()))


def test_every_file_that_a_row_names_is_there(walls: tuple[Wall, ...], tmp_path: Path) -> None:
    album = write_album(walls, tmp_path / "all", 10**9)
    named = {
        f"{name}.webp"
        for rows in album.shown
        for _, encoded in rows
        for name in (encoded.truth, encoded.corrupted, *encoded.completions, *encoded.errors)
    }
    assert named == {file.name for file in (tmp_path / "all").iterdir()}
    assert isinstance(album, Album)


def test_an_image_that_cannot_be_read_is_left_out_and_said(hang: Hang, tmp_path: Path) -> None:
    cell = hang("alpha", {"psnr": [20, 30]})
    (cell.folder / "samples" / "00001-image.png").write_bytes(b"no picture")
    album = write_album(find_walls(Leaderboard.from_cells([cell])), tmp_path / "all", 10**9)
    assert [row.index for row, _ in album.shown[0]] == [0]
    assert "00001-image.png" in "".join(album.problems)
    assert album.skipped == 0
