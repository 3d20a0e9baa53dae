from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from inpaintbench.api import MaskSpec
from inpaintbench.errors import ParameterError
from inpaintbench.plugins import load_registry
from inpaintbench.seeding import RandomStream
from inpaintbench.selectors import Selection, resolve_target, select
from inpaintbench.testing import Outcome
from inpaintbench.testing.masks import MASK_CHECKS

WRONG = Path(__file__).with_name("wrong_masks.py")
REGISTRY = load_registry()
ALONE = [
    name
    for name, entry in REGISTRY.of("mask").items()
    if not any(parameter.is_place for parameter in entry.spec.parameters)
]
"""Bundled masks that read no files."""

VARIANTS = (
    "center_square[side=0.5]",
    "circle[diameter=7]",
    "circle[diameter=0.9]",
    "scattered_squares[side=3,area=0.3]",
    "scattered_squares[count=10]",
    "scattered_squares[side=5,area=0.9]",
    "random_pixels[fraction=0.2]",
    "random_pixels[fraction=1.0]",
    *(f"half[side={side}]" for side in ("left", "right", "top", "bottom")),
    "every_second_line[first=1]",
    "super_resolve[stride=3,first=1]",
    "expand[side=20]",
    "random_rectangle[minimum=0.3,maximum=0.6,window=0.6]",
    "random_region[minimum_area=0.1,maximum_area=0.5]",
    "pattern[fraction=0.333]",
    "text[height=9]",
    "text[height=0.3]",
    "text[height=0.05]",
    "free_form[box=true,max_strokes=1]",
    "free_form[max_strokes=1,max_vertices=4,max_width=12]",
    "brush[recipe=comodgan,min_ratio=0.3,max_ratio=0.6]",
    "lama_thick[config=512]",
    "scratches[min_count=1,max_count=2,max_width=9]",
)
SIZES = ((64, 64), (64, 96), (33, 71), (128, 50), (7, 5), (200, 200))

Examine = Callable[..., dict[str, Outcome]]
Statuses = Callable[..., dict[str, dict[str, str]]]


def names(outcomes: dict[str, Outcome], status: str) -> set[str]:
    return {name for name, outcome in outcomes.items() if outcome.status == status}


def mask(text: str) -> Selection[Any]:
    return select([text], MaskSpec, REGISTRY)[0]


@pytest.mark.parametrize("check", MASK_CHECKS, ids=str)
def test_a_mask_with_one_fault_is_caught_by_the_check_of_that_name(check: Any, examine: Examine) -> None:
    outcomes = examine("mask", f"wrong_{check.name}", WRONG)

    assert names(outcomes, "broken") == {check.name}
    assert names(outcomes, "kept") >= set(check.needs)


def test_a_mask_without_a_fault_keeps_all_promises(examine: Examine) -> None:
    assert names(examine("mask", "right", WRONG), "kept") == {check.name for check in MASK_CHECKS}


def test_polarity_needs_a_declaration(examine: Examine) -> None:
    outcomes = examine("mask", "undeclared", WRONG)

    assert names(outcomes, "not applicable") == {"polarity", "coverage"}
    assert outcomes["polarity"].said == "the spec declares no coverage"


def test_a_declaration_that_is_no_range_is_a_fault_of_the_coverage_alone(examine: Examine) -> None:
    outcomes = examine("mask", "misdeclared", WRONG)

    assert names(outcomes, "broken") == {"coverage"}
    assert "(0.3, 0.1); expected two numbers in [0, 1]" in outcomes["coverage"].said


def test_bundled_masks_keep_all_promises(statuses: Statuses) -> None:
    found = statuses("mask", *ALONE)

    assert len(found) == len(ALONE)
    for outcomes in found.values():
        assert outcomes == {check.name: "kept" for check in MASK_CHECKS} | {"fingerprint": "not applicable"}


def test_masks_from_files_keep_all_promises(tmp_path: Path, statuses: Statuses) -> None:
    for number in range(1, 4):
        drawn = np.zeros((40, 50), dtype=np.uint8)
        drawn[: 10 * number, 5:30] = 255
        Image.fromarray(drawn).save(tmp_path / f"{number}.png")
    found = statuses("mask", f'mask_folder[path="{tmp_path}"]', f'irregular[path="{tmp_path}"]')

    assert len(found) == 2
    undeclared = {"polarity": "not applicable", "coverage": "not applicable"}
    for outcomes in found.values():
        assert outcomes == {check.name: "kept" for check in MASK_CHECKS} | undeclared


def test_of_masks_whose_files_are_not_here_nothing_can_be_tried(tmp_path: Path, examine: Examine) -> None:
    outcomes = examine("mask", f'irregular[path="{tmp_path / "nowhere"}"]')

    assert names(outcomes, "not applicable") == {check.name for check in MASK_CHECKS}
    assert "There is no folder" in outcomes["draws"].said


@pytest.mark.realdata
def test_nvidias_masks_keep_all_promises(statuses: Statuses) -> None:
    (outcomes,) = statuses("mask", "irregular[ratio=0.2-0.3]").values()

    undeclared = {"polarity": "not applicable", "coverage": "not applicable"}
    assert outcomes == {check.name: "kept" for check in MASK_CHECKS} | undeclared


@pytest.mark.parametrize("text", [*ALONE, *VARIANTS])
def test_holes_lie_in_the_declared_range_at_every_size(text: str) -> None:
    selection = mask(text)
    drawn = 0
    for height, width in SIZES:
        lowest, highest = resolve_target(selection.spec.coverage)(height, width, **dict(selection.values))
        for seed in range(12):
            try:
                share = selection.build().draw(height, width, RandomStream(seed)).mean()
            except ParameterError:
                continue
            drawn += 1
            assert 0 <= lowest <= highest <= 1
            assert lowest - 1e-12 <= share <= highest + 1e-12, (height, width, seed)
    assert drawn >= 12


@pytest.mark.parametrize(
    ("text", "height", "width", "expected"),
    [
        ("center_square[side=20]", 64, 64, (400 / 4096,) * 2),
        ("circle[diameter=20]", 64, 64, (316 / 4096,) * 2),
        ("half", 5, 4, (0.4, 0.5)),
        ("every_second_line[first=1]", 5, 3, (0.6, 0.6)),
        ("super_resolve", 4, 4, (0.75, 0.75)),
        ("random_rectangle", 64, 64, (24**2 / 4096, 32**2 / 4096)),
        ("scattered_squares[side=2,area=7]", 4, 4, (4 / 16, 7 / 16)),
        ("text[height=7]", 64, 64, (0.0, 12 * 8 * 21 / 4096)),
        ("free_form[box=true]", 256, 256, (96**2 / 256**2, 1.0)),
    ],
)
def test_ranges_that_are_worked_out_by_hand(text: str, height: int, width: int, expected: tuple[float, float]) -> None:
    selection = mask(text)
    found = resolve_target(selection.spec.coverage)(height, width, **dict(selection.values))
    assert found == pytest.approx(expected, abs=1e-12)


def test_of_many_random_pixels_a_share_can_lie_less_far_off() -> None:
    declared = resolve_target(mask("random_pixels").spec.coverage)
    apart = [declared(side, side, fraction=0.8)[1] - 0.8 for side in (64, 128)]
    assert apart[0] == pytest.approx(0.0588, abs=1e-4)  # √(ln(2·10¹²) / (2·4096))
    assert apart[0] == pytest.approx(2 * apart[1])
