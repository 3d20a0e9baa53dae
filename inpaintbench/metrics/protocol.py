"""Which scoring protocol this is: the conventions that a number depends on besides the two pictures."""

from __future__ import annotations

from typing import Final

PROTOCOL: Final = 1
"""Version of the scoring protocol. Records of different versions are never put in one column.

Protocol 1:

1. What is scored is the composite: the completion inside the hole, the image's own pixels outside.
2. The composite is clamped to [0, 1] and rounded (half up, not truncated) to 8 bits, as a saved file would
   be. The image holds 8-bit levels already.
3. Every number belongs to one image. A cell's number is the mean over its images; for PSNR, too, it is the
   mean of the decibels, not the decibels of the mean error. Images for which a metric is undefined are left
   out of its mean.
4. PSNR and L1 are taken over all pixels and the three colour channels, with data range 1. PSNR is in dB,
   and at most 100 dB, which is what identical pictures get. L1 is in per cent of the data range. Both are
   computed from integer levels, and are equal to the last bit on every device and in every batch.
   `psnr_hole` and `l1_hole` average over the hole's pixels alone, and are undefined for an empty hole.
5. SSIM has an 11×11 Gaussian window with sigma 1.5, K1 = 0.01, K2 = 0.03, data range 1 and population
   covariances. It is averaged over the windows that lie wholly inside the image and over the colour
   channels, in 64-bit floating point. It is undefined for images of fewer than 11 pixels in height or
   width.
6. LPIPS is version 0.1 of the package `lpips`, with input in [-1, 1], without resizing, in 32-bit floating
   point (no TF32). Its backbone is part of its name, and the SHA-256 of the backbone's weights is stored
   with its numbers. It is undefined for images of which the backbone's poolings leave nothing.
7. An undefined number is NaN.

`docs/protocol.md` gives the reasons.
"""
