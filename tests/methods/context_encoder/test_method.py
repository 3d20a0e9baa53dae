from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor

from inpaintbench.api import Batch, Learned, Method, Movable, Trained
from inpaintbench.errors import CheckpointError, ParameterError
from inpaintbench.training import initialise
from inpaintbench_methods.context_encoder.method import PART, ContextEncoder
from inpaintbench_methods.context_encoder.networks import Architecture, build_generator


def _trained(network: str = "region", size: int = 32, link: str = "bottleneck") -> Trained:
    generator = build_generator(Architecture(size, network, 4, 10, link))
    initialise(generator, torch.Generator().manual_seed(0))
    for seed in range(30):  # statistics that are far from 0 and 1, as training leaves them
        generator(torch.randn(8, 3, size, size, generator=torch.Generator().manual_seed(seed)))
    return Trained(size, {"generator": generator.state_dict()})


def _method(network: str = "region", link: str = "bottleneck", **more: Any) -> ContextEncoder:
    method = ContextEncoder(network=network, width=4, bottleneck=10, link=link, **more)
    method.load(_trained(network, link=link))
    return method.to(torch.device("cpu"))


def _batch(count: int, size: int = 32, side: int = 9) -> Batch:
    image = torch.rand(count, 3, size, size, generator=torch.Generator().manual_seed(5))
    hole = torch.zeros(count, 1, size, size, dtype=torch.bool)
    hole[:, :, 11 : 11 + side, 12 : 12 + side] = True
    return Batch(image.masked_fill(hole, 0), hole, tuple(range(count)))


def _completed(method: ContextEncoder, batch: Batch) -> Tensor:
    return method.complete(batch)


@pytest.mark.parametrize("link", ["bottleneck", "channelwise"])
@pytest.mark.parametrize("network", ["region", "centre"])
def test_it_returns_the_generators_prediction(network: str, link: str) -> None:
    batch = _batch(3)
    generator = build_generator(Architecture(32, network, 4, 10, link))
    generator.load_state_dict(_trained(network, link=link).networks["generator"])
    shown = batch.corrupted.clone()
    for channel, level in enumerate((117, 104, 123)):
        shown[:, channel][batch.hole[:, 0]] = level / 255
    with torch.no_grad():
        expected = (generator.eval()(2 * shown - 1) + 1) / 2
    square = slice(8, 24) if network == "centre" else slice(0, 32)
    completed = _completed(_method(network, link), batch)[..., square, square]
    torch.testing.assert_close(completed, expected, atol=1e-5, rtol=0)
    assert completed.std() > 100 * (completed - expected).abs().max()


def test_an_image_does_not_depend_on_its_batch_nor_on_the_call() -> None:
    method, batch = _method(), _batch(PART + 5)
    together = _completed(method, batch)
    assert together.shape == batch.corrupted.shape
    assert torch.equal(together, _completed(method, batch))
    for index in (0, PART - 1, PART, PART + 4):
        part = slice(index, index + 1)
        alone = _completed(method, Batch(batch.corrupted[part], batch.hole[part], (9,)))
        torch.testing.assert_close(alone[0], together[index], atol=1e-5, rtol=0)  # sums in another order


def test_what_the_batch_holds_in_the_hole_does_not_matter_and_stays() -> None:
    method, batch = _method(), _batch(2)
    other = batch.corrupted.masked_fill(batch.hole, 0.7)
    kept = other.clone()
    assert torch.equal(_completed(method, batch), _completed(method, Batch(other, batch.hole, (0, 1))))
    assert torch.equal(other, kept)


def test_completions_lie_in_the_range_of_pictures_and_carry_no_gradient() -> None:
    completed = _completed(_method(), _batch(2))
    assert completed.min() >= 0
    assert completed.max() <= 1
    assert not completed.requires_grad
    assert completed.dtype == torch.float32


def test_how_it_was_trained_changes_nothing_here() -> None:
    batch = _batch(2)
    told = _method(adversarial=0.0, overlap=7, known_weight=0.1, train_on="mask", crop=3, decay=0.0)
    assert torch.equal(_completed(_method(), batch), _completed(told, batch))


def test_pictures_of_another_size_are_refused() -> None:
    with pytest.raises(ParameterError, match=r"trained on 32×32 pixels, and the pictures have 64×64\. Run it at 32"):
        _method().complete(_batch(1, size=64))


def test_a_hole_beyond_the_centre_is_refused() -> None:
    with pytest.raises(ParameterError, match=r"^network=centre predicts the 16×16 pixels in the middle of 32×32"):
        _method("centre", train_on="mask").complete(_batch(2, side=13))


def test_weights_of_other_layers_are_refused() -> None:
    with pytest.raises(CheckpointError, match=r"^The weights are not those of Architecture\(size=32"):
        ContextEncoder(width=5, bottleneck=10).load(_trained())
    with pytest.raises(CheckpointError, match="generator"):
        ContextEncoder(width=4, bottleneck=10).load(Trained(32, {}))


def test_it_cannot_complete_before_it_has_weights() -> None:
    with pytest.raises(CheckpointError, match="expected a call of load first"):
        ContextEncoder().complete(_batch(1))


def test_it_is_what_the_harness_expects() -> None:
    method = ContextEncoder()
    assert isinstance(method, Method)
    assert isinstance(method, Learned)
    assert isinstance(method, Movable)
