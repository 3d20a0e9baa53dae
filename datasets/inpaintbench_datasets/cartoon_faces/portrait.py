"""From genes to a picture: who is painted over whom."""

import numpy as np
from jaxtyping import UInt8

from inpaintbench_datasets.cartoon_faces import features, head
from inpaintbench_datasets.cartoon_faces.canvas import SIDE, Canvas
from inpaintbench_datasets.cartoon_faces.genes import Genes
from inpaintbench_datasets.cartoon_faces.pose import Pose


def portray(genes: Genes) -> UInt8[np.ndarray, "128 128 3"]:
    """Return the portrait of a face, from the background to the fringe."""
    canvas, pose = Canvas(SIDE, genes.background), Pose.of(genes)
    head.paint_background(canvas, genes)
    head.paint_hair_behind(canvas, genes, pose)
    head.paint_body(canvas, genes, pose)
    head.paint_face(canvas, genes, pose)
    features.paint_nose(canvas, genes, pose)
    features.paint_mouth(canvas, genes, pose)
    features.paint_eyes(canvas, genes, pose)
    features.paint_glasses(canvas, genes, pose)
    head.paint_hair_in_front(canvas, genes, pose)
    return canvas.levels()
