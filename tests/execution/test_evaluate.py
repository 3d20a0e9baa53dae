"""Evaluating a cell: its numbers can be computed again, and depend on nothing but the cell."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

import inpaintbench
from inpaintbench.errors import InvalidOutputError
from inpaintbench.execution.evaluating.blaming import status_of
from inpaintbench.stored import StoredCell

SCORES = ["psnr", "ssim", "l1", "psnr_hole", "l1_hole"]


def sample(cell: StoredCell, index: int, kind: str) -> np.ndarray[Any, Any]:
    with Image.open(cell.folder / "samples" / f"{index:05d}-{kind}.png") as picture:
        return np.array(picture)


def saved_pictures(folder: Path, count: int = 3) -> Path:
    """Write pictures that are no noise: gradients with a bright block each."""
    folder.mkdir()
    for number in range(count):
        levels = np.linspace(0, 200, 20 * 20 * 3).reshape(20, 20, 3).astype(np.uint8)
        levels[3 + number : 12, 4:15, number % 3] = 255
        Image.fromarray(levels).save(folder / f"{number}.png")
    return folder


def log(cell: StoredCell) -> str:
    return (cell.folder / "log.txt").read_text(encoding="utf-8")


def test_the_numbers_can_be_computed_again_from_the_saved_pictures(run: Any) -> None:
    (cell,) = run(size=32, metrics=SCORES, samples=None).cells
    stored = cell.images()

    assert len(stored) == 6
    for row in stored.itertuples():
        image, composite = (sample(cell, row.index, kind) for kind in ("image", "composite"))
        hole = sample(cell, row.index, "hole") == 255
        error = np.abs(image.astype(float) - composite) / 255
        ssim = structural_similarity(  # type: ignore[no-untyped-call]
            image, composite, channel_axis=2, gaussian_weights=True, sigma=1.5, use_sample_covariance=False
        )
        psnr = peak_signal_noise_ratio(image, composite)  # type: ignore[no-untyped-call]
        assert row.psnr == pytest.approx(psnr, abs=1e-3)
        assert row.ssim == pytest.approx(ssim, abs=1e-4)
        assert row.l1 == pytest.approx(100 * error.mean(), abs=1e-9)
        assert row.psnr_hole == pytest.approx(-10 * np.log10((error[hole] ** 2).mean()), abs=1e-3)
        assert row.l1_hole == pytest.approx(100 * error[hole].mean(), abs=1e-9)
        assert row.hole_ratio == hole.mean()


def test_known_pixels_are_exact_and_the_hole_is_what_the_method_returned(run: Any) -> None:
    (cell,) = run(methods=["noise[gain=0.5]"], samples=None).cells

    for index in range(6):
        image, corrupted, composite = (sample(cell, index, kind) for kind in ("image", "corrupted", "composite"))
        hole = sample(cell, index, "hole") == 255
        assert np.array_equal(composite[~hole], image[~hole])
        assert np.array_equal(corrupted[~hole], image[~hole])
        assert not corrupted[hole].any()
        assert len(np.unique(composite[hole])) > 20  # the noise


def test_what_lies_below_the_hole_changes_no_completion(run: Any, tmp_path: Path) -> None:
    folder = saved_pictures(tmp_path / "pictures")
    arguments = {"datasets": [f"image_folder[path={folder}]"], "size": 20, "metrics": ["psnr_hole"]}
    (honest,) = run(**arguments, out=tmp_path / "honest").cells
    for index in range(3):
        levels = sample(honest, index, "image")
        hole = sample(honest, index, "hole") == 255
        levels[hole] = 255 - levels[hole]
        Image.fromarray(levels).save(folder / f"{index}.png")
    (scrambled,) = run(**arguments, out=tmp_path / "scrambled").cells

    assert scrambled.record.key != honest.record.key
    assert scrambled.record.means != honest.record.means
    for index in range(3):
        hole = sample(honest, index, "hole") == 255
        assert np.array_equal(sample(scrambled, index, "hole") == 255, hole)
        assert not np.array_equal(sample(scrambled, index, "image")[hole], sample(honest, index, "image")[hole])
        assert np.array_equal(sample(scrambled, index, "composite"), sample(honest, index, "composite"))


def test_the_batch_size_changes_no_number(run: Any, tmp_path: Path) -> None:
    frames: list[pd.DataFrame] = []
    for size in (1, 3, 64):
        results = run(batch_size=size, metrics=SCORES, methods=["noise", "talkative"], out=tmp_path / str(size))
        frames.append(results.records().drop(columns="seconds"))

    for frame in frames[1:]:
        pd.testing.assert_frame_equal(frame.drop(columns="ssim"), frames[0].drop(columns="ssim"), check_exact=True)
        pd.testing.assert_series_equal(frame["ssim"], frames[0]["ssim"], rtol=0, atol=1e-6)


def test_a_limit_and_another_order_of_items_change_no_number(run: Any, tmp_path: Path) -> None:
    everything = run().records().set_index("item")
    limited = run(limit=2, batch_size=1, out=tmp_path / "limited")

    assert limited.cells[0].record.expected == limited.cells[0].record.scored == 2
    assert not limited.cells[0].record.ranked
    pd.testing.assert_frame_equal(
        limited.records().set_index("item")[["index", "psnr", "ssim"]],
        everything.loc[["test-0", "test-1"], ["index", "psnr", "ssim"]],
    )


def test_what_is_not_decoded_is_counted_and_the_rest_scored(run: Any) -> None:
    (cell,) = run(datasets=["drawn[fault=unreadable]"], metrics=["psnr", "psnr_hole"]).cells

    assert cell.record.status == "complete"
    assert (cell.record.expected, cell.record.scored) == (6, 4)
    assert [entry["item"] for entry in cell.record.unreadable] == ["test-1", "test-4"]
    assert cell.record.unreadable[0]["reason"] == "test-1 is damaged"
    assert cell.images()["index"].tolist() == [0, 2, 3, 5]


def test_strict_makes_it_a_failure(run: Any) -> None:
    results = run(datasets=["drawn", "drawn[fault=unreadable]"], strict=True)

    assert [cell.record.status for cell in results.cells] == ["complete", "failed"]
    assert results.cells[1].record.error == {
        "type": "UnreadableImageError",
        "message": "test-1: test-1 is damaged (--strict)",
    }


def test_strict_also_counts_what_an_interrupted_run_has_left_out(run: Any, tmp_path: Path) -> None:
    # the batch 0 … 3 is stored, and then the method fails
    failing = {"methods": ["broken[how=raises,calls=2]"], "datasets": ["drawn[fault=unreadable]"], "rerun": "failed"}
    (first,) = run(**failing).cells
    (second,) = run(**failing, strict=True).cells

    assert (first.record.scored, first.record.error["type"]) == (3, "ValueError")
    assert second.record.error["type"] == "UnreadableImageError"


@pytest.mark.parametrize(
    ("how", "status", "error", "message"),
    [
        ("raises", "failed", "ValueError", "the method\nis broken"),
        ("exits", "failed", "SystemExit", "0"),
        ("memory", "oom", "OutOfMemoryError", "no memory left"),
        ("host_memory", "oom", "RuntimeError", "DefaultCPUAllocator: can't allocate memory"),
        ("surrogate", "failed", "OSError", "no text: ?"),
        ("nothing", "invalid-output", "InvalidOutputError", "The method returned NoneType"),
        ("shape", "invalid-output", "InvalidOutputError", r"image of shape \(4, 1, 16, 16\)"),
        ("nan", "invalid-output", "InvalidOutputError", "NaN or infinity inside the hole of 4 of 4 images"),
        ("overwrites", "invalid-output", "InvalidOutputError", r"wrote into batch.corrupted"),
    ],
)
def test_a_broken_method_costs_its_own_cells(run: Any, how: str, status: str, error: str, message: str) -> None:
    results = run(methods=[f"broken[how={how},calls=1]", "noise"])
    broken, sound = results.cells

    assert not results.complete
    assert (broken.record.status, broken.record.error["type"]) == (status, error)
    assert re.search(message, broken.record.error["message"])
    assert broken.images().empty
    assert f"{status}\nTraceback (most recent call last):" in log(broken)
    assert error in log(broken)
    assert sound.record.status == "complete"
    assert "Traceback" not in log(sound)


@pytest.mark.parametrize(
    ("dataset", "mask", "metric", "status", "message"),
    [
        ("drawn[fault=constructor]", "dots", "psnr", "failed", "the data set cannot be built"),
        ("drawn[fault=items]", "dots", "psnr", "failed", "the data set cannot be listed"),
        ("drawn[fault=twice]", "dots", "psnr", "invalid-output", "lists the item 'test-0' 2 times"),
        ("drawn[fault=load]", "dots", "psnr", "failed", "the data set cannot load test-5"),
        ("drawn[fault=picture]", "dots", "psnr", "invalid-output", "expected a numpy array of uint8"),
        ("drawn", "dots[fault=constructor]", "psnr", "failed", "the mask cannot be built"),
        ("drawn", "dots[fault=draw]", "psnr", "failed", "the mask cannot be drawn"),
        ("drawn", "dots[fault=shape]", "psnr", "invalid-output", "The mask drew bool"),
        ("drawn", "dots", "odd[fault=constructor]", "failed", "the metric cannot be built"),
        ("drawn", "dots", "odd[fault=raises]", "failed", "the metric is broken"),
        ("drawn", "dots", "odd[fault=shape]", "invalid-output", "The metric odd"),
    ],
)
def test_any_other_broken_plugin_costs_the_cells_that_it_is_in(
    run: Any, dataset: str, mask: str, metric: str, status: str, message: str
) -> None:
    sound = run(metrics=["psnr"])
    results = run(datasets=["drawn", dataset], masks=["dots", mask], metrics=[metric])

    for cell in results.cells:
        broken = {dataset, mask, metric} - {"drawn", "dots", "psnr"}
        concerned = broken <= {cell.record.dataset, cell.record.mask, metric}
        assert cell.record.status == (status if concerned else "complete")
        if concerned:
            assert message in cell.record.error["message"]
            assert cell.record.scored < 6
            assert "Traceback (most recent call last):" in log(cell)
    assert sound.records().equals(run(metrics=["psnr"]).records())  # nothing of it was touched


def test_the_first_call_is_not_timed(run: Any) -> None:
    (cell,) = run(methods=["lazy"]).cells
    timing = cell.record.timing

    assert timing["warm_up_images"] == 1
    assert timing["wall_seconds"] > 0.5 > timing["method_seconds"]
    assert timing["method_seconds"] == pytest.approx(cell.images()["seconds"].sum())
    assert timing["seconds_per_image"] == pytest.approx(timing["method_seconds"] / 6)
    assert timing["batch_size"] == 4


def test_warming_up_changes_no_number(run: Any) -> None:
    noise, lazy = run(methods=["noise", "lazy"]).cells

    pd.testing.assert_frame_equal(noise.images().drop(columns="seconds"), lazy.images().drop(columns="seconds"))


def test_peak_memory_is_stored(run: Any) -> None:
    (cell,) = run().cells

    assert cell.record.memory["peak_bytes"] > 2**20
    assert cell.record.memory["counts"].startswith("the whole process")


def test_what_the_method_says_is_stored(run: Any) -> None:
    (cell,) = run(methods=["talkative"], samples=0).cells
    images = cell.images()

    assert images["method.parity"].isin([0, 1]).all()
    assert (images["converged"] == (images["method.parity"] == 0)).all()
    assert cell.record.unconverged == images["method.parity"].sum() > 0


def test_clamped_images_are_counted(run: Any) -> None:
    (cell,) = run(methods=["noise[gain=1.5]"]).cells
    images = cell.images()

    assert cell.record.clamped == (images["clamped"] > 0).sum() > 0
    assert cell.record.status == "complete"


def test_undefined_numbers_are_left_out_of_the_mean(run: Any) -> None:
    (cell,) = run(metrics=["odd[fault=undefined]"], batch_size=6).cells
    numbers = cell.images()["odd[fault=undefined]"]

    assert 0 < numbers.isna().sum() < 6
    assert cell.record.means["odd[fault=undefined]"] == pytest.approx(numbers.mean())


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (MemoryError(), "oom"),
        (torch.OutOfMemoryError("no room"), "oom"),
        (RuntimeError("MPS backend out of memory (MPS allocated: 1 GB)"), "oom"),
        (RuntimeError("CUDA error: out of memory"), "oom"),
        (RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"), "oom"),
        (RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: 9 bytes"), "oom"),
        (RuntimeError("std::bad_alloc"), "oom"),
        (RuntimeError("CUDA error: device-side assert triggered"), "failed"),
        (ValueError("a tale of being out of memory"), "failed"),
        (InvalidOutputError("out of memory"), "invalid-output"),
    ],
    ids=str,
)
def test_what_says_that_memory_has_run_out(error: Exception, status: str) -> None:
    assert status_of(error) == status


def test_what_a_picture_is_cut_from_is_stored_with_its_numbers(tmp_path: Path) -> None:
    results = inpaintbench.run(
        methods="mean_fill", datasets=["photos", "cartoon_faces"], masks="circle", metrics="psnr", limit=9, out=tmp_path
    )
    photos, faces = (
        cell.images() for cell in sorted(results.cells, key=lambda cell: cell.record.dataset, reverse=True)
    )

    assert photos["source"].tolist() == 8 * ["astronaut"] + ["brick"]
    assert "source" not in faces
