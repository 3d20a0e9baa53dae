"""Whether what is under a hole can reach a method, by whatever way: two runs through the harness, of two truths."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from inpaintbench.caching import CACHE_VARIABLE
from inpaintbench.execution.options import Options
from inpaintbench.execution.run import run_suite
from inpaintbench.execution.telling.listener import Listener
from inpaintbench.samples import Sample, saved
from inpaintbench.store import Store
from inpaintbench.suite import Suite
from inpaintbench.testing import toys
from inpaintbench.testing.checks import PromiseError, promise
from inpaintbench.testing.methods.purity import any_order
from inpaintbench.testing.methods.subject import MethodSubject

if TYPE_CHECKING:
    from jaxtyping import UInt8

PICTURES = 4
TRUTHS = ("first", "second")


@promise(any_order)
def no_leak(subject: MethodSubject) -> None:
    """What is under a hole does not reach it: if that is scrambled in the source pictures, the completions stay.

    Two whole runs of the harness, on the same known pixels and holes, with other pixels under the holes. A method may
    only have what it is given; one that finds the data set, the caller's variables or a file that was left behind would
    complete other pictures.
    """
    subject.build()  # ends this where its weights are not here
    os.environ[CACHE_VARIABLE] = str(subject.folder / "cache")  # put back after each check
    pictures = subject.folder / "truths"
    truths = np.stack([toys.picture(subject.side, 500 + number) for number in range(PICTURES)])
    _store(pictures / TRUTHS[0], truths)
    first = _completed(subject, TRUTHS[0])
    missing = np.stack([sample.read("hole", subject.side) for sample in first]) == 255
    _store(pictures / TRUTHS[1], np.where(missing, 255 - truths[:, ::-1], truths))
    second = _completed(subject, TRUTHS[1])
    for one, other in zip(first, second, strict=True):
        if not np.array_equal(one.read("corrupted", subject.side), other.read("corrupted", subject.side)):
            raise PromiseError("The two runs were given different pictures or holes: a fault of the harness.")
        if not np.array_equal(one.read("composite", subject.side), other.read("composite", subject.side)):
            raise PromiseError(
                "Its completions change with what is under the hole, which it must not know: it reads the truth."
            )


def _store(folder: Path, truths: UInt8[np.ndarray, "n side side 3"]) -> None:
    place = folder / "test"
    place.mkdir(parents=True, exist_ok=True)
    for number, levels in enumerate(truths):
        np.save(place / f"{number:03}.npy", levels)


def _completed(subject: MethodSubject, truth: str) -> Sequence[Sample]:
    """Run the method on one of the truths, and return the pictures of all images.

    Raises:
        PromiseError: if the run fails.
    """
    suite = Suite(
        name=truth,
        methods=(subject.taught.name,),
        datasets=(f'{toys.PICTURES}[path="{subject.folder / "truths" / truth}"]',),
        masks=(toys.RECTANGLE,),
        metrics=("psnr",),
        size=subject.side,
    )
    options = Options(device=str(subject.device), samples=None, isolation="none", rerun="all", batch_size=PICTURES)
    store = Store(subject.folder / "runs" / truth)
    results = run_suite(suite, toys.with_toys(subject.registry), store, options, Listener())
    if results.failures:
        raise PromiseError(f"A run of the harness failed: {results.failures[0]}")
    (cell,) = results.cells
    return list(saved(cell.folder).values())
