"""`bench check`: what it prints, and what it exits with."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from inpaintbench.testing import checks_of

ROOT = Path(__file__).parents[2]
WRONG = str(ROOT / "tests/testing/wrong_methods.py")


def test_a_right_method_exits_with_zero(bench: Any) -> None:
    done = bench("check", "mean_fill", "--only", "output_range")

    assert done.code == 0
    assert done.out.splitlines()[0] == "mean_fill  method"
    assert "✓ output_range" in done.out
    assert "6 kept in" in done.out


def test_a_wrong_one_exits_with_one_and_is_told_what_it_promised(bench: Any) -> None:
    done = bench("check", "--plugin", WRONG, "output_range", "--only", "output_range")

    assert done.code == 1
    assert "✗ output_range" in done.out
    assert "Promised: What it returns inside the holes lies in [0, 1]." in done.out


def test_json_holds_what_is_printed(bench: Any) -> None:
    done = bench("check", "--plugin", WRONG, "waived", "mean_fill", "--only", "output_range", "--json")

    assert done.code == 0
    waived, right = json.loads(done.out)
    assert (waived["plugin"], waived["kind"]) == ("waived", "method")
    assert [one["status"] for one in waived["checks"]] == [*["kept"] * 5, "waived"]
    assert {one["status"] for one in right["checks"]} == {"kept"}
    assert all(one["seconds"] >= 0 for one in right["checks"])


def test_without_a_selector_everything_that_a_file_brings_is_checked(bench: Any) -> None:
    done = bench("check", "--plugin", str(ROOT / "examples/my_method.py"), "--only", "completes")

    assert done.code == 0
    assert done.out.splitlines()[0] == "box_fill  method"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "Nothing is chosen"),
        (["mean_fil"], "There is no plugin called 'mean_fil'. Did you mean mean_fill"),
        (["mean_fill", "--kind", "mask"], "There is no mask called 'mean_fill'"),
        (["mean_fill", "--only", "tidy"], "Asked for is the check 'tidy', which no method has"),
        (["mean_fill[radius=2]"], "radius"),
    ],
)
def test_what_cannot_be_asked_exits_with_two(bench: Any, arguments: list[str], said: str) -> None:
    done = bench("check", *arguments)

    assert done.code == 2
    assert said in done.err


def test_the_list_has_every_check_with_its_promise(bench: Any) -> None:
    done = bench("check", "--list")

    assert done.code == 0
    for kind in ("method", "dataset", "mask", "metric"):
        assert f"of a {kind}" in done.out
        for check in checks_of(kind)[0]:  # type: ignore[arg-type]
            assert f"  {check.name}\n" in done.out
            assert check.promise in (printed := " ".join(done.out.split()))
            assert check.details in printed
            assert not check.needs or f"Builds on {', '.join(check.needs)}." in printed


def test_the_list_as_json(bench: Any) -> None:
    listed = json.loads(bench("check", "--list", "--kind", "method", "--json").out)

    assert [one["check"] for one in listed["method"]] == [check.name for check in checks_of("method")[0]]
    assert all(one["details"] is not None and isinstance(one["needs"], list) for one in listed["method"])


def test_show_tells_what_is_waived_and_why(bench: Any) -> None:
    shown = bench("show", "--plugin", WRONG, "waived").out

    assert "Waives the check output_range: Its numbers are levels, as its paper has them." in shown


def test_show_tells_the_sides_that_a_method_takes(bench: Any) -> None:
    assert "Sides: at least 32 pixels, a multiple of 4 pixels" in bench("show", "glcic").out
    assert "Sides: 32, 64, 128 pixels" in bench("show", "yeh").out
    assert "Sides" not in bench("show", "mean_fill").out
