"""What plugins and the harness promise each other: four specs, four contracts, and the words they share.

| word | meaning |
|---|---|
| image | the ground truth, RGB in [0, 1], `(3, H, W)` |
| hole | bool `(1, H, W)`, True = missing, to be filled |
| corrupted | the image with its hole pixels set to 0 |
| completion | what a method returns |
| composite | the completion inside the hole, the image's own pixels outside: what is scored |

Pictures and holes are numpy arrays on the side of data sets and masks (which need no torch), and torch
tensors on the side of methods and metrics. This module imports neither, so that a plugin can be listed in
milliseconds.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar, Literal, Protocol, get_args, runtime_checkable

from inpaintbench.errors import InpaintbenchError, PluginError
from inpaintbench.parameters import REQUIRED, Parameter, Value, resolve_extent

if TYPE_CHECKING:
    import numpy as np
    import torch
    from jaxtyping import Bool, Float, UInt8
    from torch import Tensor

    from inpaintbench.seeding import RandomStream

__all__ = [
    "REQUIRED",
    "Batch",
    "Completion",
    "Dataset",
    "DatasetSpec",
    "Fingerprinted",
    "InpaintbenchError",
    "MaskGenerator",
    "MaskSpec",
    "Method",
    "MethodSpec",
    "Metric",
    "MetricSpec",
    "Movable",
    "Parameter",
    "PluginKind",
    "PluginSpec",
    "Split",
    "Training",
    "Value",
    "resolve_extent",
]

PluginKind = Literal["method", "dataset", "mask", "metric"]
Split = Literal["train", "test"]
Training = Literal["never", "per-dataset", "per-dataset-and-mask"]
"""How often a method trains: never, once for each data set, or once for each data set and mask."""

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.-]*")
_TARGET = re.compile(r"[\w.]+:[\w.]+")


@dataclass(frozen=True, kw_only=True)
class PluginSpec:
    """What every plugin says of itself without importing its code.

    Attributes:
        name: how selectors and tables call it.
        target: `package.module:Class`, imported only when built; called with the parameters as keywords.
        summary: one sentence.
        parameters: what selectors may set.
        version: raise it when the same parameters give other numbers; stored results of the old version
            become stale.
        requires: `package.module:function`, called with the parameters as keywords, which returns the
            `inpaintbench.weights.WeightsFile`s that this plugin cannot work without; empty if none.
        reference: the publication that it follows.
        licence: the terms of the plugin (of the pictures, for a data set).
        notes: what a user must know besides, such as rules of drawing or deviations from the publication.
    """

    kind: ClassVar[PluginKind]

    name: str
    target: str
    summary: str
    parameters: tuple[Parameter, ...] = ()
    version: int = 1
    requires: str = ""
    reference: str = ""
    licence: str = ""
    notes: str = ""

    def __post_init__(self) -> None:
        """Refuse what could not be selected or built.

        Raises:
            PluginError: if the name, the target, the version or the parameters are malformed.
        """
        if not _NAME.fullmatch(self.name):
            raise PluginError(
                f"{self.name!r} cannot be a {self.kind}'s name: expected a letter, then letters, digits, _ . or -."
            )
        for target in (self.target, *([self.requires] if self.requires else [])):
            if not _TARGET.fullmatch(target):
                raise PluginError(f"{self.kind} {self.name}: {target!r} is no target; expected 'package.module:Class'.")
        if not isinstance(self.version, int) or isinstance(self.version, bool) or self.version < 1:
            raise PluginError(
                f"{self.kind} {self.name}: {self.version!r} cannot be its version; expected a whole number from 1."
            )
        names = [parameter.name for parameter in self.parameters]
        for name in names:
            if not name.isidentifier() or names.count(name) > 1:
                raise PluginError(f"{self.kind} {self.name}: {name!r} cannot be a parameter, or is declared twice.")


@dataclass(frozen=True, kw_only=True)
class MethodSpec(PluginSpec):
    """Declares an inpainting method, whose target satisfies `Method`."""

    kind: ClassVar[PluginKind] = "method"
    trains: Training = "never"

    def __post_init__(self) -> None:
        """Refuse what could not be selected, built or trained.

        Raises:
            PluginError: if the name, the target, the version, the parameters or `trains` are malformed.
        """
        super().__post_init__()
        if self.trains not in get_args(Training):
            raise PluginError(
                f"method {self.name}: trains={self.trains!r} is not possible; "
                f"expected one of {', '.join(get_args(Training))}."
            )


@dataclass(frozen=True, kw_only=True)
class DatasetSpec(PluginSpec):
    """Declares a data set, whose target satisfies `Dataset`."""

    kind: ClassVar[PluginKind] = "dataset"


@dataclass(frozen=True, kw_only=True)
class MaskSpec(PluginSpec):
    """Declares a mask generator, whose target satisfies `MaskGenerator`."""

    kind: ClassVar[PluginKind] = "mask"


@dataclass(frozen=True, kw_only=True)
class MetricSpec(PluginSpec):
    """Declares a metric, whose target satisfies `Metric`.

    Attributes:
        unit: such as `dB`; empty for a pure number.
        higher_is_better: the direction.
        decimals: how many a table prints.
        label: the head of its column; `{parameter}` stands for a parameter's value.
        default: whether it is scored where nobody chose metrics: those of the scoring protocol.
        ranked: whether it counts for the mean rank that sorts a leaderboard. Metrics that order images alike
            (PSNR over the image and over the hole) would otherwise vote twice.
    """

    kind: ClassVar[PluginKind] = "metric"
    unit: str = ""
    higher_is_better: bool
    decimals: int = 3
    label: str
    default: bool = False
    ranked: bool = False

    def __post_init__(self) -> None:
        """Refuse what could not be selected, built or printed.

        Raises:
            PluginError: if the name, the target, the version, the parameters or the label are malformed.
        """
        super().__post_init__()
        try:
            self.label.format_map({parameter.name: parameter.default for parameter in self.parameters})
        except (KeyError, ValueError, IndexError, AttributeError) as error:
            raise PluginError(
                f"metric {self.name}: the label {self.label!r} cannot be filled in; expected text in which braces hold "
                "a parameter's name."
            ) from error


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
        """Return a hash of all that the pixels of these items depend on, such as their files' contents."""
        ...


@runtime_checkable
class MaskGenerator(Protocol):
    """Draws holes: a pure function of the size and the stream. Needs no torch."""

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
