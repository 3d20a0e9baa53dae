"""The pictures that a data set decodes: 8-bit levels of RGB, which depend on the item alone."""

from __future__ import annotations

import numpy as np

from inpaintbench.testing.checks import PromiseError, promise
from inpaintbench.testing.datasets.listing import ids_text
from inpaintbench.testing.datasets.subject import DatasetSubject, decoded, refuse_difference


@promise(ids_text)
def loads_rgb(subject: DatasetSubject) -> str:
    """It decodes an item to a NumPy array of uint8, of the shape (height, width, 3).

    A few items of each split are looked at: the first ones, and some that are spread over it. One that it calls
    unreadable, by an `UnreadableImageError`, is passed over.
    """
    dataset, items = subject.listed(), subject.some
    unreadable = 0
    for item in items:
        picture = decoded(dataset, item)
        if picture is None:
            unreadable += 1
            continue
        if not isinstance(picture, np.ndarray):
            raise PromiseError(f"{item!r} became {type(picture).__name__}; expected a NumPy array.")
        if picture.dtype != np.uint8 or picture.ndim != 3 or picture.shape[2] != 3 or not picture.size:
            raise PromiseError(
                f"{item!r} became {picture.dtype} of shape {picture.shape}; expected uint8 of shape (height, width, 3)."
            )
    if unreadable == len(items):
        raise PromiseError(f"None of the {len(items)} items that were tried can be decoded.")
    told = f"{len(items)} items tried"
    return f"{told}, of which {unreadable} cannot be decoded" if unreadable else told


@promise(loads_rgb)
def decodes_again(subject: DatasetSubject) -> None:
    """An item has the same pixels when it is decoded again, by the same object and by another one.

    Whatever is random in a data set, such as crops, must come from the id.
    """
    dataset, items = subject.listed(), subject.some
    expected = [
        np.copy(picture) if picture is not None else None for picture in (decoded(dataset, one) for one in items)
    ]
    refuse_difference([decoded(dataset, one) for one in items], expected, items, "The same object, asked again,")
    other = subject.listed()
    refuse_difference([decoded(other, one) for one in items], expected, items, "Another object")


@promise(decodes_again)
def decodes_in_any_order(subject: DatasetSubject) -> None:
    """An item has the same pixels whichever were decoded before it.

    Several processes decode a data set at once, in an order that nobody knows.
    """
    items = subject.some
    dataset = subject.listed()
    forwards = [decoded(dataset, item) for item in items]
    dataset = subject.listed()
    backwards = [decoded(dataset, item) for item in reversed(items)]
    refuse_difference(backwards[::-1], forwards, items, "Another order")


@promise(decodes_in_any_order)
def decodes_unlisted(subject: DatasetSubject) -> None:
    """An item can be decoded by an object that was never asked for ids, and has the same pixels.

    The processes that decode are given ids, and do not list.
    """
    items = subject.some
    dataset, fresh = subject.listed(), subject.build()
    expected = [decoded(dataset, item) for item in items]
    refuse_difference([decoded(fresh, item) for item in items], expected, items, "An object that had listed nothing")
