from __future__ import annotations

import pickle
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from inpaintbench.errors import PluginError

onnx = pytest.importorskip("onnx", reason="onnx is not installed; the extra `test` brings it")
pytest.importorskip("onnxruntime", reason="ONNX Runtime is not installed: pip install 'inpaintbench[onnx]'")

COLOUR = torch.tensor([0.2, 0.4, 0.6])
Pictures = tuple[Tensor, Tensor]


def painter(
    path: Path, shape: Sequence[int | str] = ("n", 3, "h", "w"), mask_type: str = "FLOAT", scale: float = 1.0
) -> str:
    """Write a network that returns the picture with a colour a channel where the mask is 1, times `scale`."""
    helper, kinds = onnx.helper, onnx.TensorProto
    constants = {
        "colour": COLOUR.numpy().reshape(1, 3, 1, 1) * np.float32(scale),
        "scale": np.float32(scale),
    }
    nodes = [
        helper.make_node("Cast", ["mask"], ["hole"], to=kinds.BOOL),
        helper.make_node("Mul", ["image", "scale"], ["scaled"]),
        helper.make_node("Where", ["hole", "colour", "scaled"], ["painted"]),
    ]
    graph = helper.make_graph(
        nodes,
        "painter",
        [
            helper.make_tensor_value_info("image", kinds.FLOAT, list(shape)),
            helper.make_tensor_value_info("mask", getattr(kinds, mask_type), [shape[0], 1, *shape[2:]]),
        ],
        [helper.make_tensor_value_info("painted", kinds.FLOAT, list(shape))],
        [onnx.numpy_helper.from_array(np.asarray(value), name) for name, value in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.save(model, str(path))
    return str(path)


@pytest.mark.parametrize("mask_type", ["FLOAT", "BOOL", "UINT8", "FLOAT16"])
def test_masks_come_in_the_type_that_the_network_declares(
    mask_type: str, build: Callable[[str], Any], completed: Callable[..., Tensor], pictures: Pictures, tmp_path: Path
) -> None:
    image, hole = pictures
    found = completed(build(f"onnx[path={painter(tmp_path / 'p.onnx', mask_type=mask_type)}]"), image, hole)
    torch.testing.assert_close(found, torch.where(hole, COLOUR.reshape(1, 3, 1, 1), image), atol=1e-6, rtol=0)


def test_an_export_that_returns_levels_is_understood(
    build: Callable[[str], Any], completed: Callable[..., Tensor], pictures: Pictures, tmp_path: Path
) -> None:
    path, (image, hole) = painter(tmp_path / "p.onnx", scale=255), pictures
    found = completed(build(f"onnx[path={path},preset=lama,output_colours=levels]"), image, hole)
    torch.testing.assert_close(found, torch.where(hole, COLOUR.reshape(1, 3, 1, 1), image), atol=1e-6, rtol=0)


def test_a_declared_size_is_kept(
    build: Callable[[str], Any], completed: Callable[..., Tensor], pictures: Pictures, tmp_path: Path
) -> None:
    path, (image, hole) = painter(tmp_path / "p.onnx", (1, 3, 64, 64)), pictures  # others would be refused
    found = completed(build(f"onnx[path={path}]"), image, hole)
    assert torch.allclose(found[:, :, 8:10, 10:12], COLOUR.reshape(1, 3, 1, 1), atol=1e-6)


def test_another_number_of_inputs_is_told(
    build: Callable[[str], Any], completed: Callable[..., Tensor], pictures: Pictures, tmp_path: Path
) -> None:
    path = painter(tmp_path / "p.onnx")
    with pytest.raises(PluginError, match=r"has 2 inputs \(image, mask\); it was to be given 1"):
        completed(build(f"onnx[path={path},joined=true]"), *pictures)


def test_it_answers_the_same_after_a_pickle(
    build: Callable[[str], Any], completed: Callable[..., Tensor], pictures: Pictures, tmp_path: Path
) -> None:
    method = build(f"onnx[path={painter(tmp_path / 'p.onnx')}]")
    assert torch.equal(completed(pickle.loads(pickle.dumps(method)), *pictures), completed(method, *pictures))


def test_weights_in_other_files_must_be_named_with_the_network(
    build: Callable[[str], Any], completed: Callable[..., Tensor], pictures: Pictures, tmp_path: Path
) -> None:
    folder = tmp_path / "model"
    folder.mkdir()
    onnx.save(
        onnx.load(painter(tmp_path / "whole.onnx")),
        str(folder / "p.onnx"),
        save_as_external_data=True,
        location="weights.bin",
        size_threshold=0,
    )
    assert (folder / "weights.bin").stat().st_size
    with pytest.raises(PluginError, match=r"p\.onnx keeps weights in other files\. Put it and them into a folder"):
        build(f"onnx[path={folder / 'p.onnx'}]")
    expected = completed(build(f"onnx[path={tmp_path / 'whole.onnx'}]"), *pictures)
    assert torch.equal(completed(build(f"onnx[path={folder}]"), *pictures), expected)


def test_a_folder_must_hold_one_network(build: Callable[[str], Any], tmp_path: Path) -> None:
    with pytest.raises(PluginError, match=r"holds 0 files \*\.onnx; expected one"):
        build(f"onnx[path={tmp_path}]")


def test_a_file_of_another_kind_is_refused(build: Callable[[str], Any], tmp_path: Path) -> None:
    (tmp_path / "text.onnx").write_text("no network")
    with pytest.raises(PluginError, match=r"text\.onnx cannot be read as an ONNX network"):
        build(f"onnx[path={tmp_path / 'text.onnx'}]")
