"""The state of a training: what goes on from it does so as if it had never stopped, bit for bit."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from inpaintbench.api import Trainer
from inpaintbench.errors import CheckpointError
from inpaintbench.training.history import History
from inpaintbench.training.lessons import Lessons
from inpaintbench.training.progress import load_progress, save_progress


def go(trainer: Trainer, lessons: Lessons, history: History, *steps: int) -> None:
    for step in steps:
        torch.manual_seed(step)
        history.add(step, trainer.step(lessons[step]))


def state(trainer: Trainer) -> dict[str, bytes]:
    networks = {**trainer.networks, **trainer.auxiliaries}
    return {
        f"{name}.{entry}": tensor.contiguous().numpy().tobytes()
        for name, network in networks.items()
        for entry, tensor in network.state_dict().items()
    }


@pytest.fixture
def half(build: Any, lessons_of: Any, tmp_path: Path) -> Any:
    """Return a trainer after five steps, its history, and the file of its state."""
    trainer, history = build(), History()
    for network in trainer.networks.values():
        network.to(memory_format=torch.channels_last)
    go(trainer, lessons_of(), history, *range(5))
    save_progress(tmp_path / "progress.safetensors", trainer, history, 5, 1.25)
    return trainer, history, tmp_path / "progress.safetensors"


def test_a_training_goes_on_as_if_it_had_not_stopped(half: Any, build: Any, lessons_of: Any) -> None:
    trainer, history, path = half
    other, remembered = build(torch.Generator().manual_seed(7)), History()
    for network in other.networks.values():
        network.to(memory_format=torch.channels_last)
    assert load_progress(path, other, remembered) == (5, 1.25)

    assert state(other) == state(trainer)
    for one, its in ((trainer, history), (other, remembered)):
        go(one, lessons_of(), its, *range(5, 12))
        its.settle()
    assert state(other) == state(trainer)
    assert remembered.thinned() == history.thinned()


def test_what_a_trainer_has_changed_of_its_optimizers_is_kept(half: Any, build: Any) -> None:
    trainer, _, path = half
    other = build()
    load_progress(path, other, History())

    for name, optimizer in trainer.optimizers.items():
        (group,), (restored,) = optimizer.param_groups, other.optimizers[name].param_groups
        assert {key: value for key, value in restored.items() if key != "params"} == {
            key: value for key, value in group.items() if key != "params"
        }
        assert [id(weight) for weight in restored["params"]] == [id(weight) for weight in _weights(other, name)]
    assert other.optimizers["net"].param_groups[0]["lr"] == pytest.approx(0.05 * 0.99**5)


def _weights(trainer: Trainer, name: str) -> list[torch.Tensor]:
    return list({**trainer.networks, **trainer.auxiliaries}[name].parameters())


def test_what_an_optimizer_remembers_is_kept_to_the_bit(half: Any, build: Any) -> None:
    trainer, _, path = half
    other = build()
    load_progress(path, other, History())

    for name, optimizer in trainer.optimizers.items():
        for mine, its in zip(_weights(trainer, name), _weights(other, name), strict=True):
            remembered, restored = optimizer.state[mine], other.optimizers[name].state[its]
            assert set(restored) == set(remembered)
            assert remembered
            assert all(torch.equal(restored[entry], value) for entry, value in remembered.items())


def test_writing_the_state_changes_nothing(half: Any, build: Any, lessons_of: Any) -> None:
    trainer, _, _ = half
    undisturbed = build()
    undisturbed.networks["net"].to(memory_format=torch.channels_last)
    go(undisturbed, lessons_of(), History(), *range(5))

    assert state(trainer) == state(undisturbed)


@pytest.mark.parametrize("change", [{"width": 4}, {"size": 16}])
def test_the_state_of_other_networks_is_refused(half: Any, build: Any, change: dict[str, int]) -> None:
    with pytest.raises(CheckpointError, match=r"progress\.safetensors holds no state of this training: "):
        load_progress(half[2], build(**change), History())


@pytest.mark.parametrize("content", [b"", b"no safetensors", None])
def test_what_is_no_state_is_refused(build: Any, tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "progress.safetensors"
    if content is None:
        save_file({"weight": torch.ones(1)}, path)
    else:
        path.write_bytes(content)

    with pytest.raises(CheckpointError, match="Remove it to begin anew"):
        load_progress(path, build(), History())


def test_a_training_goes_on_in_the_precision_that_it_was_begun_in(half: Any, build: Any, tmp_path: Path) -> None:
    trainer, history, _ = half
    path = tmp_path / "half.safetensors"
    save_progress(path, trainer, history, 5, 1.25, "bfloat16")

    with pytest.raises(CheckpointError, match=r"it was begun in bfloat16, and this would go on in float32\. Remove it"):
        load_progress(path, build(), History(), "float32")
    assert load_progress(path, build(), History(), "bfloat16") == (5, 1.25)


def test_a_state_that_says_no_schema_is_taken_up_and_a_newer_one_refused(half: Any, build: Any, tmp_path: Path) -> None:
    with safe_open(str(half[2]), framework="pt") as file:
        metadata = file.metadata()
    path = tmp_path / "old.safetensors"
    assert metadata.pop("schema") == "1"

    save_file(load_file(half[2]), path, metadata)
    assert load_progress(path, build(), History()) == (5, 1.25)
    save_file(load_file(half[2]), path, metadata | {"schema": "2"})
    with pytest.raises(
        CheckpointError, match=r"old\.safetensors was written by a newer inpaintbench \(schema 2, this one"
    ):
        load_progress(path, build(), History())
