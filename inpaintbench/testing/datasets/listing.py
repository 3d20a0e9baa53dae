"""The ids that a data set lists: text, each once, the same whoever asks; and what it says of a split that it lacks."""

from __future__ import annotations

from collections import Counter
from typing import Final

from inpaintbench.errors import DatasetError
from inpaintbench.testing.checks import NotApplicable, PromiseError, promise
from inpaintbench.testing.datasets.building import builds_offline
from inpaintbench.testing.datasets.subject import DatasetSubject

FEWEST_WORDS: Final = 4
"""Of a sentence that says anything."""


@promise(builds_offline)
def lists(subject: DatasetSubject) -> str:
    """It lists the ids of at least one split.

    Those of train, val and test are asked for. If the data set says of all of them, by a `DatasetError`, that they are
    not there, nothing but its constructor can be tried.
    """
    return ", ".join(f"{split} {len(ids):,}" for split, ids in subject.ids.items())


@promise(lists)
def ids_text(subject: DatasetSubject) -> None:
    """Every id is text, and not empty.

    Seeds of holes are derived from ids, and files are named by them.
    """
    for split, ids in subject.ids.items():
        for item in ids:
            if not isinstance(item, str) or not item:
                raise PromiseError(f"{split} lists {item!r}; expected text.")


@promise(ids_text)
def ids_once(subject: DatasetSubject) -> None:
    """A split lists each id once.

    A picture that is listed twice would count twice.
    """
    for split, ids in subject.ids.items():
        if len(set(ids)) < len(ids):
            ((item, count),) = Counter(ids).most_common(1)
            raise PromiseError(f"{split} lists {item!r} {count} times; expected each id once.")


@promise(ids_text)
def ids_stable(subject: DatasetSubject) -> None:
    """The ids are the same, and in the same order, when a split is listed again, by the same object and by another one.

    `--limit 100` means the first hundred: on every machine, and tomorrow.
    """
    dataset = subject.build()
    for split, expected in subject.ids.items():
        for who in ("another object", "an object that was asked before"):
            found = list(dataset.items(split))
            if found != expected:
                place = next((at for at, pair in enumerate(zip(found, expected, strict=False)) if len({*pair}) > 1), -1)
                told = f"{found[place]!r} in place of {expected[place]!r}" if place >= 0 else f"{len(found)} ids in all"
                raise PromiseError(f"{split}, listed by {who}, holds {told}; expected the same ids in the same order.")


@promise(ids_text)
def splits_disjoint(subject: DatasetSubject) -> None:
    """No id is in two splits.

    A picture that was trained on may not be tested on.
    """
    listed = list(subject.ids.items())
    if len(listed) < 2:
        raise NotApplicable(f"there is no split here but {listed[0][0]}")
    for position, (split, ids) in enumerate(listed):
        for other, others in listed[position + 1 :]:
            if shared := sorted({*ids} & {*others}):
                raise PromiseError(f"{split} and {other} share {len(shared)} ids, such as {shared[0]!r}.")


@promise(lists)
def missing_split(subject: DatasetSubject) -> str:
    """For a split that it does not have, it raises a NoSplitError, or another DatasetError, with a sentence.

    An empty list, or an error of Python, tells nobody which splits there are.
    """
    absent = {split: said for split, said in subject.listings.items() if split not in subject.ids}
    if not absent:
        raise NotApplicable("it has all splits")
    for split, said in absent.items():
        if not isinstance(said, DatasetError):
            found = f"raised {type(said).__name__}: {said}" if isinstance(said, Exception) else f"returned {said!r}"
            raise PromiseError(f"For {split} it {found}; expected a NoSplitError.")
        if len(str(said).split()) < FEWEST_WORDS:
            raise PromiseError(f"For {split} it says {str(said)!r}; expected a sentence that says why there is none.")
    return f"tried on {', '.join(absent)}"
