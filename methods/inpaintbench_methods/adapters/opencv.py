"""The inpainting of OpenCV: Telea, Navier–Stokes, and from its contributed modules shift-map and frequency-selective.

| algorithm | publication |
|---|---|
| `telea` | A. Telea, "An image inpainting technique based on the fast marching method", J. Graphics Tools 9(1), 2004 |
| `ns` | M. Bertalmio, A. L. Bertozzi and G. Sapiro, "Navier–Stokes, fluid dynamics, and image and video inpainting", CVPR 2001 |
| `shiftmap` | K. He and J. Sun, "Statistics of patch offsets for image completion", ECCV 2012 |
| `fsr_fast`, `fsr_best` | J. Seiler et al., "Resampling images to a regular grid from a non-regular subset of pixel positions using frequency selective reconstruction", IEEE Trans. Image Process. 24(11), 2015 |

They take and return 8-bit levels, B before G before R. In `cv2.inpaint`, a mask that is not 0 means missing; in
`cv2.xphoto.inpaint` it means known. OpenCV asks for CIE Lab in the case of shift-map, whose offsets it finds by lightness.

A picture of which nothing is known comes out mid-grey. Shift-map can leave pixels of small pictures without a value: they
get the mean colour of the known ones, and are counted.
"""  # noqa: E501  a row of a table is one line

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from jaxtyping import Bool, UInt8

from inpaintbench import ops
from inpaintbench.api import Batch, Completion
from inpaintbench.errors import PluginError
from inpaintbench_methods.adapters.finding import library

PLAIN = {"telea": "INPAINT_TELEA", "ns": "INPAINT_NS"}
CONTRIBUTED = {"shiftmap": "INPAINT_SHIFTMAP", "fsr_fast": "INPAINT_FSR_FAST", "fsr_best": "INPAINT_FSR_BEST"}


class OpenCV:
    """Fills one picture after the other, on one thread of the CPU.

    Args:
        algorithm: see above.
        radius: pixels around a missing one that `telea` and `ns` look at; the others do not heed it.

    Raises:
        PluginError: if OpenCV, or its contributed modules where they are needed, cannot be imported.
    """

    def __init__(self, algorithm: str, radius: int) -> None:
        self._algorithm, self._radius = algorithm, radius
        cv2 = _opencv()
        if algorithm in CONTRIBUTED and not hasattr(getattr(cv2, "xphoto", None), CONTRIBUTED[algorithm]):
            raise PluginError(
                f"opencv[algorithm={algorithm}] needs OpenCV's contributed module xphoto, which the one that is "
                "installed does not hold. Only one package of OpenCV can be installed at a time: remove the others "
                "(pip uninstall opencv-python opencv-python-headless), then pip install 'inpaintbench[opencv]'."
            )

    def complete(self, batch: Batch) -> Completion:
        """Return completions of 8-bit levels, and how many pixels of each were left without a value."""
        levels = ops.to_levels(batch.corrupted).to(torch.uint8).permute(0, 2, 3, 1).cpu().numpy()
        holes = batch.hole[:, 0].cpu().numpy()
        with one_thread(_opencv()):
            filled, left = zip(*map(self._fill, levels, holes), strict=True)
        image = torch.from_numpy(np.stack(filled)).permute(0, 3, 1, 2).to(batch.corrupted) / 255
        counts = {"unfilled": torch.tensor(left)} if self._algorithm == "shiftmap" else {}
        return Completion(image, diagnostics=counts)

    def _fill(
        self, levels: UInt8[np.ndarray, "h w 3"], hole: Bool[np.ndarray, "h w"]
    ) -> tuple[UInt8[np.ndarray, "h w 3"], int]:
        """Return a picture with its hole filled, RGB, and how many pixels had to be filled with the mean colour."""
        if not hole.any():
            return levels, 0
        if hole.all():
            return np.full_like(levels, round(255 * ops.NEUTRAL)), 0
        cv2 = _opencv()
        bgr = np.ascontiguousarray(levels[..., ::-1])
        if self._algorithm in PLAIN:
            filled = cv2.inpaint(bgr, hole.astype(np.uint8), self._radius, getattr(cv2, PLAIN[self._algorithm]))
            return np.ascontiguousarray(filled[..., ::-1]), 0
        known = np.where(hole, 0, 255).astype(np.uint8)
        how = getattr(cv2.xphoto, CONTRIBUTED[self._algorithm])
        if self._algorithm != "shiftmap":
            filled = np.zeros_like(bgr)
            cv2.xphoto.inpaint(bgr, known, filled, how)
            return np.ascontiguousarray(filled[..., ::-1]), 0
        lab = cv2.cvtColor(bgr, cv2.COLOR_BGR2LAB)
        shifted = np.zeros_like(lab)
        cv2.xphoto.inpaint(lab, known, shifted, how)
        left = hole & (shifted == 0).all(axis=-1)  # no colour has these levels in Lab: black's are 0, 128, 128
        filled = cv2.cvtColor(shifted, cv2.COLOR_LAB2RGB)
        filled[left] = np.rint(levels[~hole].mean(axis=0))
        return filled, int(left.sum())


def _opencv() -> Any:
    """Return OpenCV; it is no attribute, because a module cannot be pickled.

    Raises:
        PluginError: if it cannot be imported.
    """
    return library("cv2", "opencv", "opencv-contrib-python-headless")


@contextmanager
def one_thread(cv2: Any) -> Iterator[None]:
    """Let OpenCV compute on one thread, so that no sum depends on how many there are; then as many as before."""
    before = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        yield
    finally:
        cv2.setNumThreads(before)
