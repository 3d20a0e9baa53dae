"""Small reporters that come along, chosen by `bench run --track NAME`: they write down what becomes of cells.

A tracker is an object with implementations of the hooks that tell of something, like any plugin's; it is made with the
results folder, below which it writes to `tracking/`. Nothing is written before the first cell is stored. A further one
is one more file, and one more line in `TRACKERS`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from importlib import import_module
from pathlib import Path
from types import MappingProxyType
from typing import Final

from inpaintbench.errors import UnknownNameError

TRACKERS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "jsonl": "inpaintbench.trackers.jsonl:JsonLines",
        "tensorboard": "inpaintbench.trackers.tensorboard:TensorBoard",
    }
)
"""By the name that `bench run --track` takes: module and class, imported when asked for."""

FOLDER: Final = "tracking"
"""Where they write, below the results folder."""


def check_names(names: Iterable[str]) -> None:
    """Refuse names that no tracker has.

    Raises:
        UnknownNameError: with the near ones.
    """
    for name in names:
        if name not in TRACKERS:
            raise UnknownNameError("tracker", name, TRACKERS)


def open_trackers(names: Iterable[str], root: Path) -> dict[str, object]:
    """Return trackers by their names; one that is named twice is one.

    Args:
        names: keys of `TRACKERS`.
        root: the results folder, absolute.

    Raises:
        UnknownNameError: if there is none of a name.
        UsageError: if one needs a package that is not installed.
    """
    names = tuple(dict.fromkeys(names))
    check_names(names)
    trackers: dict[str, object] = {}
    for name in names:
        module, _, attribute = TRACKERS[name].partition(":")
        trackers[name] = getattr(import_module(module), attribute)(root)
    return trackers
