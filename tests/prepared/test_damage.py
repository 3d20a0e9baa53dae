"""Damage: no bit that a disk flips reaches a score, and whoever finds one says so and has the pictures made anew."""

from __future__ import annotations

import hashlib
import os
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from inpaintbench.errors import CacheError
from inpaintbench.prepared import split as module
from inpaintbench.prepared.shelf import Shelf
from inpaintbench.prepared.split import PreparedSplit

HEAD = 128
"""Bytes of a file of pictures before the first one."""


def flip(path: Path, place: int, bit: int = 1) -> None:
    """Flip one bit of a file where it lies."""
    with path.open("r+b") as file:
        file.seek(place)
        (byte,) = file.read(1)
        file.seek(place)
        file.write(bytes([byte ^ bit]))


@pytest.fixture
def hashed(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return a list that grows by the length of whatever a prepared split hashes."""
    lengths: list[int] = []
    sha256 = hashlib.sha256

    class Counting:
        @staticmethod
        def sha256(content: Any) -> Any:
            lengths.append(memoryview(content).nbytes)
            return sha256(content)

    monkeypatch.setattr(module, "hashlib", Counting)
    return lengths


def test_a_damaged_picture_is_refused_and_made_anew(generated: Any, shelf: Shelf, check: Any) -> None:
    wanted = generated(["a", "bb", "ccc"])
    prepared = shelf.obtain(wanted)
    flip(prepared.folder / "pictures.npy", HEAD + 2 * wanted.picture_bytes - 1)

    assert prepared.take([2, 0])[:, 0, 0, 0].tolist() == [3, 1]
    with pytest.raises(CacheError) as caught:
        prepared.take([0, 1])
    assert str(caught.value) == (
        f"The prepared pictures in {prepared.folder} are damaged: number 1 is not what was written there. They are out "
        "of use now: run the same command again, and it prepares them anew."
    )
    assert shelf.find(wanted) is None
    check(shelf.obtain(wanted), wanted)
    assert shelf.obtain(wanted).take([0, 1, 2])[:, 0, 0, 0].tolist() == [1, 2, 3]


def test_no_bit_that_flips_is_ever_believed(generated: Any, shelf: Shelf) -> None:
    wanted = generated(["a", "bb", "ccc"], load=lambda item: np.full((4, 4, 3), 80 * len(item), np.uint8))
    folder = shelf.obtain(wanted).folder
    whole = {path: path.read_bytes() for path in folder.iterdir()}
    assert sorted(path.name for path in whole) == ["digests.bin", "index.json", "pictures.npy"]
    places = [(path, place) for path, content in whole.items() for place in range(len(content))]
    found = 0

    for path, place in random.Random(0).sample(places, 400):
        for name, content in whole.items():  # as new files, so that nothing is known of them
            name.unlink(missing_ok=True)
            name.write_bytes(content)
        flip(path, place, random.Random(place).choice([1, 2, 4, 8, 16, 32, 64, 128]))
        try:
            prepared = shelf.find(wanted)
            assert prepared is None or dict(prepared.unreadable) == {}
            taken = None if prepared is None else prepared.take([0, 1, 2])[:, 0, 0, 0].tolist()
        except CacheError:  # a damaged picture, or an index of another schema
            taken = None
        assert taken in (None, [80, 160, 240])  # another kind of space in the index is no damage
        found += taken is None
    assert found > 390


def test_a_process_looks_at_each_picture_once(generated: Any, shelf: Shelf, hashed: list[int]) -> None:
    wanted = generated(["a", "bb", "ccc"])
    prepared = shelf.obtain(wanted)
    size = wanted.picture_bytes
    hashed.clear()

    prepared.take([0, 2])
    assert hashed == [size, size]
    prepared.take([2, 0, 2])
    again = Shelf().obtain(wanted)
    again.check(range(3))
    assert hashed == [size, size, size]
    again.take([1])
    assert PreparedSplit.open(prepared.folder) is not None
    assert hashed == [size, size, size]  # nor are the hashes themselves read a second time


def test_what_was_prepared_anew_is_looked_at_anew(generated: Any, shelf: Shelf, hashed: list[int]) -> None:
    wanted = generated(["a", "bb"])
    first = shelf.obtain(wanted)
    first.check(range(2))
    (first.folder / "index.json").unlink()
    second = shelf.obtain(wanted)
    hashed.clear()

    second.check(range(2))
    assert hashed == [wanted.picture_bytes] * 2


def test_what_is_written_into_a_file_that_was_checked_is_found_by_the_next_cell(generated: Any, shelf: Shelf) -> None:
    wanted = generated(["a", "bb"])
    first = shelf.obtain(wanted)
    first.check(range(2))
    flip(first.folder / "pictures.npy", HEAD)
    os.utime(first.folder / "pictures.npy", (1000, 1000))  # clocks of file systems are coarse

    with pytest.raises(CacheError, match="number 0 is not what was written there"):
        shelf.obtain(wanted).check(range(2))


def test_who_finds_damage_leaves_what_was_prepared_anew_meanwhile(generated: Any, shelf: Shelf, check: Any) -> None:
    wanted = generated(["a", "bb"])
    late = shelf.obtain(wanted)
    flip(late.folder / "pictures.npy", HEAD)
    (late.folder / "index.json").unlink()
    shelf.obtain(wanted)

    with pytest.raises(CacheError, match="run the same command again"):
        late.check([0])
    found = shelf.find(wanted)
    assert found is not None
    check(found, wanted)
    shelf.prune()
    with pytest.raises(CacheError, match="run the same command again"):
        late.check([0])


def test_where_nothing_can_be_removed_a_person_is_asked_to(
    generated: Any, shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepared = shelf.obtain(generated(["a"]))
    flip(prepared.folder / "pictures.npy", HEAD)

    def refuse(self: Path, missing_ok: bool = False) -> None:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(Path, "unlink", refuse)
    with pytest.raises(CacheError, match=r"Remove that folder, which is not possible from here \(Read-only file syst"):
        prepared.check([0])


def test_other_processes_meet_the_damage_once(wanted_of: Any, shelf: Shelf, selector_of: Any) -> None:
    prepared = shelf.obtain(wanted_of(count=20))
    flip(prepared.folder / "pictures.npy", HEAD + 1)
    program = (
        "import sys\n"
        "from inpaintbench.api import DatasetSpec\n"
        "from inpaintbench.execution.chosen import ChosenDataset\n"
        "from inpaintbench.plugins import load_registry\n"
        "from inpaintbench.prepared.shelf import Shelf\n"
        "from inpaintbench.selectors import select\n"
        "[selection] = select([sys.argv[2]], DatasetSpec, load_registry([sys.argv[1]]))\n"
        "print(Shelf().obtain(ChosenDataset.open(selection).wanted(16)).take(range(20)).sum())\n"
    )
    plugin = str(Path(__file__).with_name("plugin.py"))
    command = [sys.executable, "-c", program, plugin, selector_of(count=20)]
    first, second = (subprocess.run(command, capture_output=True, text=True, check=False) for _ in range(2))

    assert "CacheError: The prepared pictures in " in first.stderr
    assert (second.returncode, second.stdout) == (0, f"{Shelf().obtain(wanted_of(count=20)).pictures.sum()}\n")
