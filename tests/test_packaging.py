"""What the distribution holds, and that the folder `datasets` does not stand in the way of a package of that name."""

from __future__ import annotations

import fnmatch
import os
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

import inpaintbench
from inpaintbench.plugins import BUNDLED
from inpaintbench.suite import DEFAULT, bundled_suites

ROOT = Path(__file__).parent.parent
SOURCE_ROOTS = ("methods", "datasets", "masks")
PACKAGES = {
    "inpaintbench": ROOT / "inpaintbench",
    **{f"inpaintbench_{name}": ROOT / name / f"inpaintbench_{name}" for name in SOURCE_ROOTS},
}


@pytest.fixture(scope="module")
def project() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("folder", SOURCE_ROOTS)
def test_a_source_root_is_no_package(folder: str) -> None:
    assert not (ROOT / folder / "__init__.py").exists()


@pytest.mark.parametrize("package", PACKAGES)
def test_a_package_is_typed(package: str) -> None:
    assert (PACKAGES[package] / "__init__.py").is_file()
    assert (PACKAGES[package] / "py.typed").read_bytes() == b""


def test_every_bundled_plugin_lies_in_one_of_the_packages() -> None:
    assert {name.partition(".")[0] for name in BUNDLED} == set(PACKAGES)


def test_every_file_that_is_no_code_is_package_data(project: dict[str, Any]) -> None:
    patterns = project["tool"]["setuptools"]["package-data"]
    for package, folder in PACKAGES.items():
        wanted = [*patterns.get("*", []), *patterns.get(package, [])]
        for path in folder.rglob("*"):
            if path.is_dir() or path.suffix in (".py", ".pyc"):
                continue
            owner = next(parent for parent in path.parents if (parent / "__init__.py").exists())
            name = path.relative_to(owner).as_posix()
            # As in a shell, and for setuptools, a * does not cross a folder.
            fits = [p for p in wanted if fnmatch.fnmatch(name, p) and p.count("/") == name.count("/")]
            assert fits, (
                f"{path.relative_to(ROOT)} fits none of the package-data patterns {wanted}: no wheel would hold it"
            )


def test_the_version_is_one(project: dict[str, Any]) -> None:
    assert project["project"]["version"] == inpaintbench.__version__
    assert f"## [{inpaintbench.__version__}]" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert f"\nversion: {inpaintbench.__version__}\n" in (ROOT / "CITATION.cff").read_text(encoding="utf-8")


def test_both_names_of_the_command_are_declared(project: dict[str, Any]) -> None:
    assert project["project"]["scripts"] == {"bench": "inpaintbench.cli:main", "inpaintbench": "inpaintbench.cli:main"}


def test_the_default_suite_is_bundled() -> None:
    assert DEFAULT in bundled_suites()


def imported_file(name: str, *python_path: Path) -> str:
    """Import a module in a fresh Python that starts in the repository root; return its file, or why there is none."""
    code = f"import {name}; print(getattr({name}, '__file__', None))"
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(map(str, python_path))}
    return subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    ).stdout.strip()


def test_a_package_called_datasets_is_imported_from_the_repository_root(tmp_path: Path) -> None:
    # Python puts the current folder first: with an __init__.py in it, our folder `datasets` would hide Hugging Face's.
    package = tmp_path / "datasets"
    package.mkdir()
    (package / "__init__.py").write_text("def load_dataset(): ...\n")
    assert imported_file("datasets", tmp_path) == str(package / "__init__.py")


def test_the_bundled_data_sets_are_imported_beside_it(tmp_path: Path) -> None:
    (tmp_path / "datasets.py").write_text("")
    found = imported_file("inpaintbench_datasets", ROOT, tmp_path, ROOT / "datasets")
    assert found == str(PACKAGES["inpaintbench_datasets"] / "__init__.py")
