"""What guards cells from each other's plugins: metrics that write, methods that change torch, impure masks."""

from pathlib import Path
from typing import Any

import pytest
import torch

from inpaintbench.errors import UsageError
from inpaintbench.execution.options import Options

PLUGIN = """
import numpy as np, torch
from inpaintbench import hookimpl
from inpaintbench.api import MaskSpec, MethodSpec, MetricSpec

class Writing:
    def __call__(self, composite, image, hole):
        composite.copy_(image)
        return torch.zeros(len(image), dtype=torch.float64)

class Meddling:
    def complete(self, batch):
        torch.set_default_dtype(torch.float64)
        torch.set_default_device("meta")
        torch.set_grad_enabled(False)
        torch.use_deterministic_algorithms(True)
        return batch.corrupted.clone()

class Fatal:
    def complete(self, batch):
        raise BaseException("no ordinary fault")

class Random:
    def draw(self, height, width, stream):
        hole = np.zeros((height, width), dtype=bool)
        hole.flat[np.random.default_rng().integers(height * width, size=20)] = True
        return hole

class OneBuffer:
    def __init__(self):
        self.hole = None

    def draw(self, height, width, stream):
        if self.hole is None or self.hole.shape != (height, width):
            self.hole = np.zeros((height, width), dtype=bool)
        self.hole[:] = False
        self.hole.flat[stream.integer(0, height * width - 1)] = True
        return self.hole

@hookimpl
def register_methods():
    return [MethodSpec(name=n, target=f"{__name__}:{n.title()}", summary="Odd.") for n in ("meddling", "fatal")]

@hookimpl
def register_metrics():
    return [MetricSpec(name="writing", target=f"{__name__}:Writing", summary="Odd.", label="W", higher_is_better=True)]

@hookimpl
def register_masks():
    return [
        MaskSpec(name="random", target=f"{__name__}:Random", summary="Odd."),
        MaskSpec(name="one_buffer", target=f"{__name__}:OneBuffer", summary="Odd."),
    ]
"""


@pytest.fixture
def guarded(run: Any, small: dict[str, Any], tmp_path: Path) -> Any:
    plugin = tmp_path / "odd.py"
    plugin.write_text(PLUGIN, encoding="utf-8")
    return lambda **changes: run(**{"plugins": [*small["plugins"], str(plugin)], **changes})


def test_a_metric_that_writes_into_its_input_fails_the_cell(guarded: Any) -> None:
    (cell,) = guarded(metrics=["writing", "psnr"]).cells
    assert cell.record.status == "invalid-output"
    assert "The metric writing wrote into its input" in cell.record.error["message"]


def test_what_a_method_sets_in_torch_does_not_reach_the_next_one(guarded: Any, tmp_path: Path) -> None:
    alone = guarded(methods=["noise"], out=tmp_path / "alone").records()
    together = guarded(methods=["meddling", "noise"]).records()
    assert torch.get_default_dtype() == torch.float32
    assert torch.get_default_device() == torch.device("cpu")
    assert torch.is_grad_enabled()
    assert not torch.are_deterministic_algorithms_enabled()
    assert together[together["method"] == "noise"]["psnr"].tolist() == alone["psnr"].tolist()


def test_even_an_extraordinary_fault_costs_its_own_cell_alone(guarded: Any) -> None:
    fatal, noise = guarded(methods=["fatal", "noise"]).cells
    assert (fatal.record.status, noise.record.status) == ("failed", "complete")
    assert fatal.record.error == {"type": "BaseException", "message": "no ordinary fault"}


def test_a_mask_that_draws_from_elsewhere_is_refused(guarded: Any) -> None:
    random, pure = guarded(masks=["random", "dots"]).cells
    assert (random.record.status, pure.record.status) == ("invalid-output", "complete")
    assert "two different holes from the same stream" in random.record.error["message"]


def test_a_mask_may_draw_into_one_buffer(guarded: Any, tmp_path: Path) -> None:
    one = guarded(masks=["one_buffer"], batch_size=1, out=tmp_path / "one").records()
    all_together = guarded(masks=["one_buffer"], batch_size=6, out=tmp_path / "six").records()
    assert one["psnr"].tolist() == all_together["psnr"].tolist()


def test_a_limit_that_leaves_nothing_out_is_none(run: Any) -> None:
    (whole,), (limited,) = run(limit=6).cells, run(limit=5).cells
    assert whole.record.limit is None
    assert limited.record.limit == 5
    assert run().cells[0].folder == whole.folder


@pytest.mark.parametrize(
    "given",
    [
        {"batch_size": 0},
        {"batch_size": "auto"},
        {"batch_size": 2.5},
        {"samples": -1},
        {"rerun": "foo"},
        {"device": None},
    ],
)
def test_options_that_are_not_possible(given: dict[str, Any]) -> None:
    (name,) = given
    with pytest.raises(UsageError, match=f"{name}=.* is not possible; expected"):
        Options(**given)


def test_the_file_behind_a_path_counts_and_not_the_path(run: Any, small: dict[str, Any], tmp_path: Path) -> None:
    plugin = tmp_path / "net.py"
    plugin.write_text(
        "from pathlib import Path\n"
        "from inpaintbench import hookimpl\n"
        "from inpaintbench.api import MethodSpec, Parameter\n"
        "class Net:\n"
        "    def __init__(self, path):\n"
        "        self.level = float(Path(path).read_text())\n"
        "    def complete(self, batch):\n"
        "        return batch.corrupted + self.level\n"
        "@hookimpl\n"
        "def register_methods():\n"
        "    path = Parameter(name='path', kind='path', help='Weights.')\n"
        "    return [MethodSpec(name='net', target=f'{__name__}:Net', summary='Net.', parameters=(path,))]\n"
    )
    first, second = tmp_path / "a.txt", tmp_path / "b.txt"
    first.write_text("0.25")
    second.write_text("0.25")

    def key(path: Path) -> str:
        (cell,) = run(methods=[f"net[path={path}]"], plugins=[*small["plugins"], str(plugin)]).cells
        return str(cell.record.key)

    before = key(first)
    assert key(second) == before
    first.write_text("0.75")
    assert key(first) != before
