from __future__ import annotations

import copy
import math
from collections.abc import Iterable

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from inpaintbench.api import Lesson, Trainer
from inpaintbench_methods.yeh.trainer import SHOWN, DCGANTrainer


def _trainer(seed: int = 0, width: int = 2) -> DCGANTrainer:
    trainer = DCGANTrainer(width=width, latent=5, size=32, generator=torch.Generator().manual_seed(seed))
    for network in trainer.networks.values():
        network.train()
    return trainer


def _lesson(seed: int = 0, count: int = 6) -> Lesson:
    generator = torch.Generator().manual_seed(seed)
    image = torch.rand(count, 3, 32, 32, generator=generator).contiguous(memory_format=torch.channels_last)
    return Lesson(image, None, 0, 10, generator)


def _state(*networks: nn.Module) -> list[Tensor]:
    return [value.clone() for network in networks for value in network.state_dict().values()]


def _same(before: Iterable[Tensor], after: Iterable[Tensor]) -> bool:
    return all(torch.equal(old, new) for old, new in zip(before, after, strict=True))


def test_one_step_is_the_one_written_out_by_hand() -> None:
    trainer, lesson = _trainer(), _lesson()
    g, d = copy.deepcopy(trainer.generator), copy.deepcopy(trainer.discriminator)
    z = 2 * torch.rand(6, 5, generator=_lesson().generator.clone_state()) - 1
    losses = trainer.step(lesson)

    x, ones, zeros = 2 * lesson.image - 1, torch.ones(6), torch.zeros(6)
    bce = F.binary_cross_entropy_with_logits
    generated = g(z)
    d_loss = bce(d(x), ones) + bce(d(generated.detach()), zeros)
    d_gradients = torch.autograd.grad(d_loss, list(d.parameters()))
    before = [weight.clone() for weight in d.parameters()]
    adam = torch.optim.Adam(d.parameters(), 2e-4, (0.5, 0.999))
    for weight, gradient in zip(d.parameters(), d_gradients, strict=True):
        weight.grad = gradient
    adam.step()
    g_loss = bce(d(generated), ones)
    g_gradients = torch.autograd.grad(g_loss, list(g.parameters()))

    assert float(losses["discriminator"]) == pytest.approx(d_loss.item(), rel=1e-5)
    assert float(losses["generator"]) == pytest.approx(g_loss.item(), rel=1e-5)
    assert not any(loss.requires_grad for loss in losses.values())
    for network, gradients, olds in (
        (trainer.discriminator, d_gradients, before),
        (trainer.generator, g_gradients, [weight.detach() for weight in g.parameters()]),
    ):
        for new, gradient, old in zip(network.parameters(), gradients, olds, strict=True):
            # The generator's step has added nothing to the discriminator's gradients.
            assert new.grad is not None
            torch.testing.assert_close(new.grad, gradient, atol=1e-6, rtol=1e-3)
            # Adam's first step: its rate against the gradient's sign, wherever the gradient is far above 1e-8.
            clear = gradient.abs() > 1e-4
            torch.testing.assert_close((new - old)[clear], -2e-4 * gradient[clear].sign(), atol=1e-7, rtol=1e-3)
    for ours, expected in ((trainer.generator, g), (trainer.discriminator, d)):
        for name, buffer in ours.named_buffers():
            torch.testing.assert_close(buffer, expected.get_buffer(name), msg=name)


def test_each_step_of_an_optimizer_moves_its_own_network_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    trainer = _trainer()
    parameters = {name: list(network.parameters()) for name, network in trainer.networks.items()}
    moved = {}
    for name, other in (("discriminator", "generator"), ("generator", "discriminator")):
        optimizer = trainer.optimizers[name]
        step = optimizer.step

        def watched(name: str = name, other: str = other, step: object = step) -> None:
            before = [[weight.detach().clone() for weight in parameters[which]] for which in (name, other)]
            assert callable(step)
            step()
            moved[name] = not _same(before[0], parameters[name]), not _same(before[1], parameters[other])

        monkeypatch.setattr(optimizer, "step", watched)
    trainer.step(_lesson())
    assert list(moved) == ["discriminator", "generator"]
    assert set(moved.values()) == {(True, False)}


def test_a_second_step_forgets_the_gradients_of_the_first() -> None:
    once, twice = _trainer(), _trainer()
    twice.step(_lesson(1))
    for name, network in twice.networks.items():
        network.load_state_dict(once.networks[name].state_dict())
    once.step(_lesson(2))
    twice.step(_lesson(2))
    for a, b in zip(once.discriminator.parameters(), twice.discriminator.parameters(), strict=True):
        assert a.grad is not None
        assert b.grad is not None
        assert torch.equal(a.grad, b.grad)


def test_the_discriminator_can_learn_after_a_step() -> None:
    trainer = _trainer()
    trainer.step(_lesson())
    assert all(weight.requires_grad for network in trainer.networks.values() for weight in network.parameters())


def test_all_it_holds_is_named() -> None:
    trainer: Trainer = _trainer()
    assert set(trainer.networks) == {"generator", "discriminator"}
    assert not trainer.auxiliaries
    for name, network in trainer.networks.items():
        held = {id(p) for group in trainer.optimizers[name].param_groups for p in group["params"]}
        assert held == {id(p) for p in network.parameters()}


def test_an_undecided_discriminator_is_at_chance() -> None:
    trainer = _trainer()
    with torch.no_grad():
        for weight in trainer.discriminator[-2].parameters():
            weight.zero_()
    assert float(trainer.step(_lesson())["discriminator"]) == pytest.approx(2 * math.log(2))


def test_it_learns_the_colour_of_its_pictures() -> None:
    trainer = _trainer(width=8)
    for optimizer in trainer.optimizers.values():
        optimizer.param_groups[0]["lr"] = 1e-3  # at the paper's rate it takes five times as many steps
    colour = torch.tensor([0.8, 0.5, 0.2]).view(1, 3, 1, 1)
    random = torch.Generator().manual_seed(0)

    def distance() -> float:
        return float((trainer.show(_lesson()).mean((0, 2, 3)) - colour.flatten()).abs().max())

    before = distance()
    for step in range(80):
        image = (colour + 0.05 * torch.randn(16, 3, 32, 32, generator=random)).clamp(0, 1)
        trainer.step(Lesson(image, None, step, 80, random))
    assert before > 0.25
    assert distance() < before / 2


def test_the_same_seed_trains_the_same_weights() -> None:
    first, second, other = _trainer(3), _trainer(3), _trainer(4)
    for trainer in (first, second, other):
        trainer.step(_lesson())
    assert _same(_state(*first.networks.values()), _state(*second.networks.values()))
    assert not _same(_state(first.generator), _state(other.generator))


@pytest.mark.parametrize("training", [True, False])
def test_what_is_shown_changes_nothing(training: bool) -> None:
    trainer, lesson = _trainer(), _lesson()
    trainer.step(lesson)
    trainer.generator.train(training)
    before, drawn = _state(*trainer.networks.values()), lesson.generator.get_state()
    shown = trainer.show(lesson)
    assert torch.equal(shown, trainer.show(lesson))
    assert _same(before, _state(*trainer.networks.values()))
    assert all(layer.training is training for layer in trainer.generator)
    assert torch.equal(drawn, lesson.generator.get_state())

    z = 2 * torch.rand(SHOWN, 5, generator=lesson.generator) - 1
    expected = copy.deepcopy(trainer.generator).eval()(z)
    torch.testing.assert_close(2 * shown - 1, expected, atol=1e-6, rtol=0)
    assert not shown.requires_grad
