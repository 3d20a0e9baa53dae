"""The card of a training: what was trained on what, for how long, from which seed, and how it went."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal, Self

from inpaintbench.atomic import write_json
from inpaintbench.errors import CheckpointError
from inpaintbench.schema import FIELD, why_refused

SCHEMA: Final = 1
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
        """Return it as JSON can hold it."""
        return {FIELD: SCHEMA, **dataclasses.asdict(self)}

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Self:
        """Return the card that a JSON document holds."""
        given = {name: value for name, value in document.items() if name != FIELD}
        return cls(**given | {"warnings": tuple(given["warnings"])})

    @classmethod
    def read(cls, folder: Path) -> Self | None:
        """Return the card that lies in a folder; None if there is none.

        Raises:
            CheckpointError: if what lies there is no card, or comes from a newer version of this package.
        """
        path = folder / CARD
        try:
            document = json.loads(path.read_bytes())
            if why := why_refused(document.get(FIELD), SCHEMA):
                raise CheckpointError(f"{path} {why}.")
            return cls.from_json(document)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise CheckpointError(f"{path} is no card of a checkpoint: {error}.") from error
