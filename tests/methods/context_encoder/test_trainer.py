from __future__ import annotations

import copy
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from inpaintbench.api import Lesson, Trainer
from inpaintbench.errors import ParameterError, TrainingError
from inpaintbench_methods.context_encoder.frame import MEAN_COLOUR
from inpaintbench_methods.context_encoder.trainer import ContextEncoderTrainer, shift

TINY: dict[str, Any] = {"width": 2, "bottleneck": 6, "size": 32}


def _trainer(seed: int = 0, **parameters: Any) -> ContextEncoderTrainer:
    trainer = ContextEncoderTrainer(generator=torch.Generator().manual_seed(seed), **(TINY | parameters))
    for network in (*trainer.networks.values(), *trainer.auxiliaries.values()):
        network.train()
    return trainer


def _lesson(seed: int = 0, count: int = 6, side: int = 10) -> Lesson:
    generator = torch.Generator().manual_seed(seed)
    image = torch.rand(count, 3, 32, 32, generator=generator).contiguous(memory_format=torch.channels_last)
    hole = torch.zeros(count, 1, 32, 32, dtype=torch.bool)
    hole[:, :, 11 : 11 + side, 11 : 11 + side] = True
    return Lesson(image, hole, 0, 10, generator)


def _state(*networks: nn.Module) -> list[Tensor]:
    return [value.clone() for network in networks for value in network.state_dict().values()]


def _same(before: list[Tensor], after: list[Tensor]) -> bool:
    return all(torch.equal(old, new) for old, new in zip(before, after, strict=True))


@pytest.mark.parametrize("parameters", [{}, {"network": "centre", "train_on": "mask"}, {"link": "channelwise"}])
def test_one_step_is_the_one_written_out_by_hand(parameters: dict[str, Any]) -> None:
    trainer, lesson = _trainer(adversarial=0.3, overlap=2, known_weight=0.5, **parameters), _lesson()
    assert lesson.hole is not None
    g, d = copy.deepcopy(trainer.generator), copy.deepcopy(trainer.discriminator)
    losses = trainer.step(lesson)

    low, high = (8, 24) if parameters.get("network") == "centre" else (0, 32)
    colour = torch.tensor(MEAN_COLOUR).view(1, 3, 1, 1)
    shown = torch.where(lesson.hole, colour, lesson.image) * 2 - 1
    truth = lesson.image[..., low:high, low:high] * 2 - 1
    weights = torch.full((32, 32), 0.5)
    weights[9:23, 9:23] = 10
    weights[11:21, 11:21] = 1
    fake, ones, zeros = g(shown), torch.ones(6, 1, 1, 1), torch.zeros(6, 1, 1, 1)
    bce = F.binary_cross_entropy_with_logits
    l2 = ((fake - truth) ** 2 * weights[low:high, low:high]).mean()
    d_loss = bce(d(truth), ones) + bce(d(fake.detach()), zeros)
    d_gradients = torch.autograd.grad(d_loss, list(d.parameters()))
    fooling = bce(d(fake), ones)
    g_gradients = torch.autograd.grad(0.7 * l2 + 0.3 * fooling, list(g.parameters()))

    assert {name: float(value) for name, value in losses.items()} == pytest.approx(
        {"l2": l2.item(), "adversarial": fooling.item(), "discriminator": d_loss.item()}, rel=1e-4
    )
    assert not any(value.requires_grad for value in losses.values())
    for network, before, gradients, rate in (
        (trainer.generator, g, g_gradients, 2e-3),
        (trainer.discriminator, d, d_gradients, 2e-4),
    ):
        for new, old, gradient in zip(network.parameters(), before.parameters(), gradients, strict=True):
            assert new.grad is not None
            torch.testing.assert_close(new.grad, gradient, atol=1e-6, rtol=1e-3)
            # Adam's first step: its rate against the gradient's sign, wherever the gradient is far above 1e-8.
            clear = gradient.abs() > 1e-4
            torch.testing.assert_close((new - old)[clear], -rate * gradient[clear].sign(), atol=1e-6, rtol=1e-3)


def test_a_second_step_forgets_the_gradients_of_the_first() -> None:
    once, twice = _trainer(), _trainer()
    twice.step(_lesson(1))
    for network, source in ((twice.generator, once.generator), (twice.discriminator, once.discriminator)):
        network.load_state_dict(source.state_dict())
    once.step(_lesson(2))
    twice.step(_lesson(2))
    for first, second in ((once.generator, twice.generator), (once.discriminator, twice.discriminator)):
        for a, b in zip(first.parameters(), second.parameters(), strict=True):
            assert a.grad is not None
            assert b.grad is not None
            assert torch.equal(a.grad, b.grad)


def test_without_an_adversarial_loss_there_is_no_discriminator() -> None:
    trainer, lesson = _trainer(adversarial=0.0, overlap=0), _lesson()
    assert lesson.hole is not None
    shown = torch.where(lesson.hole, torch.tensor(MEAN_COLOUR).view(1, 3, 1, 1), lesson.image) * 2 - 1
    expected = (copy.deepcopy(trainer.generator)(shown) - (2 * lesson.image - 1)).square().mean()
    losses = trainer.step(lesson)
    assert list(losses) == ["l2"]
    assert float(losses["l2"]) == pytest.approx(expected.item(), rel=1e-5)
    assert not trainer.auxiliaries
    assert list(trainer.optimizers) == ["generator"]


def test_all_it_holds_is_named() -> None:
    trainer: Trainer = _trainer()
    assert set(trainer.networks) == {"generator"}
    assert set(trainer.auxiliaries) == {"discriminator"}
    for name, network in (*trainer.networks.items(), *trainer.auxiliaries.items()):
        held = {id(p) for group in trainer.optimizers[name].param_groups for p in group["params"]}
        assert held == {id(p) for p in network.parameters()}


def test_it_learns_pictures_by_heart() -> None:
    trainer, lesson = _trainer(width=8, bottleneck=32), _lesson(count=4)
    losses = [float(trainer.step(lesson)["l2"]) for _ in range(60)]
    assert losses[-1] < losses[0] / 2


def test_the_same_seed_trains_the_same_weights() -> None:
    first, second, other = _trainer(3, crop=2), _trainer(3, crop=2), _trainer(4, crop=2)
    for trainer in (first, second, other):
        trainer.step(_lesson())
    assert _same(_state(first.generator), _state(second.generator))
    assert not _same(_state(first.generator), _state(other.generator))


@pytest.mark.parametrize(
    ("step", "decay", "left"), [(0, 0.4, 1), (5, 0.4, 1), (8, 0.4, 0.5), (9, 1.0, 0.1), (9, 0.0, 1)]
)
def test_both_rates_fall_at_the_end(step: int, decay: float, left: float) -> None:
    trainer, lesson = _trainer(decay=decay), _lesson()
    trainer.step(Lesson(lesson.image, lesson.hole, step, 10, lesson.generator))
    rates = {name: optimizer.param_groups[0]["lr"] for name, optimizer in trainer.optimizers.items()}
    assert rates == pytest.approx({"generator": 2e-3 * left, "discriminator": 2e-4 * left})


@pytest.mark.parametrize("training", [True, False])
def test_what_is_shown_changes_nothing(training: bool) -> None:
    trainer, lesson = _trainer(crop=3), _lesson()
    assert lesson.hole is not None
    trainer.step(lesson)
    trainer.generator.train(training)
    before, drawn = _state(trainer.generator, trainer.discriminator), lesson.generator.get_state()
    corrupted, completed, true = trainer.show(lesson).chunk(3)
    assert _same(before, _state(trainer.generator, trainer.discriminator))
    assert trainer.generator.training is training
    assert torch.equal(drawn, lesson.generator.get_state())
    assert torch.equal(true, lesson.image)
    known = ~lesson.hole.expand_as(true)
    assert torch.equal(completed[known], true[known])
    assert torch.equal(corrupted[known], true[known])
    assert not torch.equal(completed[~known], corrupted[~known])
    assert completed.min() >= 0
    assert completed.max() <= 1


def test_a_hole_beyond_the_centre_is_refused_in_training() -> None:
    trainer = _trainer(network="centre", train_on="mask")
    with pytest.raises(ParameterError, match=r"6 of 6 holes reach beyond\. Choose a mask whose holes do not"):
        trainer.step(_lesson(side=15))


def test_the_centre_cannot_be_trained_on_all_masks() -> None:
    with pytest.raises(ParameterError, match=r"Write network=centre,train_on=mask, or choose network=region\.$"):
        _trainer(network="centre")


def test_one_picture_a_step_is_refused() -> None:
    with pytest.raises(ParameterError, match=r"^batch=1 is not possible"):
        _trainer().step(_lesson(count=1))


def test_a_lesson_without_holes_is_refused() -> None:
    lesson = _lesson()
    with pytest.raises(TrainingError, match="this lesson has none"):
        _trainer().step(Lesson(lesson.image, None, 0, 1, lesson.generator))


def test_a_shift_larger_than_the_picture_is_refused() -> None:
    with pytest.raises(ParameterError, match=r"^crop=32 is not possible at 32×32 pixels: expected at most 31\.$"):
        _trainer(crop=32)


def test_a_shift_moves_each_picture_on_its_own_and_mirrors_its_border() -> None:
    ramp = torch.arange(80.0).view(1, 1, 8, 10).expand(40, 3, 8, 10)
    shifted = shift(ramp, 2, torch.Generator().manual_seed(0))
    assert shifted.shape == ramp.shape
    mirrored_rows, mirrored_columns = [2, 1, *range(8), 6, 5], [2, 1, *range(10), 8, 7]
    seen = set()
    for picture in shifted:
        fits = [
            (down, right)
            for down in range(5)
            for right in range(5)
            if torch.equal(
                picture, ramp[0][:, mirrored_rows[down : down + 8]][..., mirrored_columns[right : right + 10]]
            )
        ]
        assert len(fits) == 1
        seen.update(fits)
    assert len(seen) > 12
    assert (2, 2) in seen


def test_a_shift_is_drawn_from_the_generator_given_and_none_draws_nothing() -> None:
    image = torch.rand(5, 3, 8, 8, generator=torch.Generator().manual_seed(0))
    generator = torch.Generator().manual_seed(1)
    first = shift(image, 3, generator)
    assert not torch.equal(first, shift(image, 3, generator))
    assert torch.equal(first, shift(image, 3, torch.Generator().manual_seed(1)))
    before = generator.get_state()
    assert torch.equal(shift(image, 0, generator), image)
    assert torch.equal(before, generator.get_state())
