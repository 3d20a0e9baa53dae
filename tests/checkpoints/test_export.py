from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from inpaintbench.checkpoints import Checkpoint
from inpaintbench.checkpoints.export import export_half
from inpaintbench.checkpoints.weights import read_weights
from inpaintbench.errors import CheckpointError


def test_a_copy_is_half_as_large_and_keeps_its_card(put: Any, tmp_path: Path) -> None:
    weight = torch.rand(64, 64)
    original = put(tmp_path / "original", {"net": {"weight": weight, "bias": weight[0].clone()}})
    place = export_half(original, tmp_path / "copies")
    copy = Checkpoint.at(place)

    assert copy is not None
    assert place.parent == tmp_path / "copies"
    assert {path.name for path in place.iterdir()} == {"card.json", "weights.safetensors"}
    assert vars(copy.card) == vars(original.card) | {"weights": copy.card.weights}
    assert copy.card.weights["dtype"] == "float16"
    assert copy.weights.stat().st_size < 0.52 * original.weights.stat().st_size
    assert torch.equal(read_weights(copy).networks["net"]["weight"], weight.half().float())
    assert torch.equal(read_weights(copy).networks["net"]["bias"], weight[0])


def test_trainings_that_differ_lie_in_folders_of_their_own(put: Any, tmp_path: Path) -> None:
    changes: list[dict[str, Any]] = [
        {"method": "learner"},
        {"method": "learner[steps=20]"},
        {"dataset": "image_folder[path=/home/me/faces]"},
        {"mask": "circle"},
        {"size": 32},
    ]
    places = {
        export_half(put(tmp_path / str(number), **change), tmp_path / "copies") for number, change in enumerate(changes)
    }

    assert len(places) == len(changes)
    assert {place.parent for place in places} == {tmp_path / "copies"}
    assert tmp_path / "copies/learner-faces-64" in places


def test_a_second_export_takes_the_place_of_the_first(put: Any, tmp_path: Path) -> None:
    first = export_half(put(tmp_path / "a", {"net": {"w": torch.zeros(1)}}), tmp_path / "copies")
    second = export_half(put(tmp_path / "b", {"net": {"w": torch.ones(1)}}), tmp_path / "copies")
    copy = Checkpoint.at(second)

    assert first == second
    assert copy is not None
    assert read_weights(copy).networks["net"]["w"].item() == 1


def test_a_damaged_checkpoint_is_not_copied(put: Any, tmp_path: Path) -> None:
    checkpoint = put(tmp_path / "original")
    checkpoint.weights.write_bytes(b"")

    with pytest.raises(CheckpointError, match="is not the file that its card describes"):
        export_half(checkpoint, tmp_path / "copies")
