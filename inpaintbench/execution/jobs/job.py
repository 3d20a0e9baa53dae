"""Jobs: a cell, or a training, as it is told to whoever does it, in this process, in another one, or elsewhere."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from inpaintbench.checkpoints import Checkpoint
from inpaintbench.execution.chosen import ChosenTraining
from inpaintbench.execution.planning.cells import Cell


@dataclass(frozen=True, kw_only=True)
class CellJob:
    """All that is needed to run a cell, as selectors, numbers and names of places: what JSON can hold.

    Attributes:
        number: of the job within its run.
        method: selector; so are `dataset`, `mask` and `metrics`.
        size: of the square images, in pixels.
        seed: of the suite.
        limit: of the suite: at most so many images.
        key: of the cell. Whoever runs the job finds the same, or refuses it.
        folder: of the results.
        checkpoint: folder of what the method has learned; empty if it needs nothing.
        shipped: whether that came with the method's plugin.
        batch_size: images completed at once.
        exhausted: batch sizes, larger ones, for which the memory did not suffice.
        samples: of so many images pictures are saved.
        strict: whether an image that cannot be decoded fails the cell.
        anew: whether to score all images again, whatever is stored of it.
        begun: whether that has begun: what has been scored since is kept.
    """

    number: int
    method: str
    dataset: str
    mask: str
    metrics: tuple[str, ...]
    size: int
    seed: int
    limit: int | None
    key: str
    folder: str
    checkpoint: str
    shipped: bool
    batch_size: int
    exhausted: tuple[int, ...]
    samples: int
    strict: bool
    anew: bool
    begun: bool = False

    @classmethod
    def of(cls, number: int, cell: Cell, folder: Path, **how: Any) -> Self:
        """Return the job that a cell is.

        Args:
            number: of the job.
            cell: what it is about; what its method needs has been learned.
            folder: of its results.
            how: `limit`, `batch_size`, `samples`, `strict` and `anew`.
        """
        method, dataset, mask = cell.names
        return cls(
            number=number,
            method=method,
            dataset=dataset,
            mask=mask,
            metrics=tuple(metric.selection.name for metric in cell.metrics),
            size=cell.size,
            seed=cell.seed,
            key=cell.key,
            folder=str(folder.absolute()),
            checkpoint=str(cell.checkpoint.folder.absolute()) if cell.checkpoint else "",
            shipped=bool(cell.checkpoint and cell.checkpoint.shipped),
            exhausted=(),
            **how,
        )

    @property
    def title(self) -> str:
        """What messages call it."""
        return f"{self.method} × {self.dataset} × {self.mask}"

    @property
    def learned(self) -> Checkpoint | None:
        """What the method has learned.

        Raises:
            CheckpointError: if it lies there no longer.
        """
        return Checkpoint.at(Path(self.checkpoint), shipped=self.shipped) if self.checkpoint else None

    def halved(self) -> Self | None:
        """Return the same with half as many images at once; None if there is one only."""
        if self.batch_size == 1:
            return None
        return dataclasses.replace(self, batch_size=self.batch_size // 2, exhausted=(*self.exhausted, self.batch_size))

    def carried_on(self) -> Self:
        """Return the same, once images of it have been scored: those are kept, whoever does the others."""
        return dataclasses.replace(self, begun=True)

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON can hold it."""
        return {"kind": "cell"} | vars(self)


@dataclass(frozen=True, kw_only=True)
class TrainingJob:
    """All that is needed to train a method.

    Attributes:
        number: of the job within its run.
        method: selector; so is `dataset`.
        dataset: on whose training pictures it is trained.
        mask: selector of the mask that it is trained for; empty if for any.
        size: of the square pictures, in pixels.
        key: of the training. Whoever does the job finds the same, or refuses it.
        library: folder of checkpoints.
        title: what messages call it.
    """

    number: int
    method: str
    dataset: str
    mask: str
    size: int
    key: str
    library: str
    title: str

    @classmethod
    def of(cls, number: int, training: ChosenTraining, library: Path) -> Self:
        """Return the job that a training is, for which there are pictures.

        Args:
            number: of the job.
            training: what it is about.
            library: folder of checkpoints.
        """
        assert training.dataset is not None
        return cls(
            number=number,
            method=training.method.name,
            dataset=training.dataset.selection.name,
            mask=training.for_mask,
            size=training.size,
            key=training.wanted.key,
            library=str(library.absolute()),
            title=training.title,
        )

    def halved(self) -> None:
        """Return None: with fewer images a step it would be another training."""

    def carried_on(self) -> Self:
        """Return the same: a training always goes on from what was saved last."""
        return self

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON can hold it."""
        return {"kind": "training"} | vars(self)


Job = CellJob | TrainingJob


def job_from_json(document: Mapping[str, Any]) -> Job:
    """Read a job back."""
    given = {name: value for name, value in document.items() if name != "kind"}
    if document["kind"] == "training":
        return TrainingJob(**given)
    return CellJob(**given | {name: tuple(given[name]) for name in ("metrics", "exhausted")})
