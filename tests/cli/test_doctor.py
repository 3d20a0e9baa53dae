"""`bench doctor`: what is usable here, without a look at the network, whatever a plugin does."""

from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
import torch

from inpaintbench.metrics.backbones import find_backbone

SECTIONS = ["Versions", "Devices", "Plugins", "Data sets", "Prepared pictures", "Checkpoints", "Weights"]


def lines_of(out: str, section: str) -> list[str]:
    lines = out.splitlines()
    start = lines.index(section) + 1
    ends = [index for index, line in enumerate(lines) if index >= start and not line.startswith("  ")]
    return [line.strip() for line in lines[start : min(ends, default=len(lines))]]


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Make this a machine without data, weights and GPU."""
    monkeypatch.delenv("INPAINTBENCH_DATA", raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "share"))
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    return tmp_path


def test_a_bare_machine(bench: Any, bare: Path) -> None:
    outcome = bench("doctor")

    assert outcome.code == 0
    assert [line for line in outcome.out.splitlines() if not line.startswith(" ")] == SECTIONS
    assert f"torch {version('torch')}" in lines_of(outcome.out, "Versions")
    cpu, cuda, *_ = lines_of(outcome.out, "Devices")
    assert cpu.startswith("✓ cpu: ")
    assert cpu.endswith(", chosen by --device auto")
    assert cuda.startswith("✗ cuda: There is no CUDA device here")
    where, *datasets = lines_of(outcome.out, "Data sets")
    below = f"{bare}, then below {bare / 'share' / 'inpaintbench'}"
    assert where == f"Relative paths are looked for below {below} (INPAINTBENCH_DATA is not set)"
    assert "✓ photos: 56 test images, 379 for training" in datasets
    assert "✓ image_folder: ready for image_folder[path=…]" in datasets
    assert datasets[-1].startswith("✗ not here: celeba, celeba_hq, ffhq, ")
    assert datasets[-1].endswith(" (`bench prepare NAME` fetches one, or says how to get it)")
    (prepared,) = lines_of(outcome.out, "Prepared pictures")
    assert prepared.startswith("✓ 0 splits, 0.0 of at most 50 GB, in ")
    (checkpoints,) = lines_of(outcome.out, "Checkpoints")
    assert checkpoints.startswith("0 trainings in ")
    weights = lines_of(outcome.out, "Weights")
    for net in ("alex", "vgg", "squeeze"):
        file = find_backbone(net).weights
        (line,) = (line for line in weights if f"lpips[net={net}]" in line)
        assert line.startswith(
            f"✗ lpips[net={net}]: {bare / 'torch' / 'hub' / 'checkpoints' / file.filename} is absent"
        )
        assert file.url in line


def test_weights_that_are_there(bench: Any, bare: Path) -> None:
    path = find_backbone("squeeze").weights.path
    path.parent.mkdir(parents=True)
    path.write_bytes(b"something else")
    (line,) = (line for line in lines_of(bench("doctor").out, "Weights") if "squeeze" in line)

    assert line.startswith(f"✓ lpips[net=squeeze]: {path} (SHA-256 ")
    assert "not the published file" in line


def test_the_folder_of_data(bench: Any, bare: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INPAINTBENCH_DATA", str(bare / "data"))
    assert "✗ folders there: none" in lines_of(bench("doctor").out, "Data sets")
    (bare / "data" / "faces").mkdir(parents=True)
    (bare / "data" / "list.txt").write_text("no folder")
    assert "✓ folders there: faces" in lines_of(bench("doctor").out, "Data sets")


def test_a_published_data_set_of_which_a_part_lacks_is_named(
    bench: Any, bare: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INPAINTBENCH_DATA", str(bare / "data"))
    (bare / "data" / "celeba").mkdir(parents=True)
    lines = lines_of(bench("doctor").out, "Data sets")

    (line,) = (line for line in lines if "celeba:" in line)
    assert line.startswith(f"✗ celeba: celeba lacks {bare / 'data' / 'celeba'}")
    assert "celeba," not in lines[-1].removeprefix("✗ not here: celeba_hq,")


def test_whatever_a_plugin_does_is_reported(bench: Any, bare: Path) -> None:
    (bare / "plugin.py").write_text(
        """
from inpaintbench import hookimpl
from inpaintbench.api import DatasetSpec, MetricSpec

class Broken:
    def __init__(self):
        raise ValueError("it is\\nbroken")

class TestOnly:
    def items(self, split):
        if split == "train":
            raise ValueError("no such split")
        return ["a", "b"]

def requires():
    raise ValueError("no list of weights")

@hookimpl
def register_datasets():
    return [
        DatasetSpec(name="broken", target=f"{__name__}:Broken", summary=""),
        DatasetSpec(name="test_only", target=f"{__name__}:TestOnly", summary=""),
    ]

@hookimpl
def register_metrics():
    target, requires = f"{__name__}:Broken", f"{__name__}:requires"
    return [MetricSpec(name="heavy", target=target, requires=requires, summary="", label="", higher_is_better=True)]
""",
        encoding="utf-8",
    )
    outcome = bench("doctor", "--plugin", "plugin.py")

    assert outcome.code == 0
    assert "✗ broken: ValueError: it is broken" in lines_of(outcome.out, "Data sets")
    only = "✓ test_only: 2 test images, none for training (ValueError: no such split)"
    assert only in lines_of(outcome.out, "Data sets")
    assert "✗ heavy: ValueError: no list of weights" in lines_of(outcome.out, "Weights")


@pytest.mark.realdata
def test_real_data(bench: Any, real_data: Path) -> None:
    out = bench("doctor").out

    assert any(line.startswith("✓ folders there: ") and "celeba" in line for line in lines_of(out, "Data sets"))
