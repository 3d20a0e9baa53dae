"""The main job: the embedded suite with the checkpoints that come along, and the same methods on real faces."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

import inpaintbench
from inpaintbench.results import Results
from inpaintbench.suite import DEFAULT, Suite


@pytest.fixture(scope="module")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> Results:
    """Run the embedded suite on the first pictures, without any training."""
    return inpaintbench.run(metrics="psnr_hole", limit=12, samples=0, train=False, out=tmp_path_factory.mktemp("run"))


def hole_psnr(results: Results, dataset: str) -> pd.DataFrame:
    """Return a table of means: masks down, methods across, without their presets."""
    table = results.table()
    chosen = table[table["dataset"] == dataset]
    return chosen.assign(method=chosen["method"].str.partition("[")[0]).pivot(
        index="mask", columns="method", values="psnr_hole"
    )


def test_it_shows_six_methods_two_data_sets_and_five_masks(embedded: Results) -> None:
    suite = Suite.load(DEFAULT)

    assert embedded.complete
    assert (len(suite.methods), len(suite.datasets), len(suite.masks)) == (6, 2, 5)
    assert hole_psnr(embedded, "photos").shape == hole_psnr(embedded, "cartoon_faces").shape == (5, 6)


@pytest.mark.parametrize("dataset", ["photos", "cartoon_faces"])
def test_tv_and_harmonic_beat_the_floor_under_every_mask(embedded: Results, dataset: str) -> None:
    table = hole_psnr(embedded, dataset)

    assert (table["tv"] > table["mean_fill"]).all()
    assert (table["harmonic"] > table["mean_fill"]).all()
    assert embedded.records()["converged"].dropna().all()


def test_on_homogeneous_pictures_learning_wins_and_on_diverse_ones_it_does_not(embedded: Results) -> None:
    squares = ["center_square[side=20]", "center_square[side=30]", "circle[diameter=20]"]
    faces, photos = (hole_psnr(embedded, name).loc[squares] for name in ("cartoon_faces", "photos"))

    for method in ("yeh", "context_encoder", "glcic"):
        assert (faces[method] > faces[["tv", "harmonic"]].max(axis=1)).all(), method
        assert (photos[method] < photos[["tv", "harmonic"]].max(axis=1)).all(), method


def test_results_name_the_weights_behind_them(embedded: Results) -> None:
    learned = [cell.record for cell in embedded.cells if "preset" in cell.record.method]

    assert len(learned) == 30
    assert len({record.environment["checkpoint"]["sha256"] for record in learned}) == 6
    assert all(record.environment["checkpoint"]["shipped"] for record in learned)


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
