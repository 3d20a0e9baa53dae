from __future__ import annotations

import copy
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from inpaintbench.checkpoints import Checkpoint, Library, Wanted, shipped_checkpoints
from inpaintbench.errors import CheckpointError, PluginError


@pytest.fixture
def library(tmp_path: Path) -> Library:
    return Library(tmp_path / "library")


@pytest.fixture
def wanted(identity: dict[str, Any]) -> Wanted:
    return Wanted("learner", identity)


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder of checkpoints in a package that can be imported."""
    (tmp_path / "site/shipping_plugin/trained").mkdir(parents=True)
    (tmp_path / "site/shipping_plugin/__init__.py").touch()
    monkeypatch.syspath_prepend(tmp_path / "site")
    monkeypatch.delitem(sys.modules, "shipping_plugin", raising=False)
    return tmp_path / "site/shipping_plugin/trained"


def test_the_folder_is_the_variables_or_lies_in_the_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INPAINTBENCH_CHECKPOINTS", str(tmp_path / "chosen"))
    assert Library().folder == tmp_path / "chosen"
    assert Library(tmp_path / "given").folder == tmp_path / "given"

    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("INPAINTBENCH_CHECKPOINTS", "~/trained")
    assert Library().folder == tmp_path / "trained"

    monkeypatch.delenv("INPAINTBENCH_CHECKPOINTS")
    monkeypatch.setenv("INPAINTBENCH_CACHE", str(tmp_path / "cache"))
    assert Library().folder == tmp_path / "cache/checkpoints"


def test_a_key_is_16_digits_of_the_identitys_hash(wanted: Wanted) -> None:
    other = copy.deepcopy(dict(wanted.identity))
    other["masks"][0]["code"] = "another"

    assert len(wanted.key) == 16
    assert wanted.key == Wanted("elsewhere", dict(reversed(list(wanted.identity.items())))).key
    assert wanted.key != Wanted(wanted.name, other).key


def test_what_was_trained_here_is_found(library: Library, wanted: Wanted, put: Any) -> None:
    assert library.find(wanted) is None
    assert library.place(wanted) == library.folder / "learner" / wanted.key
    put(library.place(wanted))
    found = library.find(wanted)

    assert found is not None
    assert (found.folder, found.shipped, found.card.status) == (library.place(wanted), False, "complete")
    assert found.sha256 == found.card.weights["sha256"]


def test_what_was_trained_here_by_other_code_is_not(library: Library, wanted: Wanted, put: Any) -> None:
    put(library.place(wanted))
    changed = Wanted(wanted.name, {**wanted.identity, "code": {"trainer": "4"}})

    assert library.find(changed) is None


def test_a_failure_is_found_with_its_card(library: Library, wanted: Wanted, card: Any) -> None:
    library.place(wanted).mkdir(parents=True)
    card(status="failed", error="no luck", weights={}).write(library.place(wanted))
    found = library.find(wanted)

    assert found is not None
    assert (found.card.error, found.sha256) == ("no luck", "")


def test_a_card_without_its_weights_is_refused(library: Library, wanted: Wanted, put: Any) -> None:
    put(library.place(wanted)).weights.unlink()

    with pytest.raises(CheckpointError, match=r"has a card and no weights\.safetensors\. Train it anew, or bring"):
        library.find(wanted)
    assert list(library) == []


def test_what_was_begun_is_interrupted(library: Library, wanted: Wanted) -> None:
    assert not library.interrupted(wanted)
    library.place(wanted).mkdir(parents=True)
    (library.place(wanted) / "progress.safetensors").touch()

    assert library.interrupted(wanted)
    assert library.find(wanted) is None


@pytest.mark.parametrize("change", ["code", "code of a mask", "code of the data set"])
def test_what_was_shipped_is_found_whatever_code_made_it(
    library: Library, wanted: Wanted, put: Any, package: Path, change: str
) -> None:
    put(package / "learner-faces")
    identity = copy.deepcopy(dict(wanted.identity))
    if change == "code of a mask":
        identity["masks"][0]["code"] = "another"
    elif change == "code of the data set":
        identity["dataset"]["code"] = {"quite": ["another"]}
    else:
        identity["code"] = {}
    found = library.find(Wanted(wanted.name, identity, "shipping_plugin:trained"))

    assert found is not None
    assert found.shipped
    assert found.folder == package / "learner-faces"


@pytest.mark.parametrize("where", ["parameters", "dataset parameters", "mask parameters"])
def test_what_is_called_code_elsewhere_counts(
    library: Library, wanted: Wanted, put: Any, package: Path, where: str
) -> None:
    put(package / "learner-faces", identity=_with_code(wanted.identity, where, "1"))

    def found(code: str) -> Checkpoint | None:
        return library.find(Wanted(wanted.name, _with_code(wanted.identity, where, code), "shipping_plugin:trained"))

    assert found("1") is not None
    assert found("2") is None


def _with_code(identity: Mapping[str, Any], where: str, code: str) -> dict[str, Any]:
    """Return an identity with a parameter called `code`: of the method, the data set or the mask."""
    changed: dict[str, Any] = copy.deepcopy(dict(identity))
    part = {"parameters": changed, "dataset parameters": changed["dataset"], "mask parameters": changed["masks"][0]}
    part[where]["parameters"] = {"code": code}
    return changed


def test_what_was_shipped_of_something_else_is_not_found(
    library: Library, wanted: Wanted, put: Any, card: Any, package: Path
) -> None:
    put(package / "another size", identity={**wanted.identity, "size": 32})
    put(package / "no code", identity={name: value for name, value in wanted.identity.items() if name != "masks"})
    (package / "failed").mkdir()
    card(status="failed").write(package / "failed")

    assert library.find(Wanted(wanted.name, wanted.identity, "shipping_plugin:trained")) is None


def test_what_was_trained_here_comes_before_what_was_shipped(
    library: Library, wanted: Wanted, put: Any, card: Any, package: Path
) -> None:
    put(package / "shipped")
    shipping = Wanted(wanted.name, wanted.identity, "shipping_plugin:trained")
    library.place(wanted).mkdir(parents=True)
    card(status="failed", error="no luck").write(library.place(wanted))
    assert getattr(library.find(shipping), "shipped", None)  # a failure comes last

    put(library.place(wanted))
    assert not getattr(library.find(shipping), "shipped", None)


def test_a_package_that_is_not_there_is_named(library: Library, wanted: Wanted) -> None:
    with pytest.raises(PluginError, match=r"said to lie in 'no_such_plugin:here', and there is no package no_such_plu"):
        library.find(Wanted(wanted.name, wanted.identity, "no_such_plugin:here"))


def test_what_plugins_bring_is_listed_as_far_as_it_can_be_read(put: Any, card: Any, package: Path) -> None:
    put(package / "b")
    put(package / "deeper/c")
    (package / "a").mkdir()
    card(status="failed").write(package / "a")
    (package / "damaged").mkdir()
    (package / "damaged/card.json").write_text("damaged")

    found = list(shipped_checkpoints("shipping_plugin:trained", lenient=True))
    assert [one.folder.name for one in found] == ["a", "b"]
    assert all(one.shipped for one in found)
    with pytest.raises(CheckpointError):
        list(shipped_checkpoints("shipping_plugin:trained"))


@pytest.mark.parametrize("place", ["no_such_plugin:here", ":here"])
def test_a_package_that_is_not_there_may_be_passed_over(place: str) -> None:
    assert list(shipped_checkpoints(place, lenient=True)) == []
    with pytest.raises(PluginError, match="there is no package"):
        list(shipped_checkpoints(place))


def test_all_that_has_ended_is_listed(library: Library, put: Any, card: Any) -> None:
    put(library.folder / "b/faces/2")
    put(library.folder / "a/faces/circle/1")
    (library.folder / "a/faces/0").mkdir()
    card(status="failed").write(library.folder / "a/faces/0")
    (library.folder / "a/unfinished").mkdir()
    (library.folder / "c").mkdir()
    (library.folder / "c/card.json").write_text("damaged")

    found = [str(one.folder.relative_to(library.folder)) for one in library]
    assert found == ["a/faces/0", "a/faces/circle/1", "b/faces/2"]


def test_an_empty_folder_holds_no_checkpoint(tmp_path: Path) -> None:
    assert Checkpoint.at(tmp_path) is None
    assert list(Library(tmp_path / "nowhere")) == []
