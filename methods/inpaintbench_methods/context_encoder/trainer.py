"""How a Context Encoder is trained: both networks by Adam, side by side, from one pass through each.

Pathak et al., CVPR 2016, and train.lua and train_random.lua as released: β₁ = 0.5, the generator's rate ten times the
discriminator's. The discriminator sees the raw prediction, known pixels included, not a composite. The generator learns
from what the discriminator said *before* its own step, so that one pass of the prediction through it serves both. (The
released code takes the gradient through the layers as they are after that step, from activations before it; here both
are from before.)

Deviations: each picture has a hole of its own, where the released code has one a batch. Pictures come cropped as those
of the test are; the code crops at random from larger ones, for which a shift of up to `crop` pixels, mirrored at the
border, can stand in. It is 0 by default: on aligned pictures, such as faces, where a thing is tells what it is. And the
rates fall to 0 in the last `decay` of the steps; at constant rates, as released, the error in the hole of faces still
rose and fell by 2 dB within a hundred steps.
"""

from collections.abc import Mapping

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn
from torch.optim import Adam, Optimizer

from inpaintbench.api import Lesson
from inpaintbench.errors import ParameterError, TrainingError
from inpaintbench.training import adversarial_loss, autocast, discriminator_loss, initialise, remaining_rate
from inpaintbench_methods.context_encoder.frame import complete, cut, fill, refuse_holes_beyond, to_signed
from inpaintbench_methods.context_encoder.losses import pixel_weights, weighted_l2
from inpaintbench_methods.context_encoder.networks import Architecture, build_discriminator, build_generator

RATES = {"generator": 2e-3, "discriminator": 2e-4}
"""Adam's rates until they decay."""

BETAS = (0.5, 0.999)

SHOWN = 8
"""Pictures a row of `show`."""


class ContextEncoderTrainer:
    """Trains one generator, and a discriminator unless `adversarial` is 0. Satisfies `inpaintbench.api.Trainer`."""

    def __init__(
        self,
        *,
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
        size: int,
        generator: torch.Generator,
    ) -> None:
        architecture = Architecture(size, network, width, bottleneck, link)
        if crop >= size:
            raise ParameterError(f"crop={crop} is not possible at {size}×{size} pixels: expected at most {size - 1}.")
        if network == "centre" and train_on != "mask":
            raise ParameterError(
                "network=centre cannot be trained on all masks, whose holes reach beyond the middle. "
                "Write network=centre,train_on=mask, or choose network=region."
            )
        self.predicted, self.crop, self.decay = architecture.predicted, crop, decay
        self.adversarial, self.overlap, self.known_weight = adversarial, overlap, known_weight

        self.generator = build_generator(architecture)
        self.networks: Mapping[str, nn.Module] = {"generator": self.generator}
        self.auxiliaries: Mapping[str, nn.Module] = {}
        if adversarial > 0:
            self.discriminator = build_discriminator(architecture)
            self.auxiliaries = {"discriminator": self.discriminator}
        optimizers: dict[str, Optimizer] = {}
        for name, trained in {**self.networks, **self.auxiliaries}.items():
            initialise(trained, generator)
            optimizers[name] = Adam(trained.parameters(), RATES[name], BETAS)
        self.optimizers: Mapping[str, Optimizer] = optimizers

    def step(self, lesson: Lesson) -> dict[str, Tensor]:
        """Take one step of each network; return `l2`, and `adversarial` and `discriminator` if there is one.

        Raises:
            ParameterError: if there is one picture only, or a hole reaches beyond what is predicted.
            TrainingError: if there are no holes.
        """
        image, hole = shift(lesson.image, self.crop, lesson.generator), _holes_of(lesson)
        if len(image) == 1:
            raise ParameterError("batch=1 is not possible: batch normalisation needs at least two pictures a step.")
        refuse_holes_beyond(hole, self.predicted)
        truth = cut(to_signed(image), self.predicted).contiguous(memory_format=torch.channels_last)

        with autocast(image.device):
            predicted = self.generator(to_signed(fill(image, hole)).contiguous(memory_format=torch.channels_last))
        weights = pixel_weights(cut(hole, self.predicted), self.overlap, self.known_weight)
        l2 = weighted_l2(predicted.float(), truth, weights)
        loss, losses = (1 - self.adversarial) * l2, {"l2": l2.detach()}

        if self.adversarial > 0:
            with autocast(image.device):
                real, generated = self.discriminator(truth), self.discriminator(predicted)
            against = discriminator_loss(real.float(), generated.float())
            fooling = adversarial_loss(generated.float())
            _set_gradients(self.discriminator, against, again=True)
            loss = loss + self.adversarial * fooling
            losses |= {"adversarial": fooling.detach(), "discriminator": against.detach()}

        _set_gradients(self.generator, loss)
        for name, optimizer in self.optimizers.items():
            for group in optimizer.param_groups:
                group["lr"] = RATES[name] * remaining_rate(lesson.step, lesson.steps, self.decay)
            optimizer.step()
        return losses

    def show(self, lesson: Lesson) -> Float[Tensor, "n 3 h w"]:
        """Return a row of pictures with holes, one of their completions, and one of the true pictures."""
        image, hole = lesson.image[:SHOWN], _holes_of(lesson)[:SHOWN]
        training = self.generator.training
        self.generator.eval()
        completed = torch.where(hole, complete(self.generator, self.predicted, image, hole), image)
        self.generator.train(training)
        return torch.cat([fill(image, hole), completed, image])


def shift(image: Float[Tensor, "b 3 h w"], reach: int, generator: torch.Generator) -> Float[Tensor, "b 3 h w"]:
    """Return each picture shifted by up to `reach` pixels both ways at random, mirrored at its border.

    Args:
        image: of any range.
        reach: below the picture's sides. Nothing is drawn if it is 0.
        generator: on the CPU.
    """
    if reach == 0:
        return image
    count, _, height, width = image.shape
    padded = F.pad(image, (reach, reach, reach, reach), mode="reflect")
    offsets = torch.randint(0, 2 * reach + 1, (2, count, 1), generator=generator).to(image.device)
    rows = offsets[0] + torch.arange(height, device=image.device)
    columns = offsets[1] + torch.arange(width, device=image.device)
    images = torch.arange(count, device=image.device)
    picked = padded.permute(0, 2, 3, 1)[images[:, None, None], rows[:, :, None], columns[:, None, :]]
    return picked.permute(0, 3, 1, 2)


def _set_gradients(network: nn.Module, loss: Tensor, *, again: bool = False) -> None:
    """Give a network's parameters the gradients of a loss; no other network's are touched.

    Args:
        network: whose they are.
        loss: of it.
        again: whether another loss will go back through the same passes.
    """
    network.zero_grad()
    loss.backward(inputs=list(network.parameters()), retain_graph=again)  # type: ignore[no-untyped-call]


def _holes_of(lesson: Lesson) -> Tensor:
    if lesson.hole is None:
        raise TrainingError("A Context Encoder is trained on holes, and this lesson has none.")
    return lesson.hole
