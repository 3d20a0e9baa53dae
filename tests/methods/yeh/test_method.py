from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from inpaintbench.api import Batch, Completion, Learned, Method, Movable, Trained
from inpaintbench.errors import CheckpointError, ParameterError
from inpaintbench.training import fold_batch_norms, initialise
from inpaintbench_methods import poisson
from inpaintbench_methods.yeh.dcgan import Architecture, build_discriminator, build_generator
from inpaintbench_methods.yeh.losses import context_weights
from inpaintbench_methods.yeh.method import Yeh
from inpaintbench_methods.yeh.search import Networks, Settings, search

SMALL: dict[str, Any] = {"width": 4, "latent": 6, "iterations": 12}


def _pair(size: int = 32) -> tuple[nn.Sequential, nn.Sequential]:
    random = torch.Generator().manual_seed(0)
    architecture = Architecture(size, 4, 6)
    pair = build_generator(architecture), build_discriminator(architecture)
    for network in pair:
        initialise(network, random)
        for weight in network[-2].parameters():  # the last convolution
            weight.data *= 10
    for _ in range(30):  # statistics that are far from 0 and 1, as training leaves them
        pair[1](pair[0](2 * torch.rand(16, 6, generator=random) - 1))
    return pair


def _trained() -> Trained:
    return Trained(32, dict(zip(("generator", "discriminator"), (net.state_dict() for net in _pair()), strict=True)))


def _method(**parameters: Any) -> Yeh:
    method = Yeh(**(SMALL | parameters))
    method.load(_trained())
    return method.to(torch.device("cpu"))


def _batch(count: int, size: int = 32) -> Batch:
    image = torch.rand(count, 3, size, size, generator=torch.Generator().manual_seed(5))
    hole = torch.zeros(count, 1, size, size, dtype=torch.bool)
    hole[:, :, 9:20, 11:25] = True
    if count > 2:
        hole[1, :, :, size // 2 :] = True
        hole[2] = torch.rand(1, size, size, generator=torch.Generator().manual_seed(6)) < 0.8
    return Batch(image.masked_fill(hole, 0), hole, tuple(range(7, 7 + count)))


def _values(completion: Completion) -> tuple[Tensor, Tensor, Tensor]:
    return completion.image, completion.diagnostics["context_loss"], completion.diagnostics["prior_loss"]


def _by_hand(batch: Batch, settings: Settings, window: int) -> tuple[Tensor, Tensor, Tensor]:
    generator, discriminator = (fold_batch_norms(network) for network in _pair())
    found = search(
        Networks(generator, discriminator, 6),
        2 * batch.corrupted - 1,
        context_weights(batch.hole, window),
        batch.seeds,
        settings,
    )
    return (found.image + 1) / 2, found.context, found.prior


def test_overlay_is_what_the_search_has_found() -> None:
    batch = _batch(3)
    method = _method(blend="overlay", window=5, prior=0.1, rate=0.2, restarts=2, clip="stochastic")
    expected = _by_hand(batch, Settings(12, 0.2, 2, 0.1, "stochastic"), 5)
    for ours, theirs in zip(_values(method.complete(batch)), expected, strict=True):
        torch.testing.assert_close(ours, theirs, atol=1e-3, rtol=1e-3)


def test_poisson_blending_continues_the_known_pixels() -> None:
    batch = _batch(3)
    overlay, blended = _method(blend="overlay").complete(batch), _method().complete(batch)
    expected = poisson.blend(overlay.image, batch.corrupted, batch.hole)
    torch.testing.assert_close(blended.image, expected.clamp(0, 1), atol=1e-6, rtol=0)
    assert torch.equal(blended.diagnostics["context_loss"], overlay.diagnostics["context_loss"])
    known = ~batch.hole.expand_as(batch.corrupted)
    assert torch.equal(blended.image[known], batch.corrupted[known])
    assert not torch.equal(overlay.image[~known], blended.image[~known])


def test_completions_lie_in_the_range_of_pictures() -> None:
    # Dark in what is generated and bright around it: blending alone would exceed 1.
    batch = _batch(2)
    bright = Batch(torch.ones_like(batch.corrupted).masked_fill(batch.hole, 0), batch.hole, batch.seeds)
    overlay = _method(blend="overlay").complete(bright).image
    assert poisson.blend(overlay, bright.corrupted, bright.hole).max() > 1
    image = _method().complete(bright).image
    assert image.min() >= 0
    assert image.max() == 1
    assert image.dtype == torch.float32


def test_an_image_does_not_depend_on_its_batch_nor_on_the_call() -> None:
    method, batch = _method(restarts=2, clip="stochastic", rate=0.3), _batch(4)
    together = _values(method.complete(batch))
    assert all(torch.equal(a, b) for a, b in zip(together, _values(method.complete(batch)), strict=True))
    for index in range(4):
        part = slice(index, index + 1)
        alone = method.complete(Batch(batch.corrupted[part], batch.hole[part], batch.seeds[part]))
        for one, all_of_them in zip(_values(alone), together, strict=True):
            # Convolutions of other sizes may add in another order; on most processors they do not.
            torch.testing.assert_close(one[0], all_of_them[index], atol=1e-3, rtol=1e-3)


def test_another_seed_gives_another_completion() -> None:
    method, batch = _method(), _batch(1)
    other = Batch(batch.corrupted, batch.hole, (8,))
    assert (method.complete(batch).image - method.complete(other).image).abs().max() > 0.01


def test_a_picture_of_which_nothing_is_known_is_generated() -> None:
    batch = _batch(1)
    blank = Batch(torch.zeros_like(batch.corrupted), torch.ones_like(batch.hole), batch.seeds)
    completion = _method().complete(blank)
    assert completion.image.isfinite().all()
    assert completion.image.std() > 0.01
    assert completion.diagnostics["context_loss"].tolist() == [0]


def test_a_picture_of_which_nothing_is_missing_stays() -> None:
    batch = _batch(1)
    whole = Batch(batch.corrupted, torch.zeros_like(batch.hole), batch.seeds)
    assert torch.equal(_method().complete(whole).image, batch.corrupted)


def test_the_batch_stays_as_it_was() -> None:
    batch = _batch(3)
    before = batch.corrupted.clone(), batch.hole.clone()
    _method().complete(batch)
    assert torch.equal(before[0], batch.corrupted)
    assert torch.equal(before[1], batch.hole)


def test_pictures_of_another_size_are_refused() -> None:
    with pytest.raises(ParameterError, match=r"trained on 32×32 pixels, and the pictures have 64×64\. Run it at 32"):
        _method().complete(_batch(1, size=64))


def test_weights_of_other_layers_are_refused() -> None:
    with pytest.raises(CheckpointError, match=r"^The weights are not those of Architecture\(size=32, width=5"):
        Yeh(width=5, latent=6).load(_trained())
    with pytest.raises(CheckpointError, match="discriminator"):
        Yeh(width=4, latent=6).load(Trained(32, {"generator": _trained().networks["generator"]}))


def test_it_cannot_complete_before_it_has_networks() -> None:
    with pytest.raises(CheckpointError, match="expected a call of load first"):
        Yeh().complete(_batch(1))


def test_a_window_without_a_middle_is_refused() -> None:
    with pytest.raises(ParameterError, match=r"^window=6 is not possible: expected an odd number, such as 7\.$"):
        Yeh(window=6)


def test_it_is_what_the_harness_expects() -> None:
    method = Yeh()
    assert isinstance(method, Method)
    assert isinstance(method, Learned)
    assert isinstance(method, Movable)
