"""The examples for Weights & Biases and MLflow, with stand-ins for both that remember what they are asked."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from inpaintbench.plugins import Observer, load_registry

EXAMPLES = Path(__file__).parents[2] / "examples"
NAMES = ("track_wandb.py", "track_mlflow.py")


def load(name: str) -> Observer:
    (observer,) = load_registry([str(EXAMPLES / name)]).observers
    return observer


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, Any]]:
    """Stand in for both packages, and return what is asked of them, in its order."""
    calls: list[tuple[str, Any]] = []

    class Run:
        def log(self, data: dict[str, Any]) -> None:
            calls.append(("log", data))

        def finish(self, exit_code: int | None = None) -> None:
            calls.append(("finish", exit_code))

    def init(*, job_type: str, config: dict[str, Any]) -> Run:
        calls.append(("init", config))
        return Run()

    wandb = ModuleType("wandb")
    wandb.init = init  # type: ignore[attr-defined]
    wandb.Image = lambda data_or_path, caption: (data_or_path, caption)  # type: ignore[attr-defined]
    wandb.Table = lambda columns, data: (list(columns), [list(row) for row in data])  # type: ignore[attr-defined]

    def start_run(*, run_name: str, nested: bool, tags: dict[str, str]) -> None:
        calls.append(("start_run", (run_name, nested, tags)))

    mlflow = ModuleType("mlflow")
    mlflow.start_run = start_run  # type: ignore[attr-defined]
    mlflow.end_run = lambda status: calls.append(("end_run", status))  # type: ignore[attr-defined]
    mlflow.log_param = lambda key, value: calls.append(("log_param", (key, value)))  # type: ignore[attr-defined]
    mlflow.log_metrics = lambda metrics: calls.append(("log_metrics", metrics))  # type: ignore[attr-defined]
    mlflow.log_artifacts = lambda local_dir, artifact_path: calls.append(  # type: ignore[attr-defined]
        ("log_artifacts", (local_dir, artifact_path))
    )
    for module in (wandb, mlflow):
        monkeypatch.setitem(sys.modules, module.__name__, module)
    return calls


@pytest.mark.parametrize("name", NAMES)
def test_an_example_is_short_and_imports_its_package_only_when_told_of_something(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for package in ("wandb", "mlflow"):
        monkeypatch.setitem(sys.modules, package, None)  # importing it raises
    load(name).tell("on_run_finished", interrupted=False)

    assert len((EXAMPLES / name).read_text(encoding="utf-8").splitlines()) <= 40


def test_wandb_has_one_run_with_all_cells_and_a_table(asked: list[tuple[str, Any]], cell: Any) -> None:
    observer = load("track_wandb.py")
    (record, folder), (failed, elsewhere) = cell(), cell(samples=0, mask="half", status="failed", means={"psnr": None})
    observer.tell("on_cell_finished", record=record, folder=folder)
    observer.tell("on_cell_finished", record=failed, folder=elsewhere)
    observer.tell("on_run_finished", interrupted=False)

    first, second = "tv/photos/circle[diameter=20]/64px-seed0", "tv/photos/half/64px-seed0"
    pictures = [(str(folder / f"samples/0000{index}-composite.png"), f"0000{index}-composite") for index in range(2)]
    rows = [
        ["tv", "photos", "circle[diameter=20]", "complete", "psnr", 25.5],
        ["tv", "photos", "circle[diameter=20]", "complete", "lpips[net=squeeze]", 0.25],
        ["tv", "photos", "half", "failed", "psnr", None],
    ]
    means = {f"{first}/psnr": 25.5, f"{first}/lpips[net=squeeze]": 0.25}
    assert asked == [
        ("init", {"protocol": 1}),
        ("log", means | {f"{first}/status": "complete", f"{first}/samples": pictures}),
        ("log", {f"{second}/status": "failed", f"{second}/samples": []}),
        ("log", {"cells": (["method", "dataset", "mask", "status", "metric", "mean"], rows)}),
        ("finish", 0),
    ]


def test_wandb_begins_anew_with_the_next_run(asked: list[tuple[str, Any]], cell: Any) -> None:
    observer = load("track_wandb.py")
    record, folder = cell()
    for interrupted in (True, False):
        observer.tell("on_cell_finished", record=record, folder=folder)
        observer.tell("on_run_finished", interrupted=interrupted)

    assert [call for call in asked if call[0] in ("init", "finish")] == [
        ("init", {"protocol": 1}),
        ("finish", 1),
        ("init", {"protocol": 1}),
        ("finish", 0),
    ]
    tables = [data["cells"][1] for name, data in asked if name == "log" and "cells" in data]
    assert [len(rows) for rows in tables] == [2, 2]


def test_mlflow_has_a_run_a_cell(asked: list[tuple[str, Any]], cell: Any) -> None:
    record, folder = cell()
    load("track_mlflow.py").tell("on_cell_finished", record=record, folder=folder)

    names = ("method", "dataset", "mask", "size", "seed", "limit", "protocol")
    assert asked == [
        ("start_run", ("tv × photos × circle[diameter=20]", True, {"status": "complete", "key": record.key})),
        *(("log_param", (name, getattr(record, name))) for name in names),
        ("log_metrics", {"psnr": 25.5, "lpips.net-squeeze": 0.25}),
        ("log_artifacts", (str(folder / "samples"), "samples")),
        ("end_run", "FINISHED"),
    ]
    (metrics,) = [value for name, value in asked if name == "log_metrics"]
    assert all(re.fullmatch(r"[/\w.\- ]+", name) for name in metrics)  # the signs that MLflow takes


def test_mlflow_ends_a_failed_cells_run_as_failed_whatever_happens(
    asked: list[tuple[str, Any]], cell: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    record, folder = cell(status="oom", means={})
    observer = load("track_mlflow.py")
    observer.tell("on_cell_finished", record=record, folder=folder)
    assert asked[-1] == ("end_run", "FAILED")

    def refuse(metrics: dict[str, float]) -> None:
        raise OSError("no connection")

    monkeypatch.setattr(sys.modules["mlflow"], "log_metrics", refuse)
    with pytest.raises(Exception, match="OSError: no connection"):
        observer.tell("on_cell_finished", record=record, folder=folder)
    assert asked[-1] == ("end_run", "FAILED")
