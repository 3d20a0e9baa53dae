"""A manifest comes back as it was written, or is refused with the reason, whoever has had it in hands."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from inpaintbench.errors import StoreError, SuiteError
from inpaintbench.exchange.manifest import Entry, Manifest
from inpaintbench.integrity import sealed

ENTRY = Entry("01-a-b-000000-c.png", "a", "b", "c", 2**63 - 1, "0123456789abcdef", "fedcba9876543210")
MANIFEST = Manifest(
    suite="s",
    datasets=("a",),
    masks=("b",),
    metrics=(),
    size=16,
    seed=0,
    limit=None,
    plugins=("mine.py",),
    entries=(ENTRY,),
)


@pytest.fixture
def altered(tmp_path: Path) -> Callable[[Callable[[dict[str, Any]], object]], Path]:
    """Return a function that changes a manifest's document, and gives it the checksum that belongs to it then."""

    def altered(change: Callable[[dict[str, Any]], object]) -> Path:
        MANIFEST.write(tmp_path)
        path = tmp_path / "manifest.json"
        document = json.loads(path.read_bytes())
        change(document)
        path.write_text(json.dumps(sealed(document)))
        return path

    return altered


def test_it_comes_back_as_it_was(tmp_path: Path) -> None:
    MANIFEST.write(tmp_path)

    assert Manifest.read(tmp_path / "manifest.json") == MANIFEST


def test_the_suite_is_the_one_that_was_exported() -> None:
    suite = MANIFEST.suite_for("photoshop")

    assert (suite.name, suite.methods, suite.datasets, suite.masks) == ("s", ("photoshop",), ("a",), ("b",))
    assert (suite.metrics, suite.size, suite.seed, suite.limit, suite.adapted) == ((), 16, 0, None, False)


@pytest.mark.parametrize(
    "file",
    ["../escaped.png", "/etc/passwd", "a/b.png", "a\\b.png", "..", ".png", "a\0.png", "a.jpg", "x" * 300 + ".png", ""],
)
def test_a_name_that_leads_elsewhere_is_refused(altered: Any, file: str) -> None:
    path = altered(lambda document: document["entries"][0].update(file=file))

    with pytest.raises(StoreError, match="is no name that an export gives"):
        Manifest.read(path)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda document: document.pop("size"), "it lacks size"),
        (lambda document: document.update(size="16"), 'size is "16", expected a whole number'),
        (lambda document: document.update(datasets=[1]), "datasets holds something else than text"),
        (lambda document: document.update(masks=[]), "it names no picture, no data set or no mask"),
        (lambda document: document.update(entries=[]), "it names no picture, no data set or no mask"),
        (lambda document: document["entries"][0].pop("seed"), r"entries\[0\] is no entry"),
        (lambda document: document["entries"][0].update(seed="1"), r'entries\[0\]\.seed is "1"'),
        (lambda document: document["entries"].append(document["entries"][0]), "it names 01-a-b-000000-c.png twice"),
        (lambda document: document.update(extra=1), "unexpected keyword argument 'extra'"),
        (lambda document: document.update(schema=2), "was written by a newer inpaintbench"),
    ],
)
def test_what_is_no_manifest_is_refused_with_the_reason(altered: Any, change: Any, why: str) -> None:
    with pytest.raises(StoreError, match=why):
        Manifest.read(altered(change))


@pytest.mark.parametrize(
    ("content", "why"),
    [(b"{", "is no JSON"), (b"[]", "is no manifest: found list"), (b"{}", "has lost its checksum")],
)
def test_a_file_of_another_kind_is_refused(tmp_path: Path, content: bytes, why: str) -> None:
    (tmp_path / "manifest.json").write_bytes(content)
    with pytest.raises(StoreError, match=why):
        Manifest.read(tmp_path / "manifest.json")


def test_a_change_by_hand_is_found_out(tmp_path: Path) -> None:
    MANIFEST.write(tmp_path)
    path = tmp_path / "manifest.json"
    path.write_text(path.read_text().replace('"size": 16', '"size": 17'))

    with pytest.raises(StoreError, match="was altered or damaged"):
        Manifest.read(path)


def test_one_that_is_not_there_says_what_was_expected(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"No such file or directory\. Expected a folder that `bench export` wrote"):
        Manifest.read(tmp_path / "manifest.json")


@pytest.mark.parametrize("name", ["../elsewhere", "", "a b"])
def test_a_suite_that_would_lead_elsewhere_is_refused(altered: Any, name: str) -> None:
    manifest = Manifest.read(altered(lambda document: document.update(suite=name)))

    with pytest.raises(SuiteError, match="is not possible"):
        manifest.suite_for("photoshop")
