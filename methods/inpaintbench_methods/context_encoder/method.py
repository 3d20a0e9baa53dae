"""Inpainting by a trained Context Encoder (Pathak et al., CVPR 2016): one pass through the generator fills a hole.

What the network is, and how it sees a picture, stands in `networks` and `frame`; how it is trained, in `trainer`. The
harness composites the prediction with the known pixels, as the released test code does: the ring that overlaps the
known pixels is needed in training only.
"""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from inpaintbench.api import Batch, Trained
from inpaintbench.errors import CheckpointError, ParameterError
from inpaintbench.training import fold_batch_norms
from inpaintbench_methods.context_encoder.frame import complete
from inpaintbench_methods.context_encoder.networks import Architecture, build_generator

PART = 64
"""Pictures a pass, which bounds the memory that a large batch takes."""


class ContextEncoder:
    """Fills holes with what a trained generator predicts for them. Deterministic: seeds are not used."""

    def __init__(
        self,
        network: str = "region",
        width: int = 64,
        bottleneck: int = 4000,
        link: str = "bottleneck",
        adversarial: float = 0.001,
        overlap: int = 4,
        known_weight: float = 1.0,
        train_on: str = "mixed",
        crop: int = 0,
        decay: float = 0.4,
    ) -> None:
        self.network, self.width, self.bottleneck, self.link = network, width, bottleneck, link
        # The others say how it was trained; nothing here depends on them.
        self.architecture: Architecture | None = None
        self.generator = nn.Sequential()

    def load(self, trained: Trained) -> None:
        """Take the generator's weights.

        Raises:
            CheckpointError: if there is no generator, or not one with these layers.
        """
        architecture = Architecture(trained.size, self.network, self.width, self.bottleneck, self.link)
        generator = build_generator(architecture).to(torch.float32)  # whatever torch's default type is
        try:
            generator.load_state_dict(trained.networks["generator"])
        except (KeyError, RuntimeError) as error:
            raise CheckpointError(f"The weights are not those of {architecture}: {error}") from error
        self.architecture, self.generator = architecture, fold_batch_norms(generator)

    def to(self, device: torch.device) -> "ContextEncoder":
        """Move the generator to the device of the batches."""
        self.generator.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        return self

    def complete(self, batch: Batch) -> Float[Tensor, "b 3 h w"]:
        """Return completions in [0, 1].

        Raises:
            CheckpointError: if no weights have been loaded.
            ParameterError: if the pictures are not of the size that it was trained on, or a hole reaches beyond what
                is predicted.
        """
        if self.architecture is None:
            raise CheckpointError("This Context Encoder has no weights; expected a call of load first.")
        size, (height, width) = self.architecture.size, batch.corrupted.shape[-2:]
        if (height, width) != (size, size):
            raise ParameterError(
                f"This Context Encoder was trained on {size}×{size} pixels, and the pictures have {width}×{height}. "
                f"Run it at {size} pixels, or train it for pictures of this size."
            )
        predicted = self.architecture.predicted
        return torch.cat(
            [
                complete(self.generator, predicted, batch.corrupted[i : i + PART], batch.hole[i : i + PART])
                for i in range(0, len(batch.hole), PART)
            ]
        )
