from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from inpaintbench.checkpoints import Card
from inpaintbench.errors import CheckpointError


def test_a_card_is_read_as_it_was_written(card: Any, tmp_path: Path) -> None:
    written = card(method="learner[path=gr\udcfcn]", mask="circle")
    written.write(tmp_path)

    assert Card.read(tmp_path) == written
    assert [path.name for path in tmp_path.iterdir()] == ["card.json"]


def test_where_there_is_no_card_nothing_is_read(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")

    assert Card.read(tmp_path) is None
    assert Card.read(tmp_path / "nowhere") is None
    assert Card.read(tmp_path / "file") is None


@pytest.mark.parametrize(
    "spoil",
    [
        lambda document: "{",
        lambda document: "[]",
        lambda document: '"text"',
        lambda document: json.dumps({**document, "colour": "red"}),
        lambda document: json.dumps({name: value for name, value in document.items() if name != "key"}),
        lambda document: json.dumps({name: value for name, value in document.items() if name != "warnings"}),
    ],
)
def test_what_is_no_card_is_refused(card: Any, tmp_path: Path, spoil: Any) -> None:
    card().write(tmp_path)
    path = tmp_path / "card.json"
    path.write_text(spoil(json.loads(path.read_text())))

    with pytest.raises(CheckpointError, match=r"card\.json is no card of a checkpoint"):
        Card.read(tmp_path)


def test_a_card_of_a_newer_schema_is_refused(card: Any, tmp_path: Path) -> None:
    card().write(tmp_path)
    path = tmp_path / "card.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"schema": 2}))

    with pytest.raises(CheckpointError, match=r"card\.json was written by a newer inpaintbench \(schema 2, this"):
        Card.read(tmp_path)


def test_a_title_names_the_mask_only_where_it_counts(card: Any) -> None:
    assert card().title == "learner[steps=10] × faces"
    assert card(mask="circle").title == "learner[steps=10] × faces × circle"
