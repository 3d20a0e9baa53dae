"""Loading: the same pictures and holes for every method, in any order, with bounded memory."""

import threading
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from inpaintbench.errors import CacheError, InvalidOutputError
from inpaintbench.execution.evaluating import loader as loader_module
from inpaintbench.execution.evaluating.loader import Loaded, batches
from inpaintbench.execution.planning.cells import Cell
from inpaintbench.execution.planning.plan import make_plan
from inpaintbench.holes import hash_of, shape_of
from inpaintbench.pictures import fit
from inpaintbench.plugins import load_registry
from inpaintbench.prepared.shelf import Shelf
from inpaintbench.prepared.split import PreparedSplit
from inpaintbench.store import Store
from inpaintbench.suite import Suite

CellOf = Callable[..., Cell]


@pytest.fixture
def cell_of(small: dict[str, Any], tmp_path: Path) -> CellOf:
    registry = load_registry(small["plugins"])

    def cell_of(dataset: str = "drawn", mask: str = "dots", method: str = "noise", **changes: Any) -> Cell:
        chosen: dict[str, Any] = {"metrics": ("psnr",), "size": 16} | changes
        suite = Suite(name="test", methods=(method,), datasets=(dataset,), masks=(mask,), **chosen)
        (planned,) = make_plan(suite, registry, Store(tmp_path))
        return planned.cell

    return cell_of


def prepare(cell: Cell) -> PreparedSplit:
    """Return the pictures of a cell, prepared."""
    return Shelf().obtain(cell.dataset.wanted(cell.size))


def load(cell: Cell, indices: Sequence[int] = range(6), size: int = 4) -> list[Loaded]:
    return list(batches(cell, indices, size, prepare(cell)))


def by_item(loaded: Sequence[Loaded]) -> dict[str, tuple[bytes, bytes, int]]:
    """Return picture, hole and seed of each item."""
    return {
        item: (batch.pictures[position].tobytes(), batch.holes[position].tobytes(), batch.seeds[position])
        for batch in loaded
        for position, item in enumerate(batch.items)
    }


def loaded_items(cell: Cell) -> Counter[str]:
    """Return the specimens' count of what has been decoded."""
    import sys

    counter: Counter[str] = sys.modules[cell.dataset.selection.spec.target.partition(":")[0]].LOADED
    return counter


def test_a_damaged_picture_is_never_loaded(cell_of: CellOf) -> None:
    cell = cell_of()
    prepared = prepare(cell)
    with (prepared.folder / "pictures.npy").open("r+b") as file:
        file.seek(-1, 2)
        file.write(bytes([255 ^ int(prepared.pictures[-1, -1, -1, -1])]))
    loaded = batches(cell, range(6), 4, prepared)

    assert next(loaded).items == ("test-0", "test-1", "test-2", "test-3")
    with pytest.raises(CacheError, match="number 5 is not what was written there"):
        next(loaded)


def test_batches_hold_the_items_in_order(cell_of: CellOf) -> None:
    first, second = load(cell_of())

    assert (first.items, second.items) == (("test-0", "test-1", "test-2", "test-3"), ("test-4", "test-5"))
    assert (first.indices, second.indices) == ((0, 1, 2, 3), (4, 5))
    assert first.pictures.shape == (4, 16, 16, 3)
    assert first.holes.shape == (4, 16, 16)
    assert len(set(first.seeds + second.seeds)) == 6
    assert first.unreadable == second.unreadable == ()


def test_pictures_are_fitted(cell_of: CellOf) -> None:
    cell = cell_of()
    (loaded,) = load(cell, [2])

    assert np.array_equal(loaded.pictures[0], fit(cell.dataset.built.load("test-2"), 16))  # type: ignore[union-attr]


def test_neither_batch_nor_order_nor_limit_nor_method_changes_an_item(cell_of: CellOf) -> None:
    expected = by_item(load(cell_of()))

    for size in (1, 3, 64):
        assert by_item(load(cell_of(), size=size)) == expected
    assert by_item(load(cell_of(), indices=[5, 3, 0, 4, 1, 2])) == expected
    assert by_item(load(cell_of(method="slow"))) == expected
    limited = by_item(load(cell_of(limit=2), indices=range(2)))
    assert limited == {item: expected[item] for item in ("test-0", "test-1")}


@pytest.mark.parametrize("change", [{"seed": 1}, {"dataset": "drawn[count=7]"}, {"mask": "dots[fault=draw]"}])
def test_seed_dataset_and_mask_each_change_the_holes(cell_of: CellOf, change: dict[str, Any]) -> None:
    expected = by_item(load(cell_of(), [0]))["test-0"]
    found = by_item(load(cell_of(**change), [0]))["test-0"]

    assert found[0] == expected[0]
    assert found[1] != expected[1]
    assert found[2] != expected[2]


def test_holes_are_the_same_on_every_machine_for_ever(cell_of: CellOf) -> None:
    (loaded,) = load(cell_of(), [0])

    assert np.flatnonzero(loaded.holes)[:8].tolist() == [5, 6, 15, 16, 22, 34, 35, 46]
    assert loaded.seeds == (1287100499042650657,)


def test_a_method_sees_nothing_below_the_hole(cell_of: CellOf) -> None:
    (loaded,) = load(cell_of(), [0, 1], size=2)
    image, batch = loaded.to(torch.device("cpu"))

    assert image.dtype == batch.corrupted.dtype == torch.float32
    assert torch.equal(image * 255, torch.from_numpy(loaded.pictures).permute(0, 3, 1, 2).float())
    assert not batch.corrupted[batch.hole.expand_as(image)].any()
    assert torch.equal(batch.corrupted[~batch.hole.expand_as(image)], image[~batch.hole.expand_as(image)])
    assert image.untyped_storage().data_ptr() != batch.corrupted.untyped_storage().data_ptr()


def test_what_cannot_be_decoded_is_left_out_and_named(cell_of: CellOf) -> None:
    first, second = load(cell_of("drawn[fault=unreadable]"))

    assert (first.items, first.indices) == (("test-0", "test-2", "test-3"), (0, 2, 3))
    assert first.unreadable == ({"item": "test-1", "reason": "test-1 is damaged"},)
    assert second.unreadable == ({"item": "test-4", "reason": "test-4 is damaged"},)
    (nothing,) = load(cell_of("drawn[fault=unreadable]"), [1, 4])
    assert nothing.pictures.shape == (0, 16, 16, 3)
    assert (nothing.items, nothing.seeds) == ((), ())


@pytest.mark.parametrize(
    ("dataset", "mask", "error", "message"),
    [
        ("drawn[fault=constructor]", "dots", ValueError, "the data set cannot be built"),
        ("drawn[fault=items]", "dots", ValueError, "the data set cannot be listed"),
        ("drawn[fault=twice]", "dots", InvalidOutputError, r"lists the item 'test-0' 2 times, as str; .* each once"),
        ("drawn[fault=load]", "dots", ValueError, "the data set cannot load test-5"),
        (
            "drawn[fault=picture]",
            "dots",
            InvalidOutputError,
            r"loaded float64 \(24, 20, 3\) for test-5; .*uint8",
        ),
        ("drawn", "dots[fault=constructor]", ValueError, "the mask cannot be built"),
        ("drawn", "dots[fault=draw]", ValueError, "the mask cannot be drawn"),
        ("drawn", "dots[fault=kind]", InvalidOutputError, r"drew uint8 \(16, 16\); expected .*bool, \(16, 16\)"),
        ("drawn", "dots[fault=shape]", InvalidOutputError, r"drew bool \(15, 16\)"),
    ],
)
def test_what_a_plugin_breaks_is_raised(
    cell_of: CellOf, dataset: str, mask: str, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        load(cell_of(dataset, mask))


def test_a_fault_of_the_mask_is_raised_at_its_batch_and_not_before(cell_of: CellOf) -> None:
    cell = cell_of(mask="dots[fault=draw]")  # which draws five holes: three when it is planned, two here
    loaded = batches(cell, range(6), 2, prepare(cell))

    assert next(loaded).items == ("test-0", "test-1")
    with pytest.raises(ValueError, match="the mask cannot be drawn"):
        next(loaded)


def test_a_fault_of_the_data_set_is_raised_while_it_is_prepared(cell_of: CellOf) -> None:
    with pytest.raises(ValueError, match="the data set cannot load test-5"):
        prepare(cell_of("drawn[fault=load]"))


def test_one_batch_is_loaded_ahead_and_no_more(cell_of: CellOf, monkeypatch: pytest.MonkeyPatch) -> None:
    loads: list[Sequence[int]] = []
    second = threading.Event()
    load_batch = loader_module._load

    def observed(cell: Cell, indices: Sequence[int], prepared: PreparedSplit) -> Loaded:
        loads.append(indices)
        if len(loads) == 2:
            second.set()
        return load_batch(cell, indices, prepared)

    monkeypatch.setattr(loader_module, "_load", observed)
    cell = cell_of("drawn[count=20]")
    loaded = batches(cell, range(20), 2, prepare(cell))

    next(loaded)
    assert second.wait(timeout=10)  # the second batch is loaded while the first is used
    loaded.close()  # ends the thread, so that whatever it would load, it has
    assert [list(indices) for indices in loads] == [[0, 1], [2, 3]]
    assert not [thread.name for thread in threading.enumerate() if thread.name.startswith("loader")]


def test_each_item_is_decoded_once_for_all_cells(cell_of: CellOf) -> None:
    cell, other = cell_of(), cell_of(method="slow", mask="dots[fault=draw]")
    before = loaded_items(cell).copy()
    expected = [batch.pictures.tobytes() for batch in load(cell)]

    assert [batch.pictures.tobytes() for batch in batches(other, range(2), 4, prepare(other))] == [
        expected[0][: 2 * 16 * 16 * 3]
    ]
    assert loaded_items(cell) - before == {f"test-{number}": 1 for number in range(6)}


def test_nothing_that_happens_to_a_batch_reaches_the_prepared_pictures(cell_of: CellOf) -> None:
    cell = cell_of()
    prepared = prepare(cell)
    before = prepared.pictures.copy()
    for loaded in batches(cell, range(6), 4, prepared):
        loaded.pictures[:] = 0

    assert type(loaded.pictures) is np.ndarray
    assert np.array_equal(prepared.pictures, before)


def test_shapes_and_hashes_are_those_of_what_is_loaded(cell_of: CellOf) -> None:
    (loaded,) = load(cell_of(), [0, 3])

    assert loaded.shapes == tuple(map(shape_of, loaded.holes))
    assert loaded.hashes == tuple(
        (hash_of(picture), hash_of(hole)) for picture, hole in zip(loaded.pictures, loaded.holes, strict=True)
    )
    assert loaded.labels == (None, None)
