from __future__ import annotations

import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from inpaintbench.errors import InvalidOutputError, PluginError

COLOUR = torch.tensor([0.2, 0.4, 0.6])
Pictures = tuple[Tensor, Tensor]


def _painted(image: Tensor, hole: Tensor) -> Tensor:
    return torch.where(hole, COLOUR.reshape(1, 3, 1, 1), image)


@pytest.mark.parametrize("joined", [False, True])
@pytest.mark.parametrize("mask_first", [False, True])
@pytest.mark.parametrize("one_is_missing", [False, True])
@pytest.mark.parametrize(("colours", "low", "high"), [("unit", 0, 1), ("signed", -1, 1), ("levels", 0, 255)])
def test_a_network_of_any_convention_is_understood(
    colours: str,
    low: float,
    high: float,
    one_is_missing: bool,
    mask_first: bool,
    joined: bool,
    build: Callable[[str], Any],
    completed: Callable[..., Tensor],
    pictures: Pictures,
    scripted: Callable[..., str],
) -> None:
    path = scripted(one_is_missing, low, high, joined, mask_first)
    mask, order = "missing" if one_is_missing else "known", "mask_image" if mask_first else "image_mask"
    said = f"mask={mask},order={order},joined={str(joined).lower()},colours={colours},output_colours={colours}"
    found = completed(build(f"torchscript[path={path},{said}]"), *pictures)
    torch.testing.assert_close(found, _painted(*pictures), atol=1e-6, rtol=0)


class Listener(nn.Module):
    """Returns what it was given, and refuses other sides than multiples of 8."""

    def forward(self, image: Tensor, mask: Tensor) -> Tensor:
        assert image.shape[2] % 8 == 0
        assert image.shape[3] % 8 == 0
        return image + 0 * mask


def test_the_preset_of_lama_gives_what_its_export_takes(
    build: Callable[[str], Any], completed: Callable[..., Tensor], pictures: Pictures, save: Callable[[nn.Module], str]
) -> None:
    # 20 × 28 pixels are no multiples of 8, which Listener refuses; the hole holds 0.
    path = save(Listener())
    with pytest.raises(Exception, match="AssertionError"):
        completed(build(f"torchscript[path={path}]"), *pictures)
    found = completed(build(f"torchscript[path={path},preset=lama]"), *pictures)
    assert torch.equal(found, pictures[0].masked_fill(pictures[1], 0))


@pytest.mark.parametrize(
    ("value", "colours", "expected"), [(0.0, "signed", 0.5), (-1.0, "signed", 0.0), (1, "unit", 1)]
)
def test_what_the_hole_holds_is_said_in_the_range_of_the_network(
    value: float,
    colours: str,
    expected: float,
    build: Callable[[str], Any],
    completed: Callable[..., Tensor],
    pictures: Pictures,
    save: Callable[[nn.Module], str],
) -> None:
    path = save(Listener())
    said = f"multiple_of=8,hole_value={value},colours={colours},output_colours={colours}"
    found = completed(build(f"torchscript[path={path},{said}]"), *pictures)
    assert (found.masked_select(pictures[1]) == expected).all()


class Square(nn.Module):
    """Says how large the pictures are that it is given: the side divided by 1000, everywhere."""

    def forward(self, image: Tensor, mask: Tensor) -> Tensor:
        return torch.full_like(image, image.shape[2] / 1000)


@pytest.mark.parametrize(("said", "side"), [("size=64", 64), ("preset=mat", 512), ("size=30,multiple_of=16", 32)])
def test_pictures_are_resized_for_a_network_and_back(
    said: str,
    side: int,
    build: Callable[[str], Any],
    completed: Callable[..., Tensor],
    pictures: Pictures,
    save: Callable[[nn.Module], str],
) -> None:
    path = save(Square())
    image, hole = pictures
    found = completed(build(f"torchscript[path={path},{said},output_colours=unit]"), image, hole)
    inner = torch.zeros_like(hole)  # at the rim, known pixels are mixed in when the completion is resized
    inner[:, :, 8:10, 10:12] = True
    assert hole[inner].all()
    torch.testing.assert_close(found.masked_select(inner), torch.full((36,), side / 1000), atol=1e-6, rtol=0)


class Counter(nn.Module):
    """Says how many pictures it is given at once: their number divided by 10, everywhere."""

    def forward(self, image: Tensor, mask: Tensor) -> Tensor:
        return torch.full_like(image, image.shape[0] / 10)


@pytest.mark.parametrize(("batched", "expected"), [("false", 0.1), ("true", 0.3)])
def test_a_network_is_given_one_picture_at_a_time_unless_it_can_take_more(
    batched: str,
    expected: float,
    build: Callable[[str], Any],
    completed: Callable[..., Tensor],
    pictures: Pictures,
    save: Callable[[nn.Module], str],
) -> None:
    path = save(Counter())
    found = completed(build(f"torchscript[path={path},batched={batched}]"), *pictures)
    torch.testing.assert_close(
        found.masked_select(pictures[1]), torch.full_like(found.masked_select(pictures[1]), expected)
    )


def test_another_output_can_be_chosen_and_must_be_a_picture(
    build: Callable[[str], Any], completed: Callable[..., Tensor], pictures: Pictures, scripted: Callable[..., str]
) -> None:
    path = scripted()
    with pytest.raises(InvalidOutputError, match=r"Output 1 of the network is \(1, 1, 20, 28\); expected .*\(1, 3, 20"):
        completed(build(f"torchscript[path={path},output=1]"), *pictures)
    with pytest.raises(InvalidOutputError, match="has 2 outputs; expected one of number 2"):
        completed(build(f"torchscript[path={path},output=2]"), *pictures)


def test_it_answers_the_same_after_a_pickle(
    build: Callable[[str], Any], completed: Callable[..., Tensor], pictures: Pictures, scripted: Callable[..., str]
) -> None:
    method = build(f"torchscript[path={scripted()}]")
    again = pickle.loads(pickle.dumps(method))
    assert torch.equal(completed(again, *pictures), completed(method, *pictures))


@pytest.mark.gpu
def test_it_moves_to_a_gpu(
    build: Callable[[str], Any], completed: Callable[..., Tensor], pictures: Pictures, scripted: Callable[..., str]
) -> None:
    image, hole = (part.cuda() for part in pictures)
    found = completed(build(f"torchscript[path={scripted()}]").to(torch.device("cuda", 0)), image, hole)
    torch.testing.assert_close(found.cpu(), _painted(*pictures), atol=1e-6, rtol=0)


def test_a_file_of_another_kind_is_refused(build: Callable[[str], Any], tmp_path: Path) -> None:
    torch.save({"weight": torch.zeros(3)}, tmp_path / "checkpoint.pt")
    with pytest.raises(PluginError, match=r"checkpoint\.pt cannot be read as TorchScript.*state_dict"):
        build(f"torchscript[path={tmp_path / 'checkpoint.pt'}]")
