"""What code of others sets in torch and in the process: put back, named, and kept from metrics and from other cells."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from inpaintbench.errors import UsageError
from inpaintbench.execution.devices.device import full_float32, torch_state_restored
from inpaintbench.execution.devices.settings import Apart, Settings
from inpaintbench.execution.devices.threads import VARIABLES, limit_threads
from inpaintbench.execution.engines.opening import engine_for
from inpaintbench.execution.evaluating.restoring import process_state_restored
from inpaintbench.execution.options import Options

PLUGIN = """
import torch
from inpaintbench import hookimpl
from inpaintbench.api import MethodSpec, MetricSpec

class Fast:
    def __init__(self):
        torch.set_default_dtype(torch.float64)

    def complete(self, batch):
        torch.backends.cudnn.allow_tf32 = torch.backends.cuda.matmul.allow_tf32 = True
        torch.use_deterministic_algorithms(True)
        assert torch.get_default_dtype() == torch.float64
        return batch.corrupted.clone()

class Settings:
    def __call__(self, composite, image, hole):
        said = [
            torch.backends.cudnn.allow_tf32, torch.backends.cuda.matmul.allow_tf32,
            torch.get_default_dtype() != torch.float32, torch.are_deterministic_algorithms_enabled(),
        ]
        return torch.full((len(image),), float(sum(said)))

@hookimpl
def register_methods():
    return [MethodSpec(name="fast", target=f"{__name__}:Fast", summary="Odd.")]

@hookimpl
def register_metrics():
    said = {"summary": "Odd.", "label": "S", "higher_is_better": True}
    return [MetricSpec(name="settings", target=f"{__name__}:Settings", **said)]
"""


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    with torch_state_restored():
        yield


def _set_precision(place: Any, value: bool) -> None:
    place.allow_tf32 = value


CHANGES: dict[str, tuple[str, Callable[[], object]]] = {
    "dtype": ("default dtype", lambda: torch.set_default_dtype(torch.float16)),
    "device": ("default device", lambda: torch.set_default_device("meta")),
    "threads": ("number of threads", lambda: torch.set_num_threads(torch.get_num_threads() + 1)),
    "gradients": ("gradients", lambda: torch.set_grad_enabled(False)),
    "warn": ("deterministic algorithms", lambda: torch.use_deterministic_algorithms(True, warn_only=True)),
    "cudnn": (
        "precision of float32",
        lambda: _set_precision(torch.backends.cudnn, not torch.backends.cudnn.allow_tf32),
    ),
    "matmul": ("precision of float32", lambda: _set_precision(torch.backends.cuda.matmul, True)),
    "medium": ("precision of float32", lambda: torch.set_float32_matmul_precision("medium")),
    "benchmark": ("cuDNN", lambda: setattr(torch.backends.cudnn, "benchmark", True)),
    "denormals": ("denormal numbers", lambda: torch.set_flush_denormal(True)),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_setting_that_was_changed_is_named_and_put_back(change: str) -> None:
    name, act = CHANGES[change]
    before, found = Settings.read(), list[str]()
    with torch_state_restored(found.extend):
        act()
        assert Settings.read() != before
    assert found == [name]
    assert Settings.read() == before


@pytest.mark.skipif(not hasattr(torch.backends, "fp32_precision"), reason="this torch has the older switches alone")
def test_the_newer_switches_of_precision_are_put_back() -> None:
    places: Any = torch.backends, torch.backends.cudnn.conv, torch.backends.mkldnn.matmul
    for place in places:
        before = Settings.read()
        with full_float32():
            place.fp32_precision = "tf32"
            assert Settings.read() != before
        assert Settings.read() == before


def test_what_changes_nothing_is_not_named() -> None:
    found: list[str] = []
    with torch_state_restored(found.extend), process_state_restored(found.extend):
        torch.set_default_dtype(torch.get_default_dtype())
        os.environ["TORCHINDUCTOR_CACHE_DIR"] = "somewhere"  # as torch does when parts of it are imported
    del os.environ["TORCHINDUCTOR_CACHE_DIR"]
    assert found == []


def test_what_was_changed_of_the_process_is_named_and_put_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FIRST", "1")
    before, found = (dict(os.environ), [*sys.path], Path.cwd()), list[str]()
    with process_state_restored(found.extend):
        os.environ["SECOND"] = "2"
        del os.environ["FIRST"]
        sys.path.insert(0, "nowhere")
        os.chdir(tmp_path)
        os.umask(0o777)
    assert sorted(found) == ["environment", "file modes", "sys.path", "working directory"]
    assert (dict(os.environ), sys.path, Path.cwd()) == before


def test_a_method_meets_its_own_settings_and_nobody_else_does() -> None:
    found: list[str] = []
    apart = Apart(found.extend)
    with apart.theirs():
        torch.set_default_dtype(torch.float64)
    assert torch.get_default_dtype() == torch.float32
    with apart.theirs():
        assert torch.get_default_dtype() == torch.float64
        torch.set_default_dtype(torch.float32)
    with apart.theirs():
        assert torch.get_default_dtype() == torch.float32
    assert found == ["default dtype"]


def test_metrics_score_under_settings_that_no_method_chooses(run: Any, small: dict[str, Any], tmp_path: Path) -> None:
    plugin = tmp_path / "fast.py"
    plugin.write_text(PLUGIN, encoding="utf-8")
    results = run(methods=["fast"], metrics=["settings"], plugins=[*small["plugins"], str(plugin)])
    assert results.complete, results.failures
    assert results.records()["settings"].tolist() == [0.0] * 6
    log = (results.cells[0].folder / "log.txt").read_text()
    changed = "default dtype, deterministic algorithms, precision of float32"
    assert f"What it had set otherwise was put back: {changed}." in log


def test_threads_are_limited_for_libraries_that_are_loaded_and_for_those_to_come(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import ctypes

    import numpy as np

    for name in VARIABLES:
        monkeypatch.setenv(name, "1")
    libraries = [*Path(np.__file__).parent.parent.glob("numpy.libs/*openblas*")]
    getters = [
        getter
        for path in libraries
        for name in ("openblas_get_num_threads", "scipy_openblas_get_num_threads64_")
        if (getter := getattr(ctypes.CDLL(str(path)), name, None)) is not None
    ]
    limit_threads(2)
    try:
        assert torch.get_num_threads() == 2
        assert [getter() for getter in getters] == [2] * len(getters)
        assert {os.environ[name] for name in VARIABLES} == {"2"}
    finally:
        limit_threads(1)
    assert [getter() for getter in getters] == [1] * len(getters)


@pytest.mark.parametrize("isolation", [pytest.param("process", marks=pytest.mark.workers), "none"])
@pytest.mark.parametrize("device", ["cpu", "mps", "cuda:1"])
def test_a_device_and_gpus_that_contradict_each_other_are_refused(device: str, isolation: Any) -> None:
    options = Options(device=device, gpus=(0,), isolation=isolation)
    with pytest.raises(UsageError, match=f"--gpus chooses among CUDA devices, and --device {device} names another"):
        engine_for(options).__enter__()


@pytest.mark.parametrize(
    ("given", "asked"),
    [
        ({"isolation": "process"}, "--isolation process"),
        ({"engine": "ray", "isolation": "process"}, "--engine ray"),
        ({"engine": "slurm", "isolation": "none"}, "--engine slurm"),
    ],
)
def test_what_needs_worker_processes_is_refused_on_windows(
    given: dict[str, Any], asked: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    with pytest.raises(UsageError, match=f"^{asked} needs worker processes, which Windows does not have"):
        Options(**given)


def test_on_windows_cells_run_in_this_process_unless_told_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("INPAINTBENCH_ISOLATION")
    monkeypatch.setattr(sys, "platform", "win32")
    assert Options().isolation == "none"
