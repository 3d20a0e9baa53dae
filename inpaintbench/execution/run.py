"""Running a plan: every cell that asks for it, one after the other, whatever happens to one of them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from inpaintbench.checkpoints import Library
from inpaintbench.errors import MissingWeightsError, StoreError, UsageError
from inpaintbench.execution.device import automatic_batch_size, choose_device
from inpaintbench.execution.evaluate import Setup, evaluate
from inpaintbench.execution.listener import Listener
from inpaintbench.execution.options import SAMPLES, Options
from inpaintbench.execution.plan import PlannedCell, Rerun, make_plan
from inpaintbench.execution.scoring import Panel
from inpaintbench.execution.training import School, train_all
from inpaintbench.plugins import Registry, load_registry
from inpaintbench.records import CellRecord
from inpaintbench.results import Results
from inpaintbench.store import CellWriter, Store
from inpaintbench.suite import DEFAULT, Suite
from inpaintbench.weights import WeightsFile

_ALL_IMAGES: Final = 2**63 - 1


def run_suite(suite: Suite, registry: Registry, store: Store, options: Options, listener: Listener) -> Results:
    """Run what a suite asks for and what is not stored yet; first, train what that needs and nobody has trained.

    Returns:
        The results of every cell of the suite, old and new.

    Raises:
        UsageError: if the suite cannot be run as it is: so, if a test picture is among training pictures, or something
            would have to be trained and must not be.
        KeyboardInterrupt: as it came; everything scored so far is stored.
    """
    device = choose_device(options.device)
    _refuse_file(store.root)
    library = Library()
    plan = make_plan(suite, registry, store, lambda file: _obtain(file, listener), library)
    to_run = plan.to_run(options.rerun)
    listener.planned(plan, to_run)
    failures: list[str] = []
    untrained = {one.training.wanted.key: one.why for one in plan.trainings}
    if to_train := plan.to_train(to_run, options.rerun):
        if not options.train:
            commands = "".join(f"\n  {one.training.command}" for one in to_train)
            raise UsageError(f"Not everything is trained that is to be run. To train it:{commands}")
        obtained, failed = train_all(to_train, School(device, library, listener), fail_fast=options.fail_fast)
        untrained |= failed
        plan = plan.taught(obtained)
        to_run = plan.to_run(options.rerun)
    if to_run:
        setup = Setup(
            device=device,
            batch_size=options.batch_size or automatic_batch_size(device, suite.size),
            panel=Panel(to_run[0].cell.metrics, device),
            samples=_ALL_IMAGES if options.samples is None else options.samples,
            strict=options.strict,
            listener=listener,
            untrained=untrained,
        )
        for planned in to_run:
            try:
                record = _run_cell(planned, store, setup, options, listener)
            except StoreError as error:
                failures.append(str(error))
                listener.refused(planned, error)
            else:
                if record.error is not None:
                    failures.append(f"{planned.cell.title}: {record.status}. {record.error['message']}")
            if failures and options.fail_fast:
                break
    return Results(store, tuple(planned.folder for planned in plan), tuple(failures))


def _refuse_file(root: Path) -> None:
    """Refuse a results folder that is a file, or would lie below one."""
    existing = next((path for path in (root, *root.parents) if path.exists()), None)
    if existing is not None and not existing.is_dir():
        raise UsageError(f"{existing} is a file; results need a folder. Choose another --out.")


def _obtain(file: WeightsFile, listener: Listener) -> str:
    """Fetch weights that are not here; return why they cannot be had, or nothing."""
    if not file.found():
        listener.fetching(file)
    try:
        file.ensure()
    except MissingWeightsError as error:
        return str(error)
    return ""


def _run_cell(planned: PlannedCell, store: Store, setup: Setup, options: Options, listener: Listener) -> CellRecord:
    listener.started(planned)
    writer = CellWriter(planned.folder).open()
    try:
        if options.rerun == "all":
            writer.discard()
            record = None
        else:
            record = _complete_record(store, planned.folder)  # another run may have stored it since the plan was made
        if record is None:
            record = evaluate(planned.cell, writer, setup, lambda images: listener.progressed(planned, images))
    finally:
        writer.close()
    listener.finished(planned, record)
    return record


def _complete_record(store: Store, folder: Path) -> CellRecord | None:
    try:
        stored = store.read(folder)
    except StoreError:  # damaged: it is written anew
        return None
    return stored.record if stored is not None and stored.record.status == "complete" else None


def run(
    *,
    methods: str | Sequence[str] = (),
    datasets: str | Sequence[str] = (),
    masks: str | Sequence[str] = (),
    metrics: str | Sequence[str] = (),
    suite: str = DEFAULT,
    size: int | None = None,
    seed: int | None = None,
    limit: int | None = None,
    out: str | os.PathLike[str] | None = None,
    plugins: str | Sequence[str] = (),
    device: str = "auto",
    batch_size: int | None = None,
    rerun: Rerun = "stale",
    samples: int | None = SAMPLES,
    fail_fast: bool = False,
    strict: bool = False,
    train: bool = True,
) -> Results:
    """Run methods on data sets under masks, as `bench run` does, and return the results.

    Args:
        methods: one selector, or several such as `["tv", "harmonic"]`; those of the suite if empty.
        datasets: likewise, such as `"image_folder[path=faces]"`.
        masks: likewise, such as `"center_square[side=20]"`.
        metrics: likewise; those of the scoring protocol if empty.
        suite: a bundled suite or a TOML file, which the other arguments override.
        size: of the square images, in pixels.
        seed: decides all holes and all randomness of the methods.
        limit: at most so many images of each data set.
        out: the results folder; `results/<suite>` below the current folder if None.
        plugins: files or modules with further plugins.
        device: `auto`, `cpu`, `cuda`, `cuda:N` or `mps`.
        batch_size: images completed at once; chosen by the device if None.
        rerun: which cells run: `missing`, `stale` (also what is out of date), `failed` (also failures),
            `all`.
        samples: of so many images of each cell pictures are saved; None for all.
        fail_fast: whether the first failure ends the run.
        strict: whether an image that cannot be decoded fails its cells.
        train: whether what methods must have learned is trained where it is missing.

    Raises:
        UsageError: if something that was asked for does not exist or is not possible.
    """
    chosen = Suite.load(suite).replace(
        methods=_listed(methods),
        datasets=_listed(datasets),
        masks=_listed(masks),
        metrics=_listed(metrics),
        size=size,
        seed=seed,
        limit=limit,
    )
    options = Options(
        device=device,
        batch_size=batch_size,
        rerun=rerun,
        samples=samples,
        fail_fast=fail_fast,
        strict=strict,
        train=train,
    )
    store = Store(chosen.default_folder if out is None else Path(out))
    return run_suite(chosen, load_registry(_listed(plugins)), store, options, Listener())


def _listed(given: str | Sequence[str]) -> tuple[str, ...]:
    return (given,) if isinstance(given, str) else tuple(given)
