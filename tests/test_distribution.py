"""What is published: a source distribution, and the wheel that is built from it."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path, PurePosixPath

import pytest

import inpaintbench

ROOT = Path(__file__).parent.parent
PACKAGES = {
    "inpaintbench": ROOT / "inpaintbench",
    **{f"inpaintbench_{name}": ROOT / name / f"inpaintbench_{name}" for name in ("methods", "datasets", "masks")},
}
STEM = f"inpaintbench-{inpaintbench.__version__}"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with both, built from a copy of what the checkout holds; the wheel comes from the other."""
    source, folder = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("dist")
    for path in ROOT.iterdir():
        if path.is_file():
            shutil.copy(path, source)
    for name in (*PACKAGES, "methods", "datasets", "masks", "tests", "docs", "examples"):
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
    build = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(folder), str(source)]
    done = subprocess.run(build, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


@pytest.fixture(scope="module")
def shipped() -> set[str]:
    """Return what the packages hold, code and data, by paths such as `inpaintbench/py.typed`."""
    return {
        f"{package}/{path.relative_to(folder).as_posix()}"
        for package, folder in PACKAGES.items()
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def test_the_wheel_holds_what_the_checkout_holds(built: Path, shipped: set[str]) -> None:
    with zipfile.ZipFile(built / f"{STEM}-py3-none-any.whl") as wheel:
        assert {name for name in wheel.namelist() if ".dist-info/" not in name} == shipped


def test_the_source_holds_the_packages_and_what_a_reader_of_them_needs(built: Path, shipped: set[str]) -> None:
    with tarfile.open(built / f"{STEM}.tar.gz") as source:
        inside = {
            PurePosixPath(name).relative_to(STEM) for name in source.getnames() if source.getmember(name).isfile()
        }
    roots = {"inpaintbench_methods": "methods/", "inpaintbench_datasets": "datasets/", "inpaintbench_masks": "masks/"}
    code = {PurePosixPath(roots.get(name.split("/")[0], "") + name) for name in shipped}
    assert code <= inside
    beside = {str(path) for path in inside - code if not path.parts[0].endswith(".egg-info")}
    assert beside == {
        "CHANGELOG.md", "CITATION.cff", "LICENSE", "MANIFEST.in", "PKG-INFO", "README.md", "pyproject.toml",
        "setup.cfg",  # setuptools writes it
    }  # fmt: skip


@pytest.mark.parametrize("kind", ["py.typed", "suites/", "checkpoints/", "templates/", "assets/"])
def test_every_kind_of_data_is_there(shipped: set[str], kind: str) -> None:
    # Else the two tests above would say nothing of it.
    assert any(f"/{kind}" in name for name in shipped)


def test_an_index_would_take_both(built: Path) -> None:
    check = [sys.executable, "-m", "twine", "--no-color", "check", "--strict", *map(str, sorted(built.iterdir()))]
    done = subprocess.run(check, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("PASSED") == 2
