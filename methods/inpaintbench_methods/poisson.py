"""Poisson blending: a picture's content with another picture's colours at the seam.

Pérez, Gangnet and Blake, "Poisson image editing", SIGGRAPH 2003, sections 2 and 3, as Yeh et al. use it (CVPR 2017,
equation 6): with known pixels y, a completion g and the hole Ω, the result x minimises ‖∇x − ∇g‖² subject to x = y
outside Ω. So

    Δx = Δg in Ω,   x = y elsewhere,

with the 4-neighbour Laplacian of the graph whose edges are the pairs of neighbours that exist. No edge leaves the
picture, hence the natural (Neumann) condition at its border.

**Membranes.** In terms of u = x − g the system is Δu = 0 in Ω, u = y − g elsewhere: g plus the harmonic continuation of
the known pixels' differences. So `harmonic` has the equations already, and its conjugate gradients serve for holes with
many pixels. Smaller ones are solved by a dense Cholesky factor, computed once for those of a batch that share a hole,
and used for all of their channels.
"""

import torch
from jaxtyping import Bool, Float, Float64
from torch import Tensor

from inpaintbench_methods.harmonic import PART_ON_CPU, apply_laplacian, neighbours, solve_laplace
from inpaintbench_methods.windows import find_windows, precise_device

MOST_UNKNOWNS = 1024
"""Missing pixels up to which a hole's system is factored, which takes 8 MiB and, on one core, 15 ms. For larger holes
conjugate gradients are quicker, even where many pictures share one."""


def blend(
    guide: Float[Tensor, "b c h w"], known: Float[Tensor, "b c h w"], hole: Bool[Tensor, "b 1 h w"]
) -> Float[Tensor, "b c h w"]:
    """Return the known pixels, and in the hole the guide, shifted so that it continues them.

    Computed in float64, and exact to `harmonic.TOLERANCE`. The other pictures of the batch make no difference but to
    the order of float64 sums. Values may leave the range of the inputs.

    Args:
        guide: g, of any range.
        known: y, of the same range; what it holds in the hole does not matter.
        hole: True = missing. A picture of which no pixel is known comes back as the guide.
    """
    device, dtype = guide.device, guide.dtype
    precise = precise_device(device)
    g, y, hole = guide.to(precise).double(), known.to(precise).double(), hole.to(precise)
    u = torch.where(hole, 0.0, y - g)
    for group in find_windows(hole):
        for part in group.split(PART_ON_CPU):
            part.paste(_continue(part.cut(u), part.cut(hole)), u)
    return torch.where(hole, g + u, y).to(device, dtype)


def _continue(known: Float64[Tensor, "h w b c"], hole: Bool[Tensor, "h w b 1"]) -> Float64[Tensor, "h w b c"]:
    """Return the harmonic continuation of known values, which are 0 in the holes, into these."""
    result = known.clone()
    small = hole.sum((0, 1, 3)) <= MOST_UNKNOWNS
    if not small.all():
        large = (~small).nonzero()[:, 0]
        result[:, :, large], _ = solve_laplace(known[:, :, large], hole[:, :, large])
    images = small.nonzero()[:, 0]
    flat = hole[:, :, images].flatten(0, 1)[..., 0]
    shapes, shape_of = torch.unique(flat, dim=1, return_inverse=True)
    for number, shape in enumerate(shapes.T):
        alike = images[shape_of == number]
        result[:, :, alike] = _solve(known[:, :, alike], shape.view(known.shape[:2]))
    return result


def _solve(known: Float64[Tensor, "h w b c"], hole: Bool[Tensor, "h w"]) -> Float64[Tensor, "h w b c"]:
    """Continue known values, which are 0 in the hole, into one hole that all pictures share."""
    inside = hole[:, :, None, None].expand_as(known).double()
    flux = -apply_laplacian(known, neighbours(known), inside, out=torch.empty_like(known))
    right = flux[hole].flatten(1)
    u = torch.cholesky_solve(right, torch.linalg.cholesky(laplacian_within(hole)))
    result = known.clone()
    result[hole] = u.view(-1, *known.shape[2:])
    return result


def laplacian_within(hole: Bool[Tensor, "h w"]) -> Float64[Tensor, "n n"]:
    """Return the matrix of −Δ between the pixels of a hole, row by row; known neighbours count on its diagonal."""
    degree = neighbours(torch.empty(*hole.shape, 1, 1, dtype=torch.float64, device=hole.device))[:, :, 0, 0]
    matrix = degree[hole].diag()
    number = (hole.flatten().cumsum(0) - 1).view(hole.shape)
    for one, other, both in (
        (number[1:], number[:-1], hole[1:] & hole[:-1]),
        (number[:, 1:], number[:, :-1], hole[:, 1:] & hole[:, :-1]),
    ):
        matrix[one[both], other[both]] = matrix[other[both], one[both]] = -1.0
    return matrix
