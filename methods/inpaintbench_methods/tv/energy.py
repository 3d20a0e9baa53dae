"""Total variation under the constraint of the known pixels: the problem, and a certificate for its solutions.

The problem, for one image x of three channels with hole pixels Ω and known pixels K, is

    minimise TV(x) = Σ_i √((∇x)_{i,1}² + (∇x)_{i,2}²)   subject to   ‖x_K − y‖₂ ≤ ε,

with i over pixels and channels, and ∇x the forward differences to the pixel below and to the right (0 where the image
ends). ε = 0 interpolates the known pixels. Terms i of pixels that neither lie in the hole nor have their lower or right
neighbour there are constants if ε = 0; they are left out of TV(x) then, so that a relative gap speaks of the hole.

**The dual bound.** Let lo and hi be the least and greatest known value of a channel (for ε = 0, among the known pixels
that occur in the terms counted). Clamping x to [lo, hi] increases no difference of two pixels, and moves x_K no farther
from y. So some minimiser lies in [lo, hi], and to demand it of the hole's pixels changes nothing. For every field p
with ‖p_i‖ ≤ 1, |(∇x)_i| ≥ ⟨p_i, (∇x)_i⟩. Hence, with r = ∇ᵀp, TV(x) ≥ ⟨p, ∇x⟩ = ⟨r, x⟩ for every x, and the minimum
is at least

    D(p) = Σ_{i∈Ω} min_{lo ≤ ξ ≤ hi} r_i ξ + ⟨r_K, y⟩ − ε ‖r_K‖₂.

**The gap** TV(x) − D(p) is computed as a sum of terms none of which is negative, so that nothing cancels:

    Σ_i (|(∇x)_i| − ⟨p_i, (∇x)_i⟩) + Σ_{i∈Ω} max(r_i (x_i − lo), r_i (x_i − hi)) + ⟨r_K, x_K − y⟩ + ε ‖r_K‖₂.
"""

from dataclasses import dataclass, replace

import torch
from jaxtyping import Bool, Float, Float64, Int64
from torch import Tensor

from inpaintbench_methods.windows import pixel_sum_


@dataclass(frozen=True)
class Problem:
    """The problem of several images with windows of one size.

    Attributes:
        y: the pixels; values inside the hole are 0 and do not matter.
        hole: True = missing, in every channel alike.
        counted: the pixels whose terms make up TV(x).
        low: least value of each image's channels.
        high: greatest value.
        epsilon: the allowed distance ‖x_K − y‖₂ of each image, over its three channels.
        exact: whether `epsilon` is 0.
        free: 1 in the hole, 0 elsewhere.
    """

    y: Float[Tensor, "h w b c"]
    hole: Bool[Tensor, "h w b c"]
    counted: Bool[Tensor, "h w b c"]
    low: Float[Tensor, "b c"]
    high: Float[Tensor, "b c"]
    epsilon: Float[Tensor, " b"]
    exact: bool
    free: Float[Tensor, "h w b c"]

    def select(self, images: Int64[Tensor, " staying"]) -> "Problem":
        """Return the problem of some of the images."""
        return replace(
            self,
            y=self.y.index_select(2, images),
            hole=self.hole.index_select(2, images),
            counted=self.counted.index_select(2, images),
            low=self.low[images],
            high=self.high[images],
            epsilon=self.epsilon[images],
            free=self.free.index_select(2, images),
        )

    def feasible(self, x: Float[Tensor, "h w b c"]) -> Float[Tensor, "h w b c"]:
        """Return x with its hole pixels clamped to [low, high], and its known pixels moved to the ball around y."""
        known = self.y
        if not self.exact:
            known = known + into_ball((x - self.y).masked_fill(self.hole, 0), self.epsilon)
        return torch.where(self.hole, x.clamp(self.low, self.high), known)

    def restrict(self, x: Float[Tensor, "h w b c"], step: Float[Tensor, "h w b c"]) -> None:
        """Change `step` in place so that x + step is the feasible point nearest to x + step, the box aside."""
        if not self.exact:
            known = self.y - x + into_ball((x + step - self.y).masked_fill(self.hole, 0), self.epsilon)
            torch.where(self.hole, step, known, out=step)
        else:
            step *= self.free


@dataclass(frozen=True)
class Scale:
    """How a problem's numbers become picture values again.

    Attributes:
        shift: what stands for 0 in each channel.
        unit: what stands for 1 in each image.
    """

    shift: Float[Tensor, "b c"]
    unit: Float[Tensor, "b 1"]

    def restore(self, x: Float[Tensor, "h w b c"]) -> Float[Tensor, "h w b c"]:
        """Return picture values."""
        return x * self.unit + self.shift


def pose(
    y: Float[Tensor, "h w b c"], hole: Bool[Tensor, "h w b 1"], epsilon: float, *, unit: float
) -> tuple[Problem, Scale]:
    """Pose the problem for each channel less the mean of its bounding values, in an image's own unit.

    Bounding values are those of the known pixels that occur in the terms counted. Around 0, float32 has its finest
    steps: without the shift, rounding alone would leave a gap of several 1e-5. With the unit, a pale image takes no
    more iterations than the same image in full contrast.

    Args:
        y: pixels in [0, 1]; values inside the hole do not matter.
        hole: True = missing.
        epsilon: the allowed distance ‖x_K − y‖₂.
        unit: what is to be 1, in multiples of the bounding values' standard deviation (that of the channel in which
            it is greatest; 1/255 if all are constant).
    """
    holes = hole.expand_as(y)
    if epsilon > 0:
        counted, bounding = torch.ones_like(holes), ~holes
    else:
        counted = holes.clone()
        counted[:-1] |= holes[1:]
        counted[:, :-1] |= holes[:, 1:]
        bounding = counted.clone()
        bounding[1:] |= counted[:-1]
        bounding[:, 1:] |= counted[:, :-1]
        bounding &= ~holes
    low = y.masked_fill(~bounding, torch.inf).amin((0, 1))
    high = y.masked_fill(~bounding, -torch.inf).amax((0, 1))
    count = pixel_sum_(bounding.to(y.dtype))
    shift = pixel_sum_(y.masked_fill(~bounding, 0)) / count
    deviation = (pixel_sum_((y - shift).masked_fill_(~bounding, 0).square_()) / count).sqrt_().amax(1, keepdim=True)
    scale = Scale(shift, unit * torch.where(deviation > 0, deviation, 1 / 255))
    problem = Problem(
        y=((y - shift) / scale.unit).masked_fill(holes, 0),
        hole=holes.contiguous(),
        counted=counted,
        low=(low - shift) / scale.unit,
        high=(high - shift) / scale.unit,
        epsilon=epsilon / scale.unit[:, 0],
        exact=epsilon == 0,
        free=holes.to(y.dtype),
    )
    return problem, scale


def certify(
    problem: Problem, x: Float[Tensor, "h w b c"], p: Float[Tensor, "2 h w b c"]
) -> tuple[Float64[Tensor, " b"], Float64[Tensor, " b"]]:
    """Return TV(x) of each image, and how far it can lie above the minimum.

    Args:
        problem: the problem.
        x: a feasible point; see `Problem.feasible`.
        p: any field; where it is not one with ‖p_i‖ ≤ 1, it is made one.
    """
    x, p = x.double(), p.double()
    p = p / vector_length(p).clamp_(min=1)
    p.masked_fill_(~problem.counted, 0)
    p[0, -1] = 0
    p[1, :, -1] = 0
    slope = gradient(x, out=torch.zeros_like(p))
    variation = vector_length(slope).masked_fill_(~problem.counted, 0)
    slope *= p
    slack = variation - slope[0] - slope[1]
    r = divergence(p, out=torch.zeros_like(x)).neg_()
    in_box = torch.maximum(r * (x - problem.low), r * (x - problem.high))
    on_known = r * (x - problem.y)
    slack += torch.where(problem.hole, in_box, on_known)
    gap = _image_sum_(slack)
    if not problem.exact:
        gap += problem.epsilon * _image_sum_(r.masked_fill(problem.hole, 0).square_()).sqrt()
    return _image_sum_(variation), gap


def gradient(x: Float[Tensor, "h w b c"], out: Float[Tensor, "2 h w b c"]) -> Float[Tensor, "2 h w b c"]:
    """Write ∇x into `out`, whose last row (of the first component) and last column (of the second) stay as they are."""
    torch.sub(x[1:], x[:-1], out=out[0, :-1])
    torch.sub(x[:, 1:], x[:, :-1], out=out[1, :, :-1])
    return out


def divergence(p: Float[Tensor, "2 h w b c"], out: Float[Tensor, "h w b c"]) -> Float[Tensor, "h w b c"]:
    """Write −∇ᵀp into `out`; p must be 0 where ∇ has no difference to take (last row, last column)."""
    torch.add(p[0], p[1], out=out)
    out[1:] -= p[0, :-1]
    out[:, 1:] -= p[1, :, :-1]
    return out


def vector_length(p: Float[Tensor, "2 h w b c"]) -> Float[Tensor, "h w b c"]:
    """Return ‖p_i‖ of each pixel and channel."""
    squares = p * p
    squares[0] += squares[1]
    return squares[0].sqrt_()


def into_ball(offset: Float[Tensor, "h w b c"], radius: Float[Tensor, " b"]) -> Float[Tensor, "h w b c"]:
    """Return each image's offset, shortened to at most its `radius` over pixels and channels."""
    length = _image_sum_(offset * offset).sqrt_()
    return offset * (radius / torch.maximum(length, radius))[:, None]


def _image_sum_(values: Float[Tensor, "h w b c"]) -> Float[Tensor, " b"]:
    """Sum over pixels and channels, in an order that is the same for every batch; what `values` held is lost."""
    first, *others = pixel_sum_(values).unbind(1)
    for channel in others:
        first = first + channel
    return first
