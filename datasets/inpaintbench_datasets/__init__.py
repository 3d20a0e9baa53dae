"""The bundled data sets: a table of contents. One file a data set; nothing heavy is imported here."""

from __future__ import annotations

from inpaintbench import hookimpl
from inpaintbench.api import DatasetSpec, Parameter

PHOTOS = DatasetSpec(
    name="photos",
    target="inpaintbench_datasets.photos:Photos",
    summary="Square crops of 14 real photographs and textures that scikit-image ships; needs no download.",
    reference="S. van der Walt et al., scikit-image: image processing in Python, PeerJ 2:e453, 2014",
    licence="each picture's own, mostly public domain or CC0: see docs/datasets.md",
    notes=(
        "56 test crops of 7 photographs, and 379 training crops of 7 other photographs. A crop is as wide as "
        "the photograph's shorter side, a half or a quarter of it: from 75 to 512 pixels in the test split. "
        "At a larger size they are enlarged, and hold no finer detail."
    ),
)

IMAGE_FOLDER = DatasetSpec(
    name="image_folder",
    target="inpaintbench_datasets.image_folder:ImageFolder",
    summary="All pictures below a folder of your own, as a test set.",
    parameters=(
        Parameter(
            name="path",
            kind="path",
            help="The folder; a relative path counts from the current folder, then from $INPAINTBENCH_DATA.",
        ),
    ),
    licence="the pictures' own",
    notes=(
        "BMP, JPEG, PNG, TIFF and WebP files at any depth; hidden files and folders are passed over. Every "
        "picture is a test picture."
    ),
)


@hookimpl
def register_datasets() -> list[DatasetSpec]:
    """Return the bundled data sets."""
    return [PHOTOS, IMAGE_FOLDER]
