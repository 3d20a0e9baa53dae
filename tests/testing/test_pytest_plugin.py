"""The checks as tests of pytest, in a run of pytest of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

WRONG = Path(__file__).with_name("wrong_methods.py")

TESTS = f"""
import pytest

@pytest.mark.inpaintbench("output_range", "waived", plugin={str(WRONG)!r})
@pytest.mark.inpaintbench("mean_fill")
def test_promises(inpaintbench_check):
    inpaintbench_check()
"""


def run_pytest(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-rA", "--strict-markers", *arguments]
    environment = os.environ | {"PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, env=environment, check=False)


@pytest.fixture(scope="module")
def summary(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return what pytest prints of a right method, a wrong one, and one whose fault is waived."""
    folder = tmp_path_factory.mktemp("own")
    (folder / "test_own.py").write_text(TESTS)
    (folder / "pytest.ini").write_text("[pytest]\n")
    names = "output_range or output_shape or any_order or training_learns"
    return run_pytest(folder, "-k", names).stdout


@pytest.mark.parametrize(
    ("outcome", "test"),
    [
        ("PASSED", "mean_fill-output_range"),
        ("PASSED", "mean_fill-any_order"),
        ("PASSED", "output_range-output_shape"),
        ("FAILED", "output_range-output_range"),
        ("XFAIL", "waived-output_range"),
    ],
)
def test_each_check_is_a_test(summary: str, outcome: str, test: str) -> None:
    assert f"{outcome} test_own.py::test_promises[{test}]" in summary


def test_a_broken_promise_is_told_without_a_traceback(summary: str) -> None:
    assert "What it returns inside the holes lies in [0, 1].\n100% of the numbers inside the holes lie more" in summary
    assert "Traceback" not in summary


def test_what_builds_on_a_broken_check_is_skipped(summary: str) -> None:
    assert "needs output_range" in summary
    assert "it learns nothing" in summary


def test_the_fixture_without_a_mark_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "test_own.py").write_text("def test_promises(inpaintbench_check):\n    inpaintbench_check()\n")
    done = run_pytest(tmp_path)

    assert done.returncode != 0
    assert "takes inpaintbench_check and has no mark inpaintbench(SELECTOR)" in done.stdout + done.stderr
