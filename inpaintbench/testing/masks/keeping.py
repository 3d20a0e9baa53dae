"""What a mask leaves alone: the holes that it has given away, the process, and the name of its files' content."""

from __future__ import annotations

import numpy as np

from inpaintbench.api import Fingerprinted
from inpaintbench.testing.checks import NotApplicable, PromiseError, promise
from inpaintbench.testing.leftovers import refuse_leftovers
from inpaintbench.testing.masks.holes import draws, hole_shape
from inpaintbench.testing.masks.purity import global_random_ignored
from inpaintbench.testing.masks.subject import MaskSubject, files_needed


@promise(global_random_ignored)
def state_left_alone(subject: MaskSubject) -> None:
    """It leaves the global random generators, torch's settings and the process as it found them.

    A mask that seeds NumPy's generator would make whoever draws from that next repeat the same numbers.
    """
    refuse_leftovers(subject.build, lambda mask: subject.hole(1, mask))


@promise(hole_shape)
def own_array(subject: MaskSubject) -> None:
    """A hole that was returned stays as it is when the next one is drawn.

    A mask that draws into one array again and again would turn all holes of a list into the last one.
    """
    mask = subject.build()
    first = subject.draw(mask, subject.side, subject.side, 0)
    before = np.array(first)
    for number in (1, 2, 3):
        subject.draw(mask, subject.side, subject.side, number)
    if not np.array_equal(first, before):
        raise PromiseError("The next holes were drawn into the array that it had returned; expected a new one each.")


@promise(draws)
def fingerprint(subject: MaskSubject) -> None:
    """If it reads files, its fingerprint is text, and the same for every object.

    It stands in the files' place in seeds: holes would be others in every run if it changed.
    """
    mask, other = subject.build(), subject.build()
    if not isinstance(mask, Fingerprinted) or not isinstance(other, Fingerprinted):
        raise NotApplicable("it has no fingerprint: it reads no files")
    with files_needed():
        said = [mask.fingerprint(), mask.fingerprint(), other.fingerprint()]
    if not all(isinstance(one, str) and one for one in said):
        raise PromiseError(f"Its fingerprint is {said[0]!r}; expected text.")
    if len(set(said)) > 1:
        raise PromiseError(f"Its fingerprint was {said[0]}, then {next(one for one in said if one != said[0])}.")
