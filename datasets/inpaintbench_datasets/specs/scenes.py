"""Data sets of streets, landscapes and other scenes."""

from __future__ import annotations

from inpaintbench.api import DatasetSpec, Download, Parameter

PARIS_STREETVIEW = DatasetSpec(
    name="paris_streetview",
    target="inpaintbench_datasets.paris_streetview:ParisStreetView",
    summary="Paris StreetView: 15,000 street views of Paris, in the split of Context Encoders.",
    parameters=(
        Parameter(
            name="path",
            kind="path",
            help="The folder that holds paris_train_original/ and paris_eval/.",
            default="paris_streetview",
        ),
    ),
    reference=(
        "C. Doersch, S. Singh, A. Gupta, J. Sivic, A. A. Efros, What Makes Paris Look like Paris?, SIGGRAPH 2012; "
        "D. Pathak, P. Krähenbühl, J. Donahue, T. Darrell, A. A. Efros, Context Encoders: Feature Learning by "
        "Inpainting, CVPR 2016"
    ),
    licence="Google Street View's policy forbids a public link; D. Pathak sends a private one on request",
    homepage="https://github.com/pathak22/context-encoder#6-paris-street-view-dataset",
    layout=(
        "paris_train_original/48.842502_2.344968_90_-004.JPG … (14,900 pictures, from paris_train_original.zip)\n"
        "paris_eval/paris_eval_gt/001_im.png … 100_im.png (or paris_eval_gt/ without paris_eval/)\n"
        "paris_eval/paris_eval_corrupted/ is not needed: the benchmark cuts its own holes.\n"
        "Ask for the archives by e-mail, as the homepage says."
    ),
    notes="14,900 pictures to train, 100 to test, as Pathak et al. split them. There is no val split.",
)

BSDS500 = DatasetSpec(
    name="bsds500",
    target="inpaintbench_datasets.bsds500:BSDS500",
    summary="BSDS500: 500 photographs of natural scenes, 481 × 321 pixels.",
    parameters=(
        Parameter(
            name="path",
            kind="path",
            help="The folder that holds images/, or into which BSR_bsds500.tgz was unpacked.",
            default="bsds500",
        ),
    ),
    reference=(
        "P. Arbeláez, M. Maire, C. Fowlkes, J. Malik, Contour Detection and Hierarchical Image Segmentation, "
        "IEEE TPAMI 33(5), 2011"
    ),
    licence="non-commercial research and educational purposes",
    homepage="https://www2.eecs.berkeley.edu/Research/Projects/CS/vision/grouping/resources.html",
    layout=(
        "BSR/BSDS500/data/images/train/*.jpg (200), val/*.jpg (100), test/*.jpg (200)\n"
        "or images/ alone, without the folders above it."
    ),
    downloads=(
        Download(
            url="https://www2.eecs.berkeley.edu/Research/Projects/CS/vision/grouping/BSR/BSR_bsds500.tgz",
            filename="BSR_bsds500.tgz",
            megabytes=70.8,
            unpack=True,
            holds=tuple(
                "|".join(f"{above}images/{split}" for above in ("", "data/", "BSDS500/data/", "BSR/BSDS500/data/"))
                for split in ("train", "val", "test")
            ),
        ),
    ),
    notes=(
        "The official split: 200 photographs to train, 100 to validate, 200 to test. Some are upright, 321 × 481. "
        "No checksum of the archive is known."
    ),
)

_PLACES = "http://data.csail.mit.edu/places/places365/"

PLACES365 = DatasetSpec(
    name="places365",
    target="inpaintbench_datasets.places365:Places365",
    summary="Places365-Standard: 1.8 million photographs of 365 kinds of places, with their categories.",
    parameters=(
        Parameter(
            name="path",
            kind="path",
            help="The folder that holds the lists, and data_256/ and val_256/ (or data_large/ and val_large/).",
            default="places365",
        ),
        Parameter(
            name="variant",
            kind="text",
            help="small: resized to 256 × 256 pixels by the publisher; large: the high-resolution archives.",
            default="small",
            choices=("small", "large"),
        ),
    ),
    reference=(
        "B. Zhou, A. Lapedriza, A. Khosla, A. Oliva, A. Torralba, Places: A 10 Million Image Database for Scene "
        "Recognition, IEEE TPAMI 40(6), 2018"
    ),
    licence="non-commercial research and educational purposes; the pictures may not be distributed",
    homepage="http://places2.csail.mit.edu",
    layout=(
        "categories_places365.txt, places365_train_standard.txt, places365_val.txt (from the archive of lists)\n"
        "data_256/a/airfield/00000001.jpg … (to train; torchvision's name data_256_standard/ does as well)\n"
        "val_256/Places365_val_00000001.jpg … 00036500.jpg (to test)\n"
        "For variant=large: data_large/ from train_large_places365standard.tar (105 GB), val_large/ from val_large.tar "
        "(2.1 GB)"
    ),
    downloads=(
        Download(
            url=_PLACES + "filelist_places365-standard.tar",
            filename="filelist_places365-standard.tar",
            megabytes=67.5,
            checksum="md5:35a0585fee1fa656440f3ab298f8479c",
            unpack=True,
            holds=("categories_places365.txt", "places365_train_standard.txt", "places365_val.txt"),
        ),
        Download(
            url=_PLACES + "train_256_places365standard.tar",
            filename="train_256_places365standard.tar",
            megabytes=26_103.7,
            checksum="md5:53ca1c756c3d1e7809517cc47c5561c5",
            unpack=True,
            holds=("data_256_standard|data_256",),
            splits=("train",),
            only_for=(("variant", "small"),),
        ),
        Download(
            url=_PLACES + "val_256.tar",
            filename="val_256.tar",
            megabytes=525.2,
            checksum="md5:e27b17d8d44f4af9a78502beb927f808",
            unpack=True,
            holds=("val_256",),
            splits=("test",),
            only_for=(("variant", "small"),),
        ),
        Download(
            url=_PLACES + "train_large_places365standard.tar",
            filename="train_large_places365standard.tar",
            megabytes=105_000,
            checksum="md5:67e186b496a84c929568076ed01a8aa1",
            unpack=True,
            holds=("data_large_standard|data_large",),
            splits=("train",),
            only_for=(("variant", "large"),),
        ),
        Download(
            url=_PLACES + "val_large.tar",
            filename="val_large.tar",
            megabytes=2_100,
            checksum="md5:9b71c4993ad89d2d8bcbdc4aef38042f",
            unpack=True,
            holds=("val_large",),
            splits=("test",),
            only_for=(("variant", "large"),),
        ),
    ),
    notes=(
        "The 1,803,460 pictures of the standard training set are to train. The official validation set, 36,500 "
        "pictures, 100 of each category, is the test split: inpainting is evaluated on it, since the categories of the "
        "official test set are not public. There is no val split."
    ),
)

SPECS: tuple[DatasetSpec, ...] = (PARIS_STREETVIEW, BSDS500, PLACES365)
