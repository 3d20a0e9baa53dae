from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inpaintbench.errors import ParameterError, PluginError
from inpaintbench.parameters import REQUIRED, Kind, Parameter, Value, format_value, resolve_extent


def parameter(kind: Kind, minimum: float = -math.inf, maximum: float = math.inf) -> Parameter:
    return Parameter(name="p", kind=kind, help="", minimum=minimum, maximum=maximum)


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        ("integer", "-3", -3),
        ("number", "3", 3.0),
        ("number", "1e-4", 1e-4),
        ("boolean", "true", True),
        ("boolean", "No", False),
        ("boolean", "1", True),
        ("text", "a b", "a b"),
        ("path", "masks/thick", "masks/thick"),
        ("extent", "20", 20),
        ("extent", "1", 1),
        ("extent", "1.0", 1.0),
        ("extent", "0.25", 0.25),
        ("extent", ".5", 0.5),
        ("extent", "1e-05", 1e-5),
    ],
)
def test_texts_are_read_as_values_of_their_kind(kind: Kind, text: str, value: Value) -> None:
    read = parameter(kind).parse(text)

    assert read == value
    assert type(read) is type(value)


@pytest.mark.parametrize(
    ("kind", "text", "expected"),
    [
        ("integer", "3.0", "a whole number"),
        ("integer", "three", "a whole number"),
        ("number", "nan", "a number"),
        ("number", "inf", "a number"),
        ("number", "1e999", "a number"),
        ("boolean", "maybe", "true or false"),
        ("text", "", "text"),
        ("path", "", "a path"),
        ("extent", "0.0", "a whole number of pixels, or a fraction such as 0.25"),
        ("extent", "1.5", "a whole number of pixels, or a fraction such as 0.25"),
        ("extent", "-0.5", "a whole number of pixels, or a fraction such as 0.25"),
        ("extent", "nan", "a whole number of pixels, or a fraction such as 0.25"),
        ("extent", "20px", "a whole number of pixels, or a fraction such as 0.25"),
    ],
)
def test_other_texts_are_refused_with_what_was_expected(kind: Kind, text: str, expected: str) -> None:
    with pytest.raises(ParameterError, match=rf"^p={text} is not possible: expected {expected}\.$"):
        parameter(kind).parse(text)


@pytest.mark.parametrize(
    ("kind", "low", "high", "expected"),
    [
        ("integer", "0", "6", "a whole number at least 1 and at most 5"),
        ("number", "0.99", "5.01", "a number at least 1 and at most 5"),
        ("extent", "0", "6", "a whole number of pixels at least 1 and at most 5, or a fraction such as 0.25"),
    ],
)
def test_the_ends_of_a_range_belong_to_it(kind: Kind, low: str, high: str, expected: str) -> None:
    ranged = parameter(kind, minimum=1, maximum=5)

    assert ranged.parse("1") == 1
    assert ranged.parse("5") == 5
    for outside in (low, high):
        with pytest.raises(ParameterError, match=rf"^p={outside} is not possible: expected {expected}\.$"):
            ranged.parse(outside)


def test_the_range_of_an_extent_is_of_pixels_and_leaves_fractions_alone() -> None:
    assert parameter("extent", minimum=2, maximum=5).parse("0.01") == 0.01


def test_choices_are_exact() -> None:
    choice = Parameter(name="hole", kind="text", help="", choices=("white", "black"))

    assert choice.parse("white") == "white"
    with pytest.raises(ParameterError, match=r"^hole=White is not possible: expected one of white, black\.$"):
        choice.parse("White")


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("integer", True),
        ("integer", 3.0),
        ("integer", "3"),
        ("number", "3"),
        ("number", False),
        ("number", None),
        ("number", math.nan),
        ("number", 10**400),
        ("boolean", 1),
        ("boolean", "true"),
        ("text", 3),
        ("path", b"masks"),
        ("extent", 1.5),
        ("extent", -0.5),
        ("extent", True),
    ],
)
def test_values_of_another_type_are_refused(kind: Kind, value: object) -> None:
    with pytest.raises(ParameterError, match=r"^p=.* is not possible: expected "):
        parameter(kind).check(value)


def test_a_whole_number_of_any_size_is_a_whole_number() -> None:
    assert parameter("integer").check(10**400) == 10**400
    with pytest.raises(ParameterError, match="at most 5"):
        parameter("integer", maximum=5).check(10**400)


@pytest.mark.parametrize(
    ("kind", "given", "held"),
    [
        ("number", 3, 3.0),
        ("integer", np.int64(3), 3),
        ("number", np.float64(0.5), 0.5),
        ("extent", np.int32(20), 20),
        ("extent", np.float64(0.5), 0.5),
        ("path", Path("a") / "b", str(Path("a") / "b")),
    ],
)
def test_numpys_numbers_and_paths_become_pythons_own_types(kind: Kind, given: object, held: Value) -> None:
    value = parameter(kind).check(given)

    assert value == held
    assert type(value) is type(held)
    assert parameter(kind).parse(format_value(value)) == held


VALUES: dict[Kind, st.SearchStrategy[Value]] = {
    "integer": st.integers(),
    "number": st.floats(allow_nan=False, allow_infinity=False),
    "boolean": st.booleans(),
    "extent": st.one_of(st.integers(), st.floats(0, 1, exclude_min=True)),
}


@pytest.mark.parametrize("kind", VALUES)
@given(data=st.data())
def test_what_is_written_is_read_back_the_same(kind: Kind, data: st.DataObject) -> None:
    value = data.draw(VALUES[kind])

    read = parameter(kind).parse(format_value(value))

    assert repr(read) == repr(value)
    assert repr(parameter(kind).check(read)) == repr(value)


@given(st.text(min_size=1).filter(lambda text: not set(text) & set(',[]="') and text == text.strip()))
def test_plain_text_is_written_as_it_is(text: str) -> None:
    assert format_value(text) == text


def test_text_with_signs_of_a_selector_is_quoted() -> None:
    assert format_value("a,b") == '"a,b"'
    assert format_value(' "x"\\=') == '" \\"x\\"\\\\="'


def test_a_parameter_without_default_must_be_given() -> None:
    assert parameter("path").default is REQUIRED
    assert parameter("path").required
    assert not Parameter(name="p", kind="boolean", help="", default=False).required


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(
        PluginError, match=r"^The parameter p is of the kind 'float'; expected one of integer, number, "
    ):
        parameter("float")  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", ["integer", "number", "boolean", "path", "extent"])
def test_only_text_can_have_choices(kind: Kind) -> None:
    with pytest.raises(PluginError, match=rf"^The parameter p has choices, and is of the kind {kind}; only text "):
        Parameter(name="p", kind=kind, help="", choices=("a", "b"))


@pytest.mark.parametrize(
    ("kind", "default", "constraints"),
    [
        ("integer", "3", {}),
        ("integer", 2.5, {}),
        ("integer", 0, {"minimum": 1}),
        ("number", 6, {"maximum": 5}),
        ("number", math.nan, {}),
        ("boolean", 1, {}),
        ("text", "grey", {"choices": ("white", "black")}),
        ("path", "", {}),
        ("extent", 1.5, {}),
    ],
)
def test_a_default_that_could_not_be_given_is_refused(kind: Kind, default: Value, constraints: dict[str, Any]) -> None:
    with pytest.raises(PluginError, match=r"^The default of the parameter p cannot be used: p=.* is not possible: "):
        Parameter(name="p", kind=kind, help="", default=default, **constraints)


@pytest.mark.parametrize(("kind", "held"), [("number", 3.0), ("integer", 3), ("extent", 3)])
def test_a_whole_default_of_a_number_is_held_as_a_number(kind: Kind, held: Value) -> None:
    default = Parameter(name="p", kind=kind, help="", default=3).default

    assert default == held
    assert type(default) is type(held)


def test_only_paths_are_places() -> None:
    kinds: tuple[Kind, ...] = ("integer", "number", "boolean", "text", "path", "extent")

    assert [kind for kind in kinds if parameter(kind).is_place] == ["path"]


@pytest.mark.parametrize(
    ("extent", "total", "pixels"),
    [(20, 64, 20), (90, 64, 90), (0.3125, 64, 20), (0.3125, 128, 40), (1.0, 64, 64), (0.001, 64, 1), (0.5, 5, 3)],
)
def test_extents_in_pixels(extent: float, total: int, pixels: int) -> None:
    assert resolve_extent(extent, total) == pixels


@given(st.floats(0, 1, exclude_min=True), st.integers(1, 10**7))
def test_a_fraction_is_at_least_one_pixel_and_at_most_all(extent: float, total: int) -> None:
    assert 1 <= resolve_extent(extent, total) <= total
