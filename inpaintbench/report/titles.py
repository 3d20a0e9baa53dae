"""What a group is called in a title: what all groups share is said once, what differs is said everywhere."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Literal

from inpaintbench.leaderboard import Group, Leaderboard, Source
from inpaintbench.report.sheet import LIMITED, count

Side = Literal["mask", "dataset"]
"""One half of what a group is of: its holes or its pictures."""


class Titles:
    """Names groups so that no two read alike, without repeating what they all share."""

    def __init__(self, groups: Sequence[Group]) -> None:
        self._seeds = {group.seed for group in groups}
        self._protocols = {group.protocol for group in groups}
        self._pictures: dict[object, set[Source]] = defaultdict(set)
        self._holes: dict[object, set[Source]] = defaultdict(set)
        for group in groups:
            self._pictures[_run(group), group.dataset].add(group.pictures)
            self._holes[_run(group), group.mask].add(group.holes)

    def group(self, group: Group, *, without: Side | None = None) -> str:
        """Return a group's title, or that of all groups that differ in their mask or data set alone."""
        sides: tuple[Side, ...] = ("dataset", "mask")
        parts = [self.side(group, side) for side in sides if side != without]
        return " · ".join([*parts, self.run(group)])

    def run(self, group: Group) -> str:
        """Return what a title says of a group besides its data set and its mask."""
        parts = [f"{group.size} × {group.size}"]
        if group.limit is not None:
            parts.append(f"first {group.limit} images {LIMITED}")
        if len(self._seeds) > 1:
            parts.append(f"seed {group.seed}")
        if len(self._protocols) > 1:
            parts.append(f"protocol {group.protocol}")
        return " · ".join(parts)

    def side(self, group: Group, side: Side) -> str:
        """Return the name of its mask or data set, told apart where the same name has stood for something else."""
        if side == "dataset":
            name, source, rivals = group.dataset, group.pictures, self._pictures[_run(group), group.dataset]
        else:
            name, source, rivals = group.mask, group.holes, self._holes[_run(group), group.mask]
        parts = []
        if len({rival.version for rival in rivals}) > 1:
            parts.append(f"version {source.version or 'unknown'}")
        if len({rival.fingerprint for rival in rivals}) > 1:
            parts.append(f"files {source.fingerprint[:6] or 'unknown'}")
        if len({rival.code for rival in rivals}) > 1:
            parts.append(f"code {source.code[:6] or 'unknown'}")
        return f"{name} ({', '.join(parts)})" if parts else name

    def facts(self, images: Sequence[int] = ()) -> tuple[str, ...]:
        """Return a sentence of what all groups share, for a caption that has to stand for itself; nothing if nothing.

        Args:
            images: how many the groups are about that it stands above.
        """
        numbers = sorted(set(images))
        parts = [] if not numbers else [count(numbers[0], "image")]
        if len(numbers) > 1:
            parts = [f"{numbers[0]} to {count(numbers[-1], 'image')} each"]
        if len(self._seeds) == 1:
            parts.append(f"seed {next(iter(self._seeds))}")
        if len(self._protocols) == 1:
            parts.append(f"scoring protocol {next(iter(self._protocols))}")
        said = ", ".join(parts)
        return (f"{said[0].upper()}{said[1:]}.",) if said else ()

    def whole(self, leaderboard: Leaderboard) -> str:
        """Return the title of everything."""
        if not leaderboard.groups:
            return "No results."
        groups = leaderboard.groups
        parts = [
            count(len(leaderboard.mean_ranks), "method"),
            count(len({group.dataset for group in groups}), "data set"),
            count(len({group.mask for group in groups}), "mask"),
        ]
        if len(self._seeds) == 1:
            parts.append(f"seed {groups[0].seed}")
        if len(self._protocols) == 1:
            parts.append(f"scoring protocol {groups[0].protocol}")
        return "Leaderboard: " + " · ".join(parts)


def _run(group: Group) -> tuple[int, int, int | None, int]:
    return group.size, group.seed, group.limit, group.protocol
