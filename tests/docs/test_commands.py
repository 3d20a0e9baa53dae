"""Every command and every piece of Python in README.md and docs/ runs as it is written; those of benchmarks/ are there.

A page's blocks run in order in a folder that holds what the pages speak of: `my_pictures`, `my_masks`,
`examples/my_method.py` and a few more. A block whose first line is a comment with a file's name is saved under it
first. The comment `<!-- slow: … -->` before a block adds `--limit 1` to its commands; `<!-- not run: … -->` leaves
a block out.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
import textwrap
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

import inpaintbench
from inpaintbench.cli import bench
from inpaintbench.suite import Suite

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")), ROOT / "benchmarks/README.md"]

RUN_COMMAND = "python3 -m venv .venv && .venv/bin/pip install -e '.[test]' && .venv/bin/bench run"
TEST_COMMAND = "python3 -m venv .venv && .venv/bin/pip install -e '.[test]' && .venv/bin/pytest -n logical"
SET_UP = {RUN_COMMAND, TEST_COMMAND, "source .venv/bin/activate"}
"""Commands that set an environment up. They are not run here, and may not differ from these."""

Packages: TypeAlias = Callable[[str], None]

COMMAND = re.compile(r"^(?:\$ )?((?:bench|python3?|pip|pytest|source|\.venv/bin/\w+) .*)$")
MARK = re.compile(r"<!-- (slow|not run): \S.* -->")
FILE_NAME = re.compile(r"# (\w+\.(?:py|toml))")


@dataclass(frozen=True)
class Block:
    """One fenced block of a page, and the line of its fence."""

    place: str
    language: str
    text: str
    mark: str

    @property
    def file_name(self) -> str:
        """The name that its first line gives it; empty if none."""
        match = FILE_NAME.fullmatch(self.text.split("\n", 1)[0])
        return match[1] if match else ""

    def commands(self) -> Iterator[str]:
        for line in self.text.splitlines():
            if match := COMMAND.match(line):
                yield match[1]


def blocks(page: Path) -> list[Block]:
    found: list[Block] = []
    fence, mark, body = "", "", list[str]()
    for number, line in enumerate(page.read_text(encoding="utf-8").splitlines(), start=1):
        text = line.strip()
        if fence and text == "```":
            place = f"{page.relative_to(ROOT)}:{fence.split()[0]}"
            language = fence.partition(" ")[2]
            found.append(Block(place, language, textwrap.dedent("\n".join(body)) + "\n", mark))
            fence, mark, body = "", "", []
        elif fence:
            body.append(line)
        elif text.startswith("```"):
            fence = f"{number} {text[3:]}"
        elif text:
            match = MARK.fullmatch(text)
            mark = match[1] if match else ""
    assert not fence, f"{page} has a block that is not closed"
    return found


def runnable(page: Path) -> list[Block]:
    return [
        block for block in blocks(page) if block.language in ("console", "python", "toml") and block.mark != "not run"
    ]


@pytest.fixture(scope="module")
def furnished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what the pages speak of, among it the results of a first run."""
    folder = tmp_path_factory.mktemp("furnished")
    drawn = np.random.default_rng(0)
    for name, height, width in (("my_pictures", 80, 96), ("celeba/img_align_celeba", 109, 89)):
        (folder / name).mkdir(parents=True)
        for index in range(3):
            levels = drawn.integers(0, 256, (height // 8 + 1, width // 8 + 1, 3), dtype=np.uint8)
            Image.fromarray(levels).resize((width, height)).save(folder / name / f"{index}.png")
    for name in ("my_masks", "irregular-masks"):
        (folder / name).mkdir()
        for index in range(2):
            hole = np.zeros((64, 64), dtype=np.uint8)
            hole[10 : 30 + 9 * index, 20:40] = 255
            Image.fromarray(hole).save(folder / name / f"{index}.png")
    (folder / "examples").mkdir()
    shutil.copy(ROOT / "examples/my_method.py", folder / "examples")
    shutil.copy(folder / "my_pictures/0.png", folder / "image.png")
    shutil.copy(folder / "my_pictures/1.png", folder / "composite.png")
    Image.fromarray(np.pad(np.full((20, 20), 255, np.uint8), ((30, 30), (38, 38)))).save(folder / "hole.png")
    inpaintbench.run(methods=["mean_fill", "harmonic"], limit=1, out=folder / "results/embedded")
    return folder


@pytest.fixture
def world(furnished: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A page's own copy of it; the current folder from here on."""
    folder = tmp_path / "world"
    shutil.copytree(furnished, folder)
    monkeypatch.chdir(folder)
    monkeypatch.delenv("INPAINTBENCH_DATA", raising=False)
    return folder


@pytest.fixture
def packages(world: Path, install: Callable[[Path, Path], None], monkeypatch: pytest.MonkeyPatch) -> Packages:
    """Return what stands for an installer: packages that a page begins are found as if they were installed."""
    site = world / "site-packages"
    site.mkdir()
    monkeypatch.syspath_prepend(site)
    sources = [site, ROOT, ROOT / "methods", ROOT / "datasets", ROOT / "masks"]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(map(str, sources)))
    return lambda folder: install(world / folder, site)


def run_command(command: str, block: Block, packages: Packages) -> None:
    if command in SET_UP:
        return
    words = shlex.split(command)
    if words[:3] == ["pip", "install", "-e"]:
        packages(words[3].removesuffix("[test]"))
        return
    if words[0] == "pytest":
        done = subprocess.run([sys.executable, "-m", *words], capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{block.place}: {command}\n{done.stdout}"
        return
    if words[:2] == ["python", "-m"]:
        module = words[2].replace(".", "/")
        assert words[2].startswith("benchmarks."), f"{block.place}: {command!r} is no command that the pages may give"
        assert (ROOT / f"{module}.py").is_file(), f"{block.place}: there is no {words[2]}"
        return
    assert words[0] == "bench", f"{block.place}: {command!r} is no command that the pages may give"
    slow = ["--limit", "1"] if block.mark == "slow" else []
    result = CliRunner().invoke(bench, words[1:] + slow, catch_exceptions=False)
    assert result.exit_code == 0, f"{block.place}: {command}\n{result.output}"


LONG = {"writing-a-method.md"}
"""Pages whose commands take half a minute: their tests are marked slow."""


@pytest.mark.parametrize(
    "page",
    [
        pytest.param(page, id=str(page.relative_to(ROOT)), marks=[pytest.mark.slow] if page.name in LONG else [])
        for page in PAGES
        if runnable(page)
    ],
)
def test_a_page_does_what_it_says(page: Path, world: Path, packages: Packages, monkeypatch: pytest.MonkeyPatch) -> None:
    # The page is about workers; elsewhere they would only take time, and Windows has none.
    if page.name == "running.md" and sys.platform != "win32":
        monkeypatch.setenv("INPAINTBENCH_ISOLATION", "process")
    namespace = {"__name__": "page"}
    for block in runnable(page):
        if block.file_name:
            (world / block.file_name).write_text(block.text, encoding="utf-8")
        if block.language == "python":
            exec(compile(block.text, block.place, "exec"), namespace)
        elif block.language == "toml":
            tomllib.loads(block.text)
            if block.file_name:
                Suite.load(block.file_name)
        else:
            for command in block.commands():
                run_command(command, block, packages)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_block_says_what_it_is(page: Path) -> None:
    known = {"", "console", "csv", "html", "json", "latex", "markdown", "python", "text", "toml"}
    assert {block.language for block in blocks(page)} <= known
    for block in blocks(page):
        if block.language != "console":
            assert "\nbench " not in f"\n{block.text}", f"{block.place}: commands belong into a block called console"


def test_the_readmes_two_commands_stand_alone() -> None:
    alone = [block.text.strip() for block in blocks(ROOT / "README.md") if "-m venv" in block.text]
    assert alone == [RUN_COMMAND, TEST_COMMAND]


def test_the_test_command_is_the_only_line_that_runs_pytest() -> None:
    lines = (ROOT / "README.md").read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if "bin/pytest" in line] == [TEST_COMMAND]


@pytest.mark.parametrize("name", ["README.md", "docs/writing-a-method.md"])
def test_the_pages_show_the_example_as_it_is(name: str) -> None:
    example = (ROOT / "examples/my_method.py").read_text(encoding="utf-8")
    assert example in [block.text for block in blocks(ROOT / name)]


def test_the_example_has_twenty_lines_of_code() -> None:
    lines = (ROOT / "examples/my_method.py").read_text(encoding="utf-8").splitlines()
    assert len([line for line in lines if line.strip()]) <= 20
