"""Running a plan: every cell that asks for it, one after the other, whatever happens to one of them."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

from inpaintbench.checkpoints import Library
from inpaintbench.errors import MissingWeightsError, StoreError, UsageError
from inpaintbench.execution.cell_jobs import run_cells
from inpaintbench.execution.devices.leases import automatic_batch_size
from inpaintbench.execution.engines.opening import engine_for
from inpaintbench.execution.options import SAMPLES, EngineName, Isolation, Options, Setting, default_isolation
from inpaintbench.execution.planning.plan import PlannedCell, Rerun, make_plan
from inpaintbench.execution.telling.listener import Chorus, Listener
from inpaintbench.execution.telling.noting import Noting, logged
from inpaintbench.execution.telling.tracking import Tracking
from inpaintbench.execution.training_jobs import train_with
from inpaintbench.logbook import Logbook
from inpaintbench.plugins import Registry, load_registry
from inpaintbench.results import Results
from inpaintbench.store import Store
from inpaintbench.suite import DEFAULT, Suite
from inpaintbench.weights import WeightsFile


def run_suite(suite: Suite, registry: Registry, store: Store, options: Options, listener: Listener) -> Results:
    """Run what a suite asks for and what is not stored yet; first, train what that needs and nobody has trained.

    Returns:
        The results of every cell of the suite, old and new.

    Raises:
        UsageError: if the suite cannot be run as it is: so, if a test picture is among training pictures, or something
            would have to be trained and must not be; or if a tracker needs what is not installed.
        KeyboardInterrupt: as it came; everything scored so far is stored.
    """
    _refuse_file(store.root)
    tracking = Tracking.of(registry, options.track, store.root, listener)
    library = Library()
    with engine_for(options) as open_engine:
        plan = make_plan(suite, registry, store, lambda file: _obtain(file, listener), library)
        to_run = plan.to_run(options.rerun)
        chosen = open_engine(registry, store.root) if to_run else None
        listener.planned(plan, to_run)
        untrained = {one.training.wanted.key: one.why for one in plan.trainings}
        to_train = plan.to_train(to_run, options.rerun)
        if to_train and not options.train:
            commands = "".join(f"\n  {one.training.command}" for one in to_train)
            raise UsageError(f"Not everything is trained that is to be run. To train it:{commands}")
        if chosen is None:
            return Results(store, tuple(planned.folder for planned in plan))
        engine, kind = chosen
        with _open_logbook(store.root, suite.name, to_run) as book, tracking:
            noting = Noting(book, to_run)
            everyone = Chorus(listener, noting, tracking)
            if to_train:
                obtained, failed = train_with(engine, to_train, library.folder, everyone, fail_fast=options.fail_fast)
                untrained |= failed
                plan = plan.taught(obtained)
                to_run = plan.to_run(options.rerun)
                if failed and options.fail_fast:  # the other trainings have not failed: they were not waited for
                    to_run = tuple(one for one in to_run if (of := one.cell.training) and of.wanted.key in failed)
                noting.planned(plan, to_run)
            batch_size = options.batch_size or automatic_batch_size(kind, suite.size)
            failures = run_cells(to_run, untrained, engine, suite.limit, batch_size, options, everyone)
            noting.end()
    return Results(store, tuple(planned.folder for planned in plan), failures)


def _open_logbook(root: Path, suite: str, to_run: Sequence[PlannedCell]) -> AbstractContextManager[Logbook | None]:
    """Return the logbook of a run; none, where nothing can be written: the cells will say so."""
    try:
        return Logbook.open(root, suite, map(logged, to_run))
    except StoreError:
        return nullcontext()


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
    isolation: Isolation | None = None,
    timeout: float | None = None,
    memory: int | None = None,
    workers: int = 1,
    gpus: Sequence[int] = (),
    deterministic: bool = False,
    engine: EngineName = "local",
    address: str = "",
    slurm: Mapping[str, Setting] | None = None,
    track: str | Sequence[str] = (),
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
        isolation: `process`: cells run in worker processes, so that what kills one costs its cell; `none`: in this one.
        timeout: seconds that a cell may take; None for as many as it likes.
        memory: bytes that a cell may take; None for as many as there are.
        workers: that share the processors, where cells run on these: those of each machine.
        gpus: numbers of those to use, one worker on each; all that there are if empty.
        deterministic: whether only algorithms are taken that give the same numbers each time.
        engine: `local`: cells run on this machine; `ray` or `slurm`: on those of a cluster.
        address: of a Ray cluster; empty for one on this machine alone.
        slurm: parameters of submitit, such as `{"partition": "gpu", "gpus_per_node": 4}`.
        track: names of trackers that write down each finished cell, such as `"jsonl"` or `["jsonl", "tensorboard"]`.

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
        isolation=isolation or default_isolation(),
        timeout=timeout,
        memory=memory,
        workers=workers,
        gpus=tuple(gpus),
        deterministic=deterministic,
        engine=engine,
        address=address,
        slurm=slurm or {},
        track=_listed(track),
    )
    store = Store(chosen.default_folder if out is None else Path(out))
    return run_suite(chosen, load_registry(_listed(plugins)), store, options, _Warning())


class _Warning(Listener):
    """Logs what a caller in Python has no other way to learn."""

    def not_tracked(self, why: str) -> None:
        """Log it, which unlike Python's warnings can never become an exception that ends the run."""
        logging.getLogger("inpaintbench").warning("%s", why)


def _listed(given: str | Sequence[str]) -> tuple[str, ...]:
    return (given,) if isinstance(given, str) else tuple(given)
