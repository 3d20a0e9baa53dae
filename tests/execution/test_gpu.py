"""The embedded suite on a CUDA device. Skipped, with that reason, where there is none."""

from __future__ import annotations

from pathlib import Path

import pytest

import inpaintbench
from inpaintbench.results import Results

pytestmark = pytest.mark.gpu


def _run(out: Path, device: str, **options: int) -> Results:
    return inpaintbench.run(
        methods=["mean_fill", "harmonic", "tv", "context_encoder[preset=quick]", "glcic[preset=quick]"],
        metrics=["psnr", "ssim", "l1", "psnr_hole", "l1_hole"],
        limit=12,
        out=out,
        device=device,
        train=False,
        **options,
    )


@pytest.fixture(scope="module")
def on_the_gpu(tmp_path_factory: pytest.TempPathFactory) -> Results:
    return _run(tmp_path_factory.mktemp("cuda"), "cuda")


def test_every_cell_completes_and_says_where_it_ran(on_the_gpu: Results) -> None:
    assert on_the_gpu.complete
    devices = {cell.record.environment["device"]["type"] for cell in on_the_gpu.cells}
    assert devices == {"cuda"}
    assert all(cell.record.memory["peak_bytes"] > 0 for cell in on_the_gpu.cells)
    assert all(cell.record.timing["seconds_per_image"] > 0 for cell in on_the_gpu.cells)


def test_the_numbers_are_those_of_the_cpu(on_the_gpu: Results, tmp_path: Path) -> None:
    keys = ["method", "dataset", "mask", "item"]
    on_the_cpu = _run(tmp_path, "cpu").records().set_index(keys)
    on_cuda = on_the_gpu.records().set_index(keys).loc[on_the_cpu.index]
    assert (on_cuda["hole_ratio"] == on_the_cpu["hole_ratio"]).all()
    # Completions differ by rounding, and tv by its duality gap of 1e-4; where one level flips, PSNR moves.
    assert (on_cuda["psnr"] - on_the_cpu["psnr"]).abs().max() < 0.05
    assert (on_cuda["ssim"] - on_the_cpu["ssim"]).abs().max() < 1e-3


def test_the_batch_changes_nothing(on_the_gpu: Results, tmp_path: Path) -> None:
    keys = ["method", "dataset", "mask", "item"]
    alone = _run(tmp_path, "cuda", batch_size=1).records().set_index(keys)
    together = on_the_gpu.records().set_index(keys).loc[alone.index]
    assert (together["psnr"] - alone["psnr"]).abs().max() < 0.05


def test_the_key_does_not_depend_on_the_device(on_the_gpu: Results, tmp_path: Path) -> None:
    on_the_cpu = _run(tmp_path, "cpu")
    assert [folder.name for folder in on_the_cpu.folders] == [folder.name for folder in on_the_gpu.folders]
