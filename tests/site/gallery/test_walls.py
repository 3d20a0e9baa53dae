"""What can be shown, and beside what."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable

import pytest

from inpaintbench.leaderboard import Leaderboard
from inpaintbench.site.gallery.walls import Wall, find_walls
from inpaintbench.stored import StoredCell

Hang = Callable[..., StoredCell]


def only(*cells: StoredCell) -> Wall:
    (wall,) = find_walls(Leaderboard.from_cells(cells))
    return wall


def scores(wall: Wall, row: int = 0) -> dict[str, tuple[float | None, ...]]:
    return {entry.method: found for entry, found in zip(wall.entries, wall.rows[row].scores, strict=True)}


def test_methods_hang_side_by_side(hang: Hang) -> None:
    wall = only(hang("alpha", {"psnr": [20.0, 30.0]}), hang("beta", {"psnr": [22.0, math.nan]}))
    assert [row.item for row in wall.rows] == ["item-0", "item-1"]
    assert scores(wall) == {"alpha": (20.0,), "beta": (22.0,)}
    assert scores(wall, 1) == {"alpha": (30.0,), "beta": (None,)}
    assert wall.rows[0].hole_ratio == 0.25
    assert all(wall.rows[0].samples)


@pytest.mark.parametrize("name", ["image_hash", "hole_hash", "item"])
def test_what_is_of_another_image_or_hole_hangs_elsewhere(hang: Hang, name: str) -> None:
    wall = only(hang("alpha", {"psnr": [20]}), hang("beta", {"psnr": [22]}, images=[{name: "another"}]))
    assert len(wall.rows) == 2
    assert [sum(sample is not None for sample in row.samples) for row in wall.rows] == [1, 1]
    assert all(sum(one != (None,) for one in row.scores) == 1 for row in wall.rows)


def test_only_images_with_saved_pictures_are_shown(hang: Hang) -> None:
    wall = only(hang("alpha", {"psnr": [20, 30, 40]}, saved=1), hang("beta", {"psnr": [22, 30, 40]}, saved=2))
    assert [row.index for row in wall.rows] == [0, 1]
    assert wall.images == 3
    assert [sample is None for sample in wall.rows[1].samples].count(True) == 1


def test_a_class_is_told(hang: Hang) -> None:
    assert only(hang("alpha", {"psnr": [20]}, images=[{"class": "cat"}])).rows[0].label == "cat"


def test_failures_and_damaged_tables_are_named(hang: Hang) -> None:
    failed = hang("beta", {"psnr": []}, status="oom", error={"message": "no memory"}, scored=0)
    damaged = hang("gamma", {"psnr": [20]})
    damaged.table.write_bytes(damaged.table.read_bytes()[::-1])
    wall = only(hang("alpha", {"psnr": [20]}), failed, damaged)
    assert [entry.method for entry in wall.entries] == ["alpha"]
    reasons = {entry.method: why for entry, why in wall.left_out}
    assert reasons["beta"] == "oom: no memory"
    assert "another hash" in reasons["gamma"]


def test_a_metric_of_another_result_of_the_same_completions_is_found(hang: Hang) -> None:
    with_psnr = hang("alpha", {"psnr": [20]}, key="a" * 16, finished="2026-01-02T00:00:00+00:00")
    with_l1 = hang("alpha", {"l1": [3]}, key="b" * 16)
    wall = only(with_psnr, with_l1)
    assert [column.label for column in wall.columns] == ["PSNR", "L1"]
    assert scores(wall) == {"alpha": (20.0, 3.0)}


def test_pictures_that_only_another_result_has_saved_are_found(hang: Hang) -> None:
    newer = hang("alpha", {"psnr": [20]}, key="a" * 16, finished="2026-01-02T00:00:00+00:00", saved=0)
    older = hang("alpha", {"l1": [3]}, key="c" * 16)
    (sample,) = only(newer, older).rows[0].samples
    assert sample is not None
    assert "c" * 16 in sample.folder.parts


def test_methods_of_other_groups_do_not_mix(hang: Hang) -> None:
    cells = [hang("alpha", {"psnr": [20]}), hang("alpha", {"psnr": [22]}, mask="other")]
    walls = find_walls(Leaderboard.from_cells(cells))
    assert sorted(scores(wall)["alpha"][0] or 0 for wall in walls) == [20, 22]
    assert len({dataclasses.astuple(wall.group) for wall in walls}) == 2
