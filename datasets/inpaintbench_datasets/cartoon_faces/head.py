"""Everything but eyes, nose and mouth: background, body, the face's ground with its light, beard, and hair."""

from __future__ import annotations

import numpy as np

from inpaintbench_datasets.cartoon_faces.canvas import SIDE, Canvas, Plane, Window, edge, ellipse, mix
from inpaintbench_datasets.cartoon_faces.genes import Genes
from inpaintbench_datasets.cartoon_faces.pose import HEIGHT, Pose

WHITE, BLACK = (1.0, 1.0, 1.0), (0.06, 0.05, 0.06)
CHEEKS = (0.90, 0.35, 0.32)

LONG = 0.3
"""Hair that reaches farther down than this falls behind the ears, and hides them."""


def paint_background(canvas: Canvas, genes: Genes) -> None:
    """Paint a colour that changes from top to bottom, and a bright disc."""
    whole = canvas.window(0, 0, SIDE, SIDE)
    canvas.paint(whole, np.broadcast_to(whole.y / SIDE, (SIDE, SIDE)), genes.background_low)
    x, y, radius = SIDE * genes.disc_x, 30.0, 14.0 + 26.0 * genes.disc_size
    window = canvas.window(x - radius, y - radius, x + radius, y + radius)
    canvas.paint(window, 0.45 * edge(ellipse(window, x, y, radius, radius), 3.0), mix(genes.background, WHITE, 0.6))


def paint_hair_behind(canvas: Canvas, genes: Genes, pose: Pose) -> None:
    """Paint what falls behind the face: half an ellipse above, straight below, rounded at the tips."""
    if genes.hair_sides <= LONG:
        return
    x, y, half = pose.middle_x, pose.y(-6), pose.long(pose.half_width + 9)
    top, bottom = pose.y(-46 - 8 * genes.hair_top), pose.y(10 + 46 * genes.hair_sides)
    window = canvas.window(x - half, top, x + half, bottom)
    crown = ellipse(window, x, y, half, pose.long(HEIGHT + 8 * genes.hair_top))
    across = window.x - x
    tips = window.y - bottom + across * across / 120
    canvas.paint(
        window,
        edge(np.maximum(np.where(window.y < y, crown, np.abs(across) - half), tips), 1.5),
        mix(genes.hair, BLACK, 0.35),
    )


def paint_body(canvas: Canvas, genes: Genes, pose: Pose) -> None:
    """Paint shirt, neck and, where no hair hides them, ears."""
    x = pose.middle_x
    window = canvas.window(0, pose.y(46), SIDE, SIDE)
    canvas.paint(window, edge(ellipse(window, x, pose.y(92), pose.long(56), pose.long(42)), 1.2), genes.shirt)

    window = canvas.window(pose.x(-15), pose.y(20), pose.x(15), pose.y(60))
    across = window.x - x
    collar = window.y - pose.y(54) + across * across / 40
    canvas.paint(window, edge(np.maximum(np.abs(across) - pose.long(13), collar), 1.2), mix(genes.skin, BLACK, 0.22))
    if genes.hair_sides > LONG:
        return
    for side in (-1, 1):
        ear = x + side * pose.long(pose.half_width + 0.5)
        window = canvas.window(ear - 7, pose.y(-9), ear + 7, pose.y(13))
        shadow = 0.12 - 0.05 * side * genes.light
        canvas.paint(
            window, edge(ellipse(window, ear, pose.y(2), pose.long(5.5), pose.long(9))), mix(genes.skin, BLACK, shadow)
        )


def paint_face(canvas: Canvas, genes: Genes, pose: Pose) -> None:
    """Paint the face's ground, lit from one side, with cheeks and beard."""
    half = pose.long(pose.half_width)
    window = canvas.window(pose.middle_x - half, pose.y(-HEIGHT), pose.middle_x + half, pose.y(HEIGHT + 6))
    across, radius = _within_face(window, pose)
    lit = across * genes.light
    light = 0.10 * lit - 0.20 * np.maximum(radius - 0.55, 0.0) * (1 - lit) + 0.04
    light = 1.0 + 1.5 * np.minimum(np.maximum(light, -0.3), 0.2)
    inside = edge((radius - 1.0) * half)
    canvas.paint(window, inside, light[:, :, None] * np.asarray(genes.skin))
    for side in (-1, 1):
        x, y = pose.x(17 * side), pose.y(14)
        cheek = canvas.window(x - 12, y - 10, x + 12, y + 10)
        canvas.paint(cheek, 0.22 * edge(ellipse(cheek, x, y, pose.long(8), pose.long(6)) + 1, 6.0), CHEEKS)
    if genes.beard:
        jaw = pose.y(18) - pose.long(14) * across * across - window.y
        lips = edge(ellipse(window, pose.middle_x, pose.y(24), pose.long(13), pose.long(6)), 2.0)
        canvas.paint(window, genes.beard * inside * edge(jaw, 4.0) * (1 - lips), genes.brow)


def paint_hair_in_front(canvas: Canvas, genes: Genes, pose: Pose) -> None:
    """Paint the hair on top, down to a parted hairline and to the temples, lit like the face."""
    if not genes.hair_top:
        return
    x, y = pose.middle_x, pose.y(-4)
    a, b = pose.long(pose.half_width + 4 + 3 * genes.hair_top), pose.long(HEIGHT + 4 + 7 * genes.hair_top)
    window = canvas.window(x - a, y - b, x + a, pose.y(14))
    from_parting = (window.x - pose.x(16 * genes.parting)) / pose.long(pose.half_width)
    hairline = pose.y(-30 + 9 * genes.fringe) + pose.long(26 - 15.6 * genes.fringe) * from_parting * from_parting
    beyond = np.maximum(window.y - hairline, window.y - pose.y(-6 + 14 * genes.hair_sides))
    coverage = edge(ellipse(window, x, y, a, b), 1.5) * edge(beyond, 1.5)
    light = 1.0 + 0.25 * genes.light * (window.x - x) / a - 0.30 * (window.y - pose.y(-30)) / b
    canvas.paint(window, coverage, light[:, :, None] * np.asarray(genes.hair))


def _within_face(window: Window, pose: Pose) -> tuple[Plane, Plane]:
    """Return where pixels are across the face, −1 left to 1 right, and how far from its middle, 1 at its edge."""
    down = (window.y - pose.middle_y) / pose.long(HEIGHT)
    half = pose.long(pose.half_width) * (1.0 - pose.narrowing * np.maximum(down, 0.0))
    across = (window.x - pose.middle_x) / half
    down = np.where(down > 0, down / 1.06, down)
    return across, np.sqrt(across * across + down * down)
