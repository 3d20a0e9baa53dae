from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn

from inpaintbench.training import autocast, fold_batch_norms, initialise
from inpaintbench.training.networks import has_quick_bfloat16, reduced_precision

CPU = torch.device("cpu")


def network() -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(3, 64, 5),
        nn.BatchNorm2d(64),
        nn.Sequential(nn.ConvTranspose2d(64, 48, 3, bias=False), nn.BatchNorm2d(48, affine=False)),
        nn.Flatten(),
        nn.Linear(300, 200),
        nn.BatchNorm1d(200),
    )


def test_first_weights_are_those_of_dcgan() -> None:
    net = network()
    initialise(net, torch.Generator().manual_seed(0))
    weights = torch.cat([net[0].weight.flatten(), net[2][0].weight.flatten(), net[4].weight.flatten()])  # type: ignore[index]
    scales = torch.cat([net[1].weight, net[5].weight])  # type: ignore[list-item]

    assert len(weights) == 4800 + 27648 + 60000
    assert abs(weights.mean().item()) < 4 * 0.02 / len(weights) ** 0.5
    assert weights.std().item() == pytest.approx(0.02, rel=0.02)
    assert weights.abs().max() > 0.06  # it is not cut off
    assert scales.mean().item() == pytest.approx(1, abs=0.005)
    assert scales.std().item() == pytest.approx(0.02, rel=0.2)
    assert not any(bias.any() for name, bias in net.named_parameters() if name.endswith("bias"))


def test_the_generator_alone_decides_first_weights() -> None:
    first, second, third = network(), network(), network()
    initialise(first, torch.Generator().manual_seed(5))
    torch.manual_seed(0)
    before = torch.get_rng_state()
    initialise(second, torch.Generator().manual_seed(5))
    initialise(third, torch.Generator().manual_seed(6))

    assert torch.equal(torch.get_rng_state(), before)
    assert all(map(torch.equal, first.state_dict().values(), second.state_dict().values()))
    assert not torch.equal(first[0].weight, third[0].weight)  # type: ignore[arg-type]
    assert all(weight.requires_grad for weight in first.parameters())


def precision() -> torch.dtype:
    with autocast(CPU):
        return nn.Linear(2, 2)(torch.ones(1, 2)).dtype  # type: ignore[no-any-return]


def test_a_cpu_computes_in_float32_unless_it_is_told_otherwise() -> None:
    assert precision() == torch.float32
    with reduced_precision(True):
        assert precision() == torch.bfloat16
        with reduced_precision(False):
            assert precision() == torch.float32
        assert precision() == torch.bfloat16
    assert precision() == torch.float32


def test_reduced_precision_ends_with_an_error_too() -> None:
    with pytest.raises(ValueError, match="broken"), reduced_precision(True):
        raise ValueError("broken")
    assert precision() == torch.float32


@pytest.mark.parametrize("answer", [True, False])
def test_the_processor_says_whether_bfloat16_is_quick(monkeypatch: pytest.MonkeyPatch, answer: bool) -> None:
    monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: answer, raising=False)

    assert has_quick_bfloat16(CPU) is answer
    assert not has_quick_bfloat16(torch.device("mps"))


@pytest.mark.parametrize("answer", [True, False])
def test_a_cuda_device_says_whether_bfloat16_is_more_than_emulated(
    monkeypatch: pytest.MonkeyPatch, answer: bool
) -> None:
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation=True: answer or including_emulation)

    assert has_quick_bfloat16(torch.device("cuda")) is answer


def test_a_torch_that_does_not_tell_is_taken_at_its_word(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(torch.cpu, "_is_avx512_bf16_supported", raising=False)

    assert not has_quick_bfloat16(CPU)


@pytest.fixture
def trained() -> nn.Sequential:
    """Return a network whose normalisations have seen pictures, and have scales and shifts of their own."""
    torch.manual_seed(0)
    net = nn.Sequential(
        nn.BatchNorm2d(3),
        nn.Conv2d(3, 6, 3, bias=False),
        nn.BatchNorm2d(6),
        nn.ReLU(),
        nn.BatchNorm2d(6),
        nn.ConvTranspose2d(6, 4, 4, stride=2, padding=1),
        nn.BatchNorm2d(4),
        nn.Dropout(0.5),
        nn.Tanh(),
    )
    for layer in net:
        if isinstance(layer, nn.BatchNorm2d):
            nn.init.uniform_(layer.weight, 0.5, 2)
            nn.init.uniform_(layer.bias, -1, 1)
    for _ in range(3):
        net(torch.rand(4, 3, 10, 10))
    return net


def test_a_folded_network_computes_the_same_with_fewer_layers(trained: nn.Sequential) -> None:
    folded = fold_batch_norms(trained)
    image = torch.rand(2, 3, 10, 10)
    expected = trained.eval()(image)

    assert [type(layer).__name__ for layer in folded] == [
        *("BatchNorm2d", "Conv2d", "ReLU", "BatchNorm2d", "ConvTranspose2d", "Dropout", "Tanh"),
    ]
    torch.testing.assert_close(folded(image), expected, rtol=1e-5, atol=1e-6)


def test_folding_leaves_the_network_as_it_was(trained: nn.Sequential) -> None:
    before: dict[str, Any] = {name: tensor.clone() for name, tensor in trained.state_dict().items()}
    folded = fold_batch_norms(trained)
    for weight in folded.parameters():
        weight.zero_()

    assert trained.training
    assert all(layer.training for layer in trained)
    assert all(weight.requires_grad for weight in trained.parameters())
    assert all(torch.equal(tensor, before[name]) for name, tensor in trained.state_dict().items())
    assert not folded.training
    assert not any(layer.training for layer in folded)


def test_gradients_flow_through_a_folded_network_and_not_into_it(trained: nn.Sequential) -> None:
    folded = fold_batch_norms(trained)
    image = torch.rand(1, 3, 10, 10, requires_grad=True)
    folded(image).sum().backward()

    assert image.grad is not None
    assert image.grad.abs().sum() > 0
    assert not any(weight.requires_grad for weight in folded.parameters())
