"""Masks that come from files."""

from __future__ import annotations

from inpaintbench.api import MaskSpec, Parameter

_HOLE = Parameter(
    name="hole",
    kind="text",
    help="Which colour is missing.",
    default="white",
    choices=("white", "black"),
)

MASK_FOLDER = MaskSpec(
    name="mask_folder",
    target="inpaintbench_masks.mask_folder:MaskFolder",
    summary="Masks from the picture files of a folder, one drawn at random for each picture.",
    parameters=(
        Parameter(
            name="path",
            kind="path",
            help="The folder, searched at any depth; a relative path is looked for below the current folder, "
            "then below $INPAINTBENCH_DATA.",
        ),
        _HOLE,
    ),
    notes="A mask is cropped about its centre to the picture's proportions, resized by nearest neighbour, "
    "and split at half of white. One whose content is broken is passed over, and another one drawn; "
    "one that has gone or cannot be read is an error. The terms of use are those of the files.",
)

IRREGULAR = MaskSpec(
    name="irregular",
    target="inpaintbench_masks.irregular:Irregular",
    summary="NVIDIA's irregular test masks, of all bands of missing area or of one.",
    parameters=(
        Parameter(
            name="path",
            kind="path",
            help="The folder, searched at any depth; a relative path is looked for below the current folder, "
            "then below $INPAINTBENCH_DATA.",
            default="irregular-masks",
        ),
        Parameter(
            name="ratio",
            kind="text",
            help="The band of missing shares: above the first number, and at most the second. any: all files.",
            default="any",
            choices=("any", "0.01-0.1", "0.1-0.2", "0.2-0.3", "0.3-0.4", "0.4-0.5", "0.5-0.6"),
            always_shown=True,
        ),
        Parameter(
            name="dilation",
            kind="integer",
            help="How many pixels of the file a hole grows to all sides, the corners included.",
            default=0,
            minimum=0,
            maximum=10_000,
        ),
        _HOLE,
    ),
    reference="G. Liu et al., Image Inpainting for Irregular Holes Using Partial Convolutions, ECCV 2018; "
    "https://nv-adlr.github.io/publication/partialconv-inpainting",
    licence="the files': CC BY-NC-SA 4.0",
    notes="The folder is yours to provide. A file's band is that of the file as published, before dilation and before"
    " it is cropped and resized as mask_folder does; at 64 pixels its share differs by at most 0.02 from the "
    "file's in 600 of NVIDIA's masks. Files are measured once. One whose content is broken is passed over; "
    "one that has gone or cannot be read is an error. The paper tells holes at the border from others; the files do "
    "not say which they are, and here they are not told apart.",
)

SPECS = (MASK_FOLDER, IRREGULAR)
