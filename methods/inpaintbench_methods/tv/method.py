"""Total-variation inpainting in the constrained form of Afonso, Bioucas-Dias and Figueiredo.

"An augmented Lagrangian approach to the constrained optimization formulation of imaging inverse problems", IEEE Trans.
Image Process. 20(3), 2011 (C-SALSA): minimise TV(x) subject to ‖Mx − y‖₂ ≤ ε, M taking the known pixels.

The problem is theirs; the algorithm is not. C-SALSA needs the proximal operator of total variation at each step, which
has itself to be iterated. The primal-dual algorithm of `solver` has no inner iteration and yields a dual variable,
hence the bound on what is left to gain that decides when to stop. Where both converge, the minimum is the same.
"""

import torch

from inpaintbench import ops
from inpaintbench.api import Batch, Completion
from inpaintbench_methods.tv.energy import pose
from inpaintbench_methods.tv.solver import TAU, solve
from inpaintbench_methods.windows import find_windows, precise_device

PART_ON_CPU = 2**14
"""Values solved together on a CPU: the variables fit its second-level cache, and no tensor is large enough for torch to
share it out among threads, which would cost more than the arithmetic."""


class TotalVariation:
    """Minimises the isotropic total variation of each channel. An image without known pixels comes out mid-grey."""

    def __init__(self, epsilon: float = 0.0, gap: float = 1e-4, max_iterations: int = 10_000) -> None:
        self.epsilon = epsilon
        self.gap = gap
        self.max_iterations = max_iterations

    def complete(self, batch: Batch) -> Completion:
        """Return completions, whether each reached the gap, and as diagnostics the `gap` and the `iterations`."""
        device = batch.corrupted.device
        hole = batch.hole.to(precise_device(device))
        image = batch.corrupted.to(hole.device, copy=True)
        image[hole.flatten(1).all(1)] = ops.NEUTRAL
        gap = torch.zeros(len(hole), dtype=torch.float64, device=hole.device)
        iterations = torch.zeros(len(hole), dtype=torch.int64, device=hole.device)
        for group in find_windows(hole, whole=self.epsilon > 0):
            for part in group.split(PART_ON_CPU):
                known = part.cut(image)
                problem, scale = pose(known, part.cut(hole), self.epsilon, unit=TAU)
                solution = solve(problem, self.gap, self.max_iterations)
                x = scale.restore(solution.x).clamp_(0, 1)
                part.paste(x if self.epsilon > 0 else torch.where(problem.hole, x, known), image)
                gap[part.images] = solution.gap
                iterations[part.images] = solution.iterations
        converged = gap <= self.gap
        return Completion(
            image.to(device), converged.to(device), {"gap": gap.to(device), "iterations": iterations.to(device)}
        )
