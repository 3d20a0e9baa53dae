"""Harmonic inpainting: Laplace's equation in the hole, with the known pixels as boundary values.

Each hole pixel becomes the mean of its direct neighbours; at the image's border, of those that exist (the natural,
Neumann condition). Equivalently, the squared forward differences `‖∇x‖²` are minimised. The linear system A x = b,
where A is the hole's part of ∇ᵀ∇, is symmetric positive definite as soon as one pixel is known, and is solved by
conjugate gradients for all images and channels at once.

When to stop: let a hole of N pixels lie in a grid of H × W. From each of its pixels a path of at most H + W steps, all
but the last within the hole, leads to a known pixel. So x_i² ≤ (H + W) xᵀA x for every x, A's least eigenvalue is at
least 1 / (N (H + W)), and a residual r means an error of at most N (H + W) ‖r‖₂ in any pixel.

The idea is as old as image restoration; "harmonic inpainting" is the name in Chan and Shen, SIAM J. Appl. Math. 62(3),
2002.
"""

import torch
from jaxtyping import Bool, Float, Float64
from torch import Tensor

from inpaintbench import ops
from inpaintbench.api import Batch, Completion
from inpaintbench_methods.windows import find_windows, pixel_sum_, precise_device

TOLERANCE = 1e-6
"""The largest error of a pixel, in the range [0, 1]: 1/4000 of an 8-bit level."""

CHECK_EVERY = 10
"""Iterations between two looks at the residuals; fixed, so that an image's result does not depend on its batch."""

PART_ON_CPU = 2**17
"""Values solved together on a CPU: twelve megabytes of float64 variables, which a last-level cache holds."""


class Harmonic:
    """Solves Laplace's equation in every hole. An image without known pixels comes out mid-grey."""

    def complete(self, batch: Batch) -> Completion:
        """Return completions, and whether each is known to be exact to `TOLERANCE`."""
        device = batch.corrupted.device
        hole = batch.hole.to(precise_device(device))
        image = batch.corrupted.to(precise_device(device), copy=True)
        image[hole.flatten(1).all(1)] = ops.NEUTRAL
        converged = torch.ones(len(hole), dtype=torch.bool, device=image.device)
        for group in find_windows(hole):
            for part in group.split(PART_ON_CPU):
                window, reached = solve_laplace(part.cut(image).double(), part.cut(hole))
                part.paste(window.to(image.dtype).clamp_(0, 1), image)  # known pixels survive float64 unchanged
                converged[part.images] = reached
        return Completion(image.to(device), converged.to(device))


def solve_laplace(
    known: Float64[Tensor, "h w b c"], hole: Bool[Tensor, "h w b 1"]
) -> tuple[Float64[Tensor, "h w b c"], Bool[Tensor, " b"]]:
    """Fill holes by conjugate gradients; each image stops by itself and then leaves the iteration.

    Args:
        known: pixels to interpolate; values inside the hole do not matter.
        hole: True = to be filled. Every image needs a known pixel.

    Returns:
        The filled pixels, and whether each image's residual proves an error of at most `TOLERANCE`.
    """
    h, w = known.shape[:2]
    inside = hole.expand_as(known).to(known.dtype)
    count = pixel_sum_(inside.clone())
    bound = TOLERANCE / (count * (h + w))
    mean = pixel_sum_(known * (1 - inside)) / (h * w - count)
    result = torch.where(hole, mean, known)
    converged = torch.zeros(known.shape[2], dtype=torch.bool, device=known.device)

    running = torch.arange(known.shape[2], device=known.device)
    degree = neighbours(known)
    x = result.clone()
    p, ap, scratch = (torch.empty_like(x) for _ in range(3))
    r = apply_laplacian(x, degree, inside, out=scratch).neg()
    p.copy_(r)
    rr = pixel_sum_(torch.mul(r, r, out=scratch))
    # In exact arithmetic as many iterations as unknowns suffice; twice as many leave room for rounding.
    for k in range(2 * h * w + CHECK_EVERY):
        if k % CHECK_EVERY == 0 and (done := (rr.sqrt() <= bound).all(1)).any():
            result[:, :, running[done]] = x[:, :, done]
            converged[running[done]] = True
            running, rr, bound = running[~done], rr[~done], bound[~done]
            x, r, p, inside, degree = (value[:, :, ~done] for value in (x, r, p, inside, degree))
            ap, scratch = torch.empty_like(x), torch.empty_like(x)
            if not len(running):
                break
        apply_laplacian(p, degree, inside, out=ap)
        p_ap = pixel_sum_(torch.mul(p, ap, out=scratch))
        alpha = torch.where(p_ap > 0, rr / p_ap, 0.0)  # a channel whose residual is exactly 0 stays as it is
        x += torch.mul(p, alpha, out=scratch)
        r -= torch.mul(ap, alpha, out=scratch)
        previous, rr = rr, pixel_sum_(torch.mul(r, r, out=scratch))
        p *= torch.where(previous > 0, rr / previous, 0.0)
        p += r
    result[:, :, running] = x
    return result, converged


def neighbours(x: Float[Tensor, "h w b c"]) -> Float[Tensor, "h w b c"]:
    """Return how many direct neighbours each pixel of a grid has."""
    count = torch.full_like(x, 4)
    for edge in (count[0], count[-1], count[:, 0], count[:, -1]):
        edge -= 1
    return count


def apply_laplacian(
    x: Float[Tensor, "h w b c"],
    degree: Float[Tensor, "h w b c"],
    inside: Float[Tensor, "h w b c"],
    out: Float[Tensor, "h w b c"],
) -> Float[Tensor, "h w b c"]:
    """Write into `out` what ∇ᵀ∇x is in the hole: each pixel's differences to its neighbours, summed; 0 elsewhere."""
    torch.mul(x, degree, out=out)
    out[1:] -= x[:-1]
    out[:-1] -= x[1:]
    out[:, 1:] -= x[:, :-1]
    out[:, :-1] -= x[:, 1:]
    return out.mul_(inside)
