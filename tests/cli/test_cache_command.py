"""`bench cache`: what is prepared, how much room it takes, and getting that back."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest


def test_the_cache_is_listed_measured_and_pruned(bench: Any) -> None:
    assert bench("cache", "list").out.startswith("0 splits, 0 MB of at most 50.0 GB, in ")
    bench("prepare", "photos", "--size", "8", "--limit", "5")
    bench("prepare", "photos", "--size", "16", "--limit", "5", "--split", "train")

    listed = json.loads(bench("cache", "list", "--json").out)
    found = [(one["dataset"], one["split"], one["size"], one["items"]) for one in listed]
    assert found == [("photos", "train", 16, 5), ("photos", "test", 8, 5)]
    assert [one["bytes"] > one["items"] * one["size"] ** 2 * 3 for one in listed] == [True, True]
    assert bench("cache", "size").out.startswith("2 splits, ")
    lines = [" ".join(line.split()[:7]) for line in bench("cache", "list").out.splitlines()]
    assert lines[:2] == ["photos train 16 × 16 5 images", "photos test 8 × 8 5 images"]

    kept = listed[0]["bytes"] / 1e9 * 1.01
    assert bench("cache", "prune", "--keep", f"{kept:.9f}").out.startswith("Removed photos test at 8 × 8 (")
    assert [one["size"] for one in json.loads(bench("cache", "list", "--json").out)] == [16]
    assert bench("cache", "prune").out.splitlines()[-1].startswith("0 splits, 0 MB ")


def test_what_a_killed_process_has_left_is_counted_apart(
    bench: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INPAINTBENCH_CACHE", str(tmp_path / "cache"))
    rest = tmp_path / "cache" / "pictures" / f"{'0' * 32}.0a1b.unfinished"
    rest.mkdir(parents=True)
    (rest / "pictures.npy").write_bytes(bytes(2_000_000))

    assert bench("cache", "size").out.startswith("0 splits, 2.0 MB (2.0 MB of it unfinished) of at most 50.0 GB, in ")
    bench("cache", "prune")
    assert not rest.exists()


@pytest.mark.parametrize("keep", ["nan", "inf", "-1", "much"])
def test_an_amount_that_is_none_is_refused(bench: Any, keep: str) -> None:
    outcome = bench("cache", "prune", "--keep", keep)

    assert outcome.code == 2
    assert "--keep" in outcome.err


def test_a_bound_that_is_none_is_named(bench: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INPAINTBENCH_CACHE_GB", "abc")
    outcome = bench("cache", "size")

    assert outcome.code == 2
    assert "$INPAINTBENCH_CACHE_GB is 'abc'; expected a number of gigabytes above 0" in outcome.err
    assert "INPAINTBENCH_CACHE_GB is 'abc'" in bench("doctor").out
