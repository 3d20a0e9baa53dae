from __future__ import annotations

import copy
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.optim import Adadelta, Adam

from inpaintbench.api import Lesson, Trainer
from inpaintbench.errors import ParameterError, TrainingError
from inpaintbench_methods.glcic.holes import draw_rectangles, patch_corners
from inpaintbench_methods.glcic.trainer import GLCICTrainer, Phase, phase_of

TINY: dict[str, Any] = {"width": 4, "size": 32}
COMPLETION, DISCRIMINATOR, JOINT = 0, 18, 50
"""Steps of 100 in each phase."""


def _trainer(seed: int = 0, **parameters: Any) -> GLCICTrainer:
    trainer = GLCICTrainer(generator=torch.Generator().manual_seed(seed), **(TINY | parameters))
    for network in (*trainer.networks.values(), *trainer.auxiliaries.values()):
        network.train()
    return trainer


def _lesson(step: int, seed: int = 0, count: int = 4, steps: int = 100) -> Lesson:
    generator = torch.Generator().manual_seed(seed)
    image = torch.rand(count, 3, 32, 32, generator=generator).contiguous(memory_format=torch.channels_last)
    hole = torch.rand(count, 1, 32, 32, generator=generator) < 0.2
    return Lesson(image, hole, step, steps, generator)


def _holes(lesson: Lesson) -> tuple[Tensor, Tensor]:
    """Draw what the trainer will draw: M_c and M_d."""
    generator = torch.Generator()
    generator.set_state(lesson.generator.get_state())
    m_c, m_d = draw_rectangles(2 * len(lesson.image), 32, (12, 16), generator).chunk(2)
    return m_c, m_d


def _judge(network: nn.Module, image: Tensor, hole: Tensor) -> Tensor:
    corners = patch_corners(hole, 16).tolist()
    patches = [one[:, i : i + 16, j : j + 16] for one, (i, j) in zip(image, corners, strict=True)]
    logits: Tensor = network(image, torch.stack(patches))
    return logits


def _state(*networks: nn.Module) -> list[Tensor]:
    return [value.clone() for network in networks for value in network.state_dict().values()]


def _same(before: list[Tensor], after: list[Tensor]) -> bool:
    return all(torch.equal(old, new) for old, new in zip(before, after, strict=True))


def _gradients(network: nn.Module) -> list[Tensor]:
    return [weight.grad.clone() for weight in network.parameters() if weight.grad is not None]


def _assert_gradients(network: nn.Module, expected: tuple[Tensor, ...]) -> None:
    found = _gradients(network)
    assert len(found) == len(expected)
    for gradient, wanted in zip(found, expected, strict=True):
        torch.testing.assert_close(gradient, wanted, atol=1e-6, rtol=1e-3)


def test_phases_have_the_papers_shares_of_the_steps() -> None:
    phases = [phase_of(step, 500) for step in range(500)]
    assert [phases.count(phase) for phase in Phase] == [90, 10, 400]
    assert phases == sorted(phases, key=list(Phase).index)
    assert phase_of(89_999, 500_000) is Phase.COMPLETION
    assert phase_of(90_000, 500_000) is phase_of(99_999, 500_000) is Phase.DISCRIMINATOR
    assert phase_of(100_000, 500_000) is Phase.JOINT
    assert phase_of(0, 1) is Phase.COMPLETION


@pytest.mark.parametrize(
    ("step", "losses"),
    [
        (COMPLETION, {"mse"}),
        (17, {"mse"}),
        (DISCRIMINATOR, {"discriminator"}),
        (19, {"discriminator"}),
        (20, {"mse", "discriminator", "adversarial"}),
        (JOINT, {"mse", "discriminator", "adversarial"}),
    ],
)
def test_each_phase_changes_its_own_networks_and_has_its_own_losses(step: int, losses: set[str]) -> None:
    trainer = _trainer()
    before = {name: _state(network) for name, network in (trainer.networks | trainer.auxiliaries).items()}  # type: ignore[operator]
    found = trainer.step(_lesson(step))
    assert set(found) == losses
    assert not any(value.requires_grad for value in found.values())
    # In the second phase not even C's statistics change.
    assert _same(before["completion"], _state(trainer.completion)) is ("mse" not in losses)
    assert _same(before["discriminator"], _state(trainer.discriminator)) is ("discriminator" not in losses)
    assert trainer.completion.training


def test_in_the_first_phase_c_learns_from_the_hole() -> None:
    trainer, lesson = _trainer(), _lesson(COMPLETION)
    c, (m_c, _) = copy.deepcopy(trainer.completion), _holes(lesson)
    losses = trainer.step(lesson)
    c.mean.copy_(lesson.image.mean((0, 2, 3)).view(3, 1, 1))
    errors = ((c(lesson.image, m_c) - lesson.image) ** 2 * m_c).sum((1, 2, 3)) / (3 * m_c.sum((1, 2, 3)))
    assert float(losses["mse"]) == pytest.approx(errors.mean().item(), rel=1e-5)
    _assert_gradients(trainer.completion, torch.autograd.grad(errors.mean(), list(c.parameters())))
    assert not _gradients(trainer.discriminator)


def test_in_the_second_phase_d_learns_from_c_as_it_completes_when_it_is_used() -> None:
    # With this seed no unit of D is so close to 0 that rounding decides whether it lets a gradient through.
    trainer, lesson = _trainer(), _lesson(DISCRIMINATOR, seed=1)
    trainer.step(_lesson(COMPLETION, seed=3))
    c, d, (m_c, m_d) = copy.deepcopy(trainer.completion).eval(), copy.deepcopy(trainer.discriminator), _holes(lesson)
    losses = trainer.step(lesson)
    x = lesson.image
    composite = torch.where(m_c, c(x, m_c), x).detach()
    bce = F.binary_cross_entropy_with_logits
    loss = bce(_judge(d, x, m_d), torch.ones(4)) + bce(_judge(d, composite, m_c), torch.zeros(4))
    assert float(losses["discriminator"]) == pytest.approx(loss.item(), rel=1e-5)
    _assert_gradients(trainer.discriminator, torch.autograd.grad(loss, list(d.parameters())))


@pytest.mark.parametrize("alpha", [4e-4, 0.7])
def test_a_joint_step_is_one_of_d_and_then_one_of_c_written_out_by_hand(alpha: float) -> None:
    trainer, lesson = _trainer(alpha=alpha), _lesson(JOINT)
    for step in (COMPLETION, DISCRIMINATOR, JOINT):
        trainer.step(_lesson(step, seed=3))  # leaves gradients in both, which must not count
    c, d, (m_c, m_d) = copy.deepcopy(trainer.completion), copy.deepcopy(trainer.discriminator), _holes(lesson)
    losses = trainer.step(lesson)

    x, bce = lesson.image, F.binary_cross_entropy_with_logits
    completed = c(x, m_c)
    composite = torch.where(m_c, completed, x)
    # D: the two cross entropies as they are, without α, and nothing of C's loss.
    d_loss = bce(_judge(d, x, m_d), torch.ones(4)) + bce(_judge(d, composite.detach(), m_c), torch.zeros(4))
    _assert_gradients(trainer.discriminator, torch.autograd.grad(d_loss, list(d.parameters())))
    # C: against D after that step.
    d.load_state_dict(trainer.discriminator.state_dict())
    mse = (((completed - x) ** 2 * m_c).sum((1, 2, 3)) / (3 * m_c.sum((1, 2, 3)))).mean()
    adversarial = bce(_judge(d, composite, m_c), torch.ones(4))
    _assert_gradients(trainer.completion, torch.autograd.grad(mse + alpha * adversarial, list(c.parameters())))
    expected = {"mse": mse.item(), "adversarial": adversarial.item(), "discriminator": d_loss.item()}
    assert {name: float(value) for name, value in losses.items()} == pytest.approx(expected, rel=1e-4)


def test_d_sees_true_pixels_around_what_c_made() -> None:
    trainer, lesson = _trainer(), _lesson(JOINT)
    m_c, m_d = _holes(lesson)
    seen: list[tuple[Tensor, Tensor]] = []
    trainer.discriminator.register_forward_pre_hook(lambda _, inputs: seen.append(inputs))
    trainer.step(lesson)
    real, for_d, for_c = seen
    assert torch.equal(real[0], lesson.image)
    for whole, patch in (for_d, for_c):
        known = ~m_c.expand_as(whole)
        assert torch.equal(whole[known], lesson.image[known])
        assert (whole[~known] != lesson.image[~known]).float().mean() > 0.99
        for one, part, (i, j) in zip(whole, patch, patch_corners(m_c, 16).tolist(), strict=True):
            assert torch.equal(part, one[:, i : i + 16, j : j + 16])
    assert not for_d[0].requires_grad
    for one, part, (i, j) in zip(lesson.image, real[1], patch_corners(m_d, 16).tolist(), strict=True):
        assert torch.equal(part, one[:, i : i + 16, j : j + 16])


@pytest.mark.parametrize(("smallest", "largest", "sides"), [(0.375, 0.5, (12, 16)), (0.1, 0.25, (3, 8))])
def test_holes_are_rectangles_of_each_pictures_own(smallest: float, largest: float, sides: tuple[int, int]) -> None:
    trainer, seen = _trainer(smallest=smallest, largest=largest), []
    trainer.completion.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[1]))
    trainer.step(_lesson(COMPLETION, count=12))
    (holes,) = seen
    assert len({tuple(hole.flatten().tolist()) for hole in holes}) == 12
    for hole in holes:
        height, width = int(hole[0].any(1).sum()), int(hole[0].any(0).sum())
        assert hole.sum() == height * width
        assert sides[0] <= min(height, width)
        assert max(height, width) <= sides[1]


def test_mixed_holes_are_those_of_the_lesson_and_real_patches_lie_around_anothers() -> None:
    trainer, lesson = _trainer(holes="mixed"), _lesson(JOINT)
    shown: list[Tensor] = []
    judged: list[tuple[Tensor, Tensor]] = []
    trainer.completion.register_forward_pre_hook(lambda _, inputs: shown.append(inputs[1]))
    trainer.discriminator.register_forward_pre_hook(lambda _, inputs: judged.append(inputs))
    assert lesson.hole is not None
    lesson.hole[0], lesson.hole[1] = False, False
    lesson.hole[0, :, :4, :4] = lesson.hole[1, :, 28:, 28:] = True
    before = lesson.generator.get_state()
    trainer.step(lesson)
    assert torch.equal(shown[0], lesson.hole)
    assert torch.equal(judged[0][1][1], lesson.image[1, :, :16, :16])  # the hole of picture 0
    assert torch.equal(lesson.generator.get_state(), before)


def test_the_mean_is_that_of_all_pictures_of_the_first_phase() -> None:
    trainer = _trainer()
    lessons = [_lesson(step, seed=step, steps=20) for step in range(6)]
    for lesson in lessons:
        trainer.step(lesson)
    first = torch.cat([lesson.image for lesson in lessons[:4]])  # 0.18 × 20 = 3.6
    torch.testing.assert_close(trainer.completion.mean.flatten(), first.mean((0, 2, 3)), atol=1e-6, rtol=0)
    assert "mean" in trainer.networks["completion"].state_dict()


@pytest.mark.parametrize(("optimizer", "kind", "rate"), [("adadelta", Adadelta, 1.0), ("adam", Adam, 1e-3)])
def test_both_networks_have_the_optimiser_asked_for(optimizer: str, kind: type, rate: float) -> None:
    trainer: Trainer = _trainer(optimizer=optimizer)
    networks = {**trainer.networks, **trainer.auxiliaries}
    assert set(trainer.networks) == {"completion"}
    assert set(trainer.auxiliaries) == {"discriminator"}
    for name, network in networks.items():
        assert isinstance(trainer.optimizers[name], kind)
        held = {id(p) for group in trainer.optimizers[name].param_groups for p in group["params"]}
        assert held == {id(p) for p in network.parameters()}
        assert trainer.optimizers[name].param_groups[0]["lr"] == rate


@pytest.mark.parametrize(("step", "decay", "left"), [(50, 0.0, 1), (99, 0.0, 1), (50, 0.4, 1), (80, 0.4, 0.5)])
def test_rates_fall_at_the_end_if_asked(step: int, decay: float, left: float) -> None:
    trainer = _trainer(decay=decay, optimizer="adam")
    trainer.step(_lesson(step))
    rates = {name: optimizer.param_groups[0]["lr"] for name, optimizer in trainer.optimizers.items()}
    assert rates == pytest.approx({"completion": 1e-3 * left, "discriminator": 1e-3 * left})


@pytest.mark.parametrize("optimizer", ["adadelta", "adam"])
def test_it_learns_pictures_by_heart(optimizer: str) -> None:
    trainer, lesson = _trainer(optimizer=optimizer), _lesson(COMPLETION, steps=1000)
    state = lesson.generator.get_state()
    losses = []
    for _ in range(40):
        lesson.generator.set_state(state)
        losses.append(float(trainer.step(lesson)["mse"]))
    assert losses[-1] < 0.9 * losses[0]


def test_the_same_seed_trains_the_same_weights() -> None:
    def train(seed: int) -> list[Tensor]:
        trainer = _trainer(seed)
        for step in (COMPLETION, DISCRIMINATOR, JOINT):
            trainer.step(_lesson(step))
        return _state(trainer.completion, trainer.discriminator)

    assert _same(train(3), train(3))
    assert not _same(train(3), train(4))


@pytest.mark.parametrize("holes", ["rectangle", "mixed"])
@pytest.mark.parametrize("training", [True, False])
def test_what_is_shown_changes_nothing(training: bool, holes: str) -> None:
    trainer, lesson = _trainer(holes=holes), _lesson(COMPLETION)
    trainer.step(lesson)
    trainer.completion.train(training)
    before, drawn = _state(trainer.completion, trainer.discriminator), lesson.generator.get_state()
    m_c = _holes(lesson)[0] if holes == "rectangle" else lesson.hole
    corrupted, completed, true = trainer.show(lesson).chunk(3)
    assert _same(before, _state(trainer.completion, trainer.discriminator))
    assert trainer.completion.training is training
    assert torch.equal(drawn, lesson.generator.get_state())
    assert m_c is not None
    missing = m_c.expand_as(true)
    assert torch.equal(true, lesson.image)
    assert torch.equal(corrupted[~missing], true[~missing])
    assert torch.equal(corrupted[missing], trainer.completion.mean.expand_as(true)[missing])
    assert torch.equal(completed[~missing], true[~missing])
    assert not torch.equal(completed[missing], corrupted[missing])


@pytest.mark.parametrize("size", [28, 34, 66])
def test_sizes_that_its_layers_cannot_halve_twice_or_are_too_small_are_refused(size: int) -> None:
    with pytest.raises(ParameterError, match=rf"^GLCIC cannot be trained on {size}×{size} pixels: expected a multiple"):
        _trainer(size=size)


def test_a_smallest_side_above_the_largest_is_refused() -> None:
    with pytest.raises(ParameterError, match=r"^smallest=0\.4 is not possible with largest=0\.3"):
        _trainer(smallest=0.4, largest=0.3)


def test_mixed_holes_must_be_given() -> None:
    lesson = _lesson(COMPLETION)
    with pytest.raises(TrainingError, match="this lesson has none"):
        _trainer(holes="mixed").step(Lesson(lesson.image, None, 0, 1, lesson.generator))
