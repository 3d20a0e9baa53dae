"""What a network that somebody has exported to a file is given, and how what it returns is read.

Such a file says nothing of its conventions: in which range it wants colours, what 1 means in its mask, in which order
its inputs come. Whoever names the file names them too, as the parameters of `torchscript` and `onnx`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from inpaintbench import ops
from inpaintbench.api import Batch
from inpaintbench.errors import InvalidOutputError
from inpaintbench_methods.adapters.finding import find_model
from inpaintbench_methods.adapters.fitting import pad, resize, resize_known

RANGES = {"unit": (0.0, 1.0), "signed": (-1.0, 1.0), "levels": (0.0, 255.0)}
"""Black and white, by the name of a range."""


@dataclass(frozen=True)
class Convention:
    """How a network is spoken to.

    Attributes:
        colours: the range of its input, a name of `RANGES`.
        hole_value: what missing pixels hold, in that range.
        mask: what 1 means in its mask, `missing` or `known`; the other is 0.
        order: `image_mask` or `mask_image`.
        joined: whether both are one tensor of four channels, in this order.
        output_colours: the range of its output, a name of `RANGES`.
        output: which of its outputs is the picture, from 0.
    """

    colours: str
    hole_value: float
    mask: str
    order: str
    joined: bool
    output_colours: str
    output: int

    def inputs(self, corrupted: Float[Tensor, "b 3 h w"], hole: Bool[Tensor, "b 1 h w"]) -> list[Tensor]:
        """Return what the network takes: two tensors, or one."""
        black, white = RANGES[self.colours]
        image = (corrupted * (white - black) + black).masked_fill(hole, self.hole_value)
        mask = (hole if self.mask == "missing" else ~hole).to(image.dtype)
        pair = [image, mask] if self.order == "image_mask" else [mask, image]
        return [torch.cat(pair, dim=1)] if self.joined else pair

    def picture(self, answer: object, like: Float[Tensor, "b 3 h w"]) -> Float[Tensor, "b 3 h w"]:
        """Return the picture in [0, 1] that a network's answer holds.

        Args:
            answer: a tensor, or a sequence or mapping of several.
            like: pictures of the shape that is expected.

        Raises:
            InvalidOutputError: if there is no such output, or it has another shape.
        """
        outputs = _listed(answer)
        if self.output >= len(outputs):
            raise InvalidOutputError(f"The network has {len(outputs)} outputs; expected one of number {self.output}.")
        image = outputs[self.output]
        if not isinstance(image, Tensor) or image.shape != like.shape:
            found = tuple(image.shape) if isinstance(image, Tensor) else type(image).__name__
            raise InvalidOutputError(
                f"Output {self.output} of the network is {found}; expected a tensor of shape {tuple(like.shape)}. "
                "Choose with output=…; size=… and multiple_of=… say which sizes it is given."
            )
        black, white = RANGES[self.output_colours]
        return (image.to(like) - black) / (white - black)


class Exported(ABC):
    """A method that asks a network in a file. A picture of which nothing is known is given to it like any other.

    Args:
        path: of the file.
        colours, hole_value, mask, order, joined, output_colours, output: see `Convention`.
        size: side of the squares to which pictures are resized for the network; 0 for their own size.
        multiple_of: pictures are mirrored at the lower and right border until their sides are divisible by this.
        batched: whether the network is given several pictures at once.

    Raises:
        MissingWeightsError: if there is no such file.
        PluginError: if the library that reads it is not installed, or cannot read it.
    """

    def __init__(
        self,
        path: str,
        colours: str,
        hole_value: float,
        mask: str,
        order: str,
        joined: bool,
        output_colours: str,
        output: int,
        size: int,
        multiple_of: int,
        batched: bool,
    ) -> None:
        self._convention = Convention(colours, hole_value, mask, order, joined, output_colours, output)
        self._size, self._multiple, self._batched = size, multiple_of, batched
        self._file, self._device = find_model(path), torch.device("cpu")
        self._network = self._open()

    def __getstate__(self) -> dict[str, Any]:
        """Leave the network out, which no pickle holds: it lies in the file."""
        return {name: value for name, value in vars(self).items() if name != "_network"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._network = self._open()

    def to(self, device: torch.device) -> Exported:
        """Read the network anew for a device, and return self."""
        if device != self._device:
            self._device = device
            self._network = self._open()
        return self

    @torch.no_grad()
    def complete(self, batch: Batch) -> Float[Tensor, "b 3 h w"]:
        """Return completions in [0, 1].

        Raises:
            InvalidOutputError: if the network's answer has another shape than a picture.
        """
        count = len(batch.seeds) if self._batched else 1
        starts = range(0, len(batch.seeds), count)
        parts = [self._completed(batch.corrupted[at : at + count], batch.hole[at : at + count]) for at in starts]
        return torch.cat(parts)

    @abstractmethod
    def _open(self) -> Any:
        """Return the network of the file, on the device."""

    @abstractmethod
    def _ask(self, inputs: Sequence[Tensor]) -> object:
        """Return what the network answers."""

    def _canvas(self, height: int, width: int) -> tuple[int, int]:
        """Return the size to which pictures are resized."""
        return (self._size, self._size) if self._size else (height, width)

    def _completed(
        self, corrupted: Float[Tensor, "b 3 h w"], hole: Bool[Tensor, "b 1 h w"]
    ) -> Float[Tensor, "b 3 h w"]:
        height, width = self._canvas(*hole.shape[-2:])
        shown, missing = resize_known(corrupted, hole, height, width)
        padded = pad(shown, self._multiple)
        inputs = self._convention.inputs(padded, pad(missing.float(), self._multiple) > 0)
        answer = self._convention.picture(self._ask(inputs), padded)[..., :height, :width]
        return resize(ops.composite(answer, shown, missing), *hole.shape[-2:])


def _listed(answer: object) -> Sequence[object]:
    if isinstance(answer, Mapping):
        return list(answer.values())
    return list(answer) if isinstance(answer, (list, tuple)) else [answer]
