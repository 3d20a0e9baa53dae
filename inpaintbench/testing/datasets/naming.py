"""What a data set says of its items without their pixels: a fingerprint, a class, a source."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from pathlib import PurePath
from typing import Any

from inpaintbench.api import Dataset, Labelled, Sourced
from inpaintbench.folders import PICTURE_SUFFIXES
from inpaintbench.testing.checks import NotApplicable, PromiseError, promise
from inpaintbench.testing.datasets.listing import ids_text
from inpaintbench.testing.datasets.subject import DatasetSubject
from inpaintbench.testing.watching import opened_files


@promise(ids_text)
def fingerprint_text(subject: DatasetSubject) -> None:
    """Its fingerprint of some items is text.

    It is asked for the items that are looked at, not for all: every file may have to be read for it.
    """
    said: object = subject.listed().fingerprint(subject.some)
    if not isinstance(said, str) or not said:
        raise PromiseError(f"The fingerprint is {said!r}; expected text.")


@promise(fingerprint_text)
def fingerprint_stable(subject: DatasetSubject) -> None:
    """The fingerprint of the same items is the same, asked for again, and by another object.

    Else every run would compute all anew.
    """
    items, dataset = subject.some, subject.listed()
    first = dataset.fingerprint(items)
    for who, again in (("the same object", dataset), ("another object", subject.build())):
        if (found := again.fingerprint(items)) != first:
            raise PromiseError(f"The fingerprint was {first}, and then {found} by {who}; expected the same.")


@promise(fingerprint_stable)
def fingerprint_of_items(subject: DatasetSubject) -> None:
    """The fingerprint of other items is another one.

    Results of one part of a data set would else be taken for those of another part.
    """
    items, dataset = subject.some, subject.listed()
    if len(items) < 2:
        raise NotApplicable("it has a single item")
    whole, part, other = (dataset.fingerprint(some) for some in (items, items[:-1], items[1:]))
    if whole in (part, other) or (part == other and len(items) > 2):
        raise PromiseError(f"The fingerprints of {len(items)} items and of others are all {whole}.")


@promise(ids_text)
def labels(subject: DatasetSubject) -> str:
    """If it tells classes, the class of an item is text, and no picture is read for it.

    It is asked for every image of every cell.
    """
    dataset = subject.listed()
    if not isinstance(dataset, Labelled):
        raise NotApplicable("it has no classes")
    return _asked(dataset, dataset.label, subject.some, "class")


@promise(ids_text)
def sources(subject: DatasetSubject) -> str:
    """If it tells sources, the source of an item is text, and no picture is read for it.

    Intervals and tests count sources.
    """
    dataset = subject.listed()
    if not isinstance(dataset, Sourced):
        raise NotApplicable("it tells no sources")
    return _asked(dataset, dataset.source, subject.some, "source")


def _asked(dataset: Dataset, question: Callable[[str], Any], items: list[Any], what: str) -> str:
    """Ask a question of items, and return how many answers there are.

    Raises:
        PromiseError: if one is no text, or a picture was read.
    """
    loaded: list[str] = []
    really_load = dataset.load

    def load(item: str) -> Any:
        loaded.append(item)
        return really_load(item)

    with contextlib.suppress(AttributeError):  # a class with __slots__: files that are opened are seen all the same
        dataset.load = load  # type: ignore[method-assign]
    with opened_files() as opened:
        answers = [question(item) for item in items]
    for item, answer in zip(items, answers, strict=True):
        if not isinstance(answer, str):
            raise PromiseError(f"The {what} of {item!r} is {answer!r}; expected text.")
    read = [file.path for file in opened if PurePath(file.path).suffix.lower() in PICTURE_SUFFIXES]
    if loaded or read:
        raise PromiseError(
            f"To tell the {what} it read the picture {(loaded or read)[0]}; expected that it reads none."
        )
    return f"{len(set(answers))} of {len(items)} items"
