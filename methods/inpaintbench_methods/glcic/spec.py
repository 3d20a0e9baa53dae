"""What GLCIC says of itself. Imports nothing heavy."""

from __future__ import annotations

from typing import Final

from inpaintbench.api import MethodSpec, Parameter, TrainingSpec, budget
from inpaintbench_methods.mixture import MIXTURE

GLCIC: Final = MethodSpec(
    name="glcic",
    target="inpaintbench_methods.glcic.method:GLCIC",
    summary="One pass through a fully convolutional network, trained against a global and a local discriminator.",
    parameters=(
        Parameter(
            name="width",
            kind="integer",
            help="Channels of each network's first convolution; all others scale with it.",
            default=64,
            minimum=2,
            maximum=1024,
        ),
        Parameter(
            name="holes",
            kind="text",
            help="Which holes it is trained on: rectangle, one in each picture; mixed, those of many masks.",
            default="rectangle",
            choices=("rectangle", "mixed"),
        ),
        Parameter(
            name="smallest",
            kind="number",
            help="Smallest side of such a rectangle, as a fraction of the picture's.",
            default=0.375,
            minimum=0,
            maximum=0.5,
        ),
        Parameter(
            name="largest",
            kind="number",
            help="Largest side of such a rectangle; 0.5 is that of the patch that the local discriminator sees.",
            default=0.5,
            minimum=0,
            maximum=0.5,
        ),
        Parameter(
            name="alpha",
            kind="number",
            help="α, the weight of the adversarial loss against the squared error in the hole.",
            default=4e-4,
            minimum=0,
        ),
        Parameter(
            name="optimizer",
            kind="text",
            help="What takes the steps: adadelta, as in the paper; adam.",
            default="adadelta",
            choices=("adadelta", "adam"),
        ),
        Parameter(
            name="decay",
            kind="number",
            help="Share of the training steps, the last ones, in which the rates fall to 0; 0: none, as in the paper.",
            default=0.0,
            minimum=0,
            maximum=1,
        ),
        Parameter(
            name="postprocess",
            kind="text",
            help="What is done to the completion: none; blend, its colours are moved to those around the hole, across "
            "a band that Telea's method fills.",
            default="none",
            choices=("none", "blend"),
        ),
        *budget(steps=50_000, batch=96),
    ),
    least_side=32,
    multiple_of=4,
    reference="S. Iizuka, E. Simo-Serra, H. Ishikawa, Globally and Locally Consistent Image Completion, ACM Trans. "
    "Graph. 36(4) (SIGGRAPH), 2017",
    licence="MIT",
    notes="Written anew from the paper. Sizes of holes and patches, and lengths of the three phases, are its own as "
    "fractions of the picture's side and of all steps. The squared error is a mean over the hole. The completion "
    "network minimises -log D. Sides that are no multiple of 4 are padded, not resized. "
    "Trained on rectangles that are all large (the default, as in the paper), it does worse on scattered or small "
    "holes: holes=mixed.",
    presets={
        "quick": {"width": 16, "holes": "mixed", "decay": 0.4, "batch": 32, "steps": 4000},
        "standard": {},
        "paper": {"steps": 500_000},
    },
    preset="standard",
    training=TrainingSpec(
        target="inpaintbench_methods.glcic.trainer:GLCICTrainer",
        shaped_by=("width", "holes", "smallest", "largest", "alpha", "optimizer", "decay"),
        masks=MIXTURE,
        shipped="inpaintbench_methods:checkpoints",
    ),
)
