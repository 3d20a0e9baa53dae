"""What a run has left: its cells, as data frames."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from inpaintbench.errors import StoreError
from inpaintbench.store import Store
from inpaintbench.stored import StoredCell

if TYPE_CHECKING:
    import pandas as pd

    from inpaintbench.leaderboard import Leaderboard
    from inpaintbench.report import Certainty


@dataclass(frozen=True)
class Results:
    """The cells of one suite in one results folder, whether this run has made them or an earlier one.

    Attributes:
        store: the results folder.
        folders: of the suite's cells.
        failures: what went wrong in the run that returned this, one sentence a cell; a failure to run again what
            is stored already is among them, though the stored result stays.
    """

    store: Store
    folders: tuple[Path, ...]
    failures: tuple[str, ...] = ()

    @cached_property
    def cells(self) -> tuple[StoredCell, ...]:
        """What is stored of the cells; one of which nothing is stored, or nothing that can be read, is left out."""
        return self._read[0]

    @property
    def problems(self) -> tuple[StoreError, ...]:
        """An error for each cell that cannot be read: it is damaged, or comes from a newer version."""
        return self._read[1]

    @cached_property
    def _read(self) -> tuple[tuple[StoredCell, ...], tuple[StoreError, ...]]:
        cells, problems = [], []
        for folder in self.folders:
            try:
                cell = self.store.read(folder)
            except StoreError as error:
                problems.append(error)
            else:
                cells += [cell] if cell is not None else []
        return tuple(cells), tuple(problems)

    @property
    def keys(self) -> frozenset[str]:
        """The keys of the suite's cells, whether anything is stored of them or not."""
        return frozenset(folder.name for folder in self.folders)

    @property
    def complete(self) -> bool:
        """Whether every cell of the suite is stored and complete, and nothing has failed."""
        return (
            not self.failures
            and len(self.cells) == len(self.folders)
            and all(cell.record.status == "complete" for cell in self.cells)
        )

    def records(self) -> pd.DataFrame:
        """Return one row an image and cell: method, dataset, mask, item, and every number that is stored of it.

        Raises:
            StoreError: if an `images.parquet` is absent or damaged.
        """
        import pandas as pd

        frames = [cell.images().assign(**_names(cell)) for cell in self.cells if cell.record.status == "complete"]
        if not frames:
            return pd.DataFrame(columns=["method", "dataset", "mask", "item"])
        together = pd.concat(frames, ignore_index=True)
        first = ["method", "dataset", "mask"]
        return together[first + [name for name in together.columns if name not in first]]

    def leaderboard(self) -> Leaderboard:
        """Return the cells ranked."""
        from inpaintbench.leaderboard import Leaderboard

        return Leaderboard.from_cells(self.cells, self.keys)

    def certainty(self) -> Certainty:
        """Return how certain the leaderboard's numbers are: what `render` and `to_frame` take as `certainty`."""
        from inpaintbench.report import assess

        leaderboard = self.leaderboard()
        return assess(leaderboard, leaderboard.columns)

    def table(self) -> pd.DataFrame:
        """Return one row a cell, with means, their intervals, and counts: what `bench table --format csv` prints.

        The first call takes some seconds for many cells; what was found is remembered.
        """
        from inpaintbench.report import assess, to_frame

        leaderboard = self.leaderboard()
        return to_frame(leaderboard, certainty=assess(leaderboard, leaderboard.columns))


def _names(cell: StoredCell) -> dict[str, str]:
    return {"method": cell.record.method, "dataset": cell.record.dataset, "mask": cell.record.mask}
