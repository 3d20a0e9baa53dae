"""The sentences below a table: what its marks mean, and all that a reader must know before believing a number."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from inpaintbench.columns import Column
from inpaintbench.leaderboard import Entry, Leaderboard
from inpaintbench.report.sheet import FAILED, LIMITED, MISSING_IMAGES, STALE, UNCONVERGED, Note, count, listed, shorten
from inpaintbench.report.titles import Titles


def notes(leaderboard: Leaderboard, columns: Sequence[Column], titles: Titles) -> tuple[Note, ...]:
    """Return the notes, those that explain a mark first."""
    entries = leaderboard.entries
    return (
        *_failures(entries, titles),
        *_stale(entries, titles),
        *_limited(entries),
        *_unreadable(entries, titles),
        *_incomplete(entries, titles),
        *_unconverged(entries),
        *_unavailable(entries, columns),
        *_mean_rank(leaderboard),
        *_scoring(columns),
        *_devices(entries),
        *_superseded(entries),
    )


def _failures(entries: Sequence[Entry], titles: Titles) -> Iterator[Note]:
    alike: dict[tuple[str, str, str], list[Entry]] = defaultdict(list)
    for entry in entries:
        if entry.standing == "failed":
            alike[entry.method, entry.record.status, _reason(entry)].append(entry)
    for (method, status, reason), failed in alike.items():
        where = _places(failed, titles)
        yield Note(FAILED, f"{method}: {status} on {where}{f' ({reason})' if reason else ''}.")


def _reason(entry: Entry) -> str:
    error = entry.record.error or {}
    text = ": ".join(filter(None, (error.get("type", ""), error.get("message", ""))))
    short = shorten(text)
    return f"{short} (see log.txt)" if short.endswith("…") else short.rstrip(".")


def _stale(entries: Sequence[Entry], titles: Titles) -> Iterator[Note]:
    alike: dict[tuple[str, str, str], list[Entry]] = defaultdict(list)
    for entry in entries:
        if entry.newer is not None and entry.standing == "stale":
            older = entry.record.finished <= entry.newer.finished
            which = (
                "an older result, not ranked; its newer"
                if older
                else "a result of other code, pictures or holes, not ranked; the present"
            )
            alike[entry.method, which, entry.newer.status].append(entry)
    for (method, which, status), stale in alike.items():
        yield Note(STALE, f"{method}: {which} version ended as {status} on {_places(stale, titles)}.")


def _limited(entries: Sequence[Entry]) -> Iterator[Note]:
    if any(entry.standing == "limited" for entry in entries):
        yield Note(LIMITED, "Only the first images were taken (--limit); not ranked.")


def _unreadable(entries: Sequence[Entry], titles: Titles) -> Iterator[Note]:
    seen: dict[tuple[str, int, tuple[str, ...]], None] = {}
    for entry in entries:
        if entry.record.unreadable and entry.standing != "failed":
            files = tuple(str(file.get("item", "")) for file in entry.record.unreadable)
            seen[titles.side(entry.group, "dataset"), entry.record.expected, files] = None
    for dataset, expected, files in seen:
        verb = f"{len(files)} of {count(expected, 'file')} could not be decoded"
        yield Note(MISSING_IMAGES, f"{dataset}: {verb}: {listed(files)}.")


def _incomplete(entries: Sequence[Entry], titles: Titles) -> Iterator[Note]:
    for entry in entries:
        if entry.standing == "incomplete":
            counts = f"{entry.record.scored} of {count(entry.record.expected, 'image')}"
            yield Note(
                MISSING_IMAGES,
                f"{entry.method}: incomplete, not ranked: {counts} on {titles.group(entry.group)}.",
            )


def _unconverged(entries: Sequence[Entry]) -> Iterator[Note]:
    stopped: dict[str, int] = defaultdict(int)
    scored: dict[str, int] = defaultdict(int)
    for entry in entries:
        stopped[entry.method] += entry.record.unconverged
        scored[entry.method] += entry.record.scored
    for method, images in stopped.items():
        if images:
            of = f"{images} of {count(scored[method], 'image')}"
            yield Note(UNCONVERGED, f"{method} stopped at its limit before it had converged on {of}.")


def _unavailable(entries: Sequence[Entry], columns: Sequence[Column]) -> Iterator[Note]:
    shown = {column.key.name for column in columns}
    reasons: dict[tuple[str, str], set[str]] = defaultdict(set)
    for entry in entries:
        for metric in entry.record.metrics:
            if metric.unavailable and metric.name in shown:
                reasons[metric.label, " ".join(metric.unavailable.split()).rstrip(".")].add(entry.method)
    everyone = {entry.method for entry in entries}
    for (label, reason), methods in reasons.items():
        of = "" if methods == everyone else f" for {listed(sorted(methods))}"
        yield Note("", f"{label} was not scored{of}: {reason}.")


def _mean_rank(leaderboard: Leaderboard) -> Iterator[Note]:
    lacking = [one.method for one in leaderboard.mean_ranks if one.mean is None]
    if lacking and len(leaderboard.mean_ranks) > 1 and leaderboard.ranked_group_count:
        who = listed(lacking)
        yield Note("", f"No mean rank for {who}: not ranked everywhere that another method is.")


def _scoring(columns: Sequence[Column]) -> Iterator[Note]:
    weights = [f"{one.label}: {one.key.weights[:12]}" for one in columns if one.key.weights]
    if weights:
        yield Note("", f"Weights (SHA-256): {', '.join(weights)}.")


def _devices(entries: Sequence[Entry]) -> Iterator[Note]:
    devices = {device_name(device) for entry in entries if (device := entry.record.environment.get("device"))}
    if len(devices) > 1:
        yield Note("", f"Times were measured on different devices and cannot be compared: {listed(sorted(devices))}.")


def device_name(device: Mapping[str, Any]) -> str:
    """Return what a record says of the device that times were measured on, in a few words."""
    threads = device.get("threads")
    name = str(device.get("name") or device.get("type") or "unknown device")
    return f"{name} with {count(threads, 'thread')}" if threads else name


def _superseded(entries: Sequence[Entry]) -> Iterator[Note]:
    if hidden := sum(entry.superseded for entry in entries):
        verb = "is" if hidden == 1 else "are"
        yield Note("", f"{count(hidden, 'result')} of the same methods in other versions {verb} not shown.")


def _places(entries: Sequence[Entry], titles: Titles) -> str:
    return listed([titles.group(entry.group) for entry in entries], separator="; ")
