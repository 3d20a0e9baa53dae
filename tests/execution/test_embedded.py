"""The main job: the embedded suite on its photographs, and the same methods on real faces."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

import inpaintbench
from inpaintbench.suite import DEFAULT, Suite


def test_tv_and_harmonic_beat_the_floor_under_every_mask(tmp_path: Path) -> None:
    results = inpaintbench.run(metrics="psnr_hole", limit=24, samples=0, out=tmp_path)
    table = results.table().pivot(index="mask", columns="method", values="psnr_hole")

    assert results.complete
    assert len(table) == len(Suite.load(DEFAULT).masks) == 5
    assert (table["tv"] > table["mean_fill"]).all()
    assert (table["harmonic"] > table["mean_fill"]).all()
    assert results.records()["converged"].dropna().all()


@pytest.mark.realdata
def test_faces_have_the_numbers_that_are_known_of_them(tmp_path: Path) -> None:
    results = inpaintbench.run(
        methods=["tv", "mean_fill"],
        datasets="image_folder[path=celeba/img_align_celeba]",
        masks="center_square[side=20]",
        metrics=["psnr", "ssim", "psnr_hole"],
        limit=128,
        samples=16,
        out=tmp_path,
    )
    records = results.records()
    means = records.groupby("method")["psnr_hole"].mean()

    assert means["tv"] == pytest.approx(17, abs=0.6)
    # About 13 dB is what the data set's mean colour reaches; an image's own mean colour reaches 12.2.
    assert means["mean_fill"] == pytest.approx(12.2, abs=0.6)
    for cell in results.cells:
        stored = cell.images().set_index("index")
        for index in range(16):
            image, composite, hole = (
                np.asarray(Image.open(cell.folder / "samples" / f"{index:05d}-{name}.png"))
                for name in ("image", "composite", "hole")
            )
            given = {"data_range": 255}
            known = hole == 0
            assert np.array_equal(image[known], composite[known])
            assert stored["psnr"][index] == pytest.approx(peak_signal_noise_ratio(image, composite, **given), abs=1e-3)
            gaussian = {"gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False, "channel_axis": 2}
            expected = structural_similarity(image, composite, **given, **gaussian)
            assert stored["ssim"][index] == pytest.approx(expected, abs=1e-4)
