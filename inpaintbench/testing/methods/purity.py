"""On what a completion depends: on its own picture, hole and seed, and on nothing else."""

from __future__ import annotations

import torch

from inpaintbench.execution.evaluating.contract import snapshot
from inpaintbench.testing.checks import PromiseError, promise
from inpaintbench.testing.methods.answers import known_pixels, output_range
from inpaintbench.testing.methods.subject import MethodSubject, part, refuse_difference


@promise(output_range, known_pixels)
def input_unchanged(subject: MethodSubject) -> None:
    """It leaves the batch as it was.

    The batch is read again after the call: an operation in place on it would change what is scored.
    """
    batch = subject.batch()
    given = snapshot(batch)
    subject.build().complete(given)
    for name, before, after in (
        ("corrupted", batch.corrupted, given.corrupted),
        ("hole", batch.hole, given.hole),
    ):
        if (after.shape, after.dtype) != (before.shape, before.dtype) or not torch.equal(before, after):
            raise PromiseError(f"It wrote into batch.{name}; expected that it works on a copy.")


@promise(input_unchanged)
def same_seed_same_result(subject: MethodSubject) -> None:
    """The same pictures, holes and seeds give the same completions.

    Two methods, built one after the other, are given the same batch, while torch's own random numbers differ.
    """
    batch = subject.batch()
    torch.manual_seed(1)
    first = subject.composite(batch)
    torch.manual_seed(2)
    refuse_difference(subject.composite(batch), first, "A second completion of the same batch")


@promise(same_seed_same_result)
def batch_equals_singles(subject: MethodSubject) -> None:
    """A batch gives what its pictures give one by one.

    Else a number would depend on the batch size, and so on the machine.
    """
    batch = subject.batch()
    together = subject.composite(batch)
    alone = torch.cat([subject.composite(part(batch, [position])) for position in range(len(batch.seeds))])
    refuse_difference(together, alone, "A batch of three, compared with the same pictures one by one,")


@promise(batch_equals_singles)
def any_order(subject: MethodSubject) -> None:
    """The order of pictures does not matter, neither within a batch nor between batches.

    One object completes other pictures first, as it does in a run that was interrupted and goes on.
    """
    batch = subject.batch()
    expected = subject.composite(batch)
    order = [2, 0, 1]
    refuse_difference(subject.composite(part(batch, order)), expected[order], "A batch in another order")
    method = subject.build()
    subject.answer(subject.batch(first=50), method)
    refuse_difference(subject.composite(batch, method), expected, "A batch that came after another one")
