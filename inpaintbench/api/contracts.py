"""What the harness hands to plugins, and what it expects back: the four contracts, and what may be added to them.

Pictures and holes are numpy arrays on the side of data sets and masks (which need no torch), and torch
tensors on the side of methods and metrics. This module imports neither, so that a plugin can be listed in
milliseconds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    import numpy as np
    import torch
    from jaxtyping import Bool, Float, UInt8
    from torch import Tensor

    from inpaintbench.api.specs import Split
    from inpaintbench.seeding import RandomStream


@dataclass(frozen=True)
class Batch:
    """What a method is given: never a pixel from inside a hole.

    Attributes:
        corrupted: float32 in [0, 1], hole pixels 0.
        hole: True = missing.
        seeds: one integer below 2**63 an image. All randomness of a method comes from these, so that an
            image's completion does not depend on its batch.
    """

    corrupted: Float[Tensor, "b 3 h w"]
    hole: Bool[Tensor, "b 1 h w"]
    seeds: tuple[int, ...]


@dataclass(frozen=True)
class Completion:
    """What a method may return in place of a bare tensor, to say more of each image.

    Attributes:
        image: in [0, 1]; what it holds outside the hole does not matter.
        converged: False for an image on which an iterative method stopped at a limit; tables mark such cells.
        diagnostics: further numbers, one an image, of any real type; stored with its record under these names.
    """

    image: Float[Tensor, "b 3 h w"]
    converged: Bool[Tensor, " b"] | None = None
    diagnostics: Mapping[str, Tensor] = field(default_factory=dict)


@runtime_checkable
class Method(Protocol):
    """Fills holes. Built with its spec's parameters as keywords; one object serves all batches of a cell."""

    def complete(self, batch: Batch) -> Tensor | Completion:
        """Return completions `(b, 3, h, w)` in [0, 1] on the batch's device.

        The harness composites them with the known pixels, clamps (and counts) values outside [0, 1], and
        stores a wrong shape or type, a NaN, or a change of the batch's own tensors as the failure
        `invalid-output`.
        """
        ...


@runtime_checkable
class Movable(Protocol):
    """A method or metric that holds tensors, and moves them."""

    def to(self, device: torch.device) -> object:
        """Move to the device on which the batches will be; return self."""
        ...


@runtime_checkable
class Dataset(Protocol):
    """Lists and decodes pictures. Building one downloads nothing and reads no picture."""

    def items(self, split: Split) -> Sequence[str]:
        """Return the split's item ids: stable, the same on every machine, distinct over all splits.

        Raises:
            DatasetError: if the data set is not there, or has no such split, with a sentence that says so and where
                it was looked for.
        """
        ...

    def load(self, item: str) -> UInt8[np.ndarray, "h w 3"]:
        """Decode one item, of any size; the harness resizes and crops.

        Raises:
            UnreadableImageError: if it cannot be decoded; the run reports it, skips it and counts it.
            DatasetError: if the whole data set must not be used, such as for a decompression bomb; this ends the run.
        """
        ...

    def fingerprint(self, items: Sequence[str]) -> str:
        """Return a hash of all that the pixels of these items depend on, such as their files' contents.

        It is asked for before every run, so that it should be quick: `inpaintbench.fingerprints` remembers the
        hashes of files that have not changed.
        """
        ...


@runtime_checkable
class Labelled(Protocol):
    """A data set that says of what class each picture is, for tables that tell classes apart."""

    def label(self, item: str) -> str:
        """Return the class of an item, such as a breed or a texture. Reads no picture."""
        ...


@runtime_checkable
class Sourced(Protocol):
    """A data set of which several pictures are of one source: crops of one photograph, shots of one person or scene.

    They are not independent, and a hundred of them prove no more than their sources do. Intervals and tests count
    sources, therefore.
    """

    def source(self, item: str) -> str:
        """Return of what source an item is; pictures of which it is the same are of one. Reads no picture."""
        ...


@runtime_checkable
class MaskGenerator(Protocol):
    """Draws holes: a pure function of the size and the stream. Needs no torch.

    A hole that leaves nothing to fill, or nothing known, is drawn again from another stream: see
    `inpaintbench.holes`.
    """

    def draw(self, height: int, width: int, stream: RandomStream) -> Bool[np.ndarray, "h w"]:
        """Return a hole, True = missing.

        Raises:
            ParameterError: if the parameters cannot be met at this size.
        """
        ...


@runtime_checkable
class Fingerprinted(Protocol):
    """A mask generator that reads files."""

    def fingerprint(self) -> str:
        """Return a hash of the files' contents. It stands in their place in seeds and cell keys."""
        ...


@runtime_checkable
class Metric(Protocol):
    """Scores composites, one number an image."""

    def __call__(
        self,
        composite: Float[Tensor, "b 3 h w"],
        image: Float[Tensor, "b 3 h w"],
        hole: Bool[Tensor, "b 1 h w"],
    ) -> Float[Tensor, " b"]:
        """Return one number an image, as float64; NaN where it is undefined (the hole's PSNR without a hole).

        Both pictures hold 8-bit levels divided by 255. A number may not depend on the other images of the
        batch.
        """
        ...
