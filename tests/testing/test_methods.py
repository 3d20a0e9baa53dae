"""Each wrong method is found by the check that names its fault, and by no other; bundled methods pass them all."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import torch

from inpaintbench.api import MethodSpec
from inpaintbench.errors import UsageError
from inpaintbench.plugins import Registry, load_registry
from inpaintbench.selectors import select
from inpaintbench.testing import Examination, Outcome
from inpaintbench.testing.methods import METHOD_CHECKS, keeping

WRONG = Path(__file__).with_name("wrong_methods.py")
NAMES = [check.name for check in METHOD_CHECKS]


@cache
def registry() -> Registry:
    return load_registry([str(WRONG)])


def examined(selector: str, *only: str) -> dict[str, Outcome]:
    (selection,) = select([selector], MethodSpec, registry())
    with Examination(selection, registry(), "cpu") as examination:
        return {outcome.check.name: outcome for outcome in examination.outcomes(only)}


@pytest.mark.parametrize("name", NAMES)
def test_a_broken_promise_is_found_by_its_check_alone(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeping, "_devices", lambda home: [torch.device("cpu")])
    outcomes = examined(name)

    assert list(outcomes) == NAMES
    assert [one for one, outcome in outcomes.items() if outcome.status == "broken"] == [name]
    for outcome in outcomes.values():
        if outcome.status == "blocked":
            assert name in outcome.said or "needs" in outcome.said
            assert name in outcome.check.needs


@pytest.mark.parametrize(
    "name", ["mean_fill", "harmonic", "tv", "biharmonic", "opencv[algorithm=telea]", "right_learner", "refuses"]
)
def test_a_right_method_keeps_every_promise(name: str) -> None:
    outcomes = examined(name)

    assert {outcome.status for outcome in outcomes.values()} <= {"kept", "not applicable"}
    absent = {one for one, outcome in outcomes.items() if outcome.status == "not applicable"}
    learns = {"trains_on_train_split", "training_resumes", "training_learns"}
    sizes = {"every_size", "one_pixel"} if name == "refuses" else set()
    expected = sizes | (set() if name == "right_learner" else learns)
    assert absent - {"moves"} == expected


@pytest.mark.slow
@pytest.mark.parametrize("selector", ["yeh[iterations=30]", "context_encoder", "glcic"])
def test_a_bundled_method_that_learns_keeps_every_promise(selector: str) -> None:
    outcomes = examined(selector)

    assert [outcome for outcome in outcomes.values() if outcome.status not in ("kept", "not applicable")] == []
    assert {outcomes[name].status for name in ("training_resumes", "training_learns", "reloads")} == {"kept"}


def test_what_is_waived_is_tried_and_told_with_the_reason() -> None:
    outcome = examined("waived", "output_range")["output_range"]

    assert outcome.status == "waived"
    assert outcome.said.startswith(
        "Its numbers are levels, as its paper has them. (100% of the numbers inside the holes"
    )


def test_a_waiver_that_is_not_needed_is_told() -> None:
    outcome = examined("needlessly_waived", "output_range")["output_range"]

    assert (outcome.status, outcome.said) == ("kept", "kept, although it is waived: the waiver can go")


def test_a_waiver_of_no_check_is_refused() -> None:
    with pytest.raises(UsageError, match="unknown_waiver waives the check 'tidy', which no method has"):
        examined("unknown_waiver")


def test_a_check_that_is_not_there_is_refused() -> None:
    with pytest.raises(UsageError, match="Asked for is the check 'tidy'"):
        examined("mean_fill", "tidy")


def test_a_check_brings_what_it_needs_and_no_more() -> None:
    names = list(examined("mean_fill", "input_unchanged"))

    assert names[-1] == "input_unchanged"
    assert set(names) == {*METHOD_CHECKS[NAMES.index("input_unchanged")].needs, "input_unchanged"}


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("state_left_alone", "It changed: torch's random numbers, NumPy's random numbers."),
        ("sets_threads", "It changed: number of threads."),
        ("sets_gradients", "It changed: gradients."),
        ("sets_environment", "It changed: environment."),
        ("sets_folder", "It changed: working directory."),
    ],
)
def test_what_a_method_sets_is_found_though_it_sets_it_each_time_and_put_back(name: str, said: str) -> None:
    threads, drawn, numpy = torch.get_num_threads(), torch.random.get_rng_state(), np.random.get_state()[1]
    folder, environment = Path.cwd(), dict(os.environ)
    outcomes = examined(name, "state_left_alone")

    assert [one for one, outcome in outcomes.items() if outcome.status == "broken"] == ["state_left_alone"]
    assert outcomes["state_left_alone"].said == said
    assert (torch.get_num_threads(), torch.is_grad_enabled()) == (threads, True)
    assert torch.equal(torch.random.get_rng_state(), drawn)
    assert np.array_equal(np.random.get_state()[1], numpy)
    assert (Path.cwd(), dict(os.environ)) == (folder, environment)


def test_a_checkpoint_that_is_not_there_is_refused() -> None:
    with pytest.raises(UsageError, match="/nowhere holds no finished checkpoint"):
        examined("right_learner[checkpoint=/nowhere]")


def test_what_the_plugin_raises_is_told_with_its_place() -> None:
    said = examined("completes", "completes")["completes"].said

    assert said.startswith("RuntimeError: out of ideas (")
    assert "wrong_methods.py, line" in said


@pytest.mark.parametrize("check", METHOD_CHECKS, ids=str)
def test_each_check_is_documented_and_comes_after_what_it_needs(check: object) -> None:
    position = METHOD_CHECKS.index(check)  # type: ignore[arg-type]

    assert METHOD_CHECKS[position].promise.endswith(".")
    assert set(METHOD_CHECKS[position].needs) <= set(NAMES[:position])
