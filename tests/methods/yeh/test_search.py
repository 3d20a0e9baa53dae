from __future__ import annotations

import copy
from dataclasses import dataclass, replace

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from inpaintbench.seeding import derive_seed
from inpaintbench.training import fold_batch_norms, initialise
from inpaintbench.training.networks import reduced_precision
from inpaintbench_methods.yeh import search as module
from inpaintbench_methods.yeh.dcgan import Architecture, build_discriminator, build_generator
from inpaintbench_methods.yeh.losses import context_weights
from inpaintbench_methods.yeh.search import Draws, Found, Networks, Settings, minimise, search

LATENT = 6


@dataclass(frozen=True)
class _World:
    """Tiny networks, with contrast in what they make, and pictures with holes."""

    generator: nn.Sequential
    discriminator: nn.Sequential
    networks: Networks
    known: Tensor
    hole: Tensor
    seeds: tuple[int, ...]

    def search(self, settings: Settings, part: slice = slice(None)) -> Found:
        weights = context_weights(self.hole[part], 7)
        return search(self.networks, self.known[part], weights, self.seeds[part], settings)

    def objective(self, z: Tensor, prior: float) -> Tensor:
        """Return L_c + L_p, computed with layers as they were trained."""
        image: Tensor = self.generator(z)
        context = (context_weights(self.hole, 7) * (image - self.known).abs()).flatten(1).sum(1)
        opinion: Tensor = torch.sigmoid(self.discriminator(image))
        return context + prior * torch.log(1 - opinion)


def _contrasted(network: nn.Sequential, gain: float) -> None:
    for layer in network:
        if isinstance(layer, nn.BatchNorm2d):
            layer.momentum = None  # statistics are averaged over all passes
    last = [layer for layer in network if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d)][-1]
    with torch.no_grad():
        last.weight *= gain


@pytest.fixture(scope="module")
def world() -> _World:
    random = torch.Generator().manual_seed(0)
    architecture = Architecture(32, 4, LATENT)
    generator, discriminator = build_generator(architecture), build_discriminator(architecture)
    for network, gain in ((generator, 10), (discriminator, 20)):
        initialise(network, random)
        _contrasted(network, gain)
    for _ in range(10):
        discriminator(generator(2 * torch.rand(32, LATENT, generator=random) - 1))
    generator, discriminator = generator.eval(), discriminator.eval()
    hole = torch.zeros(5, 1, 32, 32, dtype=torch.bool)
    hole[:, :, 8:24, 8:24] = True
    hole[1, :, :, :16] = True
    hole[2] = torch.rand(1, 32, 32, generator=random) < 0.8
    networks = Networks(fold_batch_norms(generator), fold_batch_norms(discriminator), LATENT)
    known = (2 * torch.rand(5, 3, 32, 32, generator=random) - 1).masked_fill(hole, -1)
    return _World(generator, discriminator, networks, known, hole, (3, 1, 4, 1, 2**62))


def test_the_generator_of_these_tests_makes_different_pictures(world: _World) -> None:
    image = world.generator(2 * torch.rand(20, LATENT, generator=torch.Generator().manual_seed(9)) - 1)
    assert image.std(0).mean() > 0.1


@pytest.mark.parametrize("prior", [0.003, 50.0])
def test_it_is_adam_on_z_with_clipping(world: _World, prior: float) -> None:
    settings = Settings(iterations=25, rate=0.1, prior=prior)
    far = 4 * torch.rand(5, LATENT, generator=torch.Generator().manual_seed(8)) - 2  # it has to reach for the ends
    world = replace(world, known=world.generator(far).detach())
    z = torch.stack([Draws(derive_seed("latent search", seed, 0)).uniform(LATENT) for seed in world.seeds])
    z.requires_grad_()
    optimizer = torch.optim.Adam([z], lr=0.1)
    for _ in range(25):
        optimizer.zero_grad()
        world.objective(z, prior).sum().backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        with torch.no_grad():
            z.clamp_(-1, 1)
    found = world.search(settings)
    # Folding rounds differently, and Adam divides small gradients by their size.
    torch.testing.assert_close(found.z, z.detach(), atol=2e-3, rtol=0)
    torch.testing.assert_close(found.image, world.generator(z).detach(), atol=5e-3, rtol=0)
    torch.testing.assert_close(found.context + found.prior, world.objective(z, prior).detach(), rtol=1e-3, atol=1e-3)
    assert (found.z.abs() == 1).any()


def test_each_step_is_that_of_torchs_adam() -> None:
    random = torch.Generator().manual_seed(0)
    start, target, scale = (torch.rand(3, LATENT, generator=random) for _ in range(3))
    ours, theirs = start.clone().requires_grad_(), start.clone().requires_grad_()
    optimizer = torch.optim.Adam([theirs], lr=0.01)
    minimise(lambda: (scale * (ours - target).square()).sum(), ours, [], Settings(iterations=100, rate=0.01))
    for _ in range(100):
        optimizer.zero_grad()
        (scale * (theirs - target).square()).sum().backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    torch.testing.assert_close(ours.detach(), theirs.detach(), atol=1e-5, rtol=0)
    assert (ours - start).abs().max() > 0.1


def test_hard_clipping_holds_what_leaves_at_the_ends() -> None:
    z = torch.tensor([[0.9, -0.9, 0.2]], requires_grad=True)
    target = torch.tensor([[3.0, -3.0, 0.2]])
    minimise(lambda: (z - target).square().sum(), z, [], Settings(iterations=30, rate=0.05))
    assert z.tolist() == [[1.0, -1.0, pytest.approx(0.2, abs=1e-6)]]


def test_stochastic_clipping_draws_anew_what_leaves() -> None:
    settings = Settings(iterations=1, rate=0.5, clip="stochastic")
    z = torch.tensor([[0.9, 0.1, -0.9], [0.1, 0.9, 0.1]], requires_grad=True)
    minimise(lambda: -z.sum(), z, [Draws(1), Draws(2)], settings)  # each coordinate rises by the rate
    drawn = [Draws(1).uniform(3), Draws(2).uniform(3)]
    expected = [[drawn[0][0].item(), 0.6, -0.4], [0.6, drawn[1][1].item(), 0.6]]
    torch.testing.assert_close(z.detach(), torch.tensor(expected), atol=1e-6, rtol=0)


@pytest.mark.parametrize("clip", ["hard", "stochastic"])
def test_z_never_leaves_its_range(world: _World, clip: str) -> None:
    found = world.search(Settings(iterations=70, rate=0.5, clip=clip))
    assert found.z.abs().max() <= 1


@pytest.mark.parametrize("settings", [Settings(12, 0.1), Settings(12, 0.3, 3, clip="stochastic")])
def test_a_pictures_search_does_not_depend_on_its_batch(world: _World, settings: Settings) -> None:
    together = world.search(settings)
    for index in range(5):
        alone = world.search(settings, slice(index, index + 1))
        # Convolutions of other sizes may add in another order; on most processors they do not.
        torch.testing.assert_close(alone.z[0], together.z[index], atol=1e-3, rtol=0)
        torch.testing.assert_close(alone.context[0], together.context[index], rtol=1e-3, atol=0)


@pytest.mark.parametrize("pixels", [1, 3 * 32**2])
def test_parts_make_no_difference(world: _World, pixels: int, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = Settings(12, 0.3, 2, clip="stochastic")
    whole = world.search(settings)
    monkeypatch.setattr(module, "PART_ON_CPU", pixels)
    torch.testing.assert_close(world.search(settings).z, whole.z, atol=1e-3, rtol=0)


def test_the_same_seed_finds_the_same_and_another_does_not(world: _World) -> None:
    settings = Settings(5, restarts=2, clip="stochastic")
    assert torch.equal(world.search(settings).z, world.search(settings).z)
    other = replace(world, seeds=(3, 1, 4, 2, 2**62)).search(settings).z
    different = (other != world.search(settings).z).any(1)
    assert different.tolist() == [False, False, False, True, False]


def test_pictures_that_share_a_seed_start_alike(world: _World) -> None:
    found = world.search(Settings(iterations=0))
    assert torch.equal(found.z[1], found.z[3])


def test_of_several_starts_the_lowest_objective_is_kept(world: _World) -> None:
    starts = torch.stack(
        [
            torch.stack([Draws(derive_seed("latent search", seed, k)).uniform(LATENT) for seed in world.seeds])
            for k in range(4)
        ]
    )
    objectives = torch.stack([world.objective(z, 50.0) for z in starts])
    best = objectives.argmin(0)
    assert best.min() < best.max()
    found = world.search(Settings(iterations=0, restarts=4, prior=50.0))
    assert torch.equal(found.z, starts[best, torch.arange(5)])
    torch.testing.assert_close(found.image, world.generator(found.z).detach(), atol=1e-5, rtol=0)
    torch.testing.assert_close(found.context + found.prior, objectives.amin(0).detach(), rtol=1e-4, atol=0)


def test_more_starts_are_never_worse(world: _World) -> None:
    few, many = (world.search(Settings(20, 0.1, restarts)) for restarts in (1, 4))
    gained = (few.context + few.prior) - (many.context + many.prior)
    assert (gained >= -1e-3).all()
    assert gained.max() > 0.01


def test_the_search_lowers_the_loss(world: _World) -> None:
    before, after = (world.search(Settings(iterations, 0.05)) for iterations in (0, 60))
    assert (after.context + after.prior < before.context + before.prior).all()


def test_a_heavy_prior_pleases_the_discriminator(world: _World) -> None:
    light, heavy = (world.search(Settings(60, 0.05, prior=prior)) for prior in (0.0, 1e4))
    assert (light.prior == 0).all()
    opinion = [world.networks(found.z)[1].mean() for found in (light, heavy)]
    assert opinion[1] > opinion[0]
    assert (heavy.context > light.context).all()


def test_a_generated_picture_is_found_again(world: _World) -> None:
    z = 2 * torch.rand(5, LATENT, generator=torch.Generator().manual_seed(77)) - 1
    truth = world.generator(z).detach()
    planted = replace(world, known=truth.masked_fill(world.hole, -1))
    found = planted.search(Settings(200, 0.05, restarts=6))
    error = ((found.image - truth).abs() * world.hole).sum((1, 2, 3)) / world.hole.sum((1, 2, 3)) / 3
    mean = truth.mean(0, keepdim=True)
    guessed = ((mean - truth).abs() * world.hole).sum((1, 2, 3)) / world.hole.sum((1, 2, 3)) / 3
    assert (error < 0.15 * guessed).all()


def test_what_the_hole_hides_does_not_matter(world: _World) -> None:
    other = replace(world, known=world.known.masked_fill(world.hole, 0.7))
    assert torch.equal(other.search(Settings(8)).z, world.search(Settings(8)).z)


def test_without_a_known_pixel_the_prior_alone_decides(world: _World) -> None:
    blank = replace(world, hole=torch.ones_like(world.hole))
    before, after = (blank.search(Settings(iterations, 0.05)) for iterations in (0, 40))
    assert (after.context == 0).all()
    assert (after.prior < before.prior).all()
    assert after.image.isfinite().all()


def test_networks_and_inputs_stay_as_they_were(world: _World) -> None:
    before = copy.deepcopy((world.networks.generator.state_dict(), world.networks.discriminator.state_dict()))
    known, hole = world.known.clone(), world.hole.clone()
    found = world.search(Settings(5))
    after = world.networks.generator.state_dict(), world.networks.discriminator.state_dict()
    for old, new in zip(before, after, strict=True):
        assert all(torch.equal(old[name], new[name]) for name in old)
    assert torch.equal(known, world.known)
    assert torch.equal(hole, world.hole)
    assert not any(value.requires_grad for value in vars(found).values())
    assert all(weight.grad is None for weight in world.networks.generator.parameters())


def test_it_searches_where_gradients_are_switched_off(world: _World) -> None:
    with torch.no_grad():
        found = world.search(Settings(8))
    assert torch.equal(found.z, world.search(Settings(8)).z)


def test_draws_are_uniform_and_their_seeds_own() -> None:
    numbers = Draws(5).uniform(10_000)
    assert torch.equal(numbers, Draws(5).uniform(10_000))
    assert numbers.min() >= -1
    assert numbers.max() <= 1
    histogram = torch.histc(numbers, 10, -1, 1)
    assert F.l1_loss(histogram, torch.full((10,), 1000.0)) < 50


def test_a_search_in_bfloat16_is_as_good_and_ends_in_float32(world: _World) -> None:
    settings = Settings(60, 0.05, restarts=2)
    expected = world.search(settings)
    with reduced_precision(True):
        found = world.search(settings)
    assert not torch.equal(found.z, expected.z)
    torch.testing.assert_close(found.context, expected.context, rtol=0.05, atol=0)
    torch.testing.assert_close(found.image, world.generator(found.z).detach(), atol=1e-5, rtol=0)
    assert {value.dtype for value in vars(found).values()} == {torch.float32}
    assert {weight.dtype for weight in world.networks.generator.parameters()} == {torch.float32}


@pytest.mark.gpu
@pytest.mark.parametrize("clip", ["hard", "stochastic"])
def test_on_cuda_it_finds_what_it_finds_on_the_cpu(world: _World, clip: str) -> None:
    settings = Settings(60, 0.05, restarts=2, clip=clip)
    generator, discriminator = (
        copy.deepcopy(network).to("cuda", memory_format=torch.channels_last)  # type: ignore[call-overload]
        for network in (world.networks.generator, world.networks.discriminator)
    )
    networks = Networks(generator, discriminator, LATENT)
    weights = context_weights(world.hole, 7).cuda()
    found = search(networks, world.known.cuda(), weights, world.seeds, settings)
    # Paths part in bfloat16; what is reached must be as good.
    expected = world.search(settings)
    torch.testing.assert_close(found.context.cpu(), expected.context, rtol=0.1, atol=0)
    assert found.z.is_cuda
    torch.testing.assert_close(found.image.cpu(), world.generator(found.z.cpu()).detach(), atol=0.01, rtol=0)
