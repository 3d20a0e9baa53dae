"""Preparing: bit for bit what decoding gives, from one process or several, and errors as the data set raised them."""

from __future__ import annotations

import hashlib
import io
import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from inpaintbench.api import DatasetSpec
from inpaintbench.decoding import decode
from inpaintbench.errors import DatasetError, InvalidOutputError, UnreadableImageError
from inpaintbench.execution.chosen import ChosenDataset
from inpaintbench.integrity import digest
from inpaintbench.pictures import fit
from inpaintbench.plugins import load_registry
from inpaintbench.prepared import crew as crew_module
from inpaintbench.prepared.build import FEW
from inpaintbench.prepared.shelf import Shelf
from inpaintbench.selectors import select

Log = Callable[[], list[tuple[int, int]]]


def test_pictures_are_the_items_decoded_and_fitted_in_order(wanted_of: Any, shelf: Shelf, check: Any) -> None:
    wanted = wanted_of()

    check(shelf.obtain(wanted), wanted)


@pytest.mark.parametrize("helpers", [1, 2])
def test_workers_give_the_same_bit_for_bit(
    wanted_of: Any, shelf: Shelf, tmp_path: Path, log: Log, check: Any, helpers: int
) -> None:
    alone = Shelf(tmp_path / "alone").obtain(wanted_of(path=tmp_path), workers=0)
    wanted = wanted_of(helpers=helpers)
    prepared = shelf.obtain(wanted, workers=helpers)

    assert len({pid for pid, _ in log()}) == helpers + 1
    assert Counter(number for _, number in log()) == Counter(range(400))
    assert prepared.pixels == alone.pixels
    assert (prepared.folder / "pictures.npy").read_bytes() == (alone.folder / "pictures.npy").read_bytes()
    check(prepared, wanted)


@pytest.mark.parametrize("size", [1, 1000])
def test_any_size(generated: Any, shelf: Shelf, check: Any, size: int) -> None:
    wanted = generated([str(10**number) for number in range(3)], size=size)

    check(shelf.obtain(wanted), wanted)


def test_any_number_of_items_that_fills_no_part(generated: Any, shelf: Shelf, check: Any) -> None:
    for count in (1, 63, 64, 65, 128):
        wanted = generated([f"{number}" for number in range(count)])
        check(shelf.obtain(wanted), wanted)


def test_a_plain_numpy_reads_the_file(wanted_of: Any, shelf: Shelf) -> None:
    prepared = shelf.obtain(wanted_of())
    program = "import sys, numpy; a = numpy.load(sys.argv[1]); print(a.dtype, a.shape, a.flags.c_contiguous, a.sum())"
    command = [sys.executable, "-c", program, str(prepared.folder / "pictures.npy")]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout

    assert said == f"uint8 (400, 16, 16, 3) True {prepared.pictures.sum()}\n"


def test_the_pictures_cannot_be_written_to(wanted_of: Any, shelf: Shelf) -> None:
    prepared = shelf.obtain(wanted_of(count=3))

    with pytest.raises(ValueError, match="read-only"):
        prepared.pictures[0] = 0


def test_real_files_go_through_the_decoder(tmp_path: Path, shelf: Shelf) -> None:
    levels = np.arange(30 * 40 * 3, dtype=np.uint8).reshape(30, 40, 3)
    for name in ("a.png", "b.jpg", "c.bmp"):
        Image.fromarray(levels).save(tmp_path / name)
    (tmp_path / "d.png").write_bytes((tmp_path / "a.png").read_bytes()[:-200])
    [selection] = select([f"image_folder[path={tmp_path}]"], DatasetSpec, load_registry())
    prepared = shelf.obtain(ChosenDataset.open(selection).wanted(16))

    for position, name in enumerate(("a.png", "b.jpg", "c.bmp")):
        assert np.array_equal(prepared.pictures[position], fit(decode(tmp_path / name), 16))
    assert not prepared.pictures[3].any()
    assert list(prepared.unreadable) == [3]
    assert "d.png cannot be decoded" in prepared.unreadable[3]


def test_the_index_says_what_there_is(wanted_of: Any, shelf: Shelf) -> None:
    wanted = wanted_of(fault="unreadable", count=60)
    prepared = shelf.obtain(wanted)
    index = json.loads((prepared.folder / "index.json").read_bytes())

    assert index.pop("sha256") == digest({name: value for name, value in index.items() if name != "sha256"})
    assert index.pop("seconds") > 0
    assert index == {
        "schema": 2,
        "dataset": wanted.name,
        "split": "test",
        "size": 16,
        "items": 60,
        "unreadable": {"7": "number 7 is damaged", "57": "number 57 is damaged"},
        "pixels": prepared.pixels,
        "identity": wanted.identity,
    }
    hashes = b"".join(hashlib.sha256(picture.tobytes()).digest() for picture in prepared.pictures)
    assert (prepared.folder / "digests.bin").read_bytes() == hashes
    assert prepared.pixels == hashlib.sha256(hashes).hexdigest()


def test_files_that_change_while_they_are_prepared_leave_nothing(
    tmp_path: Path, shelf: Shelf, lying: Callable[[], list[str]]
) -> None:
    folder = tmp_path / "pictures"
    folder.mkdir()
    for number in range(3):
        Image.new("RGB", (20, 20), (number, 0, 0)).save(folder / f"{number}.png")
    [selection] = select([f"image_folder[path={folder}]"], DatasetSpec, load_registry())
    wanted = ChosenDataset.open(selection).wanted(16)

    def overwrite(items: int) -> None:
        Image.new("RGB", (20, 20), (200, 0, 0)).save(folder / "1.png")

    with pytest.raises(DatasetError, match=r"image_folder.* changed while they were being prepared\. Run it again"):
        shelf.obtain(wanted, overwrite)
    assert lying() == []

    now = ChosenDataset.open(selection).wanted(16)
    assert now.key != wanted.key
    assert Shelf().obtain(now).pictures[:, 0, 0, 0].tolist() == [0, 200, 2]


def test_progress_rises_to_the_number_of_items(wanted_of: Any, shelf: Shelf) -> None:
    told: list[int] = []
    shelf.obtain(wanted_of(helpers=1), told.append, workers=1)

    assert told == sorted(set(told))
    assert len(told) == 7
    assert told[-1] == 400


@pytest.mark.parametrize("helpers", [0, 2])
def test_what_cannot_be_decoded_is_recorded_and_black(
    wanted_of: Any, shelf: Shelf, log: Log, check: Any, helpers: int
) -> None:
    wanted = wanted_of(fault="unreadable", helpers=helpers)
    prepared = shelf.obtain(wanted, workers=helpers)
    damaged = range(7, 400, 50)
    by_whom = {pid for pid, number in log() if number in damaged}

    assert len(by_whom) > (helpers > 0)
    check(prepared, wanted, damaged)
    assert not prepared.pictures[list(damaged)].any()
    assert prepared.unreadable == {number: f"number {number} is damaged" for number in damaged}


@pytest.mark.parametrize("workers", [0, 1])
@pytest.mark.parametrize(
    ("fault", "error", "message"),
    [
        ("dataset", DatasetError, "the folder has gone"),
        ("index", IndexError, "pop from an empty deque"),
        ("os", FileNotFoundError, r"No such file or directory: '200\.png'"),
        ("own", Exception, "as it is"),
        ("picture", InvalidOutputError, r"loaded float32 \(13, 11, 3\) for test-00200; expected .* uint8"),
        ("exits", SystemExit, "3"),
    ],
)
def test_what_a_data_set_raises_reaches_the_caller_as_it_is(
    wanted_of: Any, shelf: Shelf, log: Log, lying: Any, fault: str, error: type[Exception], message: str, workers: int
) -> None:
    wanted = wanted_of(fault=fault, helpers=workers, until=200 if workers else -1)

    with pytest.raises(error, match=message) as caught:
        shelf.obtain(wanted, workers=workers)

    assert type(caught.value).__name__ == (error.__name__ if fault != "own" else "OwnError")
    assert lying() == []
    met = [pid for pid, number in log() if number == 200]
    assert met[-1] == os.getpid()  # who meets it last raises it
    if workers:
        assert met[0] != os.getpid()


@pytest.mark.parametrize(
    ("loaded", "found"),
    [
        (None, "NoneType"),
        (np.zeros((4, 4), np.uint8), r"uint8 \(4, 4\)"),
        (np.zeros((4, 4, 4), np.uint8), r"uint8 \(4, 4, 4\)"),
        (np.zeros((0, 4, 3), np.uint8), r"uint8 \(0, 4, 3\)"),
        (np.zeros((4, 4, 3), np.int8), r"int8 \(4, 4, 3\)"),
        (Image.new("RGB", (4, 4)), "Image"),
    ],
)
def test_what_is_no_picture_is_refused(generated: Any, shelf: Shelf, loaded: object, found: str) -> None:
    with pytest.raises(InvalidOutputError, match=f"The data set loaded {found} for one; expected a numpy array"):
        shelf.obtain(generated(["one"], lambda item: loaded))


def test_pictures_of_any_layout_in_memory_are_taken(generated: Any, shelf: Shelf) -> None:
    levels = np.arange(5 * 4 * 3, dtype=np.uint8).reshape(5, 4, 3)
    levels.flags.writeable = False
    wanted = generated(["as", "turned"], lambda item: levels if item == "as" else levels.transpose(1, 0, 2)[::-1])
    first, second = shelf.obtain(wanted).pictures

    assert np.array_equal(first, fit(levels, 4))
    assert np.array_equal(second, fit(np.ascontiguousarray(levels.transpose(1, 0, 2)[::-1]), 4))


def test_a_few_items_start_no_process(wanted_of: Any, shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    sizes: list[int] = []
    init = crew_module.Crew.__init__

    def noting(self: Any, wanted: Any, path: Any, parts: Any, size: int) -> None:
        sizes.append(size)
        init(self, wanted, path, parts, 0)

    monkeypatch.setattr(crew_module.Crew, "__init__", noting)
    monkeypatch.setattr("inpaintbench.prepared.build.spare_processors", lambda: 3)
    for count in (FEW, FEW + 1):
        shelf.obtain(wanted_of(count=count))

    assert sizes == [0, 3]


def test_reasons_may_hold_any_text(generated: Any, shelf: Shelf) -> None:
    def load(item: str) -> object:
        raise UnreadableImageError(f"\udcff é\n{item}")

    wanted = generated(["one", "tw\udc80"], load)
    prepared = shelf.obtain(wanted)

    assert prepared.unreadable == {0: "\udcff é\none", 1: "\udcff é\ntw\udc80"}
    found = Shelf().find(wanted)
    assert found is not None
    assert found.unreadable == prepared.unreadable


def test_the_file_is_one_that_numpy_would_have_written(generated: Any, shelf: Shelf) -> None:
    prepared = shelf.obtain(generated(["a", "bb"]))
    buffer = io.BytesIO()
    np.save(buffer, np.asarray(prepared.pictures))

    assert (prepared.folder / "pictures.npy").read_bytes() == buffer.getvalue()
