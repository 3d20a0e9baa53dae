"""From a scored batch to the records of its images, as the results folder keeps them."""

import dataclasses

from inpaintbench.api import Batch
from inpaintbench.execution.evaluating.contract import Checked
from inpaintbench.execution.evaluating.loader import Loaded
from inpaintbench.records import ImageRecord


def rows(
    loaded: Loaded, batch: Batch, checked: Checked, scores: dict[str, list[float]], seconds: float | None
) -> list[ImageRecord]:
    """Return one record an image.

    Args:
        loaded: the batch as it was loaded.
        batch: as the method got it.
        checked: what it returned.
        scores: a number an image, by metric.
        seconds: that the method took for an image; None if that is not known.
    """
    clamped = checked.clamped.tolist()
    converged = [None] * len(loaded.items) if checked.converged is None else checked.converged.tolist()
    diagnostics = {f"method.{name}": values.tolist() for name, values in checked.diagnostics.items()}
    return [
        {
            "item": item,
            "index": loaded.indices[position],
            **({} if loaded.labels[position] is None else {"class": loaded.labels[position]}),
            **({} if loaded.sources[position] is None else {"source": loaded.sources[position]}),
            **dataclasses.asdict(loaded.shapes[position]),
            "image_hash": loaded.hashes[position][0],
            "hole_hash": loaded.hashes[position][1],
            **{name: values[position] for name, values in scores.items()},
            "seconds": seconds,
            "clamped": clamped[position],
            "converged": converged[position],
            **{name: values[position] for name, values in diagnostics.items()},
        }
        for position, item in enumerate(loaded.items)
    ]
