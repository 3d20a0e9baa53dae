from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from inpaintbench.training import fold_batch_norms, initialise
from inpaintbench_methods.glcic.completion import CompletionNetwork, build_layers


def _network(width: int = 4) -> CompletionNetwork:
    """Return a network with statistics that fit its weights, so that it tells one picture from another."""
    network = CompletionNetwork(width)
    initialise(network, torch.Generator().manual_seed(0))
    for layer in network.layers:
        if isinstance(layer, nn.BatchNorm2d):
            layer.momentum = None  # the average over all that it has seen
    for step in range(3):
        network(*_picture(32, 32, count=4, seed=step))
    return network.eval()


def _picture(height: int, width: int, count: int = 2, seed: int = 1) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    hole = torch.zeros(count, 1, height, width, dtype=torch.bool)
    hole[..., height // 3 : height // 2, width // 3 : width // 2] = True
    return torch.rand(count, 3, height, width, generator=generator), hole


def test_it_has_the_17_convolutions_of_the_paper() -> None:
    with torch.device("meta"):
        layers = build_layers(64)
    convolutions = [layer for layer in layers if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d)]
    assert [
        (layer.in_channels, layer.out_channels, layer.kernel_size[0], layer.stride[0], layer.dilation[0])
        for layer in convolutions
    ] == [
        (4, 64, 5, 1, 1),
        (64, 128, 3, 2, 1),
        (128, 128, 3, 1, 1),
        (128, 256, 3, 2, 1),
        (256, 256, 3, 1, 1),
        (256, 256, 3, 1, 1),
        (256, 256, 3, 1, 2),
        (256, 256, 3, 1, 4),
        (256, 256, 3, 1, 8),
        (256, 256, 3, 1, 16),
        (256, 256, 3, 1, 1),
        (256, 256, 3, 1, 1),
        (256, 128, 4, 2, 1),
        (128, 128, 3, 1, 1),
        (128, 64, 4, 2, 1),
        (64, 32, 3, 1, 1),
        (32, 3, 3, 1, 1),
    ]
    assert [place for place, layer in enumerate(convolutions) if isinstance(layer, nn.ConvTranspose2d)] == [12, 14]


def test_it_has_6_07_million_weights() -> None:
    convolutions = (
        4 * 64 * 25 + 64 * 128 * 9 + 128 * 128 * 9 + 128 * 256 * 9 + 8 * 256 * 256 * 9  # down to the innermost map
    ) + (256 * 128 * 16 + 128 * 128 * 9 + 128 * 64 * 16 + 64 * 32 * 9 + 32 * 3 * 9 + 3)
    norms = 2 * (64 + 2 * 128 + 9 * 256 + 2 * 128 + 64 + 32)
    assert convolutions + norms == 6_069_155
    with torch.device("meta"):
        assert sum(weight.numel() for weight in CompletionNetwork(64).parameters()) == 6_069_155


def test_normalisation_comes_before_relu_after_all_but_the_last() -> None:
    layers = list(build_layers(2))
    for place, layer in enumerate(layers[:-2]):
        if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d):
            assert isinstance(layers[place + 1], nn.BatchNorm2d)
            assert isinstance(layers[place + 2], nn.ReLU)
    assert isinstance(layers[-2], nn.Conv2d)
    assert isinstance(layers[-1], nn.Sigmoid)
    assert len(layers) == 16 * 3 + 2


@pytest.mark.parametrize(("height", "width"), [(64, 64), (96, 96), (66, 66), (33, 47), (3, 5)])
def test_a_picture_of_any_size_comes_out_with_its_size(height: int, width: int) -> None:
    with torch.no_grad():
        completed = _network()(*_picture(height, width))
    assert completed.shape == (2, 3, height, width)
    assert completed.min() >= 0
    assert completed.max() <= 1


def test_padding_repeats_the_last_row_and_column_of_picture_and_hole() -> None:
    network, (image, hole) = _network(), _picture(33, 34)
    hole[..., -1] = True  # a hole at the border goes on beyond it, and is not shown as known
    rows, columns = [*range(33), 32, 32, 32], [*range(34), 33, 33]
    with torch.no_grad():
        expected = network(image[:, :, rows][..., columns], hole[:, :, rows][..., columns])
        completed = network(image, hole)
        told_known = network(F.pad(image, (0, 2, 0, 3), mode="replicate"), F.pad(hole, (0, 2, 0, 3)))
    assert torch.equal(completed, expected[..., :33, :34])
    assert not torch.allclose(completed, told_known[..., :33, :34], atol=1e-4)


def test_it_sees_the_picture_less_the_mean_and_0_in_the_hole() -> None:
    network, (image, hole) = CompletionNetwork(2), _picture(32, 32)
    seen: list[Tensor] = []
    network.layers.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    network.mean.copy_(torch.tensor([0.1, 0.2, 0.7]).view(3, 1, 1))
    network(image, hole)
    missing = hole[:, 0]
    for channel, mean in enumerate((0.1, 0.2, 0.7)):
        assert (seen[0][:, channel][missing] == 0).all()
        torch.testing.assert_close(seen[0][:, channel][~missing] + mean, image[:, channel][~missing])
    assert torch.equal(seen[0][:, 3], missing.float())


def test_what_the_hole_holds_does_not_matter_and_where_it_is_does() -> None:
    network, (image, hole) = _network(), _picture(32, 32)
    with torch.no_grad():
        completed = network(image, hole)
        assert torch.equal(completed, network(image.masked_fill(hole, 0.3), hole))
        told_known = network(torch.where(hole, network.mean, image), torch.zeros_like(hole))
        assert (completed - told_known).abs().max() > 1e-3


def test_a_pixel_sees_far_across_the_picture_and_only_by_dilation() -> None:
    # 4 + 2·1 + 4·(1 + 1) + … pixels a side, as strides and dilations add up; without dilations a third of that.
    def sight(layers: nn.Sequential) -> int:
        for layer in layers:
            if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d):
                nn.init.constant_(layer.weight, 0.01)
        layers.double().eval()
        image = torch.zeros(1, 4, 352, 352, dtype=torch.float64, requires_grad=True)
        linear = nn.Sequential(*(layer for layer in layers if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d)))
        linear(image)[0, 0, 176, 176].backward()
        assert image.grad is not None
        return int((image.grad[0, 0].sum(1) != 0).sum())

    dense = build_layers(2)
    for layer in dense:
        if isinstance(layer, nn.Conv2d) and layer.dilation[0] > 1:
            layer.dilation = layer.padding = (1, 1)
    assert sight(build_layers(2)) > 290
    assert sight(dense) < 100


def test_folded_it_completes_the_same() -> None:
    network, (image, hole) = _network(), _picture(32, 36)
    with torch.no_grad():
        expected = network(image, hole)
        network.layers = fold_batch_norms(network.layers)
        torch.testing.assert_close(network(image, hole), expected, atol=1e-5, rtol=1e-5)
