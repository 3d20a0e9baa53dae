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
    "test-00": "4262dd940b2aa7e387dd87e5c342482f84a8342351c268960297fa344f292bda",
    "test-31": "34501ce4e34f7a04536068ec83ffe37bea7b4a54c53ba01ce1be1ac7dcadd117",
    "val-05": "ee5a6d5eab560d5d190ac89afb843c9ee2c8fdd4b2c5fa6a7d2866e209afac4f",
    "train-0000123": "3905d0c35ae76f72ebd9902729cada94afafbae612ca075c95fa8658e89f9852",
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


@pytest.mark.parametrize("train", [300, pytest.param(5_000, marks=pytest.mark.slow)])
def test_no_two_portraits_are_equal(train: int) -> None:
    faces = CartoonFaces(train=train)
    items = [*faces.items("test"), *faces.items("val"), *faces.items("train")]

    assert len({hashlib.sha256(faces.load(item).tobytes()).digest() for item in items}) == len(items) == 128 + train


@pytest.mark.slow
def test_the_known_pixels_tell_of_the_hole_what_smoothness_cannot() -> None:
    """Linear regression on 1,000 portraits fills the middle better, by far, than the harmonic continuation of edges."""
    faces, middle = CartoonFaces(train=1_000), slice(22, 42)
    hole = np.zeros((64, 64), bool)
    hole[middle, middle] = True
    train, test = (
        np.stack([faces.load(item).reshape(64, 2, 64, 2, 3).mean((1, 3)) / 255 for item in faces.items(split)])
        for split in ("train", "test")
    )

    known, missing = train[:, ~hole].reshape(1_000, -1), train[:, hole].reshape(1_000, -1)
    gram = (known - known.mean(0)) @ (known - known.mean(0)).T
    weights = np.linalg.solve(gram + 10 * np.eye(1_000), missing - missing.mean(0))
    similarity = (test[:, ~hole].reshape(64, -1) - known.mean(0)) @ (known - known.mean(0)).T
    learnt = (similarity @ weights + missing.mean(0)).reshape(64, 400, 3)

    smooth = test.copy()
    smooth[:, middle, middle] = 0.5
    for _ in range(1_000):
        sides = (
            smooth[:, 21:41, middle] + smooth[:, 23:43, middle] + smooth[:, middle, 21:41] + smooth[:, middle, 23:43]
        )
        smooth[:, middle, middle] = sides / 4

    def decibels(filled: np.ndarray) -> float:
        errors = ((filled - test[:, hole]) ** 2).mean((1, 2))
        return float(-10 * np.log10(errors).mean())

    assert decibels(smooth[:, hole]) < 17
    assert decibels(learnt) > decibels(smooth[:, hole]) + 5


@pytest.mark.parametrize(
    "item",
    [
        *("", "test", "test-", "train--1", "photo-00", "test-00.png"),
        *("test-64", "val-64", "train-0000005"),  # of the right form, and behind the last
        *("test-0", "test-007", "train-0", "train-00000000"),  # other names of portraits that there are
        "test-٠٠",  # digits, but not those of ASCII
    ],
)
def test_an_item_that_is_in_no_split_is_named(item: str) -> None:
    with pytest.raises(DatasetError, match=rf"cartoon_faces has no item '{item}'; expected .* of the first 5 "):
        CartoonFaces(train=5).load(item)


@pytest.mark.parametrize("item", ["test-63", "val-63", "train-0000004"])
def test_the_last_item_of_each_split_can_be_loaded(item: str) -> None:
    faces = CartoonFaces(train=5)

    assert faces.items(item.partition("-")[0])[-1] == item  # type: ignore[arg-type]
    assert faces.load(item).shape == (128, 128, 3)


def test_the_fingerprint_follows_the_items() -> None:
    faces = CartoonFaces(train=3)

    assert faces.fingerprint(["test-00", "test-01"]) != faces.fingerprint(["test-01", "test-00"])
    assert faces.fingerprint(faces.items("val")) == CartoonFaces(train=9).fingerprint(faces.items("val"))


def test_factors_vary_and_keep_their_ranges() -> None:
    people = [genes_of(f"train-{number}") for number in range(400)]

    for name in ("shift_x", "gaze", "light", "parting"):
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
