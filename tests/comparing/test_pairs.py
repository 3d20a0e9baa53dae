"""Which method a selector finds, and which cells are paired."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from inpaintbench.comparing.pairs import find_method, find_methods, pair_methods, pair_runs
from inpaintbench.errors import UnknownNameError, UsageError
from inpaintbench.leaderboard import Leaderboard
from inpaintbench.store import Store

StoreCell = Callable[..., Any]
METHODS = ["yeh[preset=quick]", "yeh[preset=paper]", "tv", "tv_slow", "context_encoder[preset=quick]"]


@pytest.mark.parametrize(
    ("selector", "found"),
    [
        ("tv", ["tv"]),
        ("context_encoder", ["context_encoder[preset=quick]"]),
        ("yeh", ["yeh[preset=paper]", "yeh[preset=quick]"]),
        ("yeh[preset=quick]", ["yeh[preset=quick]"]),
        ("yeh[preset=q*]", ["yeh[preset=quick]"]),
        ("*[preset=quick]", ["context_encoder[preset=quick]", "yeh[preset=quick]"]),
        ("tv*", ["tv", "tv_slow"]),
        ("?v", ["tv"]),
        ("yeh[preset=*]", ["yeh[preset=paper]", "yeh[preset=quick]"]),
        ("*[*]", ["context_encoder[preset=quick]", "yeh[preset=paper]", "yeh[preset=quick]"]),
    ],
)
def test_a_selector_finds_stored_methods(selector: str, found: list[str]) -> None:
    assert find_methods(selector, METHODS) == found


def test_one_method_is_wanted() -> None:
    with pytest.raises(UsageError, match=r"'yeh' finds 2 methods: yeh\[preset=paper\], yeh\[preset=quick\]\."):
        find_method("yeh", METHODS)
    with pytest.raises(UnknownNameError, match=r"no method in these results called 'tvv'\. Did you mean tv"):
        find_method("tvv", METHODS)
    with pytest.raises(UnknownNameError, match=r"called 'yeh\[quick\]'\. Did you mean yeh\[preset=quick\]"):
        find_method("yeh[quick]", METHODS)


def test_names_that_would_be_obeyed_are_escaped() -> None:
    with pytest.raises(UsageError, match="finds 2 methods") as several:
        find_method("bad*", ["bad\x1bone", "bad\x07two", "bad\nline"])
    with pytest.raises(UnknownNameError) as none:
        find_method("good", ["bad\x1b[1m"])
    assert all(str(error.value).isprintable() for error in (several, none))


def boards(tmp_path: Path, *runs: str) -> list[tuple[str, Leaderboard]]:
    return [(run, Leaderboard.from_cells(Store(tmp_path / run).scan())) for run in runs]


def test_cells_of_the_same_group_come_together_first(store_cell: StoreCell, tmp_path: Path) -> None:
    scores = {"psnr": [1.0, 2.0]}
    for method in ("a", "b"):
        store_cell(method, scores)
        store_cell(method, scores, limit=2)
    store_cell("a", scores, mask="half", limit=2)
    store_cell("b", scores, mask="half")
    store_cell("a", scores, mask="square")
    store_cell("b", scores, mask="square", seed=1)
    ((_, board),) = boards(tmp_path, "run")
    found = pair_methods(board, "a", "b")

    assert [(one.place.mask, one.a.group.limit, one.b.group.limit) for one in found.pairs] == [
        ("circle", None, None), ("circle", 2, 2), ("half", 2, None),
    ]  # fmt: skip
    assert [one.whole for one in found.pairs] == [True, False, False]
    assert [entry.group.seed for entry in (*found.only_a, *found.only_b)] == [0, 1]


def test_like_is_paired_with_like(store_cell: StoreCell, tmp_path: Path) -> None:
    scores = {"psnr": [1.0, 2.0]}
    old, new = ({"mask": {"code": code, "version": 1}} for code in ("old", "new"))
    store_cell("a", scores, identity=old)
    store_cell("a", scores, identity=old, limit=2)
    store_cell("b", scores, identity=new, limit=2)
    store_cell("a", scores, mask="half")
    store_cell("b", scores, mask="half", limit=1)
    store_cell("b", scores, mask="half", limit=2)
    store_cell("a", scores, mask="square")
    ((_, board),) = boards(tmp_path, "run")
    found = pair_methods(board, "a", "b")

    assert [(one.place.mask, one.a.group.limit, one.b.group.limit) for one in found.pairs] == [
        ("circle", 2, 2), ("half", None, 2),
    ]  # fmt: skip
    assert [(one.group.mask, found.is_further(one)) for one in found.only_a] == [("circle", True), ("square", False)]
    assert [(one.group.limit, found.is_further(one)) for one in found.only_b] == [(1, True)]
    assert (found.methods_only_a, found.methods_only_b) == ((), ())


def test_of_two_runs_a_method_may_be_chosen(store_cell: StoreCell, tmp_path: Path) -> None:
    for run, methods in (("a", ["x", "y"]), ("b", ["y", "z"])):
        for method in methods:
            store_cell(method, {"psnr": [1.0]}, run=run)
    a, b = boards(tmp_path, "a", "b")

    every = pair_runs(a, b)
    assert [one.a.method for one in every.pairs] == ["y"]
    assert (every.methods_only_a, every.methods_only_b) == (("x",), ("z",))
    alone = pair_runs(a, b, ["y"])
    assert (alone.only_a, alone.only_b) == ((), ())
    chosen = pair_runs(a, b, ["?"])
    assert [[entry.method for entry in side] for side in (chosen.only_a, chosen.only_b)] == [["x"], ["z"]]
    store_cell("w", {"psnr": [1.0]}, run="c")
    (c,) = boards(tmp_path, "c")
    with pytest.raises(UsageError, match="no method in common: found x, y and w"):
        pair_runs(a, c)
