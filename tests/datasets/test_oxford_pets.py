"""`oxford_pets`: the two published lists, breeds from names, and what is said when something is absent."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from inpaintbench.errors import DatasetError, UnreadableImageError
from inpaintbench_datasets.oxford_pets import OxfordPets
from inpaintbench_datasets.specs.objects import OXFORD_PETS


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "images").mkdir()
    (tmp_path / "annotations").mkdir()
    (tmp_path / "images" / "Abyssinian_100.mat").write_bytes(b"as in the published archive")
    for level, name in enumerate(("Abyssinian_100", "basset_hound_7", "Egyptian_Mau_1", "not_listed_1")):
        Image.new("RGB", (20, 12), (60 * level, 0, 0)).save(tmp_path / "images" / f"{name}.jpg", format="PNG")
    (tmp_path / "annotations" / "trainval.txt").write_text("Abyssinian_100 1 1 1\nbasset_hound_7 5 2 3\n")
    (tmp_path / "annotations" / "test.txt").write_text("#Image CLASS-ID SPECIES BREED ID\nEgyptian_Mau_1 10 1 5\n")
    return tmp_path


def test_trainval_is_train(folder: Path) -> None:
    pets = OxfordPets(path=str(folder))
    assert list(pets.items("train")) == ["Abyssinian_100.jpg", "basset_hound_7.jpg"]
    assert list(pets.items("test")) == ["Egyptian_Mau_1.jpg"]


def test_there_is_no_val_split(folder: Path) -> None:
    with pytest.raises(DatasetError, match="oxford_pets has no val split: it is published as trainval"):
        OxfordPets(path=str(folder)).items("val")


def test_a_picture_and_its_breed(folder: Path) -> None:
    pets = OxfordPets(path=str(folder))
    assert np.array_equal(pets.load("basset_hound_7.jpg"), np.broadcast_to((60, 0, 0), (12, 20, 3)))
    assert [pets.label(item) for item in ("basset_hound_7.jpg", "Egyptian_Mau_1.jpg")] == [
        "basset_hound",
        "Egyptian_Mau",
    ]


def test_the_fingerprint_is_of_the_items_own_files(folder: Path) -> None:
    pets = OxfordPets(path=str(folder))
    both = pets.fingerprint(["Abyssinian_100.jpg", "basset_hound_7.jpg"])
    one = pets.fingerprint(["Abyssinian_100.jpg"])
    (folder / "images" / "basset_hound_7.jpg").write_bytes(b"other")
    assert pets.fingerprint(["Abyssinian_100.jpg"]) == one
    assert pets.fingerprint(["Abyssinian_100.jpg", "basset_hound_7.jpg"]) != both
    with pytest.raises(UnreadableImageError, match=r"basset_hound_7\.jpg cannot be decoded"):
        pets.load("basset_hound_7.jpg")


def test_absent_pictures_are_named(folder: Path) -> None:
    (folder / "images" / "Egyptian_Mau_1.jpg").unlink()
    with pytest.raises(DatasetError, match=r"test\.txt names Egyptian_Mau_1\.jpg, which is not in .*images"):
        OxfordPets(path=str(folder)).items("test")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("Egyptian_Mau_1\n", "holds the line 'Egyptian_Mau_1'; expected the name of a picture and three numbers"),
        (
            "../images/Egyptian_Mau_1 1 1 1\n",
            r"'\.\./images/Egyptian_Mau_1 1 1 1', which names a file outside",
        ),
        ("# nothing\n", r"test\.txt names no picture"),
    ],
)
def test_a_damaged_list_is_refused(folder: Path, content: str, message: str) -> None:
    (folder / "annotations" / "test.txt").write_text(content)
    with pytest.raises(DatasetError, match=message):
        OxfordPets(path=str(folder)).items("test")


@pytest.mark.parametrize("gone", ["images", "annotations"])
def test_half_of_the_data_set_is_not_enough(folder: Path, gone: str) -> None:
    (folder / gone).rename(folder / "elsewhere")
    with pytest.raises(DatasetError, match=rf"oxford_pets lacks .*{gone}.*`bench prepare oxford_pets`"):
        OxfordPets(path=str(folder)).items("test")


def test_the_downloads_are_torchvisions() -> None:
    from torchvision.datasets import OxfordIIITPet

    assert [(one.url, one.checksum) for one in OXFORD_PETS.downloads] == [
        (url, f"md5:{md5}") for url, md5 in OxfordIIITPet._RESOURCES
    ]
    assert all(one.unpack and one.into == "." for one in OXFORD_PETS.downloads)


@pytest.mark.realdata
def test_real_pets(real_data: Path) -> None:
    pets = OxfordPets(path=str(real_data / "oxford-iiit-pet"))
    train, test = pets.items("train"), pets.items("test")
    assert (len(train), len(test)) == (259, 111)
    assert not set(train) & set(test)
    assert len({pets.label(item) for item in test}) == 37
    assert {pets.label(item) for item in test} == {pets.label(item) for item in train}
    assert min(pets.load(test[0]).shape[:2]) <= 192
    assert pets.fingerprint(test) != pets.fingerprint(train)
