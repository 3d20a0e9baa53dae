"""How selectors are read, and which stored names they mean."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inpaintbench.errors import SelectorError
from inpaintbench.parameters import format_value
from inpaintbench.selector_text import matching, parse_selector

STORED = [
    "yeh[preset=quick]", "yeh[preset=paper,iterations=50]", "tv", "tv_slow", "tv[weight=2]", "half",
    "square[fill=0,side=9]", "square[side=9]", 'folder[path="a,b[1]"]', "bad name", "bad\x1b[1m", "bad[no value]",
]  # fmt: skip
BACKTRACKING = """
from inpaintbench.selector_text import matching
assert matching("a*", ["a[x=" + " " * 100_000 + one for one in ('"]', ',"]', '=y z"]')]) == []
"""
"""What an expression that tries again what it has tried would take years for."""


@pytest.mark.parametrize(
    ("text", "name", "parameters"),
    [
        ("tv", "tv", {}),
        (" tv[] ", "tv", {}),
        ("a[x=1,y=2]", "a", {"x": "1", "y": "2"}),
        ("a[ x = 1 , y = b c ]", "a", {"x": "1", "y": "b c"}),
        ("a[x=1,]", "a", {"x": "1"}),
        ('a[x="p,q",y="[r]=s"]', "a", {"x": "p,q", "y": "[r]=s"}),
        (r'a[x="say \"hi\"",y="c:\\d"]', "a", {"x": 'say "hi"', "y": r"c:\d"}),
        (r"a[x=c:\d]", "a", {"x": r"c:\d"}),
        ("a[x=b=c]", "a", {"x": "b=c"}),
        ('a[x=" edge "]', "a", {"x": " edge "}),
        ('a[x=""]', "a", {"x": ""}),
        ("c_*[x=1]", "c_*", {"x": "1"}),
    ],
)
def test_selectors_are_split_into_name_and_texts(text: str, name: str, parameters: dict[str, str]) -> None:
    assert parse_selector(text) == (name, parameters)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "'' is no selector; expected name"),
        ("a[x=1", "is no selector"),
        ("a]", "is no selector"),
        ("a b", "is no selector"),
        ("[x=1]", "is no selector"),
        ("a[x=1]b", "is no selector"),
        ("a,b", "is no selector"),
        ("a[x]", "'x' is no param=value"),
        ("a[=1]", "'=1' is no param=value"),
        ("a[x=1,,y=2]", "',y=2' is no param=value"),
        ("a[x=1 y=2,z]", "'z' is no param=value"),
        ('a[x="1]', "is no param=value; put a value with commas in double quotes"),
        ('a[x="1"2]', "is no param=value"),
        ("a[x=1,x=2]", "gives x twice"),
    ],
)
def test_what_is_no_selector_is_refused(text: str, message: str) -> None:
    with pytest.raises(SelectorError, match=message):
        parse_selector(text)


@pytest.mark.parametrize(
    ("selector", "found"),
    [
        ("tv", ["tv"]),  # in full, though another has the name with parameters
        ("yeh", ["yeh[preset=quick]", "yeh[preset=paper,iterations=50]"]),
        ("tv*", ["tv", "tv_slow", "tv[weight=2]"]),
        ("?v", ["tv", "tv[weight=2]"]),
        ("square[side=9]", ["square[side=9]"]),
        ("square[ side = 9 ]", ["square[fill=0,side=9]", "square[side=9]"]),
        ("square[side=9,fill=0]", ["square[fill=0,side=9]"]),
        ("*[side=9]", ["square[fill=0,side=9]", "square[side=9]"]),
        ("*[preset=q*]", ["yeh[preset=quick]"]),
        ("yeh[iterations=5?]", ["yeh[preset=paper,iterations=50]"]),
        ("yeh[preset=pap]", []),
        ("folder[path=a*]", ['folder[path="a,b[1]"]']),
        ('*[path="*[1]"]', ['folder[path="a,b[1]"]']),
        ("tv[*]", ["tv[weight=2]"]),
        ("*[side*]", ["square[side=9]"]),
        ("[hy]*", []),
        ("TV", []),
        ("bad*", []),
        ("*[1m", []),
        ("bad name", ["bad name"]),
        ("bad\x1b[1m", ["bad\x1b[1m"]),
        ("bad[no value]", ["bad[no value]"]),
        ("half[", []),
        ("", []),
    ],
)
def test_a_selector_means_stored_names(selector: str, found: list[str]) -> None:
    assert matching(selector, STORED) == found


@given(st.text() | st.text(alphabet="ab,[]=\"\\\\ \t\n'*?"), st.lists(st.text(alphabet='ab[]=*",\n'), max_size=4))
def test_a_stored_name_in_full_means_itself_whatever_it_is(name: str, others: list[str]) -> None:
    assert matching(name, [*others, name]) == [name]


letters = st.text(min_size=1, max_size=8) | st.text(alphabet="ab,[]=\"\\ \t\n'", min_size=1, max_size=8)
parameters = st.dictionaries(st.from_regex(r"[a-z]{1,3}", fullmatch=True), letters, max_size=4)


def written(values: dict[str, str]) -> str:
    return f"a[{','.join(f'{name}={format_value(value)}' for name, value in values.items())}]"


@settings(deadline=None)
@given(parameters, st.data())
def test_some_parameters_in_any_order_mean_a_stored_name_and_another_value_does_not(
    values: dict[str, str], data: st.DataObject
) -> None:
    some = {
        name: values[name].translate(str.maketrans("*?", "??"))
        for name in data.draw(st.permutations(sorted(values)))
        if data.draw(st.booleans())
    }
    stored = written(values)

    assert matching(written(some), [stored]) == [stored]
    for name in some:
        assert matching(written({**some, name: f"{values[name]}!"}), [stored]) == []
    assert matching(written({**some, "none": "1"}), [stored]) == []


def test_a_hostile_name_takes_no_time() -> None:
    subprocess.run([sys.executable, "-c", BACKTRACKING], check=True, timeout=60)
