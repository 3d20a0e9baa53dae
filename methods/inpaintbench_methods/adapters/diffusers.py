"""An inpainting pipeline of the library diffusers, such as Stable Diffusion Inpainting, from a folder of weights.

R. Rombach et al., "High-resolution image synthesis with latent diffusion models", CVPR 2022, and whatever else the
folder holds the weights of. Nothing is ever downloaded. A safety checker is left out: it would replace completions by
black.

Pictures are resized to the side that the network was trained with, or to `size`, and back. What the pipeline draws
comes from one generator an image, on the CPU, so that the seed means the same noise on every device.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from inpaintbench.api import Batch
from inpaintbench.errors import ParameterError, PluginError
from inpaintbench_methods.adapters.finding import find_model, library
from inpaintbench_methods.adapters.fitting import resize, resize_known

NO_PROMPT = "none"


class Diffusers:
    """Asks such a pipeline.

    Args:
        model: folder of the pipeline, with its `model_index.json`.
        prompt: what the picture is said to show; `none` for nothing.
        steps: of the sampler.
        guidance: how much the prompt counts; 1 switches classifier-free guidance off.
        strength: how much noise the hole's content is given at first; at 1 nothing is left of it.
        size: side in pixels of the squares that it is given; 0 for that of its training.

    Raises:
        MissingWeightsError: if there is no such folder.
        PluginError: if diffusers is not installed, or cannot make an inpainting pipeline of the folder.
        ParameterError: if the pipeline cannot take pictures of `size`.
    """

    def __init__(self, model: str, prompt: str, steps: int, guidance: float, strength: float, size: int) -> None:
        self._folder, self._device = find_model(model), torch.device("cpu")
        self._prompt = "" if prompt == NO_PROMPT else prompt
        self._how = {"num_inference_steps": steps, "guidance_scale": guidance, "strength": strength}
        self._pipeline = self._open()
        self._side = size or self._usual_side
        factor = self._pipeline.vae_scale_factor
        if self._side % factor:
            raise ParameterError(f"size={size} is not possible: expected a multiple of {factor} for this pipeline.")

    def __getstate__(self) -> dict[str, Any]:
        """Leave the pipeline out: it lies in the folder."""
        return {name: value for name, value in vars(self).items() if name != "_pipeline"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._pipeline = self._open().to(self._device)

    def to(self, device: torch.device) -> Diffusers:
        """Move the pipeline, and return self."""
        self._device = device
        self._pipeline.to(device)
        return self

    @torch.no_grad()
    def complete(self, batch: Batch) -> Float[Tensor, "b 3 h w"]:
        """Return completions in [0, 1]."""
        shown, missing = resize_known(batch.corrupted, batch.hole, self._side, self._side)
        made = self._pipeline(
            prompt=[self._prompt] * len(shown),
            image=shown,
            mask_image=missing.to(shown.dtype),
            height=self._side,
            width=self._side,
            generator=[torch.Generator().manual_seed(seed) for seed in batch.seeds],
            output_type="pt",
            **self._how,
        )
        return resize(made.images.to(shown), *batch.hole.shape[-2:])

    @property
    def _usual_side(self) -> int:
        """Of the pictures that the network was trained with."""
        network = getattr(self._pipeline, "unet", None) or self._pipeline.transformer
        return int(network.config.sample_size) * int(self._pipeline.vae_scale_factor)

    def _open(self) -> Any:
        package = library("diffusers", "diffusers")
        library("transformers", "diffusers")  # without which a pipeline fails by the name of a class
        try:
            with _without_bars(library("diffusers.utils", "diffusers"), library("transformers.utils", "diffusers")):
                pipeline = package.AutoPipelineForInpainting.from_pretrained(
                    str(self._folder),
                    local_files_only=True,
                    low_cpu_mem_usage=False,  # else it asks for another package
                    safety_checker=None,
                    requires_safety_checker=False,
                )
        except (OSError, ValueError, ImportError, KeyError) as error:
            said = " ".join(str(error).split())
            raise PluginError(
                f"{self._folder} holds no inpainting pipeline that can be read ({said[:300]})."
            ) from error
        pipeline.set_progress_bar_config(disable=True)
        for part in pipeline.components.values():
            if isinstance(part, torch.nn.Module) and part.dtype != torch.float32:  # the files hold half precision
                part.to(torch.float32)
        return pipeline


@contextmanager
def _without_bars(*packages: Any) -> Iterator[None]:
    """Let libraries load without progress bars, which would stand in a run's own output; then as before."""
    logs = [package.logging for package in packages]
    before = [log.is_progress_bar_enabled() for log in logs]
    for log in logs:
        log.disable_progress_bar()
    try:
        yield
    finally:
        for log, enabled in zip(logs, before, strict=True):
            if enabled:
                log.enable_progress_bar()
