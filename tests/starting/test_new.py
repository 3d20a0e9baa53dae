"""`bench new`: what it writes works as it is, is clean, and never takes the place of anything."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from inpaintbench.errors import UsageError
from inpaintbench.starting.package import NewPackage

ROOT = Path(__file__).parents[2]
SOURCES = [ROOT, ROOT / "methods", ROOT / "datasets", ROOT / "masks"]
KINDS = [
    NewPackage("method", "batch"),
    NewPackage("method", "training", learns=True),
    NewPackage("dataset", "own_ramps"),
    NewPackage("mask", "own_stripes"),
    NewPackage("metric", "tensor"),
]
IDS = ["method", "learned", "dataset", "mask", "metric"]


class Installed:
    """A package that was begun, and a folder in which it is installed."""

    def __init__(self, package: NewPackage, folder: Path, site: Path) -> None:
        self.package, self.folder, self._site = package, folder, site

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run Python in its folder."""
        paths = os.pathsep.join(map(str, [self._site, *SOURCES]))
        environment = os.environ | {"PYTHONPATH": paths, "PYTHONDONTWRITEBYTECODE": "1"}
        command = [sys.executable, *arguments]
        return subprocess.run(
            command, cwd=self.folder, env=environment, capture_output=True, text=True, encoding="utf-8", check=False
        )


@pytest.fixture(scope="module", params=KINDS, ids=IDS)
def installed(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, install: Any) -> Installed:
    package = request.param
    place = tmp_path_factory.mktemp(package.name)
    folder = package.write(place)
    install(folder, place / "site")
    return Installed(package, folder, place / "site")


def test_its_tests_pass_at_once(installed: Installed) -> None:
    done = installed.run("-m", "pytest", "-q", "-p", "no:cacheprovider")

    assert done.returncode == 0, done.stdout + done.stderr
    assert " passed" in done.stdout
    assert "failed" not in done.stdout


def test_it_is_found_by_its_entry_point(installed: Installed) -> None:
    code = "from inpaintbench.cli import main; main()"
    done = installed.run("-c", code, "show", installed.package.name, "--json")
    (shown,) = json.loads(done.stdout)

    assert shown["kind"] == installed.package.kind
    assert shown["source"]["distribution"] == f"{installed.package.distribution} 0.1.0"


def test_it_is_linted_and_formatted(installed: Installed) -> None:
    for arguments in (("check", "--no-cache", "."), ("format", "--no-cache", "--check", ".")):
        done = installed.run("-m", "ruff", *arguments)
        assert done.returncode == 0, done.stdout + done.stderr


def test_all_of_them_are_typed(tmp_path: Path) -> None:
    sources = [str(package.write(tmp_path) / "src" / package.package) for package in KINDS]
    command = [sys.executable, "-m", "mypy", "--strict", "--follow-imports=silent", "--cache-dir", os.devnull, *sources]
    paths = os.pathsep.join([str(ROOT), *(str(Path(source).parent) for source in sources)])
    environment = os.environ | {"MYPYPATH": paths}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout + done.stderr
    assert "no issues found in 11 source files" in done.stdout


def test_it_says_what_it_is(installed: Installed) -> None:
    project = tomllib.loads((installed.folder / "pyproject.toml").read_text(encoding="utf-8"))["project"]

    assert project["name"] == installed.folder.name == installed.package.distribution
    assert project["entry-points"]["inpaintbench"] == {installed.package.name: installed.package.package}
    assert (installed.folder / "src" / installed.package.package / "py.typed").is_file()
    readme = (installed.folder / "README.md").read_text(encoding="utf-8")
    for line in readme.splitlines():
        if line.startswith("| `") and not line.startswith("| `pyproject"):
            assert (installed.folder / line.split("`")[1]).is_file()
    for path in installed.folder.rglob("*"):
        assert "{{" not in (text := path.read_text(encoding="utf-8") if path.is_file() else "") or ".github" in str(
            path
        )
        assert "{%" not in text


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    package = NewPackage("mask", "own_stripes")
    (tmp_path / package.distribution).mkdir()
    (tmp_path / package.distribution / "mine.txt").write_text("mine")

    with pytest.raises(UsageError, match="is there already, and nothing is overwritten"):
        package.write(tmp_path)
    assert [path.name for path in tmp_path.rglob("*")] == [package.distribution, "mine.txt"]


def test_not_even_a_link_to_nowhere(tmp_path: Path) -> None:
    package = NewPackage("mask", "own_stripes")
    (tmp_path / package.distribution).symlink_to(tmp_path / "nowhere")

    with pytest.raises(UsageError, match="is there already"):
        package.write(tmp_path)
    assert not (tmp_path / "nowhere").exists()


def test_a_package_that_cannot_be_written_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[str] = []
    honest = Path.write_text

    def full(path: Path, *arguments: Any, **options: Any) -> int:
        written.append(path.name)
        if len(written) == 4:
            raise OSError(28, "No space left on device")
        return honest(path, *arguments, **options)

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(UsageError, match="cannot be written: No space left on device"):
        NewPackage("metric", "own_error").write(tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["methods", "masks", "datasets"])
def test_a_bundled_package_is_not_taken_the_place_of(name: str) -> None:
    with pytest.raises(UsageError, match=f"There is a package inpaintbench_{name} already"):
        NewPackage("mask", name)


@pytest.mark.parametrize(
    "name", ["", "Own", "own-fill", "1st", "own fill", "class", "../up", "a" * 61, "own__fill", "ö"]
)
def test_a_name_that_no_module_can_have_is_refused(name: str) -> None:
    with pytest.raises(UsageError, match="cannot be the name of a new plugin"):
        NewPackage("method", name)


def test_only_methods_learn() -> None:
    with pytest.raises(UsageError, match="A data set learns nothing"):
        NewPackage("dataset", "own_ramps", learns=True)
