"""What the tests of preparing share: a shelf, and splits of a data set that says what is loaded, and by whom."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import pytest

from inpaintbench.api import DatasetSpec
from inpaintbench.execution.chosen import ChosenDataset
from inpaintbench.pictures import fit
from inpaintbench.plugins import load_registry
from inpaintbench.prepared.shelf import Shelf
from inpaintbench.prepared.split import PreparedSplit
from inpaintbench.prepared.wanted import Wanted
from inpaintbench.selectors import select

PLUGIN = Path(__file__).with_name("plugin.py")
COUNT = 400
"""Items in seven parts of 64, the last one shorter: enough for this process and two workers."""

WantedOf: TypeAlias = Callable[..., Wanted]

SCRIPT = """
import sys
from inpaintbench.api import DatasetSpec
from inpaintbench.execution.chosen import ChosenDataset
from inpaintbench.plugins import load_registry
from inpaintbench.prepared.shelf import Shelf
from inpaintbench.selectors import select

plugin, selector, workers = sys.argv[1:]
[selection] = select([selector], DatasetSpec, load_registry([plugin]))
prepared = Shelf().obtain(ChosenDataset.open(selection).wanted(16), workers=int(workers))
print(prepared.pixels)
"""
"""Prepares a split at 16 pixels in a process of its own, and prints its hash."""


@pytest.fixture
def notes(tmp_path: Path) -> Path:
    """Return the folder in which the data set notes what it loads."""
    folder = tmp_path / "notes"
    folder.mkdir()
    return folder


@pytest.fixture
def selector_of(notes: Path) -> Callable[..., str]:
    """Return a function that writes a selector of the data set."""

    def selector_of(**parameters: Any) -> str:
        given = {"count": COUNT, "path": notes} | parameters
        return f"numbered[{','.join(f'{name}={value}' for name, value in given.items())}]"

    return selector_of


@pytest.fixture
def wanted_of(selector_of: Callable[..., str]) -> WantedOf:
    """Return a function that asks for all pictures of the data set, by default 400 of 16 pixels."""

    def wanted_of(size: int = 16, limit: int | None = None, plugin: str = str(PLUGIN), **parameters: Any) -> Wanted:
        [selection] = select([selector_of(**parameters)], DatasetSpec, load_registry([plugin]))
        return ChosenDataset.open(selection, limit).wanted(size)

    return wanted_of


@pytest.fixture
def shelf() -> Shelf:
    """Return the shelf in this test's folder of caches."""
    return Shelf()


@pytest.fixture
def start(selector_of: Callable[..., str]) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Return a function that prepares the data set in another process; none of these outlives the test."""
    started: list[subprocess.Popen[str]] = []

    def start(workers: int = 0, **parameters: Any) -> subprocess.Popen[str]:
        command = [sys.executable, "-c", SCRIPT, str(PLUGIN), selector_of(**parameters), str(workers)]
        started.append(subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True))
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.communicate()


@pytest.fixture
def generated() -> WantedOf:
    """Return a function that asks for pictures that no plugin brings: by default of one grey each."""

    def grey(item: str) -> object:
        return np.full((4, 4, 3), len(item), np.uint8)

    def generated(items: Sequence[str], load: Callable[[str], object] = grey, **changes: Any) -> Wanted:
        given: dict[str, Any] = {"name": "grey", "plugin": "", "identity": {"name": "grey"}, "size": 4}
        return Wanted(items=tuple(items), load=load, **(given | changes))

    return generated


@pytest.fixture
def log(notes: Path) -> Callable[[], list[tuple[int, int]]]:
    """Return a function that returns what has been loaded, in order: the process's id, and the item's number."""

    def log() -> list[tuple[int, int]]:
        path = notes / "log"
        lines = path.read_text().splitlines() if path.exists() else []
        return [(int(pid), int(number)) for pid, number in map(str.split, lines)]

    return log


@pytest.fixture
def until() -> Callable[[Callable[[], bool]], None]:
    """Return a function that looks again and again until a condition holds; a minute is too long."""

    def until(condition: Callable[[], bool]) -> None:
        deadline = time.monotonic() + 60
        while not condition():
            assert time.monotonic() < deadline, "it took more than a minute"

    return until


@pytest.fixture
def check() -> Callable[..., None]:
    """Return a function that compares prepared pictures with what the data set gives, decoded and fitted here."""

    def check(prepared: PreparedSplit, wanted: Wanted, unreadable: Sequence[int] = ()) -> None:
        assert sorted(prepared.unreadable) == list(unreadable)
        assert prepared.pictures.shape == (len(wanted.items), wanted.size, wanted.size, 3)
        digests = []
        for position, item in enumerate(wanted.items):
            picture = np.zeros((wanted.size, wanted.size, 3), np.uint8)
            if position not in prepared.unreadable:
                loaded = wanted.load(item)
                assert isinstance(loaded, np.ndarray)
                picture = fit(loaded, wanted.size)
            assert np.array_equal(prepared.pictures[position], picture)
            digests.append(hashlib.sha256(picture.tobytes()).digest())
        assert prepared.pixels == hashlib.sha256(b"".join(digests)).hexdigest()

    return check


@pytest.fixture
def lying(shelf: Shelf) -> Callable[[], list[str]]:
    """Return a function that returns what lies on the shelf, but for locks."""
    return lambda: sorted(path.name for path in shelf.folder.iterdir() if path.suffix != ".lock")
