"""Who is told what happens while a plan runs: a progress display, a log, or nobody."""

from __future__ import annotations

from collections.abc import Sequence

from inpaintbench.errors import StoreError
from inpaintbench.execution.chosen import ChosenDataset
from inpaintbench.execution.plan import Plan, PlannedCell
from inpaintbench.records import CellRecord
from inpaintbench.weights import WeightsFile


class Listener:
    """Hears everything and says nothing; displays override what they show."""

    def fetching(self, file: WeightsFile) -> None:
        """Pretrained weights are about to be fetched from the network."""

    def planned(self, plan: Plan, to_run: Sequence[PlannedCell]) -> None:
        """The plan is made, and these cells will run."""

    def started(self, planned: PlannedCell) -> None:
        """A cell starts."""

    def preparing(self, dataset: ChosenDataset, items: int) -> None:
        """So many pictures of the data set are prepared that the running cell waits for."""

    def waiting(self, dataset: ChosenDataset) -> None:
        """Another process is preparing pictures, of this data set or another; the running cell waits for it."""

    def progressed(self, planned: PlannedCell, images: int) -> None:
        """So many images of the running cell are done; the first call tells how many an earlier run has left."""

    def finished(self, planned: PlannedCell, record: CellRecord) -> None:
        """A cell has been stored: complete, or failed."""

    def refused(self, planned: PlannedCell, error: StoreError) -> None:
        """A cell could not be stored."""
