from __future__ import annotations

import pytest
import torch
from torch import nn

from inpaintbench.errors import ParameterError
from inpaintbench.training import fold_batch_norms, initialise
from inpaintbench_methods.yeh.dcgan import Architecture, build_discriminator, build_generator


def _pair(architecture: Architecture) -> tuple[nn.Sequential, nn.Sequential]:
    return build_generator(architecture), build_discriminator(architecture)


def _count(network: nn.Sequential, *kinds: type[nn.Module]) -> int:
    return sum(weight.numel() for layer in network if isinstance(layer, kinds) for weight in layer.parameters())


def test_at_64_pixels_they_are_the_released_networks() -> None:
    with torch.device("meta"):
        generator, discriminator = _pair(Architecture(64))
    between = 64 * 128 + 128 * 256 + 256 * 512
    assert _count(generator, nn.ConvTranspose2d) == 16 * (100 * 512 + between + 64 * 3)
    assert _count(generator, nn.ConvTranspose2d, nn.BatchNorm2d) == 3_576_704
    assert _count(discriminator, nn.Conv2d) == 16 * (3 * 64 + between + 512 * 1) == 2_763_776
    assert _count(discriminator, nn.Conv2d, nn.BatchNorm2d) == 2_765_568


@pytest.mark.parametrize(
    ("size", "channels"), [(8, (6,)), (32, (24, 12, 6)), (64, (48, 24, 12, 6)), (128, (96, 48, 24, 12, 6))]
)
def test_channels_double_with_each_halving(size: int, channels: tuple[int, ...]) -> None:
    with torch.device("meta"):
        generator, discriminator = _pair(Architecture(size, 6))
    up = [layer.out_channels for layer in generator if isinstance(layer, nn.ConvTranspose2d)]
    down = [layer.out_channels for layer in discriminator if isinstance(layer, nn.Conv2d)]
    assert up == [*channels, 3]
    assert down == [*channels[::-1], 1]


@pytest.mark.parametrize("size", [32, 64, 128])
def test_from_z_to_pictures_to_logits(size: int) -> None:
    generator, discriminator = _pair(Architecture(size, 2, 5))
    image = generator(torch.randn(3, 5, generator=torch.Generator().manual_seed(0)))
    assert image.shape == (3, 3, size, size)
    assert image.abs().max() < 1
    assert discriminator(image).shape == (3,)


def test_normalisation_stands_where_the_paper_has_it() -> None:
    generator, discriminator = _pair(Architecture(32, 2))
    kinds = {nn.ConvTranspose2d: "c", nn.Conv2d: "c", nn.BatchNorm2d: "n", nn.ReLU: "r", nn.LeakyReLU: "l"}
    assert "".join(kinds.get(type(layer), "") for layer in generator) == "cnr" * 3 + "c"
    assert "".join(kinds.get(type(layer), "") for layer in discriminator) == "cl" + "cnl" * 2 + "c"
    assert isinstance(generator[-1], nn.Tanh)
    assert {layer.negative_slope for layer in discriminator if isinstance(layer, nn.LeakyReLU)} == {0.2}


def test_a_logit_may_have_either_sign_and_any_size() -> None:
    discriminator = build_discriminator(Architecture(16, 2))
    initialise(discriminator, torch.Generator().manual_seed(0))
    image = torch.rand(8, 3, 16, 16, generator=torch.Generator().manual_seed(0))
    once = discriminator(image)
    last = discriminator[-2]
    assert isinstance(last, nn.Conv2d)
    with torch.no_grad():
        last.weight *= -1000
    torch.testing.assert_close(discriminator(image), -1000 * once, rtol=1e-4, atol=1e-4)
    assert (1000 * once).abs().max() > 1


@pytest.mark.parametrize("size", [32, 64])
def test_folded_they_compute_the_same(size: int) -> None:
    generator, discriminator = _pair(Architecture(size, 4, 10))
    seeds = torch.Generator().manual_seed(0)
    for network in (generator, discriminator):
        initialise(network, seeds)
    for _ in range(20):  # statistics that are far from 0 and 1, as training leaves them
        discriminator(5 * generator(torch.randn(16, 10, generator=seeds)))
    z = torch.randn(6, 10, generator=seeds)
    image = generator.eval()(z)
    torch.testing.assert_close(fold_batch_norms(generator)(z), image, atol=1e-6, rtol=1e-4)
    logits = discriminator.eval()(image)
    torch.testing.assert_close(fold_batch_norms(discriminator)(image), logits, atol=1e-6, rtol=1e-4)
    assert not any(isinstance(layer, nn.BatchNorm2d) for layer in fold_batch_norms(generator))


@pytest.mark.parametrize("size", [4, 48, 63, 0])
def test_other_sizes_are_refused(size: int) -> None:
    with pytest.raises(ParameterError, match=rf"^A DCGAN for {size}×{size} pixels is not possible.*a power of two"):
        Architecture(size)
