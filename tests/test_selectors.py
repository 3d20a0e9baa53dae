from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inpaintbench.api import MaskSpec, MethodSpec, Parameter, PluginSpec
from inpaintbench.errors import ParameterError, PluginError, UnknownNameError, UsageError
from inpaintbench.parameters import Value, format_value
from inpaintbench.plugins import PluginSource, Registry
from inpaintbench.selectors import Selection, resolve_target, select

SOURCE = PluginSource("bundled", "test")


def mask(name: str, *parameters: Parameter) -> MaskSpec:
    return MaskSpec(name=name, target="a:B", summary="", parameters=parameters)


SIDE = Parameter(name="side", kind="extent", help="", default=20, minimum=1, always_shown=True)
ALL_KINDS = mask(
    "all_kinds",
    Parameter(name="text", kind="text", help="", default="plain"),
    Parameter(name="number", kind="number", help="", default=1),
    Parameter(name="whole", kind="integer", help="", default=0, minimum=-(10**6)),
    Parameter(name="flag", kind="boolean", help="", default=False),
    Parameter(name="extent", kind="extent", help="", default=1, minimum=1),
    Parameter(name="path", kind="path", help="", default="here"),
)
REGISTRY = Registry()
REGISTRY.add(
    [
        mask("center_square", SIDE),
        mask("center_disc", Parameter(name="diameter", kind="extent", help="", default=20, minimum=2)),
        mask(
            "folder",
            Parameter(name="path", kind="path", help="Where the pictures are."),
            Parameter(name="hole", kind="text", help="", default="white", choices=("white", "black")),
        ),
        ALL_KINDS,
        MethodSpec(name="tv", target="a:B", summary=""),
    ],
    SOURCE,
)


def masks(*selectors: str) -> list[str]:
    return [selection.name for selection in select(selectors, MaskSpec, REGISTRY)]


def one(selector: str) -> Selection[MaskSpec]:
    (selection,) = select([selector], MaskSpec, REGISTRY)
    return selection


texts = st.text(min_size=1, max_size=20) | st.text(alphabet="ab,[]=\"\\ \t\n'*?", min_size=1, max_size=12)
values = st.fixed_dictionaries(
    {},
    optional={
        "text": texts,
        "number": st.floats(allow_nan=False, allow_infinity=False),
        "whole": st.integers(-(10**6), 10**9),
        "flag": st.booleans(),
        "extent": st.integers(1, 4096) | st.floats(0, 1, exclude_min=True),
        "path": texts,
    },
)


def written(values: dict[str, Value]) -> str:
    return "all_kinds[" + ",".join(f"{name}={format_value(value)}" for name, value in values.items()) + "]"


@settings(deadline=None)
@given(values)
def test_a_name_selects_the_same_values_again(values: dict[str, Value]) -> None:
    selection = one(written(values))

    assert {name: dict(selection.values)[name] for name in values} == values
    assert one(selection.name) == selection
    assert [type(value) for _, value in one(selection.name).values] == [type(value) for _, value in selection.values]


@settings(deadline=None)
@given(values, values)
def test_names_are_equal_only_if_values_are(first: dict[str, Value], second: dict[str, Value]) -> None:
    one_of, other = one(written(first)), one(written(second))

    def typed(selection: Selection[MaskSpec]) -> list[tuple[type, Value]]:
        return [(type(value), value) for _, value in selection.values]

    assert (one_of.name == other.name) == (typed(one_of) == typed(other))


@settings(deadline=None)
@given(values)
def test_the_portable_name_knows_no_path_and_no_order(values: dict[str, Value]) -> None:
    without = {name: value for name, value in values.items() if name != "path"}
    selection = one(written(values))

    assert selection.portable_name == one(written(without)).portable_name
    assert selection.portable_name == one(written(dict(reversed(values.items())))).portable_name
    assert "path" not in selection.portable_values


def test_portable_names_by_hand() -> None:
    assert one("center_square").portable_name == "center_square"
    assert one("center_square[side=30]").portable_name == "center_square[side=30]"
    assert one("folder[path=/data/masks]").portable_name == "folder"
    assert one("folder[path=/data/masks,hole=black]").portable_name == "folder[hole=black]"
    assert one("all_kinds[whole=2,flag=true]").portable_name == "all_kinds[flag=true,whole=2]"


def test_defaults_are_shown_where_tables_compare_them_and_only_there() -> None:
    assert masks("center_square", "center_disc", "center_disc[diameter=20]", "center_disc[diameter=10]") == [
        "center_square[side=20]",
        "center_disc",
        "center_disc[diameter=10]",
    ]


def test_a_default_that_is_written_out_is_the_same_selection() -> None:
    assert one("all_kinds[number=1]") == one("all_kinds")
    assert repr(dict(one("all_kinds").values)["number"]) == repr(dict(one("all_kinds[number=1]").values)["number"])


def test_the_fraction_1_is_not_the_pixel_1() -> None:
    assert masks("all_kinds[extent=1]", "all_kinds[extent=1.0]") == ["all_kinds", "all_kinds[extent=1.0]"]
    assert one("all_kinds[extent=1.0]").portable_name == "all_kinds[extent=1.0]"


def test_selections_keep_their_order_and_come_once() -> None:
    assert masks("center_disc", "center_square[side=20]", "center_square", "center_*", "center_square[side=020]") == [
        "center_disc",
        "center_square[side=20]",
    ]


def test_globs_select_what_they_match_and_what_needs_nothing_more() -> None:
    assert masks("*") == ["center_square[side=20]", "center_disc", "all_kinds"]
    assert masks("center_????") == ["center_disc"]
    assert masks("f*[path=x]") == ["folder[path=x]"]


@pytest.mark.parametrize(
    ("selector", "error", "message"),
    [
        ("centre_square", UnknownNameError, r"no mask called 'centre_square'\. Did you mean center_square"),
        ("tv", UnknownNameError, r"no mask called 'tv'\..*Known: .*center_square"),
        ("x*", UnknownNameError, r"no mask called 'x\*'"),
        (
            "center_square[sid=1]",
            UnknownNameError,
            r"parameter of the mask center_square called 'sid'\. Did you mean side",
        ),
        ("center_*[side=1]", UnknownNameError, "parameter of the mask center_disc called 'side'"),
        ("folder", ParameterError, r"^mask folder: it needs path=…: a path\. Where the pictures are\.$"),
        ("fold*", ParameterError, "mask folder: it needs path=…"),
        (
            "center_square[side=0]",
            ParameterError,
            r"mask center_square: side=0 is not possible: expected a whole number",
        ),
        ("center_square[side=big]", ParameterError, "side=big is not possible"),
        ("all_kinds[flag=maybe]", ParameterError, "flag=maybe is not possible: expected true or false"),
        (
            "all_kinds[whole=1.5]",
            ParameterError,
            "whole=1.5 is not possible: expected a whole number at least -1000000",
        ),
        ("folder[path=x,hole=grey]", ParameterError, "hole=grey is not possible: expected one of white, black"),
        ('folder[path=""]', ParameterError, "path= is not possible: expected a path"),
    ],
)
def test_what_cannot_be_selected_is_refused(selector: str, error: type[UsageError], message: str) -> None:
    with pytest.raises(error, match=message):
        masks(selector)


def test_targets_are_resolved_and_built_with_their_parameters() -> None:
    spec = PluginSpec(name="p", target="fractions:Fraction.from_float", summary="", requires="builtins:dict")
    selection = Selection(spec, SOURCE, ())

    assert resolve_target("fractions:Fraction.from_float")(0.5) == 0.5
    assert Selection(mask("m"), SOURCE, ()).requirements() == ()
    assert selection.requirements() == ()
    built = Selection(PluginSpec(name="p", target="builtins:dict", summary=""), SOURCE, (("a", 1), ("b", "c"))).build()
    assert built == {"a": 1, "b": "c"}


def test_a_target_that_is_not_there_names_itself() -> None:
    with pytest.raises(PluginError, match=r"fractions has no Absent; the spec's target is 'fractions:Absent'"):
        resolve_target("fractions:Absent")
    with pytest.raises(ModuleNotFoundError, match="no_such_module"):
        resolve_target("no_such_module:Class")
