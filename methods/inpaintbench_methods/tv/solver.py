"""The primal-dual algorithm of Chambolle and Pock for total-variation inpainting, stopped image by image.

From J. Math. Imaging Vis. 40, 2011, Algorithm 1 with θ = 1, over-relaxed as in Condat, J. Optim. Theory Appl. 158,
2013, Algorithm 3.1. One iteration, with the projection Π on the constraint of the known pixels:

    x̃ ← Π(x + τ div p)
    p̃ ← project each (p + σ ∇(2 x̃ − x))_i on the unit disc
    (x, p) ← (x, p) + ρ ((x̃, p̃) − (x, p))

`energy.pose` measures each picture in multiples of its own τ, which turns the primal step into 1 and the dual one into
στ.
"""

from dataclasses import dataclass
from typing import Final

import torch
from jaxtyping import Float, Float64, Int64
from torch import Tensor

from inpaintbench_methods.tv.energy import Problem, certify

TAU: Final = 0.12
"""The primal step, in multiples of the standard deviation of the values that border on the hole. Larger steps converge
more slowly, and look better before they have."""

SIGMA_TAU: Final = 1 / 8
"""σ τ ‖∇‖² ≤ 1 is what convergence needs, and ‖∇‖² ≤ 8. A power of 2, so that the multiplication is exact."""

RHO: Final = 1.9
"""Over-relaxation, below 2: saves two iterations in five against 1."""

CHECK_EVERY: Final = 50
"""Iterations between two certificates; fixed, so that an image's result does not depend on its batch."""


@dataclass(frozen=True)
class Solution:
    """What the solver reached, image by image.

    Attributes:
        x: a feasible point.
        gap: relative gap: at most this fraction of TV(x) lies above the minimum.
        iterations: how many were done.
    """

    x: Float[Tensor, "h w b c"]
    gap: Float64[Tensor, " b"]
    iterations: Int64[Tensor, " b"]


def solve(problem: Problem, gap: float, max_iterations: int) -> Solution:
    """Iterate until each image's relative gap is at most `gap`, or `max_iterations` are done.

    An image whose certificate is good enough leaves the iteration; the others go on as if it had never been there.
    """
    b = problem.y.shape[2]
    device = problem.y.device
    result = Solution(
        torch.empty_like(problem.y),
        torch.empty(b, dtype=torch.float64, device=device),
        torch.empty(b, dtype=torch.int64, device=device),
    )
    running = torch.arange(b, device=device)
    state = _State.start(problem)
    k = 0
    while len(running):
        x = problem.feasible(state.proximal_x())
        variation, absolute = certify(problem, x, state.proximal_p)
        # No picture has a negative variation: 0 is a lower bound too.
        relative = torch.where(variation > 0, absolute / variation, 0.0).clamp_(0, 1)
        done = (relative <= gap) | (k == max_iterations)
        leaving, staying = done.nonzero()[:, 0], (~done).nonzero()[:, 0]
        if len(leaving):
            result.x[:, :, running[leaving]] = x[:, :, leaving]
            result.gap[running[leaving]] = relative[leaving]
            result.iterations[running[leaving]] = k
            running, problem, state = running[staying], problem.select(staying), state.select(staying)
        count = min(CHECK_EVERY, max_iterations - k)
        if len(running):
            state.iterate(problem, count)
        k += count
    return result


@dataclass
class _State:
    """The variables, and room for what is computed on the way, so that no iteration allocates memory.

    Attributes:
        x: the primal variable.
        p: the dual variable. Where ∇ has no difference to take (last row, last column), it and `proximal_p` stay 0.
        step: x̃ − x of the last iteration, x being the variable before it.
        proximal_p: p̃ of the last iteration.
        extrapolated: 2 x̃ − x.
        squares: the squares of v's components.
    """

    x: Float[Tensor, "h w b c"]
    p: Float[Tensor, "2 h w b c"]
    step: Float[Tensor, "h w b c"]
    proximal_p: Float[Tensor, "2 h w b c"]
    extrapolated: Float[Tensor, "h w b c"]
    squares: Float[Tensor, "2 h w b c"]

    @classmethod
    def start(cls, problem: Problem) -> "_State":
        """Start from the mean of each channel's bounding values in the hole, and p = 0."""
        x = problem.feasible(torch.zeros_like(problem.y))
        pair = torch.zeros((2, *x.shape), dtype=x.dtype, device=x.device)
        return cls(x, pair, torch.zeros_like(x), pair.clone(), torch.empty_like(x), torch.empty_like(pair))

    def select(self, images: Int64[Tensor, " staying"]) -> "_State":
        """Return the state of some of the images."""
        return _State(*(value.index_select(-2, images) for value in vars(self).values()))

    def proximal_x(self) -> Float[Tensor, "h w b c"]:
        """Return x̃ of the last iteration."""
        return self.x - (RHO - 1) * self.step

    def iterate(self, problem: Problem, count: int) -> None:
        """Do `count` iterations."""
        x, p, step, extrapolated, v = self.x, self.p, self.step, self.extrapolated, self.proximal_p
        # To make a view costs as much as to add a small tensor: all are made before the loop.
        p_down, p_right = p
        step_below, p_above, step_right, p_left = step[1:], p[0, :-1], step[:, 1:], p[1, :, :-1]
        upper, lower, left, right = extrapolated[:-1], extrapolated[1:], extrapolated[:, :-1], extrapolated[:, 1:]
        v_down, v_right = v[0, :-1], v[1, :, :-1]
        length, other = self.squares

        for _ in range(count):
            # x̃ − x, with x̃ = Π(x + div p)
            torch.add(p_down, p_right, out=step)
            step_below -= p_above
            step_right -= p_left
            problem.restrict(x, step)
            torch.add(x, step, alpha=2, out=extrapolated)
            x.add_(step, alpha=RHO)

            # p̃ = v / max(1, ‖v‖), with v = p + στ ∇(2 x̃ − x), built in the place of p̃
            torch.sub(lower, upper, out=v_down)
            torch.sub(right, left, out=v_right)
            torch.add(p, v, alpha=SIGMA_TAU, out=v)
            torch.mul(v, v, out=self.squares)
            v *= length.add_(other).clamp_(min=1).rsqrt_()
            p.lerp_(v, RHO)
