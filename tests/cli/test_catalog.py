"""`bench list` and `bench show`: everything that is installed, and all about one of them."""

import json
from typing import Any

import pytest

from inpaintbench.plugins import load_registry


def lists(out: str) -> dict[str, list[str]]:
    """Return the first word of each line below each head."""
    blocks = (block.splitlines() for block in out.strip().split("\n\n"))
    return {head: [line.split()[0] for line in lines] for head, *lines in blocks}


def test_list_names_every_plugin(bench: Any) -> None:
    registry = load_registry()
    outcome = bench("list")

    assert outcome.code == 0
    found = lists(outcome.out)
    assert list(found) == ["methods", "datasets", "masks", "metrics"]
    for plural, names in found.items():
        kind = plural.removesuffix("s")
        assert [name.partition("[")[0] for name in names] == list(registry.of(kind))  # type: ignore[arg-type]
    assert "image_folder[path=…]" in found["datasets"]
    assert "\x1b" not in outcome.out
    for entry in registry.of("mask").values():
        assert entry.spec.summary in outcome.out


def test_list_can_be_narrowed(bench: Any) -> None:
    assert list(lists(bench("list", "masks").out)) == ["masks"]
    outcome = bench("list", "mask")
    assert outcome.code == 2
    assert "'mask' is not one of 'methods', 'datasets', 'masks', 'metrics'" in outcome.err


def test_list_names_the_source_of_other_plugins(bench: Any, small: list[str]) -> None:
    outcome = bench("list", "methods", *small[:2])

    (line,) = (line for line in outcome.out.splitlines() if line.startswith("  talkative"))
    assert line.endswith(f"A specimen: talkative.  ({small[1]})")


def test_list_as_json(bench: Any, small: list[str]) -> None:
    outcome = bench("list", "--json", *small[:2])
    document = json.loads(outcome.out)

    assert outcome.code == 0
    assert list(document) == ["methods", "datasets", "masks", "metrics", "problems"]
    assert document["problems"] == []
    (noise,) = (entry for entry in document["methods"] if entry["name"] == "noise")
    assert noise["kind"] == "method"
    assert noise["training"] is None
    assert noise["source"]["kind"] == "given"
    (gain,) = noise["parameters"]
    assert (gain["name"], gain["default"], gain["minimum"], gain["maximum"]) == ("gain", 1.0, 0, None)
    assert gain["expected"] == "a number at least 0"
    assert list(json.loads(bench("list", "masks", "--json").out)) == ["masks", "problems"]


def test_show_says_all_about_one_plugin(bench: Any) -> None:
    outcome = bench("show", "scattered_squares")
    (spec,) = json.loads(bench("show", "scattered_squares", "--json").out)

    assert outcome.code == 0
    assert outcome.out.startswith("scattered_squares  mask, version 1, from inpaintbench_masks (bundled")
    assert spec["summary"] in outcome.out
    for parameter in spec["parameters"]:
        assert f"  {parameter['name']}={parameter['default']}" in outcome.out
        assert parameter["help"] in outcome.out
    assert f"Licence: {spec['licence']}" in outcome.out
    assert "Notes: Squares overlap only where" in outcome.out


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("tv", ["method", "Trains: never", "Publication: ", "Parameters:"]),
        ("image_folder", ["path=… (required)", "Expected: a path."]),
        ("psnr", ["Direction: higher is better", "Unit: dB"]),
        ("lpips", ["net=squeeze", "Expected: one of alex, vgg, squeeze.", "Direction: lower is better"]),
    ],
)
def test_show_knows_every_kind(bench: Any, name: str, words: list[str]) -> None:
    outcome = bench("show", name)

    assert outcome.code == 0
    for word in words:
        assert word in outcome.out


def test_show_of_an_unknown_name(bench: Any) -> None:
    outcome = bench("show", "circel")

    assert outcome.code == 2
    assert "There is no plugin called 'circel'. Did you mean circle" in outcome.err
    assert outcome.out == ""
