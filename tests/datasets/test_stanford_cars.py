"""`stanford_cars`: annotations out of Matlab files, and pictures cut to their boxes."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from scipy.io import savemat

from inpaintbench.errors import DatasetError, UnreadableImageError
from inpaintbench_datasets.specs.objects import STANFORD_CARS
from inpaintbench_datasets.stanford_cars import StanfordCars

FIELDS = [("bbox_x1", "O"), ("bbox_y1", "O"), ("bbox_x2", "O"), ("bbox_y2", "O"), ("class", "O"), ("fname", "O")]
MODELS = ["AM General Hummer SUV 2000", "Ram C/V Cargo Van Minivan 2012"]

Row = tuple[int, int, int, int, int, str]


def annotate(path: Path, rows: list[Row]) -> None:
    savemat(path, {"annotations": np.array([tuple(row) for row in rows], dtype=FIELDS)[None]})


def coordinates(path: Path, height: int = 12, width: int = 20) -> None:
    """Save a picture that holds its own rows (red) and columns (green), losslessly."""
    rows, columns = np.mgrid[:height, :width].astype(np.uint8)
    Image.fromarray(np.stack([rows, columns, np.zeros_like(rows)], axis=2)).save(path, format="PNG")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("devkit", "cars_train", "cars_test"):
        (tmp_path / name).mkdir()
    savemat(tmp_path / "devkit" / "cars_meta.mat", {"class_names": np.array(MODELS, dtype=object)[None]})
    annotate(
        tmp_path / "devkit" / "cars_train_annos.mat", [(1, 1, 20, 12, 1, "00001.jpg"), (2, 2, 5, 5, 2, "00002.jpg")]
    )
    annotate(tmp_path / "cars_test_annos_withlabels.mat", [(3, 2, 7, 4, 2, "00001.jpg")])
    for name in ("cars_train/00001.jpg", "cars_train/00002.jpg", "cars_test/00001.jpg"):
        coordinates(tmp_path / name)
    return tmp_path


def test_both_splits_may_use_the_same_file_names(folder: Path) -> None:
    cars = StanfordCars(path=str(folder))
    assert cars.items("train") == ["cars_train/00001.jpg", "cars_train/00002.jpg"]
    assert cars.items("test") == ["cars_test/00001.jpg"]  # one annotation alone is a list, too


def test_classes_are_make_model_and_year(folder: Path) -> None:
    cars = StanfordCars(path=str(folder))
    assert [cars.label(item) for item in cars.items("train")] == MODELS
    assert cars.label("cars_test/00001.jpg") == "Ram C/V Cargo Van Minivan 2012"


def test_without_crop_the_published_picture_is_loaded(folder: Path) -> None:
    picture = StanfordCars(path=str(folder)).load("cars_test/00001.jpg")
    assert picture.shape == (12, 20, 3)
    assert tuple(picture[11, 19]) == (11, 19, 0)


def test_a_box_counts_from_one_with_both_ends(folder: Path) -> None:
    cut = StanfordCars(path=str(folder), crop="box").load("cars_test/00001.jpg")
    # Columns 3 to 7 and rows 2 to 4, counted from 1: columns 2 … 6 and rows 1 … 3, counted from 0.
    assert cut.shape == (3, 5, 3)
    assert tuple(cut[0, 0]) == (1, 2, 0)
    assert tuple(cut[-1, -1]) == (3, 6, 0)


def test_a_box_as_large_as_the_picture_is_the_picture(folder: Path) -> None:
    item = "cars_train/00001.jpg"
    whole, cut = (StanfordCars(path=str(folder), crop=crop).load(item) for crop in ("none", "box"))
    assert np.array_equal(whole, cut)


def test_what_reaches_out_of_the_picture_is_left_out(folder: Path) -> None:
    annotate(folder / "cars_test_annos_withlabels.mat", [(0, 10, 99, 99, 1, "00001.jpg")])
    cut = StanfordCars(path=str(folder), crop="box").load("cars_test/00001.jpg")
    assert cut.shape == (3, 20, 3)
    assert tuple(cut[0, 0]) == (9, 0, 0)


def test_a_box_outside_the_picture_is_named(folder: Path) -> None:
    annotate(folder / "cars_test_annos_withlabels.mat", [(21, 1, 30, 9, 1, "00001.jpg")])
    with pytest.raises(UnreadableImageError, match=r"00001\.jpg has 20×12 pixels, and its box \(columns 21 to 30"):
        StanfordCars(path=str(folder), crop="box").load("cars_test/00001.jpg")


def test_the_fingerprint_holds_the_boxes_where_they_are_used(folder: Path) -> None:
    def fingerprints() -> list[str]:
        cars = [StanfordCars(path=str(folder), crop=crop) for crop in ("none", "box")]
        return [one.fingerprint(one.items("test")) for one in cars]

    before = fingerprints()
    annotate(folder / "cars_test_annos_withlabels.mat", [(3, 2, 8, 4, 2, "00001.jpg")])
    other_box = fingerprints()
    assert other_box[0] == before[0]
    assert other_box[1] != before[1]
    coordinates(folder / "cars_test" / "00001.jpg", height=13)
    assert fingerprints()[0] != before[0]


def test_there_is_no_val_split(folder: Path) -> None:
    with pytest.raises(DatasetError, match="stanford_cars has no val split"):
        StanfordCars(path=str(folder)).items("val")


@pytest.mark.parametrize("gone", ["cars_test_annos_withlabels.mat", "cars_test"])
def test_what_is_absent_is_named(folder: Path, gone: str) -> None:
    (folder / gone).rename(folder / "elsewhere")
    with pytest.raises(DatasetError, match=rf"stanford_cars lacks .*{gone}\. `bench prepare stanford_cars`"):
        StanfordCars(path=str(folder)).items("test")


def test_absent_pictures_are_counted(folder: Path) -> None:
    for name in ("00001.jpg", "00002.jpg"):
        (folder / "cars_train" / name).unlink()
    with pytest.raises(DatasetError, match=r"cars_train_annos\.mat names 00001\.jpg and 1 more, which are not in"):
        StanfordCars(path=str(folder)).items("train")


def test_annotations_that_lead_out_of_the_folder_are_refused(folder: Path) -> None:
    annotate(folder / "cars_test_annos_withlabels.mat", [(3, 2, 7, 4, 2, "../cars_train/00001.jpg")])
    with pytest.raises(DatasetError, match=r"the line '\.\./cars_train/00001\.jpg', which names a file outside"):
        StanfordCars(path=str(folder)).items("test")


def test_the_annotations_without_classes_are_refused(folder: Path) -> None:
    rows = np.array([(3, 2, 7, 4, "00001.jpg")], dtype=[field for field in FIELDS if field[0] != "class"])
    savemat(folder / "cars_test_annos_withlabels.mat", {"annotations": rows[None]})
    with pytest.raises(DatasetError, match="have no class"):
        StanfordCars(path=str(folder)).items("test")


def test_a_class_without_a_name_is_refused(folder: Path) -> None:
    annotate(folder / "cars_test_annos_withlabels.mat", [(3, 2, 7, 4, 3, "00001.jpg")])
    with pytest.raises(DatasetError, match=r"00001\.jpg is of class 3, and devkit/cars_meta\.mat names 2 classes"):
        StanfordCars(path=str(folder)).label("cars_test/00001.jpg")


@pytest.mark.parametrize("item", ["cars_test/00002.jpg", "00001.jpg", "cars_val/00001.jpg"])
def test_an_unknown_item_is_named(folder: Path, item: str) -> None:
    with pytest.raises(DatasetError, match=f"stanford_cars has no item '{item}'"):
        StanfordCars(path=str(folder)).label(item)


def test_nothing_is_fetched_since_the_publisher_is_gone(tmp_path: Path) -> None:
    from torchvision.datasets import StanfordCars as Torchvisions

    assert not STANFORD_CARS.downloads
    with pytest.raises(ValueError, match="The original URL is broken"):
        Torchvisions(str(tmp_path), download=True)


def test_torchvision_reads_the_same_layout(folder: Path) -> None:
    from torchvision.datasets import StanfordCars as Torchvisions

    root = folder.parent / "root"
    root.mkdir()
    (root / "stanford_cars").symlink_to(folder)
    ours = StanfordCars(path=str(folder))
    theirs = Torchvisions(str(root), split="train")
    for (picture, target), item in zip(theirs, ours.items("train"), strict=True):
        assert np.array_equal(np.asarray(picture), ours.load(item))
        assert theirs.classes[target] == ours.label(item)
