"""Plugins and trackers are told what becomes of cells, in the process of the run, and can do it no harm."""

from __future__ import annotations

import json
import logging
import os
from pathlib import Path
from typing import Any

import pytest

import inpaintbench
from inpaintbench import hookspecs
from inpaintbench.errors import UnknownNameError
from inpaintbench.records import CellRecord

HEARS = """
import json, os
from pathlib import Path
from inpaintbench import hookimpl

def note(what):
    with Path({file!r}).open("a") as file:
        file.write(json.dumps([__name__.split("_")[2], os.getpid(), *what]) + "\\n")

@hookimpl
def on_cell_finished(record, folder):
    note(["cell", record.to_json(), str(folder)])
    {then}

@hookimpl
def on_run_finished(interrupted):
    note(["run", interrupted])
"""


class Hearing:
    """Plugins in a folder, and what they have heard."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.file = folder / "heard.jsonl"

    def plugin(self, name: str, then: str = "pass") -> str:
        path = self.folder / f"{name}.py"
        path.write_text(HEARS.format(file=str(self.file), then=then), encoding="utf-8")
        return str(path)

    @property
    def heard(self) -> list[Any]:
        """What was heard, each with the plugin's name, the process, the hook, and its arguments."""
        return [json.loads(line) for line in self.file.read_text().splitlines()] if self.file.exists() else []

    @property
    def hooks(self) -> list[tuple[str, str]]:
        return [(plugin, hook) for plugin, _, hook, *_ in self.heard]


@pytest.fixture
def hearing(tmp_path: Path) -> Hearing:
    return Hearing(tmp_path)


@pytest.mark.parametrize("isolation", ["none", pytest.param("process", marks=pytest.mark.workers)])
def test_cells_are_told_of_when_they_are_stored_in_this_process(
    run: Any, small: dict[str, Any], hearing: Hearing, tmp_path: Path, isolation: str
) -> None:
    plugins = [*small["plugins"], hearing.plugin("first")]
    results = run(methods=["noise", "broken[how=raises]"], plugins=plugins, isolation=isolation)

    *cells, (*_, hook, interrupted) = hearing.heard
    assert (hook, interrupted) == ("run", False)
    assert {pid for _, pid, *_ in hearing.heard} == {os.getpid()}
    told = [(Path(folder), CellRecord.from_json(record)) for *_, record, folder in cells]
    assert told == [(cell.folder, cell.record) for cell in results.cells]
    assert [record.status for _, record in told] == ["complete", "failed"]
    assert all(folder.is_absolute() for folder, _ in told)


def test_what_is_stored_already_is_not_told_of(run: Any, small: dict[str, Any], hearing: Hearing) -> None:
    run()
    plugins = [*small["plugins"], hearing.plugin("first")]
    run(plugins=plugins)
    assert hearing.heard == []  # nothing was to be run: there was no run that could have finished

    run(plugins=plugins, methods=["noise", "slow"])
    assert [entry[3]["method"] for entry in hearing.heard if entry[2] == "cell"] == ["slow"]


def test_plugins_are_told_in_the_order_of_their_names(run: Any, small: dict[str, Any], hearing: Hearing) -> None:
    run(plugins=[*small["plugins"], hearing.plugin("b"), hearing.plugin("c"), hearing.plugin("a")])

    assert hearing.hooks == [(name, hook) for hook in ("cell", "run") for name in "abc"]


@pytest.mark.parametrize(
    "then",
    [
        "raise ValueError('no luck')",
        "raise SystemExit(3)",
        "1 / 0",
        "raise GeneratorExit",
        "import asyncio; raise asyncio.CancelledError()",
        "raise type('Mute', (Exception,), {'__str__': lambda self: 1 / 0})()",
        "os.chdir('/'); raise ValueError('from elsewhere')",
    ],
)
def test_one_that_raises_is_logged_once_and_harms_nothing(
    run: Any, small: dict[str, Any], hearing: Hearing, caplog: pytest.LogCaptureFixture, then: str
) -> None:
    plugins = [*small["plugins"], hearing.plugin("a", then), hearing.plugin("b")]
    with caplog.at_level(logging.WARNING, logger="inpaintbench"):
        results = run(methods=["noise", "slow"], plugins=plugins, fail_fast=True)

    assert results.complete
    assert hearing.hooks == [*(2 * [("a", "cell"), ("b", "cell")]), ("a", "run"), ("b", "run")]
    (logged,) = caplog.messages
    assert logged.startswith(f"a ({hearing.folder / 'a.py'}): on_cell_finished raised ")
    assert "about noise × drawn × dots." in logged


def test_an_interrupt_ends_the_run_and_that_is_told(run: Any, small: dict[str, Any], hearing: Hearing) -> None:
    plugins = [*small["plugins"], hearing.plugin("a", "raise KeyboardInterrupt")]
    with pytest.raises(KeyboardInterrupt):
        run(methods=["noise", "slow"], plugins=plugins)

    assert [entry[2:] for entry in hearing.heard if entry[2] == "run"] == [["run", True]]
    assert hearing.hooks == [("a", "cell"), ("a", "run")]
    assert run(methods=["noise"]).complete


def test_a_relative_results_folder_is_told_absolute(
    run: Any, small: dict[str, Any], hearing: Hearing, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (cell,) = run(plugins=[*small["plugins"], hearing.plugin("a")], out="here", track="jsonl").cells

    assert Path(hearing.heard[0][-1]) == tmp_path / cell.folder
    line = json.loads((tmp_path / "here/tracking/cells.jsonl").read_text())
    assert tmp_path / "here" / line["folder"] == tmp_path / cell.folder


def test_trackers_are_chosen_by_name(run: Any, tmp_path: Path) -> None:
    run(track=["jsonl", "jsonl", "tensorboard"])

    assert len((tmp_path / "out/tracking/cells.jsonl").read_text().splitlines()) == 1
    assert len(list((tmp_path / "out/tracking/tensorboard/noise/16px-seed0").iterdir())) == 1
    with pytest.raises(UnknownNameError, match="Did you mean tensorboard"):
        run(track="tensorbord")


def test_a_run_without_trackers_leaves_no_folder_of_theirs(run: Any, tmp_path: Path) -> None:
    run()

    assert not (tmp_path / "out/tracking").exists()


def test_a_run_calls_every_hook(tmp_path: Path, small: dict[str, Any]) -> None:
    hooks = [name for name, value in vars(hookspecs).items() if hasattr(value, f"{hookspecs.PROJECT}_spec")]
    called = [f"@hookimpl\ndef {name}():\n    called.append({name!r})\n    return []\n" for name in hooks]
    (tmp_path / "everything.py").write_text(
        "\n".join(["import sys", "from inpaintbench import hookimpl", "called = sys.everything_called", *called])
    )
    import sys

    sys.everything_called = []  # type: ignore[attr-defined]
    inpaintbench.run(**small | {"plugins": [*small["plugins"], str(tmp_path / "everything.py")], "out": tmp_path / "o"})
    assert set(sys.everything_called) == set(hooks)  # type: ignore[attr-defined]
    del sys.everything_called  # type: ignore[attr-defined]


def test_one_that_goes_elsewhere_leaves_the_run_where_it_is(
    run: Any, small: dict[str, Any], hearing: Hearing, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    results = run(
        methods=["noise", "slow"], plugins=[*small["plugins"], hearing.plugin("first", "os.chdir('/')")], out="relative"
    )

    assert results.complete
    assert Path.cwd() == tmp_path
    assert len([entry for entry in hearing.heard if entry[2] == "cell"]) == 2
