"""What has been counted of a cell's images, those included that an earlier run has left."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Self

from inpaintbench.journal import Journal
from inpaintbench.records import ImageRecord


class Tally:
    """Counts images.

    Attributes:
        items: ids of those that have been dealt with, scored or unreadable.
        scored: how many have numbers; of these, on so many the method stopped at a limit (`unconverged`), and for so
            many it returned values outside [0, 1] (`clamped`).
        unreadable: those that could not be decoded, with the reason.
        seconds: that the method took for all of them.
        timed: for how many that is known.
        makings: in which ways they were computed: with which batch size, and in which environment.
    """

    def __init__(self) -> None:
        self.items: set[str] = set()
        self.scored = self.unconverged = self.clamped = self.timed = 0
        self.unreadable: list[Mapping[str, str]] = []
        self.seconds = 0.0
        self.makings: list[Mapping[str, Any]] = []

    @classmethod
    def of(cls, journal: Journal) -> Self:
        """Count what a journal holds."""
        tally = cls()
        for batch in journal.batches():
            tally.add(batch["records"], batch["unreadable"], batch.get("how", {}))
        return tally

    def add(
        self, records: Sequence[ImageRecord], unreadable: Sequence[Mapping[str, str]], how: Mapping[str, Any]
    ) -> None:
        """Count one batch."""
        if how not in self.makings:
            self.makings.append(how)
        for record in records:
            self.items.add(str(record["item"]))
            self.scored += 1
            self.unconverged += record["converged"] is False
            self.clamped += bool(record["clamped"])
            self.timed += record["seconds"] is not None
            self.seconds += float(record["seconds"] or 0)
        self.items.update(entry["item"] for entry in unreadable)
        self.unreadable.extend(unreadable)

    @property
    def counts(self) -> dict[str, Any]:
        """What of it stands in a cell's record, by the names that it has there."""
        return {
            "scored": self.scored,
            "unreadable": tuple(map(dict, self.unreadable)),
            "unconverged": self.unconverged,
            "clamped": self.clamped,
        }

    @property
    def timing(self) -> dict[str, Any]:
        """What of it stands in a cell's record under `timing`."""
        return {
            "seconds_per_image": self.seconds / self.timed if self.timed else None,
            "method_seconds": self.seconds if self.timed or not self.scored else None,
            "batch_sizes": [how.get("batch_size") for how in self.makings],
            "environments": len({how.get("environment") for how in self.makings}),
        }
