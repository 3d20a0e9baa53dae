"""What a face is known by: eyes and brows, nose, mouth, glasses."""

from __future__ import annotations

import numpy as np

from inpaintbench_datasets.cartoon_faces.canvas import Canvas, arc, edge, ellipse, mix, stroke
from inpaintbench_datasets.cartoon_faces.genes import Genes
from inpaintbench_datasets.cartoon_faces.head import BLACK, WHITE
from inpaintbench_datasets.cartoon_faces.pose import EYES, Pose

EYEBALL = (0.98, 0.98, 0.97)
THROAT = (0.30, 0.06, 0.08)
TEETH = (0.97, 0.96, 0.93)
CLEAR_GLASS, DARK_GLASS = (0.85, 0.93, 1.0), (0.12, 0.13, 0.18)
MOUTH = 25.0
"""Height of the mouth below the middle of the face, in units of the head."""


def paint_nose(canvas: Canvas, genes: Genes, pose: Pose) -> None:
    """Paint a shadow on the side away from the light, a bright ridge, and the nostrils."""
    length, half = 13 + 2.5 * genes.nose_length, 5.5 + 1.2 * genes.nose_width
    shadow = mix(genes.skin, BLACK, 0.28)
    away = -1.0 if genes.light > 0 else 1.0
    window = canvas.window(pose.x(-10), pose.y(-6), pose.x(10), pose.y(22))

    side = stroke(window, pose.x(2.2 * away), pose.y(-3), pose.x((half - 1) * away), pose.y(length - 1), 2.0)
    canvas.paint(window, 0.55 * edge(side, 2.5), shadow)
    ridge = stroke(window, pose.x(-0.6 * away), pose.y(-2), pose.x(-0.6 * away), pose.y(length - 3), 2.2)
    canvas.paint(window, 0.5 * edge(ridge, 2.5), mix(genes.skin, WHITE, 0.35))
    nostrils = arc(window, pose.middle_x, pose.y(length - 0.5), pose.long(half), 2.2, 3.0)
    canvas.paint(window, 0.6 * edge(nostrils, 1.5), shadow)


def paint_mouth(canvas: Canvas, genes: Genes, pose: Pose) -> None:
    """Paint the moustache, the lips along a bow, and between them teeth or a line."""
    x = pose.middle_x
    if genes.moustache:
        window = canvas.window(pose.x(-16), pose.y(MOUTH - 10), pose.x(16), pose.y(MOUTH))
        hair = arc(window, x, pose.y(MOUTH - 3), pose.long(14), -3.5, 6.0)
        canvas.paint(window, genes.moustache * edge(hair, 1.5), genes.brow)
    half, bend, opening = 11 + 2.5 * genes.mouth_width, 5.0 * genes.smile, 7.0 * genes.mouth_open
    y, bow = pose.y(MOUTH - 0.4 * bend), pose.long(bend)
    window = canvas.window(pose.x(-half - 2), pose.y(MOUTH - 10), pose.x(half + 2), pose.y(MOUTH + 14))
    canvas.paint(window, edge(arc(window, x, y, pose.long(half), bow, pose.long(5.5 + opening))), genes.lips)
    if opening <= 1:
        line = arc(window, x, y, pose.long(half), bow, 1.6)
        canvas.paint(window, edge(line), mix(genes.lips, BLACK, 0.5))
        return
    canvas.paint(window, edge(arc(window, x, y, pose.long(half - 2), bow, pose.long(opening))), THROAT)
    teeth = np.maximum(arc(window, x, y, pose.long(half - 3), bow, pose.long(opening)), window.y - y - bow)
    canvas.paint(window, edge(teeth), TEETH)


def paint_eyes(canvas: Canvas, genes: Genes, pose: Pose) -> None:
    """Paint for each eye its socket, ball, iris, pupil, a reflection, the upper lid, and a brow."""
    a = pose.long(1.12 * (6.6 + 0.9 * genes.eye_size))
    b = a * (0.375 + 0.295 * genes.eye_open)
    y = pose.y(EYES)
    for side in (-1, 1):
        x = pose.x(side * pose.eye_distance)
        window = canvas.window(x - 12, y - 10, x + 12, y + 10)
        distance = ellipse(window, x, y, a, b)
        eye = edge(distance, 0.9)
        socket = ellipse(window, x, y - 1.0, 1.16 * a, b + 2.2)
        canvas.paint(window, 0.35 * edge(socket, 2.0), mix(genes.skin, BLACK, 0.45))
        canvas.paint(window, eye, EYEBALL)
        iris = x + pose.long(1.8 * genes.gaze)
        canvas.paint(window, eye * edge(ellipse(window, iris, y, pose.long(4.1), pose.long(4.1))), genes.iris)
        canvas.paint(window, eye * edge(ellipse(window, iris, y, pose.long(2.0), pose.long(2.0))), BLACK)
        canvas.paint(window, eye * edge(ellipse(window, iris + 1.5 * genes.light, y - 1.5, 1.1, 1.1)), WHITE)
        lid = np.maximum(np.abs(distance) - 0.6, window.y - y + 0.5)
        canvas.paint(window, edge(lid), mix(BLACK, genes.skin, 0.1))
        _paint_brow(canvas, genes, pose, side)


def _paint_brow(canvas: Canvas, genes: Genes, pose: Pose, side: int) -> None:
    height = EYES - 11 - 2.0 * genes.brow_height - 2.0 * genes.eye_open
    tilt, middle = 2.2 * genes.brow_angle, pose.eye_distance
    window = canvas.window(
        pose.x(side * middle - 12), pose.y(height - 7), pose.x(side * middle + 12), pose.y(height + 7)
    )
    inner, outer = pose.x(side * (middle - 7)), pose.x(side * (middle + 8))
    width = pose.long(2.0 + 2.2 * genes.brow_width)
    brow = stroke(window, inner, pose.y(height + tilt), outer, pose.y(height - tilt + 1), width)
    canvas.paint(window, edge(brow, 1.2), genes.brow)


def paint_glasses(canvas: Canvas, genes: Genes, pose: Pose) -> None:
    """Paint round or square glasses, clear or dark, and their bridge."""
    if not genes.glasses:
        return
    a, b = (10.5, 10.0) if genes.frame_round else (11.0, 7.8)
    tint, glass = (0.12, CLEAR_GLASS) if genes.glasses == 1 else (0.9, DARK_GLASS)
    y = pose.y(EYES + 1)
    for side in (-1, 1):
        x = pose.x(side * pose.eye_distance)
        window = canvas.window(x - 15, y - 14, x + 15, y + 14)
        if genes.frame_round:
            distance = ellipse(window, x, y, pose.long(a), pose.long(b))
        else:
            distance = np.maximum(np.abs(window.x - x) - pose.long(a), np.abs(window.y - y) - pose.long(b))
        canvas.paint(window, tint * edge(distance), glass)
        canvas.paint(window, edge(np.abs(distance) - 1.0), BLACK)
    window = canvas.window(pose.x(-8), pose.y(-10), pose.x(8), pose.y(0))
    ends = pose.x(a - pose.eye_distance), pose.x(pose.eye_distance - a)
    canvas.paint(window, edge(stroke(window, ends[0], pose.y(-6), ends[1], pose.y(-6), 2.0)), BLACK)
