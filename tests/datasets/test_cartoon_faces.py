"""The data set of drawn portraits: the same everywhere, all different, endless in training."""

import hashlib
import inspect
from importlib import import_module

import numpy as np
import pytest

from inpaintbench.errors import DatasetError
from inpaintbench.seeding import RandomStream, derive_seed
from inpaintbench_datasets.cartoon_faces import canvas
from inpaintbench_datasets.cartoon_faces.canvas import Canvas, arc, edge, ellipse, mix, stroke
from inpaintbench_datasets.cartoon_faces.faces import CartoonFaces
from inpaintbench_datasets.cartoon_faces.genes import Genes, draw_genes

GOLDEN = {
    "test-00": "32dfa7186100c675696411270ccb5ad5e80f3564d0bf6be224d425e94d7640b8",
    "test-31": "c068a00c6b74a91d1093a2e6bb0710868b770c1de5cbef31338dfb6844f97278",
    "val-05": "17978c5d09704341aed6d1078505e1aecb197c616999b97deedd46563c0792cf",
    "train-0000123": "aae918669ace7d9e741ef2a22fbf266e07bd1f0b86152b8b4f4f79a6c5c932ca",
}
"""SHA-256 of pixels."""


def genes_of(item: str) -> Genes:
    return draw_genes(RandomStream(derive_seed("cartoon_faces", item)))


@pytest.mark.parametrize(("item", "expected"), GOLDEN.items())
def test_a_portrait_is_the_same_on_every_platform(item: str, expected: str) -> None:
    assert hashlib.sha256(CartoonFaces().load(item).tobytes()).hexdigest() == expected


def test_the_splits() -> None:
    faces = CartoonFaces(train=5)

    assert list(faces.items("train")) == [f"train-000000{number}" for number in range(5)]
    assert faces.items("test")[:2] == ("test-00", "test-01")
    assert len(faces.items("test")) == len(faces.items("val")) == 64


def test_a_longer_training_split_begins_with_a_shorter_one() -> None:
    assert CartoonFaces(train=200).items("train")[:10] == CartoonFaces(train=10).items("train")


def test_a_portrait_is_128_pixels_wide_and_does_not_depend_on_what_was_drawn_before() -> None:
    faces = CartoonFaces()
    first = faces.load("test-07")
    faces.load("test-08")

    assert first.shape == (128, 128, 3)
    assert first.dtype == np.uint8
    assert (faces.load("test-07") == first).all()


def test_no_two_portraits_are_equal() -> None:
    faces = CartoonFaces(train=300)
    items = [*faces.items("test"), *faces.items("val"), *faces.items("train")]

    assert len({faces.load(item).tobytes() for item in items}) == len(items) == 428


@pytest.mark.parametrize("item", ["", "test", "test-", "train--1", "photo-00", "test-00.png"])
def test_another_item_is_refused(item: str) -> None:
    with pytest.raises(DatasetError, match="is no cartoon face; expected an item such as test-00"):
        CartoonFaces().load(item)


def test_the_fingerprint_follows_the_items() -> None:
    faces = CartoonFaces(train=3)

    assert faces.fingerprint(["test-00", "test-01"]) != faces.fingerprint(["test-01", "test-00"])
    assert faces.fingerprint(faces.items("val")) == CartoonFaces(train=9).fingerprint(faces.items("val"))


def test_factors_vary_and_keep_their_ranges() -> None:
    people = [genes_of(f"train-{number}") for number in range(400)]

    for name in ("shift_x", "smile", "gaze", "light", "parting"):
        values = [getattr(genes, name) for genes in people]
        assert -1 <= min(values) < -0.5 < 0.5 < max(values) <= 1, name
    for name in ("hair_top", "hair_sides", "beard", "eye_open", "mouth_open"):
        assert all(0 <= getattr(genes, name) <= 1 for genes in people), name
    colours = [channel for genes in people for channel in (*genes.skin, *genes.hair, *genes.iris, *genes.shirt)]
    assert 0 <= min(colours) < max(colours) <= 1
    assert {genes.glasses for genes in people} == {0, 1, 2}


def test_what_goes_together_in_people_does() -> None:
    people = [genes_of(f"train-{number}") for number in range(400)]
    hair, brows = (np.array([getattr(genes, name) for genes in people]).ravel() for name in ("hair", "brow"))

    assert np.corrcoef(hair, brows)[0, 1] > 0.95
    assert all(genes.hair_sides <= 0.3 for genes in people if genes.beard)
    assert all(genes.beard for genes in people if genes.moustache)


def test_faces_are_aligned() -> None:
    faces = CartoonFaces(train=200)
    pictures = np.stack([faces.load(item) for item in faces.items("train")]).astype(float)
    mean = pictures.mean((0, 3))

    # The mean face has eyes: darker than the bridge of the nose between them, and than the cheeks below.
    left, bridge, right, cheek = mean[56:64, 45:52], mean[56:64, 62:66], mean[56:64, 76:83], mean[72:78, 45:52]
    assert max(left.mean(), right.mean()) < min(bridge.mean(), cheek.mean()) - 20


def test_only_operations_that_are_exact_everywhere_are_used() -> None:
    inexact = {
        "sin",
        "cos",
        "tan",
        "exp",
        "log",
        "power",
        "hypot",
        "arctan2",
        "tanh",
        "dot",
        "matmul",
        "einsum",
        "mean",
        "sum",
    }
    for module in ("canvas", "pose", "head", "features", "portrait", "genes", "faces"):
        source = inspect.getsource(import_module(f"inpaintbench_datasets.cartoon_faces.{module}"))
        assert "**" not in source.replace("**FIXED", ""), module
        assert not {name for name in inexact if f"np.{name}" in source}, module


def test_an_edge_covers_half_of_the_pixel_that_it_runs_through() -> None:
    distance = np.array([[-2.0, -0.5, -0.25, 0.0, 0.25, 0.5, 2.0]])

    assert edge(distance).tolist() == [[1.0, 1.0, 0.75, 0.5, 0.25, 0.0, 0.0]]
    assert edge(distance, 4.0).tolist() == [[1.0, 0.625, 0.5625, 0.5, 0.4375, 0.375, 0.0]]


def test_shapes_are_where_they_are_said_to_be() -> None:
    window = Canvas(32, (0.0, 0.0, 0.0)).window(0, 0, 32, 32)

    circle = ellipse(window, 16, 16, 5, 5)
    line = stroke(window, 8, 16, 24, 16, 4)
    bow = arc(window, 16, 16, 8, 4, 2)

    assert ((circle < 0) == ((window.x - 16) ** 2 + (window.y - 16) ** 2 < 25)).all()
    assert abs(int((line < 0).sum()) - (16 * 4 + 12.6)) < 6  # a rectangle with two half discs
    assert bow[19, 15] < 0 < bow[15, 15]  # in the middle the bow hangs 4 pixels below its ends


def test_painting_mixes_by_coverage_and_stays_in_the_window() -> None:
    one = Canvas(8, (0.0, 0.5, 1.0))
    window = one.window(3, 3, 4, 4)
    one.paint(window, np.full((window.y.shape[0], window.x.shape[1]), 0.5), (1.0, 0.5, 0.0))

    assert one.levels()[3, 3].tolist() == [128, 128, 128]
    assert one.levels()[0, 0].tolist() == [0, 128, 255]
    assert mix((0.0, 0.0, 0.0), (1.0, 0.5, 0.25), 0.5) == (0.5, 0.25, 0.125)
    assert canvas.SIDE == 128
