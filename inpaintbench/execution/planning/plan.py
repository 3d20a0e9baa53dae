"""The plan: which cells a suite asks for, and what is already stored of each."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

from inpaintbench.api import DatasetSpec, MaskSpec, MethodSpec, MetricSpec
from inpaintbench.checkpoints import Checkpoint, Library
from inpaintbench.errors import StoreError, UsageError
from inpaintbench.execution.chosen import ChosenDataset, ChosenMask, ChosenMethod, ChosenMetric, Obtain
from inpaintbench.execution.planning.cells import Cell
from inpaintbench.execution.planning.learning import Learning, PlannedTraining
from inpaintbench.explaining import nearest_difference
from inpaintbench.plugins import Registry
from inpaintbench.selectors import Selection, select
from inpaintbench.store import Store
from inpaintbench.stored import StoredCell
from inpaintbench.suite import Suite
from inpaintbench.weights import WeightsFile

State = Literal["cached", "missing", "interrupted", "stale", "failed"]
Rerun = Literal["missing", "stale", "failed", "all"]

RERUNS: Final[Mapping[Rerun, frozenset[State]]] = {
    "missing": frozenset({"missing", "interrupted"}),
    "stale": frozenset({"missing", "interrupted", "stale"}),
    "failed": frozenset({"missing", "interrupted", "stale", "failed"}),
    "all": frozenset({"missing", "interrupted", "stale", "failed", "cached"}),
}
"""Which cells `--rerun` runs. Each choice runs what the one before it runs, and more."""


@dataclass(frozen=True)
class PlannedCell:
    """A cell, and what is stored of it.

    Attributes:
        cell: the cell.
        state: `cached` (complete), `missing`, `interrupted` (part of it is stored), `stale` (only results of
            other code, pictures, or settings are stored), or `failed`.
        why: one sentence for the states that need one.
        folder: where it is stored, or would be.
        finished: when what is stored was written, as it says itself; empty if there is nothing that can be read.
    """

    cell: Cell
    state: State
    why: str
    folder: Path
    finished: str = ""


@dataclass(frozen=True)
class Plan:
    """All cells of a suite, data set by data set, mask by mask, so that pictures are decoded once.

    Attributes:
        store: where their results lie.
        cells: in the order in which they are run.
        trainings: what methods must have learned for them, each once.
        left_out: by the reason, the methods of an adapted suite that cannot take part, and are not among the cells.
    """

    store: Store
    cells: tuple[PlannedCell, ...]
    trainings: tuple[PlannedTraining, ...] = ()
    left_out: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def to_run(self, rerun: Rerun) -> tuple[PlannedCell, ...]:
        """Return the cells that are run."""
        return tuple(planned for planned in self.cells if planned.state in RERUNS[rerun])

    def to_train(self, cells: Iterable[PlannedCell], rerun: Rerun) -> tuple[PlannedTraining, ...]:
        """Return the trainings without which these cells cannot be run.

        One that has failed is tried again where failed cells are.
        """
        keys = {planned.cell.training.wanted.key for planned in cells if planned.cell.training}
        states = {"missing", "interrupted"} | ({"failed"} if "failed" in RERUNS[rerun] else set())
        return tuple(one for one in self.trainings if one.training.wanted.key in keys and one.state in states)

    def taught(self, obtained: Mapping[str, Checkpoint]) -> Plan:
        """Return the plan with what has been trained since it was made, by the keys of trainings."""
        cells = []
        for planned in self.cells:
            cell = planned.cell
            if cell.training and (found := obtained.get(cell.training.wanted.key)):
                planned = _look_up(dataclasses.replace(cell, checkpoint=found), self.store)
            cells.append(planned)
        return dataclasses.replace(self, cells=tuple(cells))

    def __iter__(self) -> Iterator[PlannedCell]:
        return iter(self.cells)


def weights_here(file: WeightsFile) -> str:
    """Say why a file of weights is not here, without an attempt to fetch it."""
    return "" if file.found() else f"{file.filename} is not at {file.path}; `bench run` will try to fetch it."


def make_plan(
    suite: Suite, registry: Registry, store: Store, obtain: Obtain = weights_here, library: Library | None = None
) -> Plan:
    """Resolve a suite's selectors and look up each cell.

    Args:
        suite: what is asked for.
        registry: the plugins.
        store: the results folder. A cell whose sealing was cut short is finished; else it is only read.
        obtain: makes sure of a file of weights; returns why it is not here, or nothing.
        library: of checkpoints; that of this machine if None.

    Raises:
        UsageError: if a selector, a parameter, a data set or a mask of this size is not possible.
    """
    selected, left_out = _fitting(select(suite.methods, MethodSpec, registry), suite)
    methods = [ChosenMethod.look_up(one, obtain) for one in selected]
    masks = [ChosenMask.open(one, suite.size) for one in select(suite.masks, MaskSpec, registry)]
    datasets = [ChosenDataset.open(one, suite.limit) for one in select(suite.datasets, DatasetSpec, registry)]
    chosen = select(suite.metrics or default_metrics(registry), MetricSpec, registry)
    metrics = tuple(ChosenMetric.look_up(one, obtain) for one in chosen)
    learning = Learning(registry, suite.size, library or Library())
    cells = [
        Cell(
            *(method, dataset, mask, metrics, suite.size, suite.seed),
            suite.limit if dataset.limited else None,
            *learning.look_up(method.selection, dataset.selection, mask),
        )
        for dataset in datasets
        for mask in masks
        for method in methods
    ]
    trainings = learning.trainings
    if suite.adapted:
        cells, trainings, untrainable = _leave_out_impossible(cells, trainings)
        left_out = {**left_out, **untrainable}
    return Plan(store, tuple(_look_up(cell, store) for cell in cells), trainings, left_out)


def _fitting(
    methods: Sequence[Selection[MethodSpec]], suite: Suite
) -> tuple[Sequence[Selection[MethodSpec]], Mapping[str, tuple[str, ...]]]:
    """Return the methods that can complete pictures of this size, and of the others why.

    Those that would have to be trained for it are not looked at: their training says so.

    Raises:
        UsageError: if one cannot, and the suite asks for it, or for no other.
    """
    ready = [one for one in methods if not one.spec.training or dict(one.values)["checkpoint"] != "none"]
    refusals = {one.name: refusal for one in ready if (refusal := one.spec.refusal(suite.size))}
    fitting = [one for one in methods if one.name not in refusals]
    if refusals and not (suite.adapted and fitting):
        raise UsageError(" ".join(dict.fromkeys(refusals.values())))
    reasons: dict[str, tuple[str, ...]] = {}
    for name, refusal in refusals.items():
        reasons[refusal] = (*reasons.get(refusal, ()), name)
    return fitting, reasons


def _leave_out_impossible(
    cells: list[Cell], trainings: tuple[PlannedTraining, ...]
) -> tuple[list[Cell], tuple[PlannedTraining, ...], Mapping[str, tuple[str, ...]]]:
    """Return the cells and trainings that are possible, and of the others why; everything, if none is possible."""
    impossible = {one.training.wanted.key: one for one in trainings if one.state == "impossible"}
    kept = [cell for cell in cells if not cell.training or cell.training.wanted.key not in impossible]
    if not kept:
        return cells, trainings, {}
    reasons: dict[str, tuple[str, ...]] = {}
    for one in impossible.values():
        reasons[one.why] = (*reasons.get(one.why, ()), one.training.name)
    return kept, tuple(one for one in trainings if one.state != "impossible"), reasons


def default_metrics(registry: Registry) -> tuple[str, ...]:
    """Return the metrics that are scored where nobody chose any; one that needs a parameter cannot be among them."""
    specs = (entry.spec for entry in registry.of("metric").values())
    return tuple(
        spec.name
        for spec in specs
        if isinstance(spec, MetricSpec)
        and spec.default
        and not any(parameter.required for parameter in spec.parameters)
    )


def _look_up(cell: Cell, store: Store) -> PlannedCell:
    folder = store.folder(*cell.names, cell.key)
    try:
        stored = store.read(folder) if folder.exists() else None
    except StoreError as error:
        return PlannedCell(cell, "missing", str(error), folder)
    except OSError as error:  # a folder above it must not be searched
        return PlannedCell(cell, "missing", f"{folder} cannot be read: {error}", folder)
    if stored is None:
        if differences := nearest_difference(cell.identity, folder.parent):
            return PlannedCell(cell, "stale", f"differs in {', '.join(differences)}", folder)
        return PlannedCell(cell, "missing", "", folder)
    return PlannedCell(cell, *_state_of(stored), folder, stored.record.finished)


def _state_of(stored: StoredCell) -> tuple[State, str]:
    record = stored.record
    match record.status:
        case "complete":
            return "cached", ""
        case "incomplete":
            return "interrupted", f"{record.scored} of {record.expected} images are stored"
        case _:
            return "failed", f"{record.status}: {(record.error or {}).get('message', '')}"
