"""`bench plan`: what would be run, and why; it writes nothing."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

import inpaintbench.execution.planning.plan as plan_module
from inpaintbench.weights import WeightsFile


def test_a_plan_says_what_would_run_and_why(bench: Any, small: list[str], tmp_path: Path) -> None:
    plugin = tmp_path / "specimens.py"
    shutil.copy(small[1], plugin)
    small[1] = str(plugin)
    bench("run", *small, "-m", "broken[how=raises]")
    current = bench("plan", *small, "-m", "broken[how=raises]", "-m", "slow")
    plugin.write_text(plugin.read_text(encoding="utf-8") + "\n# another version\n", encoding="utf-8")
    changed = bench("plan", *small)

    assert current.code == changed.code == 0
    noise, broken, slow, summary = current.out.splitlines()
    assert noise.split() == ["noise", "×", "drawn", "×", "dots", "cached", "6", "images"]
    assert broken.split()[5:8] == ["failed", "6", "images"]
    assert "failed: the method is broken" in " ".join(broken.split())
    assert slow.split()[5] == "missing"
    assert summary == "3 cells (1 cached, 1 failed, 1 missing); 1 would run. Results in results/embedded."
    assert "stale" in changed.out
    assert "differs in method code" in changed.out
    assert "1 would run" in changed.out
    assert "0 would run" in bench("plan", *small, "--rerun", "missing").out


def test_a_plan_as_json(bench: Any, small: list[str]) -> None:
    outcome = bench("plan", *small, "-m", "slow", "--limit", "2", "--json")
    rows = json.loads(outcome.out)

    assert outcome.code == 0
    assert [(row["method"], row["state"], row["runs"], row["images"]) for row in rows] == [
        ("noise", "missing", True, 2),
        ("slow", "missing", True, 2),
    ]
    assert all(row["folder"].endswith(row["key"]) for row in rows)


def test_a_plan_writes_and_fetches_nothing(
    bench: Any, small: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(self: WeightsFile, timeout: float = 0.0) -> Path:
        raise AssertionError("a plan must not fetch anything")

    monkeypatch.setattr(WeightsFile, "ensure", refuse)
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    outcome = bench("plan", *small, "--metric", "lpips")

    assert outcome.code == 0
    assert list(tmp_path.iterdir()) == []


def test_a_plan_of_the_embedded_suite(bench: Any) -> None:
    outcome = bench("plan")

    assert outcome.code == 0
    trainings = [line.split() for line in outcome.out.splitlines() if line.startswith("train ")]
    assert len(trainings) == 6
    assert all("shipped" in line for line in trainings)
    assert outcome.out.splitlines()[-1] == "60 cells (60 missing); 60 would run. Results in results/embedded."


def test_what_cannot_be_planned(bench: Any, small: list[str]) -> None:
    outcome = bench("plan", *small, "-m", "nois")

    assert outcome.code == 2
    assert "Did you mean noise?" in outcome.err


def test_every_state_has_a_rerun_that_runs_it() -> None:
    assert plan_module.RERUNS["all"] == {"missing", "interrupted", "stale", "failed", "cached"}
