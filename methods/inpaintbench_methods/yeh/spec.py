"""What the latent search of Yeh et al. says of itself. Imports nothing heavy."""

from __future__ import annotations

from typing import Final

from inpaintbench.api import MethodSpec, Parameter, TrainingSpec, budget

YEH: Final = MethodSpec(
    name="yeh",
    target="inpaintbench_methods.yeh.method:Yeh",
    summary="Searches a generator's latent space for the picture that continues the known pixels, and blends it in.",
    parameters=(
        Parameter(
            name="width",
            kind="integer",
            help="Channels of both networks' largest map; they double with each halving of the side.",
            default=64,
            minimum=1,
            maximum=1024,
        ),
        Parameter(
            name="latent",
            kind="integer",
            help="Length of z, from which the generator makes a picture.",
            default=100,
            minimum=1,
            maximum=100_000,
        ),
        Parameter(
            name="window",
            kind="integer",
            help="Side of the window whose share of missing pixels weighs a known pixel; odd.",
            default=7,
            minimum=3,
            maximum=1023,
        ),
        Parameter(
            name="prior",
            kind="number",
            help="λ, the weight of the discriminator's opinion in the search.",
            default=0.003,
            minimum=0,
        ),
        Parameter(name="iterations", kind="integer", help="Steps of Adam from each start.", default=1500, minimum=0),
        Parameter(name="rate", kind="number", help="Adam's rate for z.", default=0.03, minimum=0),
        Parameter(
            name="restarts",
            kind="integer",
            help="Starts for each picture; the one that ends with the lowest loss on known pixels is kept.",
            default=1,
            minimum=1,
            maximum=1024,
        ),
        Parameter(
            name="clip",
            kind="text",
            help="What becomes of coordinates of z that leave [-1, 1]: hard, they stay at its ends; stochastic, they "
            "are drawn anew.",
            default="hard",
            choices=("hard", "stochastic"),
        ),
        Parameter(
            name="blend",
            kind="text",
            help="How the generated picture is laid into the hole: poisson, its colours continue the known pixels; "
            "overlay, as it is.",
            default="poisson",
            choices=("poisson", "overlay"),
        ),
        *budget(steps=20_000),
    ),
    reference="R. A. Yeh, C. Chen, T. Y. Lim, A. G. Schwing, M. Hasegawa-Johnson, M. N. Do, Semantic Image Inpainting "
    "with Deep Generative Models, CVPR 2017",
    licence="MIT",
    notes="The paper's losses and settings (λ 0.003, window 7, Adam, 1500 steps, clipping, Poisson blending), with a "
    "DCGAN for 32, 64 or 128 pixels. The paper does not state Adam's rate for z; ours is a choice. "
    "Normalisation uses fixed statistics during the search. A window ends where the picture ends; the released code "
    "mirrors the picture there. That code differs from the paper in more: momentum in place of Adam (rate 0.01), "
    "1000 steps, λ 0.1, starts from a normal distribution, -log D as prior, and a weight that favours known pixels "
    "amid known ones; none of this is done here.",
    presets={
        "quick": {"width": 24, "steps": 3000, "iterations": 100, "rate": 0.1},
        "standard": {},
        "paper": {"steps": 100_000},
    },
    preset="standard",
    training=TrainingSpec(
        target="inpaintbench_methods.yeh.trainer:DCGANTrainer",
        shaped_by=("width", "latent"),
        sizes=(32, 64, 128),
        shipped="inpaintbench_methods:checkpoints",
    ),
)
