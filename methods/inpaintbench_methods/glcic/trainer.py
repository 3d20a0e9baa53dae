"""How GLCIC is trained: first the completion network, then the discriminators, then both.

Iizuka et al., SIGGRAPH 2017, algorithm 1, whose T_C = 90,000 and T_D = 10,000 of 500,000 steps become fractions of
however many there are:

1. for T_C steps, C learns from the squared error in the hole;
2. for T_D steps, D learns to tell real from completed pictures, from C as it is;
3. from then on, each step is one of D, and then one of C on L + α × its adversarial loss.

D is shown composites: what C made in the hole, the true pixels around it, and the patch around the hole M_c. Real
pictures come with the patch around another hole M_d. In the second phase C is in evaluation mode, so that not even its
statistics change. A loss changes no gradient but those of the network that it is for.

C's mean colour is the average over all pictures of the first phase, and stays as it is afterwards.

Deviations, all of them off by default: Adam in place of ADADELTA (`optimizer`); rates that fall to 0 at the end
(`decay`), without which the error of a short training still goes up and down when it ends; holes of other shapes
(`holes=mixed`), where M_d is another picture's hole.
"""

from collections.abc import Mapping
from enum import Enum, auto

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn
from torch.optim import Adadelta, Adam, Optimizer

from inpaintbench import ops
from inpaintbench.api import Lesson
from inpaintbench.errors import ParameterError, TrainingError
from inpaintbench.training import adversarial_loss, autocast, discriminator_loss, initialise, remaining_rate
from inpaintbench_methods.glcic.completion import STRIDE, CompletionNetwork
from inpaintbench_methods.glcic.discriminators import ContextDiscriminator
from inpaintbench_methods.glcic.holes import cut_patches, draw_rectangles, patch_corners
from inpaintbench_methods.glcic.losses import hole_mse

T_C, T_D = 0.18, 0.02
"""Shares of the steps that the first and the second phase take."""

RATES = {"adadelta": 1.0, "adam": 1e-3}
"""Full rates of the optimisers."""

SMALLEST = 32
"""Pixels of a side, below which the local discriminator would have too little to see."""

SHOWN = 8
"""Pictures a row of `show`."""


class Phase(Enum):
    """What is trained."""

    COMPLETION = auto()
    DISCRIMINATOR = auto()
    JOINT = auto()


def phase_of(step: int, steps: int) -> Phase:
    """Return the phase of a step.

    >>> [phase_of(step, 100).name for step in (0, 17, 18, 19, 20)]
    ['COMPLETION', 'COMPLETION', 'DISCRIMINATOR', 'DISCRIMINATOR', 'JOINT']
    """
    if step < T_C * steps:
        return Phase.COMPLETION
    return Phase.DISCRIMINATOR if step < (T_C + T_D) * steps else Phase.JOINT


class GLCICTrainer:
    """Trains a completion network against a discriminator. Satisfies `inpaintbench.api.Trainer`."""

    def __init__(
        self,
        *,
        width: int = 64,
        holes: str = "rectangle",
        smallest: float = 0.375,
        largest: float = 0.5,
        alpha: float = 4e-4,
        optimizer: str = "adadelta",
        decay: float = 0.0,
        size: int,
        generator: torch.Generator,
    ) -> None:
        if size % STRIDE or size < SMALLEST:
            raise ParameterError(
                f"GLCIC cannot be trained on {size}×{size} pixels: expected a multiple of {STRIDE}, from {SMALLEST} on."
            )
        if smallest > largest:
            raise ParameterError(
                f"smallest={smallest:g} is not possible with largest={largest:g}: a hole's sides lie between them."
            )
        self.size, self.holes, self.alpha, self.decay = size, holes, alpha, decay
        self.sides = max(1, round(smallest * size)), max(1, round(largest * size))
        self.completion = CompletionNetwork(width)
        self.discriminator = ContextDiscriminator(size, width)
        self.networks: Mapping[str, nn.Module] = {"completion": self.completion}
        self.auxiliaries: Mapping[str, nn.Module] = {"discriminator": self.discriminator}
        self.rate = RATES[optimizer]
        kind: type[Adam | Adadelta] = Adam if optimizer == "adam" else Adadelta
        optimizers: dict[str, Optimizer] = {}
        for name, network in {**self.networks, **self.auxiliaries}.items():
            initialise(network, generator)
            optimizers[name] = kind(network.parameters(), lr=self.rate)
        self.optimizers: Mapping[str, Optimizer] = optimizers

    def step(self, lesson: Lesson) -> dict[str, Tensor]:
        """Take one step of what its phase trains, and return the losses of that.

        `mse` of the completion network, `discriminator`, and, where both learn, `adversarial`.

        Raises:
            TrainingError: if there are no holes, and it does not draw its own.
        """
        x, phase = lesson.image, phase_of(lesson.step, lesson.steps)
        m_c, m_d = self._holes(lesson)
        if phase is Phase.COMPLETION:
            self._measure_mean(lesson)
            return self._step_completion(lesson, self._complete(x, m_c), m_c, joint=False)
        if phase is Phase.DISCRIMINATOR:
            return self._step_discriminator(lesson, self._complete_frozen(x, m_c), m_c, m_d)
        completed = self._complete(x, m_c)
        return self._step_discriminator(lesson, completed.detach(), m_c, m_d) | self._step_completion(
            lesson, completed, m_c, joint=True
        )

    def show(self, lesson: Lesson) -> Float[Tensor, "n 3 h w"]:
        """Return a row of pictures with holes, one of their completions, and one of the true pictures."""
        drawn = lesson.generator.get_state()
        hole = self._holes(lesson)[0][:SHOWN]
        lesson.generator.set_state(drawn)
        image = lesson.image[:SHOWN]
        completed = ops.composite(self._complete_frozen(image, hole), image, hole)
        return torch.cat([torch.where(hole, self.completion.mean, image), completed, image])

    def _holes(self, lesson: Lesson) -> tuple[Bool[Tensor, "b 1 h w"], Bool[Tensor, "b 1 h w"]]:
        """Return M_c and M_d."""
        if self.holes == "rectangle":
            count = 2 * len(lesson.image)
            drawn = draw_rectangles(count, self.size, self.sides, lesson.generator).to(lesson.image.device)
            return drawn[: count // 2], drawn[count // 2 :]
        if lesson.hole is None:
            raise TrainingError("With holes=mixed GLCIC is trained on given holes, and this lesson has none.")
        return lesson.hole, lesson.hole.roll(1, 0)

    @torch.no_grad()
    def _measure_mean(self, lesson: Lesson) -> None:
        colour = lesson.image.mean((0, 2, 3)).view(3, 1, 1)
        self.completion.mean.lerp_(colour, 1 / (lesson.step + 1))

    def _complete(self, x: Float[Tensor, "b 3 h w"], hole: Bool[Tensor, "b 1 h w"]) -> Float[Tensor, "b 3 h w"]:
        with autocast(x.device):
            completed: Tensor = self.completion(x, hole)
        return completed.float()

    @torch.no_grad()
    def _complete_frozen(self, x: Float[Tensor, "b 3 h w"], hole: Bool[Tensor, "b 1 h w"]) -> Float[Tensor, "b 3 h w"]:
        """Complete in evaluation mode."""
        training = self.completion.training
        self.completion.eval()
        completed = self._complete(x, hole)
        self.completion.train(training)
        return completed

    def _judge(self, x: Float[Tensor, "b 3 h w"], hole: Bool[Tensor, "b 1 h w"]) -> Float[Tensor, " b"]:
        """Return D(x, hole) as logits."""
        side = self.size // 2
        with autocast(x.device):
            logits: Tensor = self.discriminator(x, cut_patches(x, patch_corners(hole, side), side))
        return logits.float()

    def _step_discriminator(
        self,
        lesson: Lesson,
        completed: Float[Tensor, "b 3 h w"],
        m_c: Bool[Tensor, "b 1 h w"],
        m_d: Bool[Tensor, "b 1 h w"],
    ) -> dict[str, Tensor]:
        x = lesson.image
        loss = discriminator_loss(self._judge(x, m_d), self._judge(ops.composite(completed, x, m_c), m_c))
        self._descend("discriminator", self.discriminator, loss, lesson)
        return {"discriminator": loss.detach()}

    def _step_completion(
        self, lesson: Lesson, completed: Float[Tensor, "b 3 h w"], m_c: Bool[Tensor, "b 1 h w"], *, joint: bool
    ) -> dict[str, Tensor]:
        x = lesson.image
        loss = mse = hole_mse(completed, x, m_c)
        losses = {"mse": mse.detach()}
        if joint:
            adversarial = adversarial_loss(self._judge(ops.composite(completed, x, m_c), m_c))
            loss = mse + self.alpha * adversarial
            losses["adversarial"] = adversarial.detach()
        self._descend("completion", self.completion, loss, lesson)
        return losses

    def _descend(self, name: str, network: nn.Module, loss: Tensor, lesson: Lesson) -> None:
        """Take one step of one network down its loss; no other network's gradients are touched."""
        optimizer = self.optimizers[name]
        for group in optimizer.param_groups:
            group["lr"] = self.rate * remaining_rate(lesson.step, lesson.steps, self.decay)
        network.zero_grad()
        loss.backward(inputs=list(network.parameters()))  # type: ignore[no-untyped-call]
        optimizer.step()
