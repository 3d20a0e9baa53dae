"""The card of a training: what was trained on what, for how long, from which seed, and how it went."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal, Self, get_args

from inpaintbench.atomic import write_json
from inpaintbench.errors import CheckpointError
from inpaintbench.integrity import FIELD as CHECKSUM
from inpaintbench.integrity import sealed, why_damaged
from inpaintbench.json_types import LIST, NUMBER, OBJECT, TEXT, WHOLE, Expected, why_of_other_type
from inpaintbench.schema import FIELD, why_refused

SCHEMA: Final = 2
"""The first had no checksum."""

CARD: Final = "card.json"

Outcome = Literal["complete", "failed"]


@dataclass(frozen=True, kw_only=True)
class Card:
    """All that is known of a training that has ended.

    Attributes:
        key: hash of `identity`.
        status: `complete`, or `failed`; then there are no weights.
        method: selector of what was trained, with the parameters that shape it.
        dataset: selector of the data set whose training pictures it saw.
        mask: selector of the mask that it was trained for; empty if for any.
        size: of the square pictures, in pixels.
        identity: everything that the weights depend on, the machine excepted.
        steps: that were taken.
        epochs: how often each picture was seen.
        images: how many training pictures there were.
        parameters: how many weights each network has, those included that the finished method does not need.
        losses: for each loss `steps` and `means` over the steps since the point before, some hundred points at most;
            None where a mean is no finite number.
        warnings: what was noticed and did not end the training, such as a collapsed discriminator.
        error: why it failed; empty if it did not.
        seconds: of training, over all its attempts.
        environment: versions, commit and device of the last attempt.
        weights: `sha256` and `bytes` of the file of weights, and the `dtype` that they are stored in.
        finished: when, in UTC.
    """

    key: str
    status: Outcome
    method: str
    dataset: str
    mask: str
    size: int
    identity: Mapping[str, Any]
    steps: int
    epochs: float
    images: int
    parameters: Mapping[str, int]
    losses: Mapping[str, Mapping[str, list[float | None]]]
    warnings: tuple[str, ...]
    error: str
    seconds: float
    environment: Mapping[str, Any]
    weights: Mapping[str, Any]
    finished: str

    @property
    def title(self) -> str:
        """What messages call the training."""
        return " × ".join(filter(None, (self.method, self.dataset, self.mask)))

    def write(self, folder: Path) -> None:
        """Write the card into a folder, whole or not at all."""
        write_json(folder / CARD, self.to_json())

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON can hold it, with its schema and its checksum."""
        return sealed({FIELD: SCHEMA, **dataclasses.asdict(self)})

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Self:
        """Return the card that a JSON document holds.

        Raises:
            CheckpointError: if it comes from a newer version of this package, lacks something, holds something of
                another type than was written, or was altered since. The message begins after the card's name.
        """
        if not isinstance(document, Mapping):
            raise CheckpointError(f"is no card of a checkpoint: found {document!r:.60}, expected an object.")
        if why := why_refused(document.get(FIELD), SCHEMA):
            raise CheckpointError(f"{why}.")
        given = {name: value for name, value in document.items() if name not in (FIELD, CHECKSUM)}
        if why := _why_no_card(given):
            raise CheckpointError(f"is no card of a checkpoint: {why}.")
        if (document.get(FIELD) == SCHEMA or CHECKSUM in document) and (why := why_damaged(document)):
            raise CheckpointError(f"{why}. Bring it back, or train anew.")
        return cls(**given | {"warnings": tuple(given["warnings"])})

    @classmethod
    def read(cls, folder: Path) -> Self | None:
        """Return the card that lies in a folder; None if there is none.

        Raises:
            CheckpointError: if what lies there is no card, or comes from a newer version of this package.
        """
        path = folder / CARD
        try:
            return cls.from_json(json.loads(path.read_bytes()))
        except (FileNotFoundError, NotADirectoryError):
            return None
        except CheckpointError as error:
            raise CheckpointError(f"{path} {error}") from error
        except (OSError, ValueError, RecursionError) as error:
            raise CheckpointError(f"{path} is no card of a checkpoint: {error}.") from error


_CARD: Final[Mapping[str, Expected]] = {
    **dict.fromkeys(("key", "status", "method", "dataset", "mask", "error", "finished"), TEXT),
    **dict.fromkeys(("size", "steps", "images"), WHOLE),
    **dict.fromkeys(("epochs", "seconds"), NUMBER),
    **dict.fromkeys(("identity", "parameters", "losses", "environment", "weights"), OBJECT),
    "warnings": LIST,
}


def _why_no_card(given: Mapping[str, Any]) -> str:
    """Say by what a document is no card, without an end mark; empty if it is one."""
    if given.keys() != _CARD.keys():
        absent, odd = sorted(_CARD.keys() - given.keys()), sorted(given.keys() - _CARD.keys())
        return f"it lacks {', '.join(absent)}" if absent else f"it has {', '.join(odd)}, which no card has"
    if why := why_of_other_type(given, _CARD):
        return why
    if given["status"] not in get_args(Outcome):
        return f"status is {given['status']!r:.60}, expected {' or '.join(get_args(Outcome))}"
    weights, identity = given["weights"], given["identity"]
    if given["status"] == "complete" and not weights.get("sha256"):
        return "weights lacks sha256, by which the file of weights is known"
    parts: list[tuple[str, Mapping[str, Any], Mapping[str, Expected]]] = [
        ("weights.", weights, {"sha256": TEXT, "bytes": WHOLE, "dtype": TEXT}),
        ("identity.", identity, {"method": TEXT, "parameters": OBJECT, "dataset": OBJECT, "masks": LIST}),
        ("warnings", *_numbered(given["warnings"], TEXT)),
        ("identity.masks", *_numbered(identity.get("masks", ()), OBJECT)),
        ("parameters.", given["parameters"], dict.fromkeys(given["parameters"], WHOLE)),
        ("losses.", given["losses"], dict.fromkeys(given["losses"], OBJECT)),
    ]
    return next(filter(None, (why_of_other_type(found, fields, where) for where, found, fields in parts)), "")


def _numbered(entries: Any, expected: Expected) -> tuple[dict[str, Any], dict[str, Expected]]:
    """Return a list as an object whose names are the places in it, and that all of it is expected to be the same."""
    found = {
        f"[{position}]": entry for position, entry in enumerate(entries if isinstance(entries, list | tuple) else ())
    }
    return found, dict.fromkeys(found, expected)
