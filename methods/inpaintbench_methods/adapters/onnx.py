"""A network in an ONNX file, run by ONNX Runtime.

It runs on CUDA where the cell does and where the installed ONNX Runtime can (the package `onnxruntime-gpu`); else on
the CPU. A network that declares a fixed height and width is given pictures of that size.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from inpaintbench.errors import PluginError
from inpaintbench_methods.adapters.exported import Exported
from inpaintbench_methods.adapters.finding import library

TYPES = {"float": np.float32, "float16": np.float16, "double": np.float64, "uint8": np.uint8, "bool": np.bool_}
"""By what stands between the brackets of `tensor(…)`, the type of an input."""

EXTERNAL = b"\n\x08location\x12"
"""How the name of another file, in which weights lie, is written in an ONNX file."""


class Onnx(Exported):
    """Asks such a network; see `Exported` for the parameters.

    A file that keeps its weights in others beside it must be named by the folder that holds it and them, so that the
    content of all of them counts for the results.
    """

    def _open(self) -> Any:
        runtime = library("onnxruntime", "onnx")
        file = self._only_file()
        options = runtime.SessionOptions()
        options.intra_op_num_threads, options.inter_op_num_threads = torch.get_num_threads(), 1
        options.use_deterministic_compute = True
        options.log_severity_level = 3  # errors, which are raised as well
        providers: list[Any] = ["CPUExecutionProvider"]
        if self._device.type == "cuda" and "CUDAExecutionProvider" in runtime.get_available_providers():
            # TF32 rounds to 10 bits: nowhere else in a run is it used without being asked for.
            providers.insert(0, ("CUDAExecutionProvider", {"device_id": self._device.index or 0, "use_tf32": 0}))
        try:
            return runtime.InferenceSession(str(file), options, providers=providers)
        except Exception as error:  # its errors share no class
            said = str(error).strip().partition("\n")[0]
            raise PluginError(f"{file} cannot be read as an ONNX network ({said}).") from error

    def _only_file(self) -> Path:
        """Return the file of the network.

        Raises:
            PluginError: if a folder holds none or several, or weights lie outside what was named.
        """
        if self._file.is_dir():
            found = sorted(self._file.glob("*.onnx"))
            if len(found) != 1:
                raise PluginError(f"{self._file} holds {len(found)} files *.onnx; expected one.")
            return found[0]
        if EXTERNAL in self._file.read_bytes():
            raise PluginError(
                f"{self._file} keeps weights in other files. Put it and them into a folder of their own, and give its "
                "path: then the content of all of them counts for the results."
            )
        return self._file

    def _canvas(self, height: int, width: int) -> tuple[int, int]:
        first = self._network.get_inputs()[0].shape
        declared = tuple(first[-2:]) if len(first) == 4 else ()
        if not self._size and len(declared) == 2 and all(isinstance(side, int) and side > 0 for side in declared):
            return declared[0], declared[1]
        return super()._canvas(height, width)

    def _ask(self, inputs: Sequence[Tensor]) -> object:
        declared = self._network.get_inputs()
        if len(declared) != len(inputs):
            raise PluginError(
                f"The network has {len(declared)} inputs ({', '.join(one.name for one in declared)}); it was to be "
                f"given {len(inputs)}. joined=true gives picture and mask as one."
            )
        given = {one.name: _array(value, one.type) for one, value in zip(declared, inputs, strict=True)}
        return [torch.from_numpy(np.asarray(output)) for output in self._network.run(None, given)]


def _array(value: Tensor, declared: str) -> Any:
    """Return a tensor as an array of the type that an input declares, such as `tensor(float)`.

    Raises:
        PluginError: if a picture or mask cannot be given so.
    """
    kind = declared.removeprefix("tensor(").removesuffix(")")
    if kind not in TYPES:
        raise PluginError(f"An input of the network is {declared}; expected one of {', '.join(TYPES)}.")
    return np.ascontiguousarray(value.cpu().numpy().astype(TYPES[kind]))
