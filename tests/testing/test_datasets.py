from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from inpaintbench.testing import Outcome
from inpaintbench.testing.datasets import DATASET_CHECKS

WRONG = Path(__file__).with_name("wrong_datasets.py")
ALL = {check.name for check in DATASET_CHECKS}
CONSTRUCTORS = {"builds_offline", "builds_without_writing"}

Examine = Callable[..., dict[str, Outcome]]
Statuses = Callable[..., dict[str, dict[str, str]]]


@pytest.fixture(autouse=True)
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Path:
    """Let relative paths lead below a folder of the test, unless it needs the machine's own."""
    if request.node.get_closest_marker("realdata") is None:
        monkeypatch.setenv("INPAINTBENCH_DATA", str(tmp_path))
        monkeypatch.chdir(tmp_path)
    return tmp_path


def names(outcomes: dict[str, Outcome], status: str) -> set[str]:
    return {name for name, outcome in outcomes.items() if outcome.status == status}


@pytest.mark.parametrize("check", DATASET_CHECKS, ids=str)
def test_a_data_set_with_one_fault_is_caught_by_the_check_of_that_name(check: Any, examine: Examine) -> None:
    outcomes = examine("dataset", f"wrong_{check.name}", WRONG)

    assert names(outcomes, "broken") == {check.name}
    assert names(outcomes, "kept") >= set(check.needs)


def test_a_data_set_without_a_fault_keeps_all_promises(examine: Examine) -> None:
    assert names(examine("dataset", "right", WRONG), "kept") == ALL


def test_a_folder_that_a_constructor_makes_is_seen(examine: Examine, data: Path) -> None:
    outcomes = examine("dataset", f'makes_a_folder[path="{data / "pictures"}"]', WRONG)

    assert names(outcomes, "broken") == {"builds_without_writing"}
    assert str(data / "pictures") in outcomes["builds_without_writing"].said


def test_of_a_data_set_whose_files_are_not_here_the_constructor_alone_is_tried(examine: Examine) -> None:
    outcomes = examine("dataset", "absent", WRONG)

    assert names(outcomes, "kept") == CONSTRUCTORS
    assert names(outcomes, "not applicable") == ALL - CONSTRUCTORS
    assert outcomes["lists"].said == "its files are not here: There is no folder wrong-data. Buy the pictures."


def test_a_split_that_is_there_is_tried_though_others_are_not(statuses: Statuses, data: Path) -> None:
    for number in range(3):
        levels = np.full((8, 9, 3), 40 * number, dtype=np.uint8)
        (data / "mine" / "test").mkdir(parents=True, exist_ok=True)
        Image.fromarray(levels).save(data / "mine" / "test" / f"{number}.png")
    (outcomes,) = statuses("dataset", "image_folder[path=mine]").values()

    absent = {name for name, status in outcomes.items() if status == "not applicable"}
    assert absent == {"splits_disjoint", "sources"}
    assert {outcomes[name] for name in ALL - absent} == {"kept"}


def test_bundled_data_sets_without_files_keep_all_promises(statuses: Statuses) -> None:
    (outcomes,) = statuses("dataset", "cartoon_faces").values()

    absent = {name for name, status in outcomes.items() if status == "not applicable"}
    assert absent == {"missing_split", "labels", "sources"}
    assert {outcomes[name] for name in ALL - absent} == {"kept"}


def test_photos_keeps_all_promises_but_one_that_it_waives(statuses: Statuses) -> None:
    (outcomes,) = statuses("dataset", "photos").values()

    assert {outcomes[name] for name in ALL - {"labels", "missing_split"}} == {"kept"}
    assert outcomes["missing_split"] == "waived"


@pytest.mark.realdata
def test_data_sets_with_files_keep_all_promises(statuses: Statuses) -> None:
    found = statuses("dataset", "celeba", "bsds500", "dtd", "oxford_pets")

    for outcomes in found.values():
        assert set(outcomes.values()) <= {"kept", "not applicable"}
        assert {outcomes[name] for name in ("loads_rgb", "decodes_unlisted", "fingerprint_of_items")} == {"kept"}
    assert {name for name, outcomes in found.items() if outcomes["labels"] == "kept"} >= {"dtd", "oxford_pets"}
