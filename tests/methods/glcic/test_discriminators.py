from __future__ import annotations

import pytest
import torch
from torch import nn

from inpaintbench.training import initialise
from inpaintbench_methods.glcic.discriminators import ContextDiscriminator, build_branch


def _channels(branch: nn.Sequential) -> list[int]:
    return [layer.out_channels for layer in branch if isinstance(layer, nn.Conv2d)]


def _weights(network: nn.Module) -> int:
    return sum(weight.numel() for weight in network.parameters())


def test_at_256_pixels_they_are_those_of_the_paper() -> None:
    with torch.device("meta"):
        network = ContextDiscriminator(256)
    assert _channels(network.whole) == [64, 128, 256, 512, 512, 512]
    assert _channels(network.local) == [64, 128, 256, 512, 512]
    for branch, millions in ((network.whole, 25.8), (network.local, 19.3)):
        assert _weights(branch) / 1e6 == pytest.approx(millions, abs=0.05)
    assert tuple(network.join.weight.shape) == (1, 2048)


def test_at_160_and_96_pixels_they_are_those_of_the_port_for_celeba() -> None:
    with torch.device("meta"):
        whole, local = build_branch(160, 64), build_branch(96, 64)
    assert _channels(whole) == _channels(local) == [64, 128, 256, 512, 512]
    assert _weights(whole) / 1e6 == pytest.approx(24.0, abs=0.05)
    assert _weights(local) / 1e6 == pytest.approx(15.6, abs=0.05)


def test_every_convolution_halves_and_is_normalised() -> None:
    layers = list(build_branch(64, 4))
    for place, layer in enumerate(layers):
        if isinstance(layer, nn.Conv2d):
            assert (layer.kernel_size, layer.stride) == ((5, 5), (2, 2))
            assert isinstance(layers[place + 1], nn.BatchNorm2d)
            assert isinstance(layers[place + 2], nn.ReLU)


@pytest.mark.parametrize(("size", "whole", "local"), [(32, 3, 2), (64, 4, 3), (96, 5, 4), (100, 5, 4), (128, 5, 4)])
def test_it_gives_one_logit_a_picture_at_any_size(size: int, whole: int, local: int) -> None:
    network = ContextDiscriminator(size, 2)
    initialise(network, torch.Generator().manual_seed(0))
    image = torch.rand(3, 3, size, size, generator=torch.Generator().manual_seed(1))
    assert network(image, image[..., : size // 2, : size // 2]).shape == (3,)
    depths = [len(_channels(network.whole)), len(_channels(network.local))]
    assert depths == [whole, local]


def test_both_the_whole_and_the_patch_count() -> None:
    network = ContextDiscriminator(32, 2).eval()
    initialise(network, torch.Generator().manual_seed(0))
    image = torch.rand(2, 3, 32, 32, generator=torch.Generator().manual_seed(1), requires_grad=True)
    patch = torch.rand(2, 3, 16, 16, generator=torch.Generator().manual_seed(2), requires_grad=True)
    network(image, patch).sum().backward()
    for shown in (image, patch):
        assert shown.grad is not None
        assert (shown.grad.flatten(1).abs().amax(1) > 0).all()
