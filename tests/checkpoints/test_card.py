from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import Any

import pytest

from inpaintbench.checkpoints import Card
from inpaintbench.errors import CheckpointError
from inpaintbench.integrity import sealed


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
    path.write_text(json.dumps(json.loads(path.read_text()) | {"schema": 3}))

    with pytest.raises(CheckpointError, match=r"card\.json was written by a newer inpaintbench \(schema 3, this"):
        Card.read(tmp_path)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"weights": None}, "weights is null, expected an object"),
        ({"weights": {}}, "weights lacks sha256, by which the file of weights is known"),
        ({"weights": {"sha256": 5}}, "weights.sha256 is 5, expected text"),
        ({"weights": {"sha256": "ab", "bytes": "3"}}, 'weights.bytes is "3", expected a whole number'),
        ({"status": "done"}, "status is 'done', expected complete or failed"),
        ({"status": None}, "status is null, expected text"),
        ({"status": "failed", "weights": []}, "weights is [], expected an object"),
        ({"steps": True}, "steps is true, expected a whole number"),
        ({"steps": "10"}, 'steps is "10", expected a whole number'),
        ({"seconds": None}, "seconds is null, expected a number"),
        ({"identity": "ab"}, 'identity is "ab", expected an object'),
        ({"identity": {"dataset": 3}}, "identity.dataset is 3, expected an object"),
        ({"identity": {"masks": {}}}, "identity.masks is {}, expected a list"),
        ({"identity": {"masks": [{}, 1]}}, "identity.masks[1] is 1, expected an object"),
        ({"warnings": "none"}, 'warnings is "none", expected a list'),
        ({"warnings": [1]}, "warnings[0] is 1, expected text"),
        ({"losses": {"mse": 0.5}}, "losses.mse is 0.5, expected an object"),
        ({"parameters": {"net": None}}, "parameters.net is null, expected a whole number"),
        ({"environment": []}, "environment is [], expected an object"),
        ({"colour": "red"}, "it has colour, which no card has"),
    ],
    ids=str,
)
@pytest.mark.parametrize("schema", [1, 2])
def test_a_card_that_would_be_stumbled_over_is_refused(
    card: Any, tmp_path: Path, change: dict[str, Any], why: str, schema: int
) -> None:
    document = card().to_json() | change | {"schema": schema}
    del document["sha256"]
    (tmp_path / "card.json").write_text(json.dumps(sealed(document) if schema == 2 else document))

    with pytest.raises(CheckpointError) as caught:
        Card.read(tmp_path)
    assert str(caught.value) == f"{tmp_path / 'card.json'} is no card of a checkpoint: {why}."


def test_a_card_that_nests_too_deeply_is_refused(tmp_path: Path) -> None:
    (tmp_path / "card.json").write_text("[" * 100_000)

    with pytest.raises(CheckpointError, match=r"card\.json is no card of a checkpoint"):
        Card.read(tmp_path)


@pytest.mark.parametrize(
    "change", [{"seconds": 2.5}, {"steps": 20}, {"sha256": "00"}, {"identity": {}}, {"schema": 1}], ids=str
)
def test_a_card_that_was_altered_is_refused(card: Any, tmp_path: Path, change: dict[str, Any]) -> None:
    (tmp_path / "card.json").write_text(json.dumps(card().to_json() | change))

    with pytest.raises(CheckpointError, match=r"card\.json was altered or damaged: its checksum is that of another"):
        Card.read(tmp_path)


def test_a_card_that_has_lost_its_checksum_is_refused_unless_it_is_of_the_first_schema(
    card: Any, tmp_path: Path
) -> None:
    document = card().to_json()
    del document["sha256"]
    (tmp_path / "card.json").write_text(json.dumps(document | {"schema": 1}))
    assert Card.read(tmp_path) == card()

    (tmp_path / "card.json").write_text(json.dumps(document))
    with pytest.raises(CheckpointError, match=r"card\.json was altered or damaged: it has lost its checksum"):
        Card.read(tmp_path)


def test_any_bit_that_flips_in_a_card_is_found_out(card: Any, tmp_path: Path) -> None:
    card().write(tmp_path)
    path = tmp_path / "card.json"
    written = path.read_bytes()

    for place in range(0, len(written), 3):
        flipped = bytearray(written)
        flipped[place] ^= 1 << place % 8
        path.write_bytes(flipped)
        with contextlib.suppress(CheckpointError):
            assert Card.read(tmp_path) == card()  # such as another kind of space


def test_a_title_names_the_mask_only_where_it_counts(card: Any) -> None:
    assert card().title == "learner[steps=10] × faces"
    assert card(mask="circle").title == "learner[steps=10] × faces × circle"
