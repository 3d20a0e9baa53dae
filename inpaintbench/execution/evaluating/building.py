"""From a method's plugin to a method that has learned what it must, and is on its device."""

from __future__ import annotations

from typing import TYPE_CHECKING

from inpaintbench.api import Learned, Method, Movable
from inpaintbench.errors import MissingWeightsError, PluginError, TrainingError
from inpaintbench.execution.planning.cells import Cell

if TYPE_CHECKING:
    import torch


def build_method(cell: Cell, device: torch.device) -> Method:
    """Return a cell's method, ready to complete batches on a device.

    Raises:
        MissingWeightsError: if pretrained weights are not here.
        TrainingError: if what it must have learned is not there.
        CheckpointError: if what it has learned cannot be read.
        Exception: what the plugin raises.
    """
    if cell.method.unavailable:
        raise MissingWeightsError(cell.method.unavailable)
    method: Method = cell.method.selection.build()
    if cell.method.selection.spec.training:
        _teach(method, cell)
    if isinstance(method, Movable):
        method.to(device)
    return method


def refuse_untaught(cell: Cell, why: str = "") -> None:
    """Refuse a cell whose method has not learned what it must.

    Raises:
        TrainingError: if it has not; the message says why, if anyone knows.
    """
    if cell.method.selection.spec.training and cell.checkpoint is None:
        raise TrainingError(f"{cell.training.title if cell.training else cell.title} is not trained. {why}".rstrip())


def _teach(method: Method, cell: Cell) -> None:
    """Give a method what it has learned."""
    from inpaintbench.checkpoints.weights import read_weights

    refuse_untaught(cell)
    if not isinstance(method, Learned):
        raise PluginError(f"The method {cell.names[0]} is trained, and has no function load(trained).")
    assert cell.checkpoint is not None
    method.load(read_weights(cell.checkpoint))
