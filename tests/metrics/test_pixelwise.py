"""PSNR and L1: worked by hand, against scikit-image, and exact whatever the batch."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from skimage.metrics import peak_signal_noise_ratio
from torch import Tensor

from inpaintbench.metrics.pixelwise import L1, PSNR, PSNR_CAP, HoleL1, HolePSNR, l1, psnr

SEEDS = st.integers(0, 2**32 - 1)
ALL = [PSNR(), HolePSNR(), L1(), HoleL1()]


def random_levels(generator: torch.Generator, *shape: int) -> Tensor:
    """Return 8-bit levels 0 … 255 as int64."""
    return torch.randint(0, 256, shape, generator=generator)


def grey(level: int, side: int = 8) -> Tensor:
    """Return one picture of one grey level."""
    return torch.full((1, 3, side, side), level / 255)


def hole_of(rows: int, columns: int, side: int = 8) -> Tensor:
    """Return one hole that fills the upper left corner."""
    hole = torch.zeros(1, 1, side, side, dtype=torch.bool)
    hole[..., :rows, :columns] = True
    return hole


def test_one_value_wrong_by_one_level() -> None:
    image = grey(100)
    composite = image.clone()
    composite[0, 1, 0, 0] = 101 / 255
    hole = hole_of(2, 2)

    assert PSNR()(composite, image, hole).item() == pytest.approx(10 * math.log10(255**2 * 192), abs=1e-12)
    assert HolePSNR()(composite, image, hole).item() == pytest.approx(10 * math.log10(255**2 * 12), abs=1e-12)
    assert L1()(composite, image, hole).item() == pytest.approx(100 / (255 * 192), abs=1e-15)
    assert HoleL1()(composite, image, hole).item() == pytest.approx(100 / (255 * 12), abs=1e-15)


def test_every_value_wrong_by_one_level() -> None:
    assert psnr(grey(7), grey(8)).item() == pytest.approx(48.1308036086791, abs=1e-12)  # 20 log10(255)
    assert l1(grey(7), grey(8)).item() == pytest.approx(100 / 255, abs=1e-15)


def test_black_for_white_is_the_worst_that_can_be() -> None:
    # 1024 × 1024 × 3 × 255² exceeds 32 bits, in which the sum would wrap.
    black, white = grey(0, side=1024), grey(255, side=1024)
    assert psnr(black, white).item() == 0
    assert l1(black, white).item() == 100


def test_identical_pictures_get_the_cap() -> None:
    image, hole = grey(31), hole_of(3, 3)
    assert PSNR()(image, image, hole).item() == HolePSNR()(image, image, hole).item() == PSNR_CAP == 100
    assert L1()(image, image, hole).item() == HoleL1()(image, image, hole).item() == 0


@pytest.mark.parametrize(("side", "capped"), [(226, False), (227, True)])
def test_no_picture_with_an_error_scores_above_an_identical_one(side: int, capped: bool) -> None:
    image = grey(0, side=side)
    composite = image.clone()
    composite[0, 0, 0, 0] = 1 / 255
    assert 10 * math.log10(255**2 * 3 * side**2) > 100 or not capped
    assert (psnr(composite, image).item() == PSNR_CAP) is capped
    assert psnr(composite, image).item() > 99.9


def test_an_empty_hole_has_no_number_of_its_own() -> None:
    image, empty = grey(50), hole_of(0, 0)
    assert HolePSNR()(grey(60), image, empty).isnan().all()
    assert HoleL1()(grey(60), image, empty).isnan().all()
    assert HolePSNR()(image, image, empty).isnan().all()
    assert PSNR()(grey(60), image, empty).item() == pytest.approx(20 * math.log10(25.5))


@given(SEEDS)
@settings(max_examples=20, deadline=None)
def test_a_full_hole_is_the_whole_image(seed: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    composite, image = (random_levels(generator, 2, 3, 5, 7) / 255 for _ in range(2))
    full = torch.ones(2, 1, 5, 7, dtype=torch.bool)
    assert torch.equal(HolePSNR()(composite, image, full), PSNR()(composite, image, full))
    assert torch.equal(HoleL1()(composite, image, full), L1()(composite, image, full))


@given(SEEDS, st.integers(1, 63))
@settings(max_examples=50, deadline=None)
def test_whole_minus_hole_is_the_share_of_the_hole(seed: int, area: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    image, completion = (random_levels(generator, 1, 3, 8, 8) / 255 for _ in range(2))
    hole = (torch.randperm(64, generator=generator) < area).view(1, 1, 8, 8)
    composite = torch.where(hole, completion, image)

    gap = PSNR()(composite, image, hole) - HolePSNR()(composite, image, hole)
    assert gap.item() == pytest.approx(-10 * math.log10(area / 64), abs=1e-12)
    share = L1()(composite, image, hole) / HoleL1()(composite, image, hole)
    assert share.item() == pytest.approx(area / 64, abs=1e-12)


@given(SEEDS)
@settings(max_examples=20, deadline=None)
def test_agrees_with_scikit_image_and_numpy_on_saved_pictures(seed: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    composite, image = (random_levels(generator, 1, 3, 9, 6).to(torch.uint8) for _ in range(2))
    hole = torch.rand(1, 1, 9, 6, generator=generator) < 0.5
    hole[..., 0, 0] = True
    a, b = (levels[0].permute(1, 2, 0).numpy() for levels in (composite, image))
    inside = hole[0, 0].numpy()

    def absolute_error(a: np.ndarray, b: np.ndarray) -> float:
        return float(np.abs(a.astype(float) - b.astype(float)).mean()) / 2.55

    pictures = composite / 255, image / 255, hole
    assert PSNR()(*pictures).item() == pytest.approx(peak_signal_noise_ratio(b, a), abs=1e-9)
    assert HolePSNR()(*pictures).item() == pytest.approx(
        peak_signal_noise_ratio(b[inside], a[inside], data_range=255), abs=1e-9
    )
    assert L1()(*pictures).item() == pytest.approx(absolute_error(a, b), abs=1e-9)
    assert HoleL1()(*pictures).item() == pytest.approx(absolute_error(a[inside], b[inside]), abs=1e-9)


@pytest.mark.parametrize("metric", ALL, ids=lambda metric: type(metric).__name__)
def test_neither_batch_nor_order_changes_a_bit(metric: PSNR | L1) -> None:
    generator = torch.Generator().manual_seed(0)
    composite, image = (random_levels(generator, 33, 3, 13, 11) / 255 for _ in range(2))
    hole = torch.rand(33, 1, 13, 11, generator=generator) < 0.3
    together = metric(composite, image, hole)

    alone = [metric(composite[i : i + 1], image[i : i + 1], hole[i : i + 1]) for i in range(33)]
    assert torch.equal(torch.cat(alone), together)
    order = torch.randperm(33, generator=generator)
    assert torch.equal(metric(composite[order], image[order], hole[order]), together[order])


@pytest.mark.parametrize("metric", ALL, ids=lambda metric: type(metric).__name__)
def test_one_64_bit_number_an_image_and_no_input_changed(metric: PSNR | L1) -> None:
    composite, image, hole = grey(3).repeat(4, 1, 1, 1), grey(9).repeat(4, 1, 1, 1), hole_of(2, 3).repeat(4, 1, 1, 1)
    before = composite.clone(), image.clone(), hole.clone()
    numbers = metric(composite, image, hole)
    assert numbers.shape == (4,)
    assert numbers.dtype == torch.float64
    for tensor, copy in zip((composite, image, hole), before, strict=True):
        assert torch.equal(tensor, copy)


@pytest.mark.gpu
@pytest.mark.parametrize("metric", ALL, ids=lambda metric: type(metric).__name__)
def test_the_device_does_not_change_a_bit(metric: PSNR | L1) -> None:
    generator = torch.Generator().manual_seed(1)
    composite, image = (random_levels(generator, 8, 3, 64, 64) / 255 for _ in range(2))
    hole = torch.rand(8, 1, 64, 64, generator=generator) < 0.3
    assert torch.equal(metric(composite.cuda(), image.cuda(), hole.cuda()), metric(composite, image, hole))
