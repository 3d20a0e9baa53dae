from __future__ import annotations

import dataclasses
import hashlib
import struct
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from inpaintbench.checkpoints import Checkpoint
from inpaintbench.checkpoints.weights import read_weights, write_weights
from inpaintbench.errors import CheckpointError


def states() -> dict[str, dict[str, torch.Tensor]]:
    torch.manual_seed(0)
    net = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4)).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    net(torch.rand(2, 3, 8, 8))  # moves the running statistics
    return {"net": net.state_dict(), "other": {"deep.inside/weight": torch.rand(2, 3)}}


def test_networks_come_back_as_they_were(put: Any, tmp_path: Path) -> None:
    given = states()
    trained = read_weights(put(tmp_path, given))

    assert trained.size == 64
    assert set(trained.networks) == {"net", "other"}
    for network, state in given.items():
        assert set(trained.networks[network]) == set(state)
        for name, tensor in state.items():
            found = trained.networks[network][name]
            assert found.dtype == tensor.dtype
            assert torch.equal(found, tensor)
    assert trained.networks["net"]["1.num_batches_tracked"].item() == 1


def test_what_a_card_says_of_the_file(tmp_path: Path) -> None:
    said = write_weights(tmp_path / "w.safetensors", states())
    content = (tmp_path / "w.safetensors").read_bytes()

    assert said == {"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content), "dtype": "float32"}
    (length,) = struct.unpack("<Q", content[:8])  # safetensors: the length of a header in JSON, the header, the numbers
    assert content[8:9] == b"{"
    # 4·3·3·3 + 4 of the convolution, 4·4 of the normalisation, 6 of the other, and one counter of 8 bytes
    assert len(content) - 8 - length == 4 * (108 + 4 + 16 + 6) + 8


def test_equal_weights_make_equal_files_whatever_their_memory_order(tmp_path: Path) -> None:
    weight = torch.rand(4, 3, 5, 5)
    first = write_weights(tmp_path / "a", {"net": {"w": weight}})
    second = write_weights(tmp_path / "b", {"net": {"w": weight.to(memory_format=torch.channels_last)}})

    assert first == second


def test_weights_are_halved_and_statistics_are_not(put: Any, tmp_path: Path) -> None:
    given = states()
    given["net"]["1.running_var"][:] = 1e6  # more than float16 can hold
    said = write_weights(tmp_path / "weights.safetensors", given, half=True)
    put(tmp_path / "full", given)
    checkpoint = put(tmp_path / "half", given)
    (tmp_path / "weights.safetensors").replace(checkpoint.weights)
    halved = read_weights(Checkpoint(checkpoint.folder, dataclasses.replace(checkpoint.card, weights=said)))

    assert said["dtype"] == "float16"
    assert checkpoint.weights.stat().st_size < (tmp_path / "full/weights.safetensors").stat().st_size - 200
    weight = halved.networks["net"]["0.weight"]
    assert weight.dtype == torch.float32
    assert torch.equal(weight, given["net"]["0.weight"].to(torch.float16).float())
    assert torch.equal(halved.networks["net"]["1.running_var"], given["net"]["1.running_var"])
    assert torch.equal(halved.networks["net"]["0.bias"], given["net"]["0.bias"])
    assert halved.networks["net"]["1.num_batches_tracked"].dtype == torch.int64


def test_another_file_than_the_cards_is_refused(put: Any, tmp_path: Path) -> None:
    checkpoint = put(tmp_path / "a")
    put(tmp_path / "b", {"net": {"scale": torch.zeros(2)}})
    (tmp_path / "b/weights.safetensors").replace(checkpoint.weights)

    with pytest.raises(CheckpointError, match="is not the file that its card describes: its SHA-256 is another"):
        read_weights(checkpoint)


def test_a_file_that_cannot_be_read_is_named(put: Any, tmp_path: Path) -> None:
    checkpoint = put(tmp_path)
    checkpoint.weights.unlink()

    with pytest.raises(CheckpointError, match=r"weights\.safetensors cannot be read: No such file"):
        read_weights(checkpoint)


def test_a_file_without_safetensors_is_refused(put: Any, tmp_path: Path) -> None:
    sha256 = hashlib.sha256(b"a pickle, perhaps").hexdigest()
    checkpoint = put(tmp_path, weights={"sha256": sha256})
    checkpoint.weights.write_bytes(b"a pickle, perhaps")

    with pytest.raises(CheckpointError, match=r"weights\.safetensors holds no safetensors"):
        read_weights(checkpoint)
