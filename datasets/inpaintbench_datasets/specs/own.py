"""The pictures that need no publisher: those that come with the installation, and a user's own."""

from __future__ import annotations

from inpaintbench.api import DatasetSpec, Parameter

PHOTOS = DatasetSpec(
    name="photos",
    target="inpaintbench_datasets.photos:Photos",
    summary="Square crops of 14 real photographs and textures that scikit-image ships; needs no download.",
    reference="S. van der Walt et al., scikit-image: image processing in Python, PeerJ 2:e453, 2014",
    licence="each picture's own, mostly public domain or CC0: see docs/datasets.md",
    notes=(
        "56 test crops of 7 photographs, and 379 training crops of 7 other photographs. A crop is as wide as the "
        "photograph's shorter side, a half or a quarter of it: from 75 to 512 pixels in the test split. At a larger "
        "size they are enlarged, and hold no finer detail."
    ),
    waivers={
        "missing_split": "It lists no picture for validation, in place of an error; with a change of its code, results "
        "and checkpoints that were trained on it would lose their validity."
    },
)

CARTOON_FACES = DatasetSpec(
    name="cartoon_faces",
    target="inpaintbench_datasets.cartoon_faces.faces:CartoonFaces",
    summary="Drawn, aligned portraits with some thirty varying factors, as many as wanted; needs no download.",
    parameters=(
        Parameter(
            name="train",
            kind="integer",
            help="How many training portraits there are: the first ones of an endless sequence.",
            default=10_000,
            minimum=1,
            maximum=9_999_999,
        ),
    ),
    licence="CC0",
    notes=(
        "64 test, 64 validation and any number of training portraits of 128 × 128 pixels, the same on every platform. "
        "They stand in for aligned faces where no photographs can be had: a small generative model learns them in "
        "minutes, and a hole in the middle has to be filled by meaning. Numbers on them say nothing of photographs."
    ),
)

IMAGE_FOLDER = DatasetSpec(
    name="image_folder",
    target="inpaintbench_datasets.image_folder:ImageFolder",
    summary="All pictures below a folder of your own: for testing, or divided into splits.",
    parameters=(
        Parameter(
            name="path",
            kind="path",
            help="The folder; a relative path counts from the current folder, then from $INPAINTBENCH_DATA.",
        ),
        Parameter(
            name="train",
            kind="path",
            help="The sub-folder of the training pictures; none: there are none.",
            default="none",
        ),
        Parameter(
            name="val",
            kind="path",
            help="The sub-folder of the validation pictures; none: there are none.",
            default="none",
        ),
        Parameter(
            name="test", kind="path", help="The sub-folder of the test pictures; a dot: the whole folder.", default="."
        ),
        Parameter(
            name="holdout",
            kind="extent",
            help=(
                "How many pictures are for testing (a whole number of them, at least 1), or which share; the rest is "
                "for training. 1.0: all of them."
            ),
            default=1.0,  # the class itself checks the least number, in pictures: a minimum here would count pixels
        ),
        Parameter(
            name="holdout_seed", kind="integer", help="Another number holds out other pictures.", default=0, minimum=0
        ),
    ),
    licence="the pictures' own",
    notes=(
        "BMP, JPEG, PNG, TIFF and WebP files at any depth; hidden files and folders are passed over. A picture's "
        "class is the name of the folder that it lies in, if it lies in one below that of its split. By default every "
        "picture is a test picture; train, val and test name sub-folders instead, or holdout divides the folder, not "
        "both. Which pictures are held out depends on their paths below the folder and on holdout_seed: adding one "
        "moves at most one other picture to the other split. Seeds of holes are derived from a picture's path below "
        "the folder, and from holdout and holdout_seed where they are given; neither from where the folder lies, nor "
        "from train, val and test."
    ),
)

HF = DatasetSpec(
    name="hf",
    target="inpaintbench_datasets.hf:HuggingFace",
    summary="Any data set with pictures of the Hugging Face hub, or files that its package datasets opens.",
    parameters=(
        Parameter(name="path", kind="text", help="Its name on the hub, such as owner/name, or a local folder."),
        Parameter(
            name="split",
            kind="text",
            help="What is tested on, as load_dataset names it: test, or a slice such as train[90%:] in double quotes.",
            default="test",
        ),
        Parameter(name="train", kind="text", help="What is trained on, named alike.", default="train"),
        Parameter(name="val", kind="text", help="What is validated on, named alike.", default="validation"),
        Parameter(name="column", kind="text", help="The column of the pictures.", default="image"),
        Parameter(
            name="config",
            kind="text",
            help="The configuration; default: the only one, or that which the data set calls its default.",
            default="default",
        ),
        Parameter(
            name="revision",
            kind="text",
            help="A branch, tag or commit; name a commit to be sure of the same pictures later.",
            default="main",
        ),
    ),
    reference="Q. Lhoest et al., Datasets: A Community Library for Natural Language Processing, arXiv:2109.02846, 2021",
    licence="the data set's own: see its page on the hub",
    homepage="https://huggingface.co/datasets",
    notes=(
        "Needs the package datasets: pip install 'inpaintbench[hf]'. It downloads a data set when its items are first "
        "listed, all splits of the configuration at once, into its own cache ($HF_HOME), and executes no code of it. "
        "Pictures are decoded by this project's rules, from the files as published. Seeds of holes are derived from "
        "all parameters that are not at their defaults: another train or revision draws other holes, and so does a "
        "local folder under another path. For a folder of pictures, image_folder draws the same ones wherever it "
        "lies."
    ),
)

SPECS = (PHOTOS, CARTOON_FACES, IMAGE_FOLDER, HF)
