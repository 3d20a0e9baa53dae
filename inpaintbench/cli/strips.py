"""What `bench figure` shows of stored results: which methods, which images, and their saved pictures."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from inpaintbench.errors import StoreError, UnknownNameError, UsageError
from inpaintbench.leaderboard import Entry, Group, Leaderboard
from inpaintbench.report.sheet import clean, listed, shorten
from inpaintbench.report.titles import Titles
from inpaintbench.samples import Kind, Sample
from inpaintbench.selector_text import matching, parse_selector
from inpaintbench.statistics.pairing import IMAGE

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from jaxtyping import Bool, UInt8

FIRST: Final = 4
"""So many images are shown where none is named, at most."""


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What options ask for; None, or nothing, where they leave it open.

    Attributes:
        methods: selectors, in the order of the figure.
        dataset: a selector; so is `mask`.
        size: in pixels.
        seed: of the suite.
        limit: of a run with `--limit`.
    """

    methods: tuple[str, ...] = ()
    dataset: str | None = None
    mask: str | None = None
    size: int | None = None
    seed: int | None = None
    limit: int | None = None


@dataclass(frozen=True)
class Shown:
    """One image as every method has left it.

    Attributes:
        item: id of the image.
        index: its position in the data set.
        image: the truth, 8-bit RGB.
        hole: True = missing.
        composites: one a method.
    """

    item: str
    index: int
    image: UInt8[np.ndarray, "size size 3"]
    hole: Bool[np.ndarray, "size size"]
    composites: tuple[UInt8[np.ndarray, "size size 3"], ...]


def choose(leaderboard: Leaderboard, wanted: Wanted) -> tuple[Group, list[Entry], list[str]]:
    """Return the one group that is asked for, the entries to be shown in their order, and what is to be said of it.

    Without methods, all ranked ones are shown by their mean rank; where none is ranked, all that have not failed.

    Raises:
        SelectorError: if a selector finds nothing, and is none.
        UnknownNameError: if there is no such data set, mask or method.
        UsageError: if several groups are left, if none has all the methods, or if one of them has failed.
    """
    groups = _groups(leaderboard, wanted)
    titles = Titles(leaderboard.groups)
    if wanted.methods:
        groups = _with_methods(leaderboard, groups, wanted.methods, titles)
    if len(groups) > 1:
        raise UsageError(
            f"A figure shows one data set under one mask, and {len(groups)} groups of results fit: "
            f"{_all(titles.group(group) for group in groups)}. Choose one with -d, -k, --size, --seed or --limit."
        )
    (group,) = groups
    every = leaderboard.by_group[group]
    if wanted.methods:
        entries = [one for name in _named(wanted.methods, every) for one in every if one.method == name]
        if failed := [one for one in entries if one.standing == "failed"]:
            raise UsageError(f"There is nothing to show of {_all(map(_why, failed))}.")
        left_out: list[Entry] = []
    else:
        ranked = [one for one in every if one.standing == "ranked"]
        entries = ranked or [one for one in every if one.standing != "failed"]
        left_out = [one for one in every if one not in entries]
        if not entries:
            raise UsageError(f"Every method has failed on {titles.group(group)}: {_all(map(_why, left_out))}.")
    said = [f"{_why(one)} is left out." for one in left_out]
    said += [
        f"{clean(one.method)} is shown as an older code left it: its newest attempt has failed."
        for one in entries
        if one.newer
    ]
    return group, entries, said


def read_shown(group: Group, entries: Sequence[Entry], wanted: Sequence[str]) -> list[Shown]:
    """Read the images that are asked for, as all methods have left them.

    Args:
        group: of the entries.
        entries: one a method.
        wanted: ids of images, or their positions in the data set; if empty, the first that all methods have saved.

    Raises:
        UsageError: if there is no such image, or no picture of it was saved.
        StoreError: if a file cannot be read, or methods were given different pictures or holes under one name.
    """
    tables = [_table(entry) for entry in entries]
    saved = [entry.samples() for entry in entries]
    common = sorted(set.intersection(*(set(one) for one in saved)))
    first = tables[0]
    positions = [_position(one, first, group) for one in wanted] or [one for one in common if one in first.index][
        :FIRST
    ]
    if not positions:
        raise UsageError(f"No image has a saved picture of every method.{_advice(common)}")
    shown = []
    for position in dict.fromkeys(positions):
        known = first.loc[position]
        for entry, table, samples in zip(entries, tables, saved, strict=True):
            name, method = f"{clean(str(known['item']))} (number {position})", clean(entry.method)
            if position not in samples:
                raise UsageError(f"No picture of {name} was saved for {method}.{_advice(common)}")
            if position not in table.index or any(table.loc[position, one] != known[one] for one in IMAGE):
                raise StoreError(
                    f"{name} is not the same picture with the same hole for {method} as for "
                    f"{clean(entries[0].method)}; run both again."
                )
        shown.append(_read(str(known["item"]), position, [samples[position] for samples in saved], group.size))
    return shown


def _groups(leaderboard: Leaderboard, wanted: Wanted) -> list[Group]:
    """Return the groups that the options leave: those of limited runs if asked for, or if there is nothing else."""
    groups = list(leaderboard.groups)
    for kind, selector in (("dataset", wanted.dataset), ("mask", wanted.mask)):
        if selector is not None:
            known = list(dict.fromkeys(getattr(group, kind) for group in groups))
            found = matching(selector, known)
            if not found:
                what = "data set" if kind == "dataset" else kind
                raise _unknown(what, selector, known)
            groups = [group for group in groups if getattr(group, kind) in found]
    for name in ("size", "seed", "limit"):
        asked = getattr(wanted, name)
        if asked is not None:
            there = sorted({getattr(group, name) for group in groups} - {None})
            groups = [group for group in groups if getattr(group, name) == asked]
            if not groups:
                expected = f"expected {_all(map(str, there))}" if there else "leave it out"
                raise UsageError(f"None of these results has --{name} {asked}; {expected}.")
    return [group for group in groups if group.limit is None] or groups if wanted.limit is None else groups


def _with_methods(
    leaderboard: Leaderboard, groups: Sequence[Group], methods: Sequence[str], titles: Titles
) -> list[Group]:
    """Return the groups that have all the methods."""
    held = {group: [one.method for one in leaderboard.by_group[group]] for group in groups}
    for method in methods:
        known = list(dict.fromkeys(itertools.chain.from_iterable(held.values())))
        if not matching(method, known):
            raise _unknown("method", method, known)
    found = [group for group in groups if all(matching(method, held[group]) for method in methods)]
    if not found:
        raise UsageError(
            f"No group of results has all of {_all(methods)}, and only one group's are of the same pictures and holes: "
            + "; ".join(f"{titles.group(group)} has {listed(map(clean, held[group]))}" for group in groups)
            + "."
        )
    return found


def _named(methods: Sequence[str], entries: Sequence[Entry]) -> list[str]:
    names = [one.method for one in entries]
    return list(dict.fromkeys(itertools.chain.from_iterable(matching(method, names) for method in methods)))


def _unknown(what: str, selector: str, known: Iterable[str]) -> UnknownNameError:
    """Return the error of a selector that finds nothing.

    Raises:
        SelectorError: if it is none, for then that is what has to be mended.
    """
    parse_selector(selector)
    return UnknownNameError(f"{what} in these results", selector, map(clean, known))


def _why(entry: Entry) -> str:
    """Say what is wrong with an entry that is not shown."""
    error = entry.record.error or {}
    why = shorten(clean(error.get("message", ""))) if entry.standing == "failed" else ""
    state = entry.record.status if entry.standing == "failed" else entry.standing
    return f"{clean(entry.method)} ({state}{': ' if why else ''}{why.rstrip('.')})"


def _table(entry: Entry) -> pd.DataFrame:
    """Return id and hashes of each image, by its position in the data set."""
    table = entry.cell.images()
    for name in IMAGE:
        if name not in table:  # results that are older than the hashes
            table[name] = ""
    return table.set_index("index")[IMAGE]


def _position(text: str, table: pd.DataFrame, group: Group) -> int:
    """Return the position of the image with this id, or at this position."""
    found = table.index[table["item"] == text]
    if len(found):
        return int(found[0])
    if text.isdecimal() and int(text) in table.index:
        return int(text)
    raise UsageError(
        f"There is no image {text!r} in these results of {clean(group.dataset)}; expected an id such as "
        f"{clean(str(table['item'].iloc[0]))!r}, or a number from {table.index.min()} to {table.index.max()}."
    )


def _advice(common: Sequence[int]) -> str:
    there = f" Saved for every method: {_ranges(common)}." if common else ""
    return f"{there} `bench run --samples N --rerun all`, or `--samples all`, saves more."


def _read(item: str, index: int, samples: Sequence[Sample], size: int) -> Shown:
    import numpy as np

    first, *others = samples
    image, hole = first.read("image", size), first.read("hole", size)
    given: dict[Kind, UInt8[np.ndarray, "size size 3"]] = {"image": image, "hole": hole}
    for sample in others:
        for kind, expected in given.items():
            if not np.array_equal(sample.read(kind, size), expected):
                raise StoreError(
                    f"{sample.path(kind)} is not the picture that {first.path(kind)} is; run both cells again."
                )
    return Shown(item, index, image, hole[:, :, 0] > 0, tuple(sample.read("composite", size) for sample in samples))


def _ranges(numbers: Sequence[int]) -> str:
    """Write numbers that rise, those that follow each other as a range.

    >>> _ranges([0, 1, 2, 5])
    '0–2, 5'
    """
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return ", ".join(f"{run[0]}–{run[-1]}" if len(run) > 1 else str(run[0]) for run in runs)


def _all(texts: Iterable[str]) -> str:
    return ", ".join(map(clean, texts))
