"""A network in a TorchScript file, as `torch.jit.save` writes it: LaMa is published so, and MAT can be exported so.

Its graph is run as it was written, without the optimisations that TorchScript makes after the first calls: these fuse
operations, and an image would then depend on how many came before it.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from inpaintbench.errors import PluginError
from inpaintbench_methods.adapters.exported import Exported

_jit: Any = torch.jit  # which has no types


class TorchScript(Exported):
    """Asks such a network; see `Exported` for the parameters."""

    def _open(self) -> Any:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "`torch.jit.load` is deprecated", FutureWarning)  # the files remain
            try:
                return _jit.load(str(self._file), map_location=self._device).eval()
            except (RuntimeError, ValueError, OSError) as error:
                raise PluginError(
                    f"{self._file} cannot be read as TorchScript ({str(error).strip().partition(chr(10))[0]}). "
                    "Expected a file that torch.jit.save has written; a checkpoint (state_dict) is none."
                ) from error

    def _ask(self, inputs: Sequence[Tensor]) -> object:
        with _jit.optimized_execution(False):
            return self._network(*inputs)
