"""The methods that come with inpaintbench: one spec a method, one file or package each."""

from __future__ import annotations

from inpaintbench import hookimpl
from inpaintbench.api import MethodSpec, Parameter
from inpaintbench_methods.adapters.specs import ADAPTERS
from inpaintbench_methods.context_encoder.spec import CONTEXT_ENCODER
from inpaintbench_methods.glcic.spec import GLCIC
from inpaintbench_methods.outside.spec import OUTSIDE
from inpaintbench_methods.yeh.spec import YEH

LICENCE = "MIT"

MEAN_FILL = MethodSpec(
    name="mean_fill",
    target="inpaintbench_methods.mean_fill:MeanFill",
    summary="Fills each hole with the mean colour of the image's known pixels.",
    licence=LICENCE,
    notes="The floor that a method has to beat.",
)

HARMONIC = MethodSpec(
    name="harmonic",
    target="inpaintbench_methods.harmonic:Harmonic",
    summary="Solves Laplace's equation in the hole, with the known pixels as boundary values.",
    reference="T. F. Chan and J. Shen, Mathematical models for local nontexture inpaintings, SIAM J. Appl. Math. "
    "62(3), 2002",
    licence=LICENCE,
    notes="Exact to 1e-6 in the range [0, 1]; natural (Neumann) condition where a hole touches the image's border.",
)

TV = MethodSpec(
    name="tv",
    target="inpaintbench_methods.tv.method:TotalVariation",
    summary="Minimises the isotropic total variation of each channel, until the duality gap certifies it.",
    parameters=(
        Parameter(
            name="epsilon",
            kind="number",
            help="Largest distance ‖Mx − y‖₂ from an image's known values in [0, 1], over all channels; 0 keeps them.",
            default=0.0,
            minimum=0,
        ),
        Parameter(
            name="gap",
            kind="number",
            help="Relative duality gap at which an image is done; single precision reaches about 1e-5.",
            default=1e-4,
            minimum=1e-6,
            maximum=1,
        ),
        Parameter(
            name="max_iterations",
            kind="integer",
            help="Iterations after which an image is given up, and marked as not converged.",
            default=10_000,
            minimum=1,
        ),
    ),
    reference="M. V. Afonso, J. M. Bioucas-Dias and M. A. T. Figueiredo, An augmented Lagrangian approach to the "
    "constrained optimization formulation of imaging inverse problems, IEEE Trans. Image Process. 20(3), 2011",
    licence=LICENCE,
    notes="Their problem, solved by over-relaxed Chambolle–Pock iterations in place of C-SALSA. The gap is relative "
    "to the total variation that the hole can change, not to that of the whole image.",
)


@hookimpl
def register_methods() -> tuple[MethodSpec, ...]:
    """Return the bundled methods."""
    return MEAN_FILL, HARMONIC, TV, YEH, CONTEXT_ENCODER, GLCIC, *ADAPTERS, *OUTSIDE
