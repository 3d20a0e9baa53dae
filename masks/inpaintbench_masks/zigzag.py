"""The zigzag of a random brush stroke, which DeepFill v2, CoModGAN and MAT share.

Source: `brush_stroke_mask` in `inpaint_ops.py` of github.com/JiahuiYu/generative_inpainting (J. Yu et al.,
Free-Form Image Inpainting with Gated Convolution, ICCV 2019, Section 3.3); `RandomBrush` of the others draws
the same line.
"""

import math

from inpaintbench.seeding import RandomStream
from inpaintbench_masks.angles import DEVIATES, ONE, TURN, cosine, sine
from inpaintbench_masks.canvas import Canvas

MEAN_ANGLE = TURN // 5
ANGLE_RANGE = TURN // 15


def draw_zigzag(canvas: Canvas, vertices: tuple[int, int], stream: RandomStream) -> list[tuple[int, int]]:
    """Return the vertices of a line that starts anywhere, and runs to the right, its steps up and down by turns.

    A stroke draws its two bounds of the angle once, up to 2π/15 below and above 2π/5, and the angle of each
    step between them. A step's length is normal, of mean a = √(H² + W²)/8 and standard deviation ⌊a/2⌋, clipped
    to [0, 2a]; H and W are the canvas's, in reference pixels. A vertex is clipped to the canvas and rounded down.

    Two deviations: an angle is a whole number of 1/15360 turns, and a length one of 4,096 equally probable
    quantiles of the normal distribution, so that whole numbers decide. And the released code takes height for
    width where it places a vertex, which leaves parts of an oblong picture untouched; this does not.

    Args:
        canvas: on which the line is to be drawn; nothing is drawn yet.
        vertices: the least and the greatest number of steps, which is that of vertices after the first.
        stream: what decides.
    """
    mean = math.isqrt((canvas.height**2 + canvas.width**2) * ONE**2) // 8
    deviation = mean // (2 * ONE)
    steps = stream.integer(*vertices)
    least = MEAN_ANGLE - stream.integer(0, ANGLE_RANGE)
    greatest = MEAN_ANGLE + stream.integer(0, ANGLE_RANGE)
    x, y = stream.integer(0, canvas.width - 1), stream.integer(0, canvas.height - 1)
    line = [(x, y)]
    for step in range(steps):
        angle = stream.integer(least, greatest)
        if step % 2 == 0:
            angle = -angle
        length = mean + deviation * DEVIATES[stream.integer(0, len(DEVIATES) - 1)]
        length = min(max(length, 0), 2 * mean)
        x = min(max(x + length * cosine(angle) // ONE**2, 0), canvas.width)
        y = min(max(y + length * sine(angle) // ONE**2, 0), canvas.height)
        line.append((x, y))
    return line
