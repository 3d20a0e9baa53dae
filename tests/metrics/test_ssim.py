"""SSIM: worked by hand, against scikit-image and torchmetrics, and where 32-bit floats would fail."""

import math

import numpy as np
import pytest
import torch
from skimage import data
from skimage.metrics import structural_similarity
from torch import Tensor
from torchmetrics.functional.image import structural_similarity_index_measure

from inpaintbench.metrics.ssim import SSIM, ssim


def photograph(height: int, width: int, top: int = 60, left: int = 180) -> Tensor:
    """Return part of a photograph, 8-bit levels divided by 255."""
    pixels = data.astronaut()[top : top + height, left : left + width].copy()
    return torch.from_numpy(pixels).permute(2, 0, 1)[None] / 255


def with_grey_hole(image: Tensor) -> Tensor:
    """Return the picture with its middle filled with mid-grey."""
    height, width = image.shape[2:]
    composite = image.clone()
    composite[..., height // 3 : -height // 3, width // 3 : -width // 3] = 128 / 255
    return composite


def by_scikit_image(composite: Tensor, image: Tensor) -> float:
    a, b = (tensor[0].permute(1, 2, 0).double().numpy() for tensor in (composite, image))
    return float(
        structural_similarity(
            a, b, gaussian_weights=True, sigma=1.5, use_sample_covariance=False, data_range=1, channel_axis=2
        )
    )


@pytest.mark.parametrize("shape", [(64, 64), (11, 11), (11, 40), (50, 23), (128, 96)])
def test_agrees_with_scikit_image(shape: tuple[int, int]) -> None:
    image = photograph(*shape)
    composite = with_grey_hole(image)
    assert ssim(composite, image).item() == pytest.approx(by_scikit_image(composite, image), abs=1e-12)
    noise = torch.rand(image.shape, generator=torch.Generator().manual_seed(0))
    assert ssim(noise, image).item() == pytest.approx(by_scikit_image(noise, image), abs=1e-12)


def test_agrees_with_torchmetrics_inside_the_border() -> None:
    image = photograph(64, 48)
    composite = with_grey_hole(image)
    _, similarity = structural_similarity_index_measure(
        composite.double(), image.double(), sigma=1.5, data_range=1.0, return_full_image=True
    )
    inside = similarity[..., 5:-5, 5:-5]
    assert ssim(composite, image).item() == pytest.approx(inside.mean().item(), abs=1e-12)


def test_one_window_by_hand() -> None:
    # In an 11×11 picture there is one window, so that SSIM is the formula itself, once for each channel.
    generator = np.random.default_rng(0)
    x, y = generator.random((2, 3, 11, 11))
    weight = np.array([[math.exp(-(r * r + c * c) / 4.5) for c in range(-5, 6)] for r in range(-5, 6)])
    weight /= weight.sum()
    expected = []
    for a, b in zip(x, y, strict=True):
        mean_a, mean_b = (weight * a).sum(), (weight * b).sum()
        var_a, var_b = (weight * (a - mean_a) ** 2).sum(), (weight * (b - mean_b) ** 2).sum()
        cov = (weight * (a - mean_a) * (b - mean_b)).sum()
        luminance = (2 * mean_a * mean_b + 1e-4) / (mean_a**2 + mean_b**2 + 1e-4)
        expected.append(luminance * (2 * cov + 9e-4) / (var_a + var_b + 9e-4))
    found = ssim(torch.from_numpy(x)[None], torch.from_numpy(y)[None])
    assert found.item() == pytest.approx(float(np.mean(expected)), abs=1e-12)


@pytest.mark.parametrize(("a", "b"), [(0, 255), (100, 101), (250, 20)])
def test_flat_pictures_by_hand(a: int, b: int) -> None:
    x, y = torch.full((1, 3, 20, 20), a / 255), torch.full((1, 3, 20, 20), b / 255)
    u, v = a / 255, b / 255
    # 3e-7: the levels reach the metric as 32-bit floats.
    assert ssim(x, y).item() == pytest.approx((2 * u * v + 1e-4) / (u * u + v * v + 1e-4), abs=3e-7)


@pytest.mark.parametrize("level", [0, 100, 250, 254, 255])
def test_identical_flat_pictures_score_exactly_one(level: int) -> None:
    flat = torch.full((1, 3, 64, 64), level / 255)
    assert ssim(flat, flat).item() == 1


def test_identical_photographs_score_exactly_one() -> None:
    image = photograph(64, 64)
    assert ssim(image, image.clone()).item() == 1


def test_bright_flat_pictures_do_not_cancel() -> None:
    # Computed in 32-bit floats, this pair scores 2e-3 too little.
    image = torch.full((1, 3, 64, 64), 250 / 255)
    composite = image.clone()
    composite[..., 30, 30] = 249 / 255
    assert ssim(composite, image).item() == pytest.approx(by_scikit_image(composite, image), abs=1e-9)


def test_the_channels_count_alike() -> None:
    image = photograph(32, 32)
    scores = []
    for channel in range(3):
        composite = image.clone()
        composite[:, channel] = 0.5
        alone = ssim(composite[:, [channel] * 3], image[:, [channel] * 3]).item()
        assert ssim(composite, image).item() == pytest.approx((2 + alone) / 3, abs=1e-12)
        scores.append(alone)
    assert len(set(scores)) == 3


@pytest.mark.parametrize("shape", [(10, 64), (64, 10), (9, 64), (64, 9), (1, 1)])
def test_undefined_where_no_window_fits(shape: tuple[int, int]) -> None:
    picture = torch.zeros(2, 3, *shape)
    hole = torch.ones(2, 1, *shape, dtype=torch.bool)
    assert SSIM()(picture, picture, hole).isnan().tolist() == [True, True]


def test_an_image_does_not_depend_on_its_batch() -> None:
    images = torch.cat([photograph(64, 64, top=3 * i, left=4 * i) for i in range(70)])  # two chunks
    composites = with_grey_hole(images)
    hole = torch.zeros(70, 1, 64, 64, dtype=torch.bool)
    together = SSIM()(composites, images, hole)
    assert together.shape == (70,)
    assert together.dtype == torch.float64
    for i in (0, 1, 63, 64, 69):
        alone = SSIM()(composites[i : i + 1], images[i : i + 1], hole[i : i + 1])
        assert alone.item() == pytest.approx(together[i].item(), abs=1e-14)
        assert alone.item() == pytest.approx(by_scikit_image(composites[i : i + 1], images[i : i + 1]), abs=1e-12)


@pytest.mark.gpu
def test_the_device_does_not_matter() -> None:
    image = photograph(64, 64)
    composite = with_grey_hole(image)
    on_device = ssim(composite.cuda(), image.cuda())
    assert on_device.device.type == "cpu"
    assert on_device.item() == pytest.approx(ssim(composite, image).item(), abs=1e-12)
