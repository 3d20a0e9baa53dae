"""The example package, installed beside inpaintbench, is found and runs; a broken one beside it harms nothing."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import json
import math
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples/inpaintbench-nearest"
SOURCES = [ROOT, ROOT / "methods", ROOT / "datasets", ROOT / "masks"]


@pytest.fixture
def site(tmp_path: Path, install: Callable[[Path, Path], None]) -> Path:
    """A folder of installed packages: the example, and one that cannot be imported."""
    folder, broken = tmp_path / "site-packages", tmp_path / "broken"
    install(EXAMPLE, folder)
    (broken / "src").mkdir(parents=True)
    (broken / "src/broken_plugin.py").write_text("import a_module_that_nobody_has\n")
    (broken / "pyproject.toml").write_text(
        '[project]\nname = "broken"\nversion = "9.9"\n[project.entry-points.inpaintbench]\nbroken = "broken_plugin"\n'
    )
    install(broken, folder)
    return folder


def run_python(
    *arguments: str, path: list[Path], cwd: Path, environment: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    variables = os.environ | {"PYTHONPATH": os.pathsep.join(map(str, path))} | (environment or {})
    return subprocess.run([sys.executable, *arguments], cwd=cwd, env=variables, capture_output=True, text=True)


def bench(*arguments: str, site: Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    return run_python("-c", "from inpaintbench.cli import main; main()", *arguments, path=[*SOURCES, site], cwd=cwd)


def test_it_is_listed_with_the_distribution_that_it_came_with(site: Path, tmp_path: Path) -> None:
    answer = bench("list", "--json", site=site, cwd=tmp_path)
    assert answer.returncode == 0, answer.stderr
    methods = {entry["name"]: entry for entry in json.loads(answer.stdout)["methods"]}
    expected = {"kind": "installed", "name": "nearest", "distribution": "inpaintbench-nearest 0.1.0", "location": ""}
    assert methods["nearest_fill"]["source"] == expected
    assert methods["mean_fill"]["source"]["kind"] == "bundled"


def test_a_broken_package_beside_it_is_named_and_left_out(site: Path, tmp_path: Path) -> None:
    answer = bench("list", "--json", site=site, cwd=tmp_path)
    (problem,) = json.loads(answer.stdout)["problems"]
    assert problem["source"] == "broken (broken 9.9)"
    assert "a_module_that_nobody_has" in problem["message"]
    assert "broken (broken 9.9)" in answer.stderr


def test_listing_it_imports_nothing_heavy(site: Path, tmp_path: Path) -> None:
    code = "import sys, inpaintbench_nearest; print([m for m in ('torch', 'numpy', 'scipy') if m in sys.modules])"
    assert run_python("-c", code, path=[*SOURCES, site], cwd=tmp_path).stdout.strip() == "[]"


def test_it_runs_beside_the_broken_one(site: Path, tmp_path: Path) -> None:
    (tmp_path / "pictures").mkdir()
    halves = np.zeros((24, 24, 3), dtype=np.uint8)
    halves[:, 12:] = 255
    for index in range(2):
        Image.fromarray(halves).save(tmp_path / f"pictures/{index}.png")
    choice = [
        "-m",
        "nearest_fill",
        "-m",
        "mean_fill",
        "-d",
        "image_folder[path=pictures]",
        "-k",
        "center_square[side=8]",
    ]
    answer = bench("run", *choice, "--metric", "psnr_hole", "--size", "24", "--device", "cpu", site=site, cwd=tmp_path)
    assert answer.returncode == 0, answer.stderr
    assert "broken (broken 9.9)" in answer.stderr
    cells = (tmp_path / "results/embedded/cells").glob("*/*/*/*/cell.json")
    records = {record["method"]: record for record in (json.loads(path.read_text()) for path in cells)}
    source = records["nearest_fill"]["environment"]["plugins"]["method"]
    assert source == "nearest (inpaintbench-nearest 0.1.0)"
    assert records["nearest_fill"]["scored"] == 2
    # Black on the left, white on the right, and the hole across the edge: nearest known pixels have the right colour
    # everywhere, and the mean is level 128, which is 128 off one half and 127 off the other.
    assert records["nearest_fill"]["means"]["psnr_hole"] == 100
    mean_fill = 10 * math.log10(255**2 / ((128**2 + 127**2) / 2))
    assert records["mean_fill"]["means"]["psnr_hole"] == pytest.approx(mean_fill, abs=1e-4)


def test_its_own_tests_pass(site: Path, tmp_path: Path) -> None:
    options = ["-q", "-p", "no:cacheprovider", "--rootdir", str(EXAMPLE), "-c", str(EXAMPLE / "pyproject.toml")]
    answer = run_python("-m", "pytest", *options, str(EXAMPLE / "tests"), path=[*SOURCES, site], cwd=tmp_path)
    assert answer.returncode == 0, answer.stdout


def modern_setuptools() -> bool:
    if importlib.util.find_spec("setuptools") is None:
        return False
    return int(importlib.metadata.version("setuptools").partition(".")[0]) >= 77


@pytest.mark.skipif(not modern_setuptools(), reason="building a wheel needs setuptools 77 or newer")
def test_its_wheel_announces_the_entry_point(tmp_path: Path) -> None:
    code = f"from setuptools import build_meta; build_meta.build_wheel({str(tmp_path)!r})"
    copy = tmp_path / "copy"
    shutil.copytree(EXAMPLE, copy, ignore=shutil.ignore_patterns("__pycache__"))
    subprocess.run([sys.executable, "-c", code], cwd=copy, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        (points,) = (name for name in names if name.endswith("entry_points.txt"))
        text = archive.read(points).decode()
    assert "[inpaintbench]\nnearest = inpaintbench_nearest" in text
    assert {"inpaintbench_nearest/__init__.py", "inpaintbench_nearest/nearest_fill.py"} <= set(names)
