"""The loss of GLCIC's completion network that is its own: the squared error in the hole.

Iizuka et al., SIGGRAPH 2017, section 3.4, with pictures x, holes M_c and M_d, completion network C and discriminator D:

    L(x, M_c) = ‖M_c ⊙ (C(x, M_c) − x)‖²                                                        (2)
    min_C max_D E[L(x, M_c) + log D(x, M_d) + α log(1 − D(C(x, M_c), M_c))]                     (4)

We divide (2) by the number of values in each hole, so that it, and what α means, does not depend on the size of
pictures and holes. D maximises log D(x, M_d) + log(1 − D(C(x, M_c), M_c)): α weighs what C hears of D, not what D
learns. C minimises −log D in place of log(1 − D): both fall as D rises, and the former is not flat where D is sure.
Both adversarial losses are those of `inpaintbench.training`.
"""

from jaxtyping import Bool, Float
from torch import Tensor


def hole_mse(
    completed: Float[Tensor, "b 3 h w"], image: Float[Tensor, "b 3 h w"], hole: Bool[Tensor, "b 1 h w"]
) -> Float[Tensor, ""]:
    """Return L: the mean squared error in each picture's hole, averaged over pictures; 0 for one without a hole."""
    squares = ((completed - image) * hole).square().sum((1, 2, 3))
    values = 3 * hole.sum((1, 2, 3))
    return (squares / values.clamp(min=1)).mean()
