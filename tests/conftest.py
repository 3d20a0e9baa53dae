"""What every test stands on: one thread, no network, no picture or weight of the machine's own."""

from __future__ import annotations

import dataclasses
import itertools
import json
import os
import shutil
import socket
import sys
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
# In processes that tests start, too: two threads add in another order than one, which changes the last bits of weights.
os.environ["OMP_NUM_THREADS"] = "1"
# What a test replaces in this process would not reach a worker; those of workers ask for them.
os.environ["INPAINTBENCH_ISOLATION"] = "none"

import hypothesis
import pandas as pd
import pytest
import torch
from jaxtyping import install_import_hook

CHECKED = (
    "inpaintbench.holes",
    "inpaintbench.ops",
    "inpaintbench.pictures",
    "inpaintbench.metrics",
    "inpaintbench.execution.evaluating.contract",
    "inpaintbench.execution.evaluating.loader",
    "inpaintbench.execution.evaluating.samples",
    "inpaintbench.execution.evaluating.scoring",
    "inpaintbench.training.charts",
    "inpaintbench.training.history",
    "inpaintbench.training.lessons",
    "inpaintbench.training.networks",
    "inpaintbench_methods",
    "inpaintbench_datasets",
    "inpaintbench_masks",
)
"""Modules whose shape annotations are checked at run time, in the tests alone."""

_tests = itertools.count()
_hook = install_import_hook(list(CHECKED), "beartype.beartype")
torch.set_num_threads(1)

from inpaintbench.records import CellRecord  # noqa: E402  not before the hook
from inpaintbench.stored import describe_table  # noqa: E402

# The same examples in every run, and no clock: a busy machine is no failure.
hypothesis.settings.register_profile("repository", deadline=None, derandomize=True)
hypothesis.settings.load_profile("repository")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip, with the reason, what this machine lacks."""
    no_gpu = pytest.mark.skip(reason="there is no CUDA device here")
    no_data = pytest.mark.skip(reason="INPAINTBENCH_DATA is not set, or names no folder")
    slow = pytest.mark.skip(reason="slow: run with -m slow")
    no_workers = pytest.mark.skip(reason="Windows has no worker processes")
    asked = items[0].config.getoption("-m") if items else ""
    has_data = Path(os.environ.get("INPAINTBENCH_DATA", "/nonexistent")).is_dir()
    for item in items:
        if item.get_closest_marker("gpu") and not torch.cuda.is_available():
            item.add_marker(no_gpu)
        if item.get_closest_marker("realdata") and not has_data:
            item.add_marker(no_data)
        if item.get_closest_marker("workers") and sys.platform == "win32":
            item.add_marker(no_workers)
        if item.get_closest_marker("slow") and "slow" not in str(asked):
            item.add_marker(slow)


@pytest.fixture(autouse=True, scope="session")
def _no_cache_of_the_machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep what fixtures of whole modules prepare and train away from the user's folders."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("INPAINTBENCH_CACHE", str(tmp_path_factory.getbasetemp() / "cache"))
        patch.setenv("INPAINTBENCH_CHECKPOINTS", str(tmp_path_factory.getbasetemp() / "checkpoints"))
        yield


@pytest.fixture(autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every test begin with nothing prepared, nothing trained, and nothing remembered of files."""
    number = next(_tests)
    monkeypatch.setenv("INPAINTBENCH_CACHE", str(tmp_path_factory.getbasetemp() / f"cache-{number}"))
    monkeypatch.setenv("INPAINTBENCH_CHECKPOINTS", str(tmp_path_factory.getbasetemp() / f"checkpoints-{number}"))


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let connections reach this machine only."""
    connect = socket.socket.connect

    def local_only(self: socket.socket, address: Any) -> None:
        if isinstance(address, tuple) and address[0] not in ("127.0.0.1", "::1", "localhost"):
            raise OSError(f"a test tried to reach {address}")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", local_only)


@pytest.fixture
def real_data() -> Path:
    """Return the folder with real pictures."""
    return Path(os.environ["INPAINTBENCH_DATA"])


@pytest.fixture(scope="session")
def rewrite() -> Callable[..., None]:
    """Return a function that stores a complete cell anew: with another table of images, and other values in its record.

    What it leaves is sound, as if a run had left it.
    """

    def rewrite(folder: Path, table: Callable[[Any], Any] = lambda table: table, **changes: Any) -> None:
        path = folder / "cell.json"
        record = CellRecord.from_json(json.loads(path.read_bytes()))
        images = folder / "images.parquet"
        table(pd.read_parquet(images)).to_parquet(images)
        record = dataclasses.replace(record, table=describe_table(images), **changes)
        path.write_text(json.dumps(record.to_json()))

    return rewrite


@pytest.fixture
def at_every_step(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Return a function that looks at the disk before and after every step by which an action changes it.

    What it sees is what a kill at that moment would leave.
    """

    def at_every_step(look: Callable[[], object], action: Callable[[], object]) -> None:
        looking = False

        def look_once() -> None:
            nonlocal looking
            if not looking:
                looking = True
                look()
                looking = False

        def watched(function: Callable[..., Any]) -> Callable[..., Any]:
            def step(*arguments: Any, **options: Any) -> Any:
                look_once()
                returned = function(*arguments, **options)
                look_once()
                return returned

            return step

        steps = ((Path, "replace"), (Path, "unlink"), (Path, "open"), (os, "fsync"), (shutil, "copyfile"))
        with monkeypatch.context() as patch:
            for owner, name in steps:
                patch.setattr(owner, name, watched(getattr(owner, name)))
            action()

    return at_every_step


@pytest.fixture(scope="session")
def install() -> Callable[[Path, Path], None]:
    """Return a function that installs a project's folder, sources below src/, into a folder of packages."""

    def install(folder: Path, site: Path) -> None:
        project = tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))["project"]
        name, version = project["name"], project["version"]
        metadata = site / f"{name.replace('-', '_')}-{version}.dist-info"
        metadata.mkdir(parents=True)
        (metadata / "METADATA").write_text(f"Metadata-Version: 2.4\nName: {name}\nVersion: {version}\n")
        groups = project["entry-points"]
        lines = [
            f"[{group}]\n" + "".join(f"{k} = {v}\n" for k, v in points.items()) for group, points in groups.items()
        ]
        (metadata / "entry_points.txt").write_text("\n".join(lines))
        for source in (folder / "src").iterdir():
            (site / source.name).symlink_to(source, target_is_directory=source.is_dir())

    return install
