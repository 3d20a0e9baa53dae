from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from inpaintbench.api import Batch, Learned, Method, Movable, Trained
from inpaintbench.errors import CheckpointError
from inpaintbench.training import initialise
from inpaintbench_methods.glcic import method as module
from inpaintbench_methods.glcic.completion import CompletionNetwork
from inpaintbench_methods.glcic.method import GLCIC
from inpaintbench_methods.glcic.postprocess import blend


def _network(width: int = 4) -> CompletionNetwork:
    """Return a network with statistics that fit its weights, so that it tells one picture from another."""
    network = CompletionNetwork(width)
    initialise(network, torch.Generator().manual_seed(0))
    network.mean.copy_(torch.tensor([0.6, 0.4, 0.3]).view(3, 1, 1))
    for layer in network.layers:
        if isinstance(layer, nn.BatchNorm2d):
            layer.momentum = None
    for seed in range(3):
        batch = _batch(6, seed=seed)
        network(batch.corrupted, batch.hole)
    return network.eval()


def _method(**parameters: Any) -> GLCIC:
    method = GLCIC(width=4, **parameters)
    method.load(Trained(32, {"completion": _network().state_dict()}))
    return method.to(torch.device("cpu"))


def _batch(count: int, height: int = 32, width: int = 32, seed: int = 5) -> Batch:
    image = torch.rand(count, 3, height, width, generator=torch.Generator().manual_seed(seed))
    hole = torch.zeros(count, 1, height, width, dtype=torch.bool)
    hole[:, :, 11:20, 12:22] = True
    return Batch(image.masked_fill(hole, 0), hole, tuple(range(count)))


@pytest.mark.parametrize(("height", "width"), [(32, 32), (30, 45)])
def test_it_returns_what_the_network_completes(height: int, width: int) -> None:
    batch = _batch(3, height, width)
    with torch.no_grad():
        expected = _network()(batch.corrupted, batch.hole)
    completed = _method().complete(batch)
    torch.testing.assert_close(completed, expected, atol=1e-5, rtol=0)
    assert completed.std() > 100 * (completed - expected).abs().max()


@pytest.mark.parametrize("postprocess", ["none", "blend"])
def test_an_image_does_not_depend_on_its_batch_nor_on_the_call(
    postprocess: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PART", 4 * 32 * 32)
    method, batch = _method(postprocess=postprocess), _batch(6)
    together = method.complete(batch)
    assert together.shape == batch.corrupted.shape
    assert torch.equal(together, method.complete(batch))
    for index in (0, 3, 4, 5):
        part = slice(index, index + 1)
        alone = method.complete(Batch(batch.corrupted[part], batch.hole[part], (9,)))
        torch.testing.assert_close(alone[0], together[index], atol=1e-5, rtol=0)  # sums in another order


def test_a_batch_is_completed_in_parts_of_bounded_size(monkeypatch: pytest.MonkeyPatch) -> None:
    sizes: list[int] = []

    def record(network: CompletionNetwork, image: Tensor, hole: Tensor) -> Tensor:
        sizes.append(len(image))
        return image

    monkeypatch.setattr(module, "_complete", record)
    monkeypatch.setattr(module, "PART", 2 * 32 * 32)
    _method().complete(_batch(5))
    _method().complete(_batch(2, 64, 64))
    assert sizes == [2, 2, 1, 1, 1]


def test_blending_is_done_if_asked() -> None:
    batch = _batch(2)
    expected = blend(_method().complete(batch), batch.corrupted, batch.hole)
    assert torch.equal(_method(postprocess="blend").complete(batch), expected)


def test_what_the_batch_holds_in_the_hole_does_not_matter_and_stays() -> None:
    batch = _batch(2)
    other = batch.corrupted.masked_fill(batch.hole, 0.7)
    kept = other.clone()
    for postprocess in ("none", "blend"):
        method = _method(postprocess=postprocess)
        assert torch.equal(method.complete(batch), method.complete(Batch(other, batch.hole, (0, 1))))
    assert torch.equal(other, kept)


def test_completions_lie_in_the_range_of_pictures_and_carry_no_gradient() -> None:
    completed = _method().complete(_batch(2))
    assert completed.min() >= 0
    assert completed.max() <= 1
    assert not completed.requires_grad
    assert completed.dtype == torch.float32


def test_how_it_was_trained_changes_nothing_here() -> None:
    batch = _batch(2)
    told = _method(holes="mixed", smallest=0.1, largest=0.2, alpha=0.0, optimizer="adam", decay=0.4)
    assert torch.equal(_method().complete(batch), told.complete(batch))


def test_weights_of_other_layers_are_refused() -> None:
    trained = Trained(32, {"completion": _network().state_dict()})
    with pytest.raises(CheckpointError, match=r"^The weights are not those of GLCIC with width=6: "):
        GLCIC(width=6).load(trained)
    with pytest.raises(CheckpointError, match="completion"):
        GLCIC(width=4).load(Trained(32, {}))


def test_it_cannot_complete_before_it_has_weights() -> None:
    with pytest.raises(CheckpointError, match="expected a call of load first"):
        GLCIC().complete(_batch(1))


def test_it_is_what_the_harness_expects() -> None:
    method = GLCIC()
    assert isinstance(method, Method)
    assert isinstance(method, Learned)
    assert isinstance(method, Movable)
