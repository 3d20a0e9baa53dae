"""How the DCGAN is trained, from whose latent space holes are filled.

Radford, Metz and Chintala, ICLR 2016, section 4, and their Torch code (main.lua): z ~ U[−1, 1], Adam with rate 0.0002
and β₁ = 0.5 for both networks. Each step trains the discriminator on a batch of real pictures and on one of generated
ones, normalised apart, then the generator against the discriminator as it is by then, on the same z:

    D: minimise −log D(x) − log(1 − D(G(z)))        G: minimise −log D(G(z))

Yeh et al. (CVPR 2017) train theirs so, on pictures that are flipped at random. Both networks become the checkpoint: the
prior of the latent search asks the discriminator.
"""

from collections.abc import Mapping

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.optim import Adam, Optimizer

from inpaintbench.api import Lesson
from inpaintbench.training import adversarial_loss, autocast, discriminator_loss, initialise
from inpaintbench_methods.yeh.dcgan import Architecture, build_discriminator, build_generator

RATE = 2e-4
"""Of Adam, for both networks."""

BETAS = (0.5, 0.999)

SHOWN = 32
"""Pictures that `show` generates."""


class DCGANTrainer:
    """Trains a generator and a discriminator against each other. Satisfies `inpaintbench.api.Trainer`."""

    def __init__(self, *, width: int = 64, latent: int = 100, size: int, generator: torch.Generator) -> None:
        architecture = Architecture(size, width, latent)
        self.latent = latent
        self.generator, self.discriminator = build_generator(architecture), build_discriminator(architecture)
        initialise(self.generator, generator)
        initialise(self.discriminator, generator)
        self.networks: Mapping[str, nn.Module] = {"generator": self.generator, "discriminator": self.discriminator}
        self.auxiliaries: Mapping[str, nn.Module] = {}
        self.optimizers: Mapping[str, Optimizer] = {
            name: Adam(network.parameters(), RATE, BETAS) for name, network in self.networks.items()
        }

    def step(self, lesson: Lesson) -> dict[str, Tensor]:
        """Take one step of each network; return `discriminator` and `generator`."""
        device = lesson.image.device
        x = 2 * lesson.image - 1
        z = self._draw(len(x), lesson.generator).to(device)
        with autocast(device):
            generated = self.generator(z)

        with autocast(device):
            on_real, on_generated = self.discriminator(x), self.discriminator(generated.detach())
        against = discriminator_loss(on_real.float(), on_generated.float())
        self._descend("discriminator", against)

        # Nothing that the generator's loss does reaches the discriminator's gradients.
        self.discriminator.requires_grad_(False)
        with autocast(device):
            on_generated = self.discriminator(generated)
        fooling = adversarial_loss(on_generated.float())
        self._descend("generator", fooling)
        self.discriminator.requires_grad_(True)
        return {"discriminator": against.detach(), "generator": fooling.detach()}

    @torch.no_grad()
    def show(self, lesson: Lesson) -> Float[Tensor, "n 3 h w"]:
        """Return generated pictures, from the z that the lesson's generator would draw next."""
        z = self._draw(SHOWN, lesson.generator.clone_state()).to(lesson.image.device)
        training = self.generator.training
        self.generator.eval()
        with autocast(z.device):
            image: Tensor = self.generator(z)
        self.generator.train(training)
        return (image.float() + 1) / 2

    def _draw(self, count: int, generator: torch.Generator) -> Float[Tensor, "count latent"]:
        return 2 * torch.rand(count, self.latent, generator=generator) - 1

    def _descend(self, name: str, loss: Tensor) -> None:
        optimizer = self.optimizers[name]
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
