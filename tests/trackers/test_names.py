from __future__ import annotations

from pathlib import Path

import pytest

from inpaintbench.errors import UnknownNameError, UsageError
from inpaintbench.trackers import TRACKERS, check_names, open_trackers


def test_an_unknown_name_brings_the_near_ones(tmp_path: Path) -> None:
    message = r"There is no tracker called 'jsnl'\. Did you mean jsonl\? Known: jsonl, tensorboard\."
    with pytest.raises(UnknownNameError, match=message):
        check_names(["tensorboard", "jsnl"])
    with pytest.raises(UnknownNameError, match=message):
        open_trackers(["jsnl"], tmp_path)


def test_all_are_opened_each_once_and_nothing_is_written(tmp_path: Path) -> None:
    trackers = open_trackers([*TRACKERS, *TRACKERS], tmp_path)

    assert {name: type(tracker).__name__ for name, tracker in trackers.items()} == {
        "jsonl": "JsonLines",
        "tensorboard": "TensorBoard",
    }
    assert not list(tmp_path.iterdir())


def test_tensorboard_says_what_it_needs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("inpaintbench.trackers.tensorboard.find_spec", lambda name: None)
    with pytest.raises(UsageError, match=r"needs the package tensorboard.*pip install 'inpaintbench\[tensorboard\]'"):
        open_trackers(["tensorboard"], tmp_path)
