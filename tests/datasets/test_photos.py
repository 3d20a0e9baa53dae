"""`photos`: the splits, the geometry of the crops, and what their pixels hold."""

import hashlib
import socket

import numpy as np
import pytest
from skimage import data

from inpaintbench.errors import DatasetError, UnreadableImageError
from inpaintbench_datasets import photos
from inpaintbench_datasets.photos import PHOTOGRAPHS, Photograph, Photos, Square, cut, is_flat, pixels, squares

BY_NAME = {photograph.name: photograph for photograph in PHOTOGRAPHS}
ASTRONAUT, CHELSEA, RETINA = BY_NAME["astronaut"], BY_NAME["chelsea"], BY_NAME["retina"]


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("the network was used")

    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    photos._picture.cache_clear()


def test_the_splits_come_from_different_photographs() -> None:
    sources = {split: {item.split("/")[0] for item in Photos().items(split)} for split in ("train", "test")}
    assert not sources["train"] & sources["test"]
    assert {split: len(names) for split, names in sources.items()} == {"train": 7, "test": 7}


def test_the_ids_are_the_same_on_every_machine() -> None:
    test, train = Photos().items("test"), Photos().items("train")
    assert (len(test), len(train)) == (56, 379)
    assert len(set(test) | set(train)) == 56 + 379
    assert test[:9] == [
        "astronaut/0512/00",
        "astronaut/0256/00",
        "astronaut/0256/01",
        "astronaut/0256/02",
        "astronaut/0128/00",
        "astronaut/0128/01",
        "astronaut/0128/02",
        "astronaut/0128/03",
        "brick/0512/00",
    ]
    ids = hashlib.sha256("\n".join([*test, *train]).encode()).hexdigest()
    assert ids == "eeb277b935367015d445fef5a1598697a4d34e2af953f9b098c0366bc4c19f61"


def test_every_item_decodes_to_a_square_of_its_side_with_detail(no_network: None) -> None:
    for item in (*Photos().items("test"), *Photos().items("train")):
        crop = Photos().load(item)
        side = int(item.split("/")[1])
        assert crop.shape == (side, side, 3)
        assert crop.dtype == np.uint8
        assert crop.astype(float).mean(axis=2).std() >= 10, item


def test_test_crops_have_more_detail_than_the_rule_for_training_asks() -> None:
    spread = {item: Photos().load(item).mean(axis=2).std() for item in Photos().items("test")}
    assert min(spread.values()) > 17


def test_loading_gives_the_photographs_own_pixels() -> None:
    chelsea = data.chelsea()  # 300 × 451: u = 75, the central square begins at column (451 − 300) // 2 = 75
    expected = {
        "chelsea/0300/00": chelsea[:, 75:375],
        "chelsea/0150/00": chelsea[0:150, 150:300],
        "chelsea/0150/01": chelsea[150:300, 75:225],
        "chelsea/0150/02": chelsea[150:300, 225:375],
        "chelsea/0075/00": chelsea[0:75, 75:150],
        "chelsea/0075/01": chelsea[0:75, 300:375],
        "chelsea/0075/02": chelsea[75:150, 75:150],
        "chelsea/0075/03": chelsea[75:150, 300:375],
    }
    assert [item for item in Photos().items("test") if item.startswith("chelsea")] == list(expected)
    for item, crop in expected.items():
        assert np.array_equal(Photos().load(item), crop), item


def test_grey_photographs_come_out_as_rgb() -> None:
    assert np.array_equal(Photos().load("brick/0512/00"), np.stack([data.brick()] * 3, axis=2))


def test_the_left_picture_of_the_stereo_pair_is_used() -> None:
    left, _, _ = data.stereo_motorcycle()  # 500 × 741, u = 125: one crop of 500 at column (741 − 500) // 2 = 120
    assert np.array_equal(Photos().load("stereo_motorcycle/0500/00"), left[:, 120:620])


@pytest.mark.parametrize("photograph", [p for p in PHOTOGRAPHS if p.split == "test"], ids=lambda p: p.name)
def test_the_seven_tiles_of_a_test_photograph_cover_every_pixel_at_most_once(photograph: Photograph) -> None:
    covered = np.zeros(photograph.shape, int)
    (_, _, whole), *tiles = squares(photograph)
    for _, _, (top, left, side) in tiles:
        covered[top : top + side, left : left + side] += 1
    assert len(tiles) == 7
    assert covered.max() == 1
    assert covered.sum() == whole.side**2  # and, within the central square, at least once
    assert cut(covered[..., None].repeat(3, 2).astype(np.uint8), whole).min() == 1


@pytest.mark.parametrize("photograph", [p for p in PHOTOGRAPHS if p.split == "train"], ids=lambda p: p.name)
def test_training_crops_of_one_width_share_at_most_half(photograph: Photograph) -> None:
    for width in (4, 2, 1):
        places = [square for w, _, square in squares(photograph) if w == width]
        for number, first in enumerate(places):
            assert first.top >= 0
            assert first.left >= 0
            assert first.top + first.side <= photograph.shape[0]
            assert first.left + first.side <= photograph.shape[1]
            for second in places[:number]:
                rows = first.side - abs(first.top - second.top)
                columns = first.side - abs(first.left - second.left)
                assert rows <= 0 or columns <= 0 or rows * columns <= (first.side + 1) * first.side / 2


def test_training_crops_are_placed_as_worked_by_hand() -> None:
    rocket = BY_NAME["rocket"]  # 427 × 640, u = 106: crops of 424, 212 and 106 at steps of 212, 106 and 53
    places = [square for width, _, square in squares(rocket) if width == 4]
    # Rows: one, at (427 − 424) // 2 = 1. Columns: (640 − 424) // 212 + 1 = 2, from (640 − 424 − 212) // 2 = 2.
    assert places == [Square(1, 2, 424), Square(1, 214, 424)]
    assert len([1 for width, _, _ in squares(rocket) if width == 1]) == 7 * 11


@pytest.mark.parametrize("photograph", PHOTOGRAPHS, ids=lambda photograph: photograph.name)
def test_the_crops_left_out_are_those_that_the_rule_calls_flat(photograph: Photograph) -> None:
    picture = pixels(photograph)
    flat: dict[int, list[int]] = {}
    for width, index, square in squares(photograph):
        if is_flat(cut(picture, square)):
            flat.setdefault(width, []).append(index)
    assert {width: list(indices) for width, indices in photograph.flat.items()} == flat


def test_flatness_by_hand() -> None:
    halves = np.full((4, 4, 3), 100, np.uint8)
    halves[:2] = 119  # two levels, each of half the pixels: the standard deviation is half their distance, 9.5
    assert is_flat(halves)
    halves[:2] = 120
    assert not is_flat(halves)


def test_the_part_of_the_retina_that_is_used_shows_no_black_surround() -> None:
    assert pixels(RETINA).shape == (960, 960, 3)
    assert pixels(RETINA).mean(axis=2).min() > 30


def test_what_is_loaded_can_be_changed_without_harm() -> None:
    first = Photos().load("astronaut/0128/00")
    before = first.copy()
    first[:] = 0
    assert np.array_equal(Photos().load("astronaut/0128/00"), before)


def test_the_fingerprint_depends_on_the_items_their_places_and_their_pixels(monkeypatch: pytest.MonkeyPatch) -> None:
    items = Photos().items("test")
    whole = Photos().fingerprint(items)
    assert Photos().fingerprint(items) == whole
    assert Photos().fingerprint(items[:-1]) != whole
    assert Photos().fingerprint(items[::-1]) != whole

    def other_place(item: str) -> tuple[Photograph, Square]:
        return ASTRONAUT, Square(1, 0, 128)

    def other_pixels(name: str) -> str:
        return "0" * 64

    for name, replacement in (("_crop", other_place), ("_pixel_hash", other_pixels)):
        one = Photos().fingerprint(["astronaut/0128/00"])
        with monkeypatch.context() as changed:
            changed.setattr(photos, name, replacement)
            assert Photos().fingerprint(["astronaut/0128/00"]) != one


def test_the_test_splits_pixels_are_those_of_the_stored_results() -> None:
    """All test photographs are PNG files: no decoder may round differently."""
    assert (
        Photos().fingerprint(Photos().items("test"))
        == "0c5fb31a5db9161c7c699290224121b8c887a33a35bf65bad0c383ab527fa626"
    )


@pytest.mark.parametrize("item", ["dog/0128/00", "astronaut/0128/99", "camera/0128/05", ""])
def test_an_unknown_item_is_named(item: str) -> None:
    with pytest.raises(DatasetError, match="photos has no item"):
        Photos().load(item)


def test_a_scikit_image_without_the_photograph_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent() -> None:
        raise ModuleNotFoundError("requires the installation of an optional dependency, pooch")

    monkeypatch.setattr(data, "astronaut", absent)
    photos._picture.cache_clear()
    with pytest.raises(UnreadableImageError, match=r"cannot show its picture astronaut \(requires"):
        Photos().load("astronaut/0512/00")


def test_another_photograph_of_the_same_name_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(data, "chelsea", lambda: np.zeros((200, 200, 3), np.uint8))
    photos._picture.cache_clear()
    with pytest.raises(UnreadableImageError, match="picture chelsea has another size"):
        Photos().load("chelsea/0300/00")
    photos._picture.cache_clear()
