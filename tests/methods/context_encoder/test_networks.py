from __future__ import annotations

import pytest
import torch
from torch import nn

from inpaintbench.errors import ParameterError
from inpaintbench.training import fold_batch_norms, initialise
from inpaintbench_methods.context_encoder.networks import Architecture, build_discriminator, build_generator


def _on_meta(architecture: Architecture) -> tuple[nn.Sequential, nn.Sequential]:
    with torch.device("meta"):
        return build_generator(architecture), build_discriminator(architecture)


def _weights(network: nn.Sequential, *kinds: type[nn.Module]) -> int:
    return sum(parameter.numel() for layer in network if isinstance(layer, kinds) for parameter in layer.parameters())


def test_the_centre_network_has_the_released_71_million_weights() -> None:
    generator, discriminator = _on_meta(Architecture(128, "centre"))
    ends, levels, vector = 2 * 3 * 64 * 16, 64 * 64 + 2 * 64 * (128 + 2 * 256 + 4 * 512), 2 * 512 * 4000 * 16
    assert _weights(generator, nn.Conv2d, nn.ConvTranspose2d, nn.Linear) == 71_112_704
    assert ends + levels * 16 + vector == 71_112_704
    norms = 2 * (64 + 64 + 128 + 256 + 512 + 4000 + 512 + 256 + 128 + 64) - 2 * 64  # none after the first layer
    assert sum(parameter.numel() for parameter in generator.parameters()) == 71_112_704 + norms
    assert _weights(discriminator, nn.Conv2d) == 16 * (3 * 64 + 64 * 128 + 128 * 256 + 256 * 512 + 512)


def test_the_region_network_has_one_level_of_64_channels_more() -> None:
    centre, region = (_on_meta(Architecture(128, network)) for network in ("centre", "region"))
    for small, large in zip(centre, region, strict=True):
        assert _weights(large, nn.Conv2d, nn.ConvTranspose2d) - _weights(small, nn.Conv2d, nn.ConvTranspose2d) == (
            64 * 64 * 16
        )


def test_the_region_network_for_64_pixels_lacks_that_level_in_encoder_and_decoder() -> None:
    large, small = (_on_meta(Architecture(size))[0] for size in (128, 64))
    assert _weights(large, nn.Conv2d) - _weights(small, nn.Conv2d) == 64 * 64 * 16
    assert _weights(large, nn.ConvTranspose2d) - _weights(small, nn.ConvTranspose2d) == 64 * 64 * 16
    assert [layer.out_channels for layer in small if isinstance(layer, nn.Conv2d)] == [64, 128, 256, 512]
    assert [layer.out_channels for layer in small if isinstance(layer, nn.ConvTranspose2d)] == [256, 128, 64, 3]


def test_the_channelwise_link_has_as_many_weights_as_the_paper_counts() -> None:
    generator, _ = _on_meta(Architecture(64, link="channelwise"))
    first, second = (layer for layer in generator if isinstance(layer, nn.Conv2d) and layer.stride == (1, 1))
    assert first.weight.numel() == 512 * 4**4  # m feature maps of n × n: m n⁴
    assert second.weight.numel() == 512 * 512


def test_the_channelwise_link_keeps_channels_apart_and_joins_all_places() -> None:
    generator = build_generator(Architecture(16, width=1, link="channelwise"))
    initialise(generator, torch.Generator().manual_seed(0))
    layer, shuffle = next(
        (layer, generator[i + 1])
        for i, layer in enumerate(generator)
        if isinstance(layer, nn.Conv2d) and layer.groups > 1
    )
    assert isinstance(layer, nn.Conv2d)
    x = torch.zeros(1, 8, 4, 4)
    x[0, 5, 1, 2] = 1
    y = shuffle(layer(x))
    assert (y[0, 5] != 0).all()
    assert (y[0, [0, 1, 2, 3, 4, 6, 7]] == 0).all()
    # Output place (i, j) of a channel is row 4 i + j of its 16 × 16 matrix.
    expected = layer.weight[16 * 5 + 4 * 3 + 1, 0, 1, 2]
    torch.testing.assert_close(y[0, 5, 3, 1], expected)


@pytest.mark.parametrize("link", ["bottleneck", "channelwise"])
@pytest.mark.parametrize("network", ["region", "centre"])
@pytest.mark.parametrize("size", [32, 64, 128])
def test_what_goes_in_and_what_comes_out(size: int, network: str, link: str) -> None:
    architecture = Architecture(size, network, width=2, bottleneck=5, link=link)
    generator, discriminator = build_generator(architecture), build_discriminator(architecture)
    initialise(generator, torch.Generator().manual_seed(0))
    predicted = generator(torch.randn(2, 3, size, size))
    side = size if network == "region" else size // 2
    assert predicted.shape == (2, 3, side, side)
    assert predicted.abs().max() <= 1
    assert discriminator(predicted).shape == (2, 1, 1, 1)


@pytest.mark.parametrize("link", ["bottleneck", "channelwise"])
def test_every_pixel_reaches_every_prediction(link: str) -> None:
    generator = build_generator(Architecture(32, width=2, bottleneck=8, link=link)).double()
    initialise(generator, torch.Generator().manual_seed(0))
    image = torch.rand(2, 3, 32, 32, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    generator(image)  # statistics other than 0 and 1
    generator.eval()
    other = image.clone()
    other[:, :, 0, 0] += 1
    assert (generator(image)[..., -1, -1] != generator(other)[..., -1, -1]).all()


def test_nothing_has_a_bias_but_batch_normalisation() -> None:
    for network in _on_meta(Architecture(64)):
        for layer in network:
            assert isinstance(layer, nn.BatchNorm1d | nn.BatchNorm2d) or getattr(layer, "bias", None) is None


@pytest.mark.parametrize("link", ["bottleneck", "channelwise"])
def test_folded_it_predicts_the_same(link: str) -> None:
    generator = build_generator(Architecture(32, width=4, bottleneck=20, link=link))
    initialise(generator, torch.Generator().manual_seed(0))
    images = torch.randn(8, 3, 32, 32, generator=torch.Generator().manual_seed(1))
    for _ in range(5):
        generator(images)
    generator.eval()
    torch.testing.assert_close(fold_batch_norms(generator)(images), generator(images), atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("size", [8, 48, 65])
def test_a_size_that_halving_does_not_take_to_4_is_refused(size: int) -> None:
    with pytest.raises(
        ParameterError, match=rf"^A Context Encoder for {size}×{size} pixels .* Choose 32, 64 or 128\.$"
    ):
        Architecture(size)


def test_the_encoder_leaks_a_fifth_and_the_decoder_nothing() -> None:
    generator, discriminator = _on_meta(Architecture(64))
    assert [layer.negative_slope for layer in generator if isinstance(layer, nn.LeakyReLU)] == [0.2] * 5
    assert sum(isinstance(layer, nn.ReLU) for layer in generator) == 4
    assert [layer.negative_slope for layer in discriminator if isinstance(layer, nn.LeakyReLU)] == [0.2] * 4
