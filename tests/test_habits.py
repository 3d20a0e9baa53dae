"""Files around the code say the same: what is checked, which Pythons are tested, how changes are told."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parent.parent
WORKFLOWS = ROOT / ".github/workflows"
SECTIONS = {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}
"""Those of Keep a Changelog."""


def read_yaml(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def project() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def hooks() -> list[dict[str, Any]]:
    return [hook for repo in read_yaml(ROOT / ".pre-commit-config.yaml")["repos"] for hook in repo["hooks"]]


def first_words(command: str) -> tuple[str, ...]:
    """Return a program and what it is told, without options that a list of files needs, and without files."""
    words = command.removesuffix("--force-exclude").split()
    known = 3 if words[0] == "check-jsonschema" else 2 if words[0] == "ruff" else 1
    return tuple(words[:known])


def test_a_commit_is_checked_by_what_ci_checks() -> None:
    lines = (ROOT / ".ci/check").read_text(encoding="utf-8").splitlines()
    checks = [line.replace("--check ", "") for line in lines if line and not line.startswith(("#", "set ", "cd "))]
    assert sorted(map(first_words, checks)) == sorted(first_words(hook["entry"]) for hook in hooks())


@pytest.mark.parametrize("workflow", ["workflows", "issue-forms", "issue-config", "citation"])
def test_a_hook_looks_at_files_that_are_there(workflow: str) -> None:
    (pattern,) = [hook["files"] for hook in hooks() if hook["id"] == workflow]
    names = [path.relative_to(ROOT).as_posix() for path in (*ROOT.glob("*"), *(ROOT / ".github").rglob("*"))]
    assert [name for name in names if re.search(pattern, name)]


def test_every_python_that_is_declared_is_tested(project: dict[str, Any]) -> None:
    declared = re.findall(r"Python :: (3\.\d+)", "\n".join(project["classifiers"]))
    matrix = read_yaml(WORKFLOWS / "tests.yml")["jobs"]["tests"]["strategy"]["matrix"]
    assert matrix["python"] == declared
    assert matrix["system"] == ["ubuntu-latest", "macos-latest", "windows-latest"]
    assert project["requires-python"] == f">={declared[0]}"


@pytest.mark.parametrize("path", sorted(WORKFLOWS.glob("*.yml")), ids=lambda path: path.name)
def test_a_workflow_may_read_and_no_more_and_ends_in_time(path: Path) -> None:
    workflow = read_yaml(path)
    assert workflow["permissions"] == {"contents": "read"}
    assert all("timeout-minutes" in job for job in workflow["jobs"].values())


def test_the_changelog_keeps_its_form() -> None:
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    versions = re.findall(r"^## (.+)$", text, re.MULTILINE)
    assert versions
    for version in versions:
        assert re.fullmatch(r"\[\d+\.\d+\.\d+\] - (Unreleased|\d{4}-\d\d-\d\d)", version), version
    numbers = [tuple(map(int, re.findall(r"\d+", version)[:3])) for version in versions]
    assert numbers == sorted(set(numbers), reverse=True)
    assert [version for version in versions if "Unreleased" in version] in ([], versions[:1])
    for release in re.split(r"^## ", text, flags=re.MULTILINE)[1:]:
        sections = re.findall(r"^### (.+)$", release, re.MULTILINE)
        assert sections
        assert set(sections) <= SECTIONS
        assert len(sections) == len(set(sections))


LIKE_WINDOWS = """
import importlib, os, pkgutil, signal, socket, subprocess, sys, types
import click, concurrent.futures.process, filelock, http.server, jinja2, lpips, matplotlib.pyplot
import multiprocessing.connection, pandas, plotly.graph_objects, psutil, pyarrow.parquet, pytest
import rich.console, scipy.stats, torchmetrics
subprocess.signal = types.SimpleNamespace(**vars(signal))  # the standard library's own goes on as it was
extras = ("cv2", "datasets", "onnxruntime", "ray", "submitit", "tensorboard")
for name in ("fcntl", "grp", "pty", "pwd", "resource", "termios", "tty", *extras):
    sys.modules[name] = None
for name in ("SIGHUP", "SIGKILL", "SIGSTOP", "SIGCONT", "SIGCHLD", "SIGUSR1", "SIGUSR2", "SIGQUIT", "pthread_sigmask"):
    delattr(signal, name)
for name in ("fork", "getsid", "setsid", "getuid", "killpg", "openpty"):
    delattr(os, name)
del socket.send_fds, socket.recv_fds
seen = 0
for package in ("inpaintbench", "inpaintbench_methods", "inpaintbench_datasets", "inpaintbench_masks"):
    for module in pkgutil.walk_packages(importlib.import_module(package).__path__, package + "."):
        try:
            importlib.import_module(module.name)
        except ModuleNotFoundError as error:
            if str(error.name).partition(".")[0] not in extras:
                raise
        seen += 1
print(seen)
"""
"""Imports every module where much of what only Unix has is gone."""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="it is Windows itself")
def test_every_module_is_imported_where_unix_is_not() -> None:
    sources = [ROOT, ROOT / "methods", ROOT / "datasets", ROOT / "masks"]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(map(str, sources))}
    done = subprocess.run(
        [sys.executable, "-c", LIKE_WINDOWS], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 100
