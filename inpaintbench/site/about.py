"""How the numbers were made: the protocol, and where everything comes from."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from inpaintbench.columns import Column
from inpaintbench.leaderboard import Entry
from inpaintbench.ranking import natural
from inpaintbench.report.certain import TESTS
from inpaintbench.report.sheet import Heading
from inpaintbench.site.contents import Contents
from inpaintbench.site.leaderboard import tie_rule
from inpaintbench.site.pages import Page
from inpaintbench.site.scores import moment
from inpaintbench.statistics.aggregates import voters
from inpaintbench.statistics.intervals import FEWEST, LEVEL
from inpaintbench.statistics.resampling import COUNT
from inpaintbench.statistics.verdicts import ALPHA

Part = Literal["method", "dataset", "mask"]


@dataclass(frozen=True)
class Scale:
    """One metric.

    Attributes:
        column: what it is; `heading`: what it is called.
        meaning: what its plugin says of it; empty if that is not here.
    """

    column: Column
    heading: Heading
    meaning: str


@dataclass(frozen=True)
class Plugin:
    """A method, data set or mask, as one version of it was run.

    Attributes:
        name: the selector with its parameters.
        source: where the plugin came from.
        facts: version, hashes, parameters.
        cells: how many results are of it.
    """

    name: str
    source: str
    facts: Mapping[str, Any]
    cells: int


@dataclass(frozen=True)
class Place:
    """A machine with its software, as the records tell of it, and how many results come from it."""

    environment: Mapping[str, Any]
    cells: int


def pages(contents: Contents) -> Iterator[Page]:
    """Yield the page of protocol and provenance."""
    board = contents.leaderboard
    records = [entry.record for entry in board.entries]
    context = {
        "contents": contents,
        "protocols": sorted({record.protocol for record in records}),
        "scales": [_scale(contents, column) for column in board.columns],
        "voters": [column.label for column in voters(board)],
        "statistics": {
            "test": TESTS[contents.certainty.test],
            "resamples": COUNT,
            "alpha": ALPHA,
            "level": round(100 * LEVEL),
            "fewest": FEWEST,
        },
        "tie_rule": tie_rule(contents),
        "statuses": Counter(record.status for record in records),
        "standings": Counter(entry.standing for entry in board.entries),
        "superseded": sum(entry.superseded for entry in board.entries),
        "started": moment(min((record.started for record in records if record.started), default="")),
        "finished": moment(max((record.finished for record in records if record.finished), default="")),
        "plugins": {
            "Methods": _plugins(contents, "method"),
            "Data sets": _plugins(contents, "dataset"),
            "Masks": _plugins(contents, "mask"),
        },
        "places": _places(board.entries),
    }
    yield Page("about.html", "How it was made", "about.html.j2", context)


def _scale(contents: Contents, column: Column) -> Scale:
    return Scale(column, Heading.of(column), contents.meanings.get((column.metric.plugin, column.key.version), ""))


def _plugins(contents: Contents, part: Part) -> list[Plugin]:
    """Return what was run, each version of it once."""
    found: dict[str, list[tuple[Entry, dict[str, Any]]]] = defaultdict(list)
    for entry in contents.leaderboard.entries:
        about = entry.record.identity.get(part)
        facts = dict(about) if isinstance(about, dict) else {}
        if part == "method" and isinstance(checkpoint := entry.record.identity.get("checkpoint"), dict):
            facts["checkpoints"] = checkpoint.get("sha256", "")
        found[_name(contents, entry, part)].append((entry, facts))
    return [_plugin(name, part, uses) for name, uses in sorted(found.items(), key=lambda one: natural(one[0]))]


def _plugin(name: str, part: Part, uses: Sequence[tuple[Entry, dict[str, Any]]]) -> Plugin:
    sources = {_mapping(entry.record.environment.get("plugins")).get(part) for entry, _ in uses}
    names = dict.fromkeys(key for _, facts in uses for key in facts if key != "name")
    return Plugin(
        name=name,
        source=", ".join(sorted(str(source) for source in sources if source)) or "not recorded",
        facts={key: _joined(facts[key] for _, facts in uses if key in facts) for key in names},
        cells=len(uses),
    )


def _name(contents: Contents, entry: Entry, part: Part) -> str:
    return entry.method if part == "method" else contents.titles.side(entry.group, part)


def _joined(values: Iterable[object]) -> object:
    """Return a value that is always the same as it is, and different ones as a list."""
    different = {json.dumps(value, sort_keys=True, default=str): value for value in values}
    return next(iter(different.values())) if len(different) == 1 else list(different.values())


def _places(entries: Sequence[Entry]) -> list[Place]:
    """Return the machines with their software, those with the most results first."""
    found: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for entry in entries:
        environment = {name: value for name, value in entry.record.environment.items() if name in _OF_A_PLACE}
        found[json.dumps(environment, sort_keys=True, default=str)].append(environment)
    places = [Place(alike[0], len(alike)) for alike in found.values() if alike[0]]
    return sorted(places, key=lambda place: -place.cells)


_OF_A_PLACE: Final = ("device", "versions", "commit")


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
