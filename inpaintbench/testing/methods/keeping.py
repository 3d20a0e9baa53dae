"""Whether a method is the same after it was packed, stored, moved, or met by other settings of torch."""

from __future__ import annotations

import pickle

import torch

from inpaintbench.api import MethodSpec
from inpaintbench.selectors import select
from inpaintbench.testing.checks import NotApplicable, PromiseError, promise
from inpaintbench.testing.methods.elsewhere import composite_elsewhere
from inpaintbench.testing.methods.purity import same_seed_same_result
from inpaintbench.testing.methods.subject import MethodSubject, moved, refuse_difference


@promise(same_seed_same_result)
def picklable(subject: MethodSubject) -> None:
    """It can be pickled, and answers the same afterwards.

    So it reaches another process, or a file, with all that it holds.
    """
    batch = subject.batch()
    again = pickle.loads(pickle.dumps(subject.build()))
    refuse_difference(subject.composite(batch, again), subject.composite(batch), "What was pickled")


@promise(same_seed_same_result)
def reloads(subject: MethodSubject) -> None:
    """Built in another process, from its selector and the checkpoint of its training, it answers the same.

    That is how a method comes back in another run. What lies in a global variable does not, nor what is in no network
    of the trainer; and the hash of a text is another one in each process.
    """
    (again,) = select([subject.selection.name], MethodSpec, subject.registry)
    if again.values != subject.selection.values:
        raise PromiseError(f"{again.name} selects {again.values}; expected {subject.selection.values}.")
    batch = subject.batch()
    expected = subject.composite(batch)
    refuse_difference(composite_elsewhere(subject, batch), expected, "What another process answers")


@promise(same_seed_same_result)
def moves(subject: MethodSubject) -> str:
    """It moves to every device that there is, and back, and answers there what it answers on the first.

    Small differences are allowed between devices: two levels of 255 in 99 of 100 values. A method without tensors needs
    no `to`.
    """
    devices = _devices(subject.device)
    if not devices:
        raise NotApplicable(f"there is no device here but {subject.device.type}")
    batch, method = subject.batch(), subject.build()
    expected = subject.composite(batch, method)
    for device in devices:
        there = subject.composite(moved(batch, device), subject.build(device=device))
        apart = (there - expected).abs().flatten().sort().values
        refuse_difference(apart[int(0.99 * len(apart))], torch.zeros(()), f"What it answers on {device}", 2 / 255)
    to = getattr(method, "to", None)
    if to is not None:
        for device in (*devices, subject.device):
            to(device)
        refuse_difference(
            subject.composite(batch, method), expected, "What it answers after it was moved and moved back"
        )
    return f"tried on {', '.join(map(str, devices))}"


@promise(same_seed_same_result)
def any_default_dtype(subject: MethodSubject) -> None:
    """It answers the same where torch's default type is float64.

    Tensors that are made without a type then no longer fit those of the batch, which are float32 always.
    """
    batch = subject.batch()
    expected = subject.composite(batch)
    torch.set_default_dtype(torch.float64)
    try:
        found = subject.composite(batch)
    finally:
        torch.set_default_dtype(torch.float32)
    refuse_difference(found, expected, "What it answers with float64 as torch's default", 2 / 255)


def _devices(home: torch.device) -> list[torch.device]:
    kinds = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    found = [torch.device("cpu") if kind == "cpu" else torch.device(kind, 0) for kind, here in kinds.items() if here]
    return [device for device in found if device.type != home.type]
