"""What a method leaves behind in its process, and what it costs."""

from __future__ import annotations

import time

from inpaintbench.execution.devices.device import PeakMemory, synchronize
from inpaintbench.testing.checks import promise
from inpaintbench.testing.leftovers import refuse_leftovers
from inpaintbench.testing.methods.purity import same_seed_same_result
from inpaintbench.testing.methods.subject import MethodSubject

COSTED = 8


@promise(same_seed_same_result)
def state_left_alone(subject: MethodSubject) -> None:
    """It leaves torch's settings, all global random generators, and the process as it found them.

    Settings are those that decide what code computes (threads, gradients, precision, determinism, default type and
    device); of the process: environment, working directory, `sys.path`, file modes. The harness would put them back,
    but the next batch would meet them. Building it may draw from torch's random numbers, as every layer of a network
    does; completing may not.
    """
    refuse_leftovers(subject.build, lambda method: subject.answer(subject.batch(), method))


@promise(same_seed_same_result)
def cost(subject: MethodSubject) -> str:
    """Time and memory of a completion are told; there is no limit to them.

    Eight pictures at once, after one call to warm up.
    """
    batch, method = subject.batch(COSTED), subject.build()
    subject.answer(batch, method)
    memory = PeakMemory(subject.device)
    start = time.perf_counter()
    subject.answer(batch, method)
    synchronize(subject.device)
    seconds = (time.perf_counter() - start) / COSTED
    peak = memory.read()
    said = f"{seconds * 1000:.3g} ms an image of {subject.side} pixels, {COSTED} at once, on {subject.device}"
    return f"{said}; {peak['peak_bytes'] / 2**20:,.0f} MiB in {peak['counts'].partition(',')[0]}"
