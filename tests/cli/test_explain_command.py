"""`bench explain`: what a stored cell's key is made of."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest


def keys(folder: str = "results/embedded", method: str = "noise") -> list[str]:
    """Return the keys that are stored of a method, the oldest first."""
    paths = Path(folder).glob(f"cells/{method}/**/cell.json")
    return [path.parent.name for path in sorted(paths, key=lambda path: path.stat().st_mtime_ns)]


@pytest.fixture(name="small")
def in_process(small: list[str]) -> list[str]:
    """Return arguments of `bench run` by which one cell is run in this process."""
    return [*small, "--isolation", "none"]


def test_a_cell_alone(bench: Any, small: list[str]) -> None:
    bench("run", *small)
    (key,) = keys()
    outcome = bench("explain", key[:6])
    lines = outcome.out.splitlines()

    assert outcome.code == 0
    assert lines[:2] == ["noise × drawn × dots", "  status    complete, 6 of 6 images"]
    made = lines[lines.index(f"The key {key} is made of") + 1 :]
    assert [line[:13].strip() for line in made[:11]] == [
        *("protocol", "core", "precision", "size", "seed", "limit", "method", "dataset", "mask", "metrics", "")
    ]
    assert made[3].split() == ["size", "16"]
    assert "noise · version 1 · gain=1.0 · code " in made[6]
    assert "· fingerprint drawn-none-6" in made[7]
    assert "ssim · version 1 · code " in made[10]
    assert lines[-1] == "No other cell of the same method, data set and mask is stored beside it."
    folder = Path("results/embedded/cells/noise/drawn/dots") / key
    assert bench("explain", folder).out == bench("explain", folder / "cell.json").out


def test_what_differs_from_the_nearest_cell(bench: Any, small: list[str], tmp_path: Path) -> None:
    plugin = tmp_path / "specimens.py"
    shutil.copy(small[1], plugin)
    changed = ["--plugin", str(plugin), *small[2:], "--out", "out"]
    bench("run", *changed)
    bench("run", *changed, "--seed", "1")
    plugin.write_text(plugin.read_text(encoding="utf-8") + "\n# another version\n", encoding="utf-8")
    bench("run", *changed)
    first, seeded, last = keys("out")
    text = bench("explain", last, "--out", "out").out
    document = json.loads(bench("explain", last, "--out", "out", "--json").out)

    assert f"Nearest to it, of the same size, seed and limit: {first} (complete, 6 of 6 images, finished " in text
    below = text.partition("What differs, there → here:\n")[2].splitlines()
    assert [line.partition(":")[0].strip() for line in below] == ["method code", "dataset code", "mask code"]
    assert (document["key"], document["nearest"]["key"]) == (last, first)
    codes = [json.loads(next(Path("out").glob(f"**/{key}/cell.json")).read_bytes()) for key in (first, last)]
    there, here = (one["identity"]["method"]["code"] for one in codes)
    assert document["nearest"]["differences"][0] == {"name": "method code", "there": there, "here": here}
    assert f"method code: {there[:8]}… → {here[:8]}…" in text
    other = bench("explain", seeded, "--out", "out").out
    assert f"Nearest to it, of another size, seed and limit: {first}" in other
    assert "  seed: 0 → 1\n" in other


def test_a_failed_cell(bench: Any, small: list[str]) -> None:
    bench("run", *small, "-m", "broken[how=raises]")
    (key,) = keys(method="broken*")
    out = bench("explain", key).out

    assert "  status    failed, 0 of 6 images\n" in out
    assert "  error     ValueError: the method is broken\n" in out
    log = next(line.split()[1] for line in out.splitlines() if line.startswith("  log "))
    assert "Traceback" in Path(log).read_text(encoding="utf-8")


def test_what_names_no_cell(bench: Any, small: list[str]) -> None:
    bench("run", *small, "-m", "slow")
    several = bench("explain", "")
    unknown = bench("explain", "zz")
    absent = bench("explain", "00", "--out", "nowhere")

    for outcome in (several, unknown, absent):
        assert outcome.code == 2
        assert outcome.out == ""
        assert len(outcome.err.splitlines()) == 1
    assert unknown.err.startswith("bench: There is no cell 'zz': expected ")
    assert absent.err == "bench: No cell in nowhere has a key that begins with 00. --out DIR names another folder.\n"
