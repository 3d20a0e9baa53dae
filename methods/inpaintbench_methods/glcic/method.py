"""Inpainting by a trained GLCIC (Iizuka et al., SIGGRAPH 2017): one pass through the completion network fills a hole.

What the network is, stands in `completion`; how it is trained, in `trainer`; the optional blending, in `postprocess`.
The network is fully convolutional: pictures need not have the size that it was trained on, nor be square.
"""

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from inpaintbench.api import Batch, Trained
from inpaintbench.errors import CheckpointError
from inpaintbench.training import fold_batch_norms
from inpaintbench_methods.glcic.completion import CompletionNetwork
from inpaintbench_methods.glcic.postprocess import blend

PART = 2**18
"""Pixels a pass, of one picture at least, which bounds the memory that a large batch takes: 64 pictures of 64×64."""


class GLCIC:
    """Fills holes with what a trained network makes of the whole picture. Deterministic: seeds are not used."""

    def __init__(
        self,
        width: int = 64,
        holes: str = "rectangle",
        smallest: float = 0.375,
        largest: float = 0.5,
        alpha: float = 4e-4,
        optimizer: str = "adadelta",
        decay: float = 0.0,
        postprocess: str = "none",
    ) -> None:
        self.width, self.postprocess = width, postprocess
        # The others say how it was trained; nothing here depends on them.
        self.completion: CompletionNetwork | None = None

    def load(self, trained: Trained) -> None:
        """Take the completion network's weights.

        Raises:
            CheckpointError: if there is no such network, or not one of this width.
        """
        completion = CompletionNetwork(self.width)
        try:
            completion.load_state_dict(trained.networks["completion"])
        except (KeyError, RuntimeError) as error:
            raise CheckpointError(f"The weights are not those of GLCIC with width={self.width}: {error}") from error
        completion.layers = fold_batch_norms(completion.layers)
        self.completion = completion.eval().requires_grad_(False)

    def to(self, device: torch.device) -> "GLCIC":
        """Move the network to the device of the batches."""
        if self.completion is not None:
            self.completion.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        return self

    def complete(self, batch: Batch) -> Float[Tensor, "b 3 h w"]:
        """Return completions in [0, 1].

        Raises:
            CheckpointError: if no weights have been loaded.
        """
        if self.completion is None:
            raise CheckpointError("This GLCIC has no weights; expected a call of load first.")
        height, width = batch.corrupted.shape[-2:]
        part = max(1, PART // (height * width))
        parts = [slice(start, start + part) for start in range(0, len(batch.hole), part)]
        completed = torch.cat([_complete(self.completion, batch.corrupted[s], batch.hole[s]) for s in parts])
        return blend(completed, batch.corrupted, batch.hole) if self.postprocess == "blend" else completed


@torch.no_grad()
def _complete(
    network: CompletionNetwork, image: Float[Tensor, "b 3 h w"], hole: Bool[Tensor, "b 1 h w"]
) -> Float[Tensor, "b 3 h w"]:
    completed: Tensor = network(image, hole)
    return completed
