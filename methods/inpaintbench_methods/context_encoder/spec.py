"""What the Context Encoder says of itself. Imports nothing heavy."""

from __future__ import annotations

from typing import Final

from inpaintbench.api import MethodSpec, Parameter, TrainingSpec, budget
from inpaintbench_methods.mixture import MIXTURE

CONTEXT_ENCODER: Final = MethodSpec(
    name="context_encoder",
    target="inpaintbench_methods.context_encoder.method:ContextEncoder",
    summary="One pass through an encoder and a decoder, trained on the squared error and against a discriminator.",
    parameters=(
        Parameter(
            name="network",
            kind="text",
            help="What the network predicts: region, the whole picture; centre, the square of half its side in the "
            "middle, within which all holes must lie (needs train_on=mask).",
            default="region",
            choices=("region", "centre"),
        ),
        Parameter(
            name="width", kind="integer", help="Channels of the first convolution.", default=64, minimum=1, maximum=1024
        ),
        Parameter(
            name="bottleneck",
            kind="integer",
            help="Numbers that link encoder and decoder, if link=bottleneck.",
            default=4000,
            minimum=1,
            maximum=100_000,
        ),
        Parameter(
            name="link",
            kind="text",
            help="What joins encoder and decoder: bottleneck, as released; channelwise, a fully connected layer within "
            "each channel, as the paper's text has it.",
            default="bottleneck",
            choices=("bottleneck", "channelwise"),
        ),
        Parameter(
            name="adversarial",
            kind="number",
            help="Weight of the adversarial loss; what is left to 1 is that of the squared error. 0: no discriminator.",
            default=0.001,
            minimum=0,
            maximum=1,
        ),
        Parameter(
            name="overlap",
            kind="integer",
            help="Known pixels so near to a hole count ten times in training; 0: none, as the released code trains "
            "network=region. For network=centre the paper has 7, its code 4.",
            default=4,
            minimum=0,
            maximum=1024,
        ),
        Parameter(
            name="known_weight",
            kind="number",
            help="How much other known pixels count in training, of 1 for those in a hole.",
            default=1.0,
            minimum=0,
        ),
        Parameter(
            name="train_on",
            kind="text",
            help="Which holes it is trained on: mixed, once for all masks; mask, for each mask anew.",
            default="mixed",
            choices=("mixed", "mask"),
        ),
        Parameter(
            name="crop",
            kind="integer",
            help="By up to so many pixels a training picture is shifted both ways, mirrored at its border.",
            default=0,
            minimum=0,
            maximum=1024,
        ),
        Parameter(
            name="decay",
            kind="number",
            help="Share of the training steps, the last ones, in which the rates fall to 0; 0: none, as released.",
            default=0.4,
            minimum=0,
            maximum=1,
        ),
        *budget(steps=20_000),
    ),
    reference="D. Pathak, P. Krähenbühl, J. Donahue, T. Darrell, A. A. Efros, Context Encoders: Feature Learning by "
    "Inpainting, CVPR 2016; pathak22/context-encoder, train.lua and train_random.lua",
    licence="MIT",
    notes="Written anew from the paper and from what the released code does. Unlike there, each picture of a batch has "
    "a hole of its own; training pictures are cropped as those of the test are, not at random (crop shifts them); "
    "weights of the loss are defined for holes of any shape, and are the released ones for a square. "
    "The paper's fully connected layer within each channel is in none of the released networks: link=channelwise.",
    presets={
        "quick": {"width": 24, "bottleneck": 320, "steps": 3000},
        "standard": {},
        "paper": {"steps": 116_000, "overlap": 7, "decay": 0.0},
        "centre": {"network": "centre", "train_on": "mask"},
    },
    preset="standard",
    training=TrainingSpec(
        target="inpaintbench_methods.context_encoder.trainer:ContextEncoderTrainer",
        shaped_by=(
            "network",
            "width",
            "bottleneck",
            "link",
            "adversarial",
            "overlap",
            "known_weight",
            "train_on",
            "crop",
            "decay",
        ),
        masks=MIXTURE,
        per_mask=(("train_on", "mask"),),
        sizes=(32, 64, 128),
        shipped="inpaintbench_methods:checkpoints",
    ),
)
