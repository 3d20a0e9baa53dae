"""The shelf: what is prepared is found again, what is damaged is made again, and nobody else's folder is touched."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from inpaintbench.errors import CacheError, UnreadableImageError
from inpaintbench.integrity import sealed
from inpaintbench.prepared.shelf import Shelf
from inpaintbench.prepared.split import PreparedSplit

Log = Callable[[], list[tuple[int, int]]]


def test_what_is_prepared_is_prepared_once(wanted_of: Any, shelf: Shelf, log: Log) -> None:
    told: list[int] = []
    wanted = wanted_of(count=100)
    assert shelf.find(wanted) is None
    first = shelf.obtain(wanted, told.append)
    told_once, loaded_once = list(told), log()
    second = shelf.obtain(wanted_of(count=100), told.append)
    other = Shelf().find(wanted_of(count=100))

    assert other is not None
    assert (second.folder, second.pixels) == (first.folder, first.pixels) == (other.folder, other.pixels)
    assert np.array_equal(first.pictures, other.pictures)
    assert Counter(number for _, number in loaded_once) == Counter(range(100))
    assert log() == loaded_once
    assert told == told_once


def test_finding_maps_the_pictures_and_reads_none(wanted_of: Any, shelf: Shelf) -> None:
    prepared = shelf.obtain(wanted_of())

    assert isinstance(prepared.pictures, np.memmap)
    assert prepared.pictures.mode == "r"


def test_only_what_could_not_be_decoded_is_tried_again(wanted_of: Any, shelf: Shelf, log: Log) -> None:
    shelf.obtain(wanted_of(fault="unreadable"))
    before = log()
    found = shelf.find(wanted_of(fault="unreadable"))

    assert found is not None
    assert [number for _, number in log()[len(before) :]] == list(range(7, 400, 50))


def test_a_mended_file_is_seen(wanted_of: Any, shelf: Shelf, notes: Path, check: Any) -> None:
    wanted = wanted_of(fault="mendable", count=20)
    (notes / "damaged").touch()
    first = shelf.obtain(wanted)
    check(first, wanted, [7])
    (notes / "damaged").unlink()

    assert shelf.find(wanted) is None
    second = shelf.obtain(wanted)
    check(second, wanted)
    assert second.folder == first.folder
    assert sorted(path.name for path in second.folder.iterdir()) == ["digests.bin", "index.json", "pictures.npy"]


def test_what_a_data_set_raised_is_raised_again_without_another_attempt(wanted_of: Any, shelf: Shelf, log: Log) -> None:
    wanted = wanted_of(fault="own")
    errors = []
    for _ in range(2):
        with pytest.raises(Exception, match="as it is") as caught:
            shelf.obtain(wanted)
        errors.append(caught.value)

    assert errors[0] is errors[1]
    assert [number for _, number in log()].count(200) == 1
    with pytest.raises(Exception, match="as it is"):
        Shelf().obtain(wanted)  # another run tries again
    assert [number for _, number in log()].count(200) == 2


def cut(folder: Path) -> None:
    size = (folder / "pictures.npy").stat().st_size
    os.truncate(folder / "pictures.npy", size - 1)


def folder_for_pictures(folder: Path) -> None:
    (folder / "pictures.npy").unlink()
    (folder / "pictures.npy").mkdir()


def rewrite(folder: Path, **changes: Any) -> None:
    """Write another index, with the right hash of itself."""
    document = json.loads((folder / "index.json").read_bytes())
    (folder / "index.json").write_text(json.dumps(sealed(document | changes)))


def alter(folder: Path, **changes: Any) -> None:
    """Write another index, with the hash of the one before."""
    document = json.loads((folder / "index.json").read_bytes())
    (folder / "index.json").write_text(json.dumps(document | changes))


def replace_hashes(folder: Path, content: bytes) -> None:
    (folder / "digests.bin").unlink()
    (folder / "digests.bin").write_bytes(content)


DAMAGES: dict[str, Callable[[Path], object]] = {
    "pictures cut by a byte": cut,
    "pictures cut in the header": lambda folder: os.truncate(folder / "pictures.npy", 40),
    "empty pictures": lambda folder: os.truncate(folder / "pictures.npy", 0),
    "no pictures": lambda folder: (folder / "pictures.npy").unlink(),
    "pictures of another kind": lambda folder: np.save(folder / "pictures.npy", np.zeros((20, 16, 16, 3), np.int8)),
    "pictures in another order": lambda folder: np.save(
        folder / "pictures.npy", np.asfortranarray(np.zeros((20, 16, 16, 3), np.uint8))
    ),
    "fewer pictures": lambda folder: np.save(folder / "pictures.npy", np.zeros((19, 16, 16, 3), np.uint8)),
    "pickled pictures": lambda folder: np.save(folder / "pictures.npy", np.array([None]), allow_pickle=True),
    "no index": lambda folder: (folder / "index.json").unlink(),
    "empty index": lambda folder: os.truncate(folder / "index.json", 0),
    "zeros for an index": lambda folder: (folder / "index.json").write_bytes(bytes(100)),
    "a list for an index": lambda folder: (folder / "index.json").write_text("[]"),
    "an index that nests too deeply": lambda folder: (folder / "index.json").write_text("[" * 100_000),
    "an index of another schema": lambda folder: rewrite(folder, schema=1),
    "an index without its hash": lambda folder: (folder / "index.json").write_text('{"schema": 2}'),
    "an index with other unreadable pictures": lambda folder: alter(folder, unreadable={"7": "it is damaged"}),
    "an index with the hash of other hashes": lambda folder: rewrite(folder, pixels="00" * 32),
    "no hashes": lambda folder: (folder / "digests.bin").unlink(),
    "fewer hashes": lambda folder: os.truncate(folder / "digests.bin", 32 * 19),
    "other hashes": lambda folder: replace_hashes(folder, bytes(32 * 20)),
    "an index of another size": lambda folder: rewrite(folder, size=8),
    "a list of what is unreadable": lambda folder: rewrite(folder, unreadable=["7"]),
    "a name for a position": lambda folder: rewrite(folder, unreadable={"seven": "it is damaged"}),
    "a folder for the pictures": folder_for_pictures,
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_what_is_damaged_is_prepared_anew(
    wanted_of: Any, shelf: Shelf, check: Any, damage: Callable[[Path], object]
) -> None:
    wanted = wanted_of(count=20)
    folder = shelf.obtain(wanted).folder
    damage(folder)

    assert shelf.find(wanted) is None
    check(shelf.obtain(wanted), wanted)


def test_what_a_newer_version_has_prepared_is_refused_and_no_leftover(generated: Any, shelf: Shelf) -> None:
    wanted = generated(["a"])
    folder = shelf.obtain(wanted).folder
    rewrite(folder, schema=3)
    with pytest.raises(
        CacheError, match=r"index\.json was written by a newer inpaintbench \(schema 3, this one reads up"
    ):
        shelf.find(wanted)

    (folder / "index.json").write_text('{"schema": 3, "news": "unheard of"}')
    assert shelf.splits() == []
    assert shelf.prune(0) == []
    assert folder.is_dir()
    (folder / "index.json").write_text('{"schema": 1, "news": "unheard of"}')
    shelf.prune(0)
    assert not folder.exists()


def test_what_another_user_has_prepared_can_be_read(
    wanted_of: Any, shelf: Shelf, check: Any, log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = wanted_of(count=20)
    shelf.obtain(wanted)
    before = len(log())

    def refuse(*arguments: Any, **options: Any) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "utime", refuse)
    prepared = shelf.obtain(wanted)

    assert len(log()) == before
    check(prepared, wanted)


def test_every_opening_is_a_use(generated: Any, shelf: Shelf) -> None:
    wanted = generated(["a"])
    folder = shelf.obtain(wanted).folder
    os.utime(folder / "index.json", (1000, 1000))
    assert [one.used for one in shelf.splits()] == [1000]

    shelf.find(wanted)
    assert shelf.splits()[0].used > 1_600_000_000


def test_the_splits_are_listed_with_what_was_used_last_first(generated: Any, shelf: Shelf) -> None:
    assert shelf.splits() == []
    assert shelf.bytes == 0
    for age, count in enumerate((3, 1, 2)):
        folder = shelf.obtain(generated(["a"] * count, name=f"grey[count={count}]")).folder
        os.utime(folder / "index.json", (2000 - age, 2000 - age))
    splits = shelf.splits()

    assert [(one.dataset, one.size, one.items, one.used) for one in splits] == [
        ("grey[count=3]", 4, 3, 2000),
        ("grey[count=1]", 4, 1, 1999),
        ("grey[count=2]", 4, 2, 1998),
    ]
    on_disk = [sum(path.stat().st_size for path in (shelf.folder / one.key).iterdir()) for one in splits]
    assert [one.bytes for one in splits] == on_disk
    assert shelf.bytes == sum(on_disk)


def test_a_split_that_loses_its_pictures_while_it_is_used_keeps_them(generated: Any, shelf: Shelf) -> None:
    prepared = shelf.obtain(generated(["a", "bb"]))
    shelf.prune()

    assert PreparedSplit.open(prepared.folder) is None
    assert prepared.pictures[:, 0, 0, 0].tolist() == [1, 2]


def test_a_data_set_that_goes_while_it_is_looked_for_says_so(generated: Any, shelf: Shelf) -> None:
    def damaged(item: str) -> object:
        raise UnreadableImageError("it is damaged")

    def gone(item: str) -> object:
        raise FileNotFoundError(2, "No such file or directory", item)

    shelf.obtain(generated(["a"], damaged))
    with pytest.raises(FileNotFoundError, match="'a'"):
        shelf.find(generated(["a"], gone))
