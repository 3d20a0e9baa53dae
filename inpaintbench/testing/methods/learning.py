"""How a method learns: from the training split alone, to be taken up again, and with some success."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from statistics import fmean, variance
from typing import Final

import torch
from torch import Tensor

from inpaintbench.api import Lesson, Trainer
from inpaintbench.checkpoints import Card, Checkpoint
from inpaintbench.checkpoints.weights import read_weights
from inpaintbench.execution.devices.device import torch_state_restored
from inpaintbench.execution.teaching.material import gather
from inpaintbench.execution.telling.listener import Listener
from inpaintbench.selectors import resolve_target
from inpaintbench.testing import toys
from inpaintbench.testing.checks import PromiseError, promise
from inpaintbench.testing.methods.answers import completes
from inpaintbench.testing.methods.subject import MethodSubject
from inpaintbench.training.lessons import Lessons
from inpaintbench.training.loop import Course, train

SHORT: Final = 6
"""Steps of the training that is interrupted after half of them."""

LONG: Final = (40, 160)
"""Steps in which a loss has to fall: those of a second training, if that is not plain after the first."""


@promise(completes)
def trains_on_train_split(subject: MethodSubject) -> None:
    """Its training reads no picture but those of the training split that the harness gives it.

    All pictures are prepared before; whatever the data set is asked for then, the trainer has asked.
    """
    subject.lesson_needed()
    training = subject.schooling.training(subject.side)
    subject.schooling.learn(subject.side)
    toys.ToyPictures.asked.clear()
    subject.schooling.school("watched").obtain(training, anew=True)
    if toys.ToyPictures.asked:
        raise PromiseError(f"Its training has asked the data set for {', '.join(sorted(set(toys.ToyPictures.asked)))}.")


@promise(completes)
def training_resumes(subject: MethodSubject) -> None:
    """A training that was interrupted and taken up ends with the weights of one that was not.

    Six steps, once in one go, and once with an interruption after three. What a trainer keeps from step to step outside
    its networks and optimizers is lost then. On the CPU the weights must be equal; elsewhere, nearly so.
    """
    subject.lesson_needed()
    whole = subject.schooling.school("whole").obtain(subject.schooling.training(subject.side, SHORT))
    parted = _in_two_parts(subject, whole)
    _refuse_other_weights(read_weights(whole).networks, read_weights(parted).networks, subject.device.type != "cpu")


@promise(completes)
def training_learns(subject: MethodSubject) -> str:
    """On a toy task, training lowers a loss.

    Forty steps on the same four pictures, or 160 where that is not enough. Of at least one loss, the mean over the last
    quarter must be below that over the first by more than twice its standard error, and by a hundredth. Adversaries
    raise each other's losses, so that not every one falls.
    """
    subject.lesson_needed()
    for steps in LONG:
        card = subject.schooling.school("long").obtain(subject.schooling.training(subject.side, steps)).card
        if falls := _falls(card):
            return f"{steps} steps: {', '.join(falls)}"
    names = ", ".join(card.losses) or "there is none"
    raise PromiseError(f"None of its losses fell within {steps} steps: {names}.")


def _falls(card: Card) -> list[str]:
    """Return which losses fell, from what to what."""
    falls = []
    for name, curve in card.losses.items():
        values = [value for value in curve["means"] if value is not None]
        quarter = max(len(values) // 4, 2)
        first, last = values[:quarter], values[-quarter:]
        error = ((variance(first) + variance(last)) / quarter) ** 0.5
        if fmean(first) - fmean(last) > max(2 * error, 0.01 * abs(fmean(first))):
            falls.append(f"{name} from {fmean(first):.3g} to {fmean(last):.3g}")
    return falls


class _Interrupted:
    """A trainer that is stopped before a step, as by Ctrl-C."""

    def __init__(self, trainer: Trainer, at: int) -> None:
        self._trainer, self._at = trainer, at
        self.networks, self.auxiliaries, self.optimizers = trainer.networks, trainer.auxiliaries, trainer.optimizers
        self.show = trainer.show

    def step(self, lesson: Lesson) -> Mapping[str, Tensor]:
        if lesson.step == self._at:
            raise KeyboardInterrupt
        return self._trainer.step(lesson)


def _in_two_parts(subject: MethodSubject, whole: Checkpoint) -> Checkpoint:
    """Train the same as `whole`, interrupted after half of the steps and taken up."""
    training = subject.schooling.training(subject.side, SHORT)
    material = gather(training, subject.schooling.school("parted").shelf, Listener())
    lessons = Lessons(material, training.batch, training.steps, training.seed, subject.device)

    def build(generator: torch.Generator) -> Trainer:
        made: Trainer = resolve_target(training.spec.target)(**training.shape, size=training.size, generator=generator)
        return made

    folder = subject.fresh_folder("parted")
    with torch_state_restored():
        with suppress(KeyboardInterrupt):
            stopped = Course(lambda generator: _Interrupted(build(generator), SHORT // 2), lessons, whole.card)
            train(stopped, folder, save_seconds=0)
        card = train(Course(build, lessons, whole.card), folder, save_seconds=0)
    if card.status != "complete":
        raise PromiseError(f"It could not be taken up after an interruption: {card.error}")
    return Checkpoint(folder, card)


def _refuse_other_weights(
    whole: Mapping[str, Mapping[str, Tensor]], parted: Mapping[str, Mapping[str, Tensor]], roughly: bool
) -> None:
    for network, tensors in whole.items():
        for name, expected in tensors.items():
            found = parted[network][name]
            apart = float((found.double() - expected.double()).abs().max()) if expected.numel() else 0.0
            allowed = 0.05 * float(expected.double().abs().max()) if roughly and expected.numel() else 0.0
            if apart > allowed:
                raise PromiseError(
                    f"{network}/{name} differs by up to {apart:.3g} after an interruption: something that training "
                    "needs is neither in a network nor in an optimizer."
                )
