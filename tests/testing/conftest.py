from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from inpaintbench.api import PluginKind
from inpaintbench.plugins import load_registry
from inpaintbench.selectors import select
from inpaintbench.testing import Examination, Outcome
from inpaintbench.testing.asked import SPECS


@pytest.fixture(scope="session")
def examine() -> Callable[..., dict[str, Outcome]]:
    """Return a function that tries all checks of a plugin, and returns what came of each, by its name."""

    def examine(kind: PluginKind, selector: str, plugin: Path | None = None) -> dict[str, Outcome]:
        registry = load_registry([str(plugin)] if plugin else [])
        (selection,) = select([selector], SPECS[kind], registry)
        with Examination(selection, registry, "cpu") as examination:
            return {outcome.check.name: outcome for outcome in examination.outcomes()}

    return examine


@pytest.fixture(scope="session")
def statuses() -> Callable[..., dict[str, dict[str, str]]]:
    """Return a function that lets `bench check` try plugins, and returns the status of each check, by plugin.

    In a process of its own: the checks of shapes that these tests switch on draw from Python's random numbers, which a
    plugin may not do.
    """

    def statuses(kind: PluginKind, *selectors: str) -> dict[str, dict[str, str]]:
        command = ["from inpaintbench.cli import main; main()", "check", "--kind", kind, "--device", "cpu", "--json"]
        done = subprocess.run([sys.executable, "-c", *command, *selectors], capture_output=True, text=True, check=False)
        assert done.returncode in (0, 1), done.stderr
        documents = json.loads(done.stdout)
        return {one["plugin"]: {check["check"]: check["status"] for check in one["checks"]} for one in documents}

    return statuses
