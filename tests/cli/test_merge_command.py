"""`bench merge`: the results of several machines in one folder."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture
def results(bench: Any, small: list[str]) -> tuple[Path, Path]:
    """Return two results folders, of two methods each, one of which both have."""
    for name, methods in (("a", ["noise", "slow"]), ("b", ["noise", "broken[how=raises]"])):
        arguments = [one for method in methods for one in ("-m", method)]
        bench("run", *small[:2], *arguments, *small[4:], "--isolation", "none", "--out", name)
    return Path("a"), Path("b")


def test_two_folders_become_one(bench: Any, results: tuple[Path, Path]) -> None:
    outcome = bench("merge", *results, "--out", "all")

    assert outcome.code == 0
    assert outcome.out.splitlines() == [
        "a: 2 cells copied, 0 equal, 0 passed over",
        "b: 1 cell copied, 1 equal, 0 passed over",
        "all: 3 cells (2 complete, 1 failed) in all",
    ]
    assert outcome.err == ""
    table = bench("table", "all", "--format", "json")
    (group,) = json.loads(table.out)["groups"]
    assert [one["method"] for one in group["results"]] == ["noise", "slow", "broken[how=raises]"]
    again = bench("merge", *results, "--out", "all")
    assert again.code == 0
    assert again.out.splitlines()[:2] == [
        "all: 3 cells here before, 0 passed over",
        "a: 0 cells copied, 2 equal, 0 passed over",
    ]


def test_what_contradicts_each_other(bench: Any, results: tuple[Path, Path], rewrite: Any) -> None:
    (path,) = results[1].glob("cells/noise/**/images.parquet")
    rewrite(path.parent, lambda table: table.assign(psnr=table["psnr"] + 1))
    outcome = bench("merge", *results, "--out", "all")

    assert outcome.code == 2
    assert outcome.err.startswith("bench: These results cannot be joined; nothing was copied.\n  noise × drawn × dots")
    assert "computed alike, they have to be equal" in outcome.err
    assert outcome.out == ""
    assert not Path("all").exists()


def test_results_of_other_code(bench: Any, small: list[str], results: tuple[Path, Path], tmp_path: Path) -> None:
    plugin = tmp_path / "specimens.py"
    shutil.copy(small[1], plugin)
    plugin.write_text(plugin.read_text(encoding="utf-8") + "\n# another version\n", encoding="utf-8")
    bench("run", "--plugin", plugin, *small[2:], "--isolation", "none", "--out", "c")
    refused = bench("merge", results[0], "c", "--out", "all")
    allowed = bench("merge", results[0], "c", "--out", "all", "--allow-different")

    assert refused.code == 2
    assert "a and c differ in method code: " in refused.err
    assert "--allow-different keeps both" in refused.err
    assert allowed.code == 0
    assert allowed.out.splitlines()[-1] == "all: 3 cells (3 complete) in all"


def test_what_is_unfinished_or_unreadable_is_named(bench: Any, results: tuple[Path, Path], rewrite: Any) -> None:
    (noise, slow) = (next(results[0].glob(f"cells/{name}/**/cell.json")) for name in ("noise", "slow"))
    noise.write_text("{")
    rewrite(slow.parent, status="incomplete")
    outcome = bench("merge", results[0], "--out", "all")

    assert outcome.code == 1
    assert outcome.out.splitlines() == [
        "a: 0 cells copied, 0 equal, 1 passed over, 1 unreadable",
        "all: 0 cells in all",
    ]
    assert f"bench: {noise} is damaged" in outcome.err
    assert f"bench: {slow.parent} is passed over (incomplete, 0 of 6 images)." in outcome.err
    slow.unlink()
    assert bench("merge", results[0], "--out", "all").code == 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nowhere", "--out", "all"], "nowhere holds no results: expected a folder with cells/ below it."),
        (["--out", "all"], "Missing argument 'DIR...'"),
        (["a"], "Missing option '--out'"),
        (["a", "--out", "all", "--tolerance", "-1"], "-1.0 is not in the range x>=0"),
        (["a", "--out", "all", "--tolerance", "nan"], "nan is no number by which others can differ"),
    ],
)
def test_what_cannot_be_done(bench: Any, arguments: list[str], message: str) -> None:
    outcome = bench("merge", *arguments)

    assert outcome.code == 2
    assert message in outcome.err
    assert not Path("all").exists()
