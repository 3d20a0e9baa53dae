"""Inpainting by a search in the latent space of a DCGAN, and blending of what it makes.

Yeh, Chen, Lim, Schwing, Hasegawa-Johnson and Do, "Semantic image inpainting with deep generative models", CVPR 2017:

1. W from the hole (`losses`, equation 4).
2. ẑ = argmin_z L_c(z) + L_p(z) (`search`, equations 3 and 5).
3. The hole is filled with G(ẑ), its colours moved so that they continue the known pixels (`poisson`, equation 6).

`blend="overlay"` lays G(ẑ) into the hole as it is, which the paper shows for comparison (figure 5).
"""

import torch
from torch import nn

from inpaintbench.api import Batch, Completion, Trained
from inpaintbench.errors import CheckpointError, ParameterError
from inpaintbench.training import fold_batch_norms
from inpaintbench_methods import poisson
from inpaintbench_methods.yeh.dcgan import Architecture, build_discriminator, build_generator
from inpaintbench_methods.yeh.losses import context_weights
from inpaintbench_methods.yeh.search import Networks, Settings, search


class Yeh:
    """Fills holes with what a trained generator can make that fits the known pixels best."""

    def __init__(
        self,
        width: int = 64,
        latent: int = 100,
        window: int = 7,
        prior: float = 0.003,
        iterations: int = 1500,
        rate: float = 0.03,
        restarts: int = 1,
        clip: str = "hard",
        blend: str = "poisson",
    ) -> None:
        """Keep the parameters; see the spec.

        Raises:
            ParameterError: if the window has no middle.
        """
        if window % 2 == 0:
            raise ParameterError(f"window={window} is not possible: expected an odd number, such as {window + 1}.")
        self.width, self.latent, self.window, self.blend = width, latent, window, blend
        self.settings = Settings(iterations, rate, restarts, prior, clip)
        self.architecture: Architecture | None = None
        self.generator = self.discriminator = nn.Sequential()

    def load(self, trained: Trained) -> None:
        """Take the weights of both networks.

        Raises:
            CheckpointError: if one is not there, or does not have these layers.
        """
        architecture = Architecture(trained.size, self.width, self.latent)
        generator, discriminator = build_generator(architecture), build_discriminator(architecture)
        try:
            generator.load_state_dict(trained.networks["generator"])
            discriminator.load_state_dict(trained.networks["discriminator"])
        except (KeyError, RuntimeError) as error:
            raise CheckpointError(f"The weights are not those of {architecture}: {error}") from error
        self.architecture = architecture
        self.generator, self.discriminator = fold_batch_norms(generator), fold_batch_norms(discriminator)

    def to(self, device: torch.device) -> "Yeh":
        """Move the networks to the device of the batches."""
        for network in (self.generator, self.discriminator):
            network.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        return self

    def complete(self, batch: Batch) -> Completion:
        """Return completions, and the losses of ẑ as diagnostics: `context_loss` and `prior_loss`.

        Raises:
            CheckpointError: if no weights have been loaded.
            ParameterError: if the pictures are not of the size that the networks were trained on.
        """
        if self.architecture is None:
            raise CheckpointError("This latent search has no networks; expected a call of load first.")
        size, (height, width) = self.architecture.size, batch.corrupted.shape[-2:]
        if (height, width) != (size, size):
            raise ParameterError(
                f"This generator was trained on {size}×{size} pixels, and the pictures have {width}×{height}. "
                f"Run it at {size} pixels, or train it for pictures of this size."
            )
        networks = Networks(self.generator, self.discriminator, self.latent)
        weights = context_weights(batch.hole, self.window)
        found = search(networks, 2 * batch.corrupted - 1, weights, batch.seeds, self.settings)
        image = (found.image + 1) / 2
        if self.blend == "poisson":
            image = poisson.blend(image, batch.corrupted, batch.hole).clamp(0, 1)
        return Completion(image, diagnostics={"context_loss": found.context, "prior_loss": found.prior})
