"""Who may import whom. A new arrow is a decision: it is added here, or the code finds another way."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
BUNDLED = {"inpaintbench_methods": "methods", "inpaintbench_datasets": "datasets", "inpaintbench_masks": "masks"}

ALLOWED: dict[str, set[str]] = {
    # the ground: what plugins and the harness share
    "errors": set(),
    "seeding": set(),
    "ops": set(),
    "atomic": set(),
    "integrity": set(),
    "json_types": set(),
    "provenance": {"integrity"},
    "parameters": {"errors"},
    "selector_text": {"errors"},
    "caching": {"errors"},
    "folders": {"errors"},
    "fingerprints": {"caching", "errors", "folders", "integrity", "schema"},
    "decoding": {"errors"},
    "pictures": {"errors", "decoding"},
    "answers": {"decoding", "errors"},
    "holes": {"errors", "seeding"},
    "contact_sheet": set(),
    "downloads": {"api", "archives", "atomic", "errors", "integrity", "schema"},
    "archives": {"errors"},
    "weights": {"downloads", "errors"},
    "api": {"errors", "parameters", "seeding"},
    "hookspecs": {"api", "records"},
    "metrics": {"", "api", "errors", "ops", "weights"},
    # what is trained
    "checkpoints": {"api", "atomic", "caching", "errors", "integrity", "json_types", "provenance", "schema"},
    "training": {"api", "atomic", "checkpoints", "errors", "provenance", "schema", "seeding"},
    # who is told of what was run
    "trackers": {"errors", "hookspecs", "json_types", "records", "samples"},
    # finding and choosing plugins
    "plugins": {"hookspecs", "api", "errors"},
    "selectors": {"plugins", "api", "errors", "parameters", "selector_text"},
    "suite": {"errors"},
    "prepared": {
        "api", "atomic", "caching", "errors", "integrity", "pictures", "plugins", "provenance", "schema", "selectors",
    },
    # what is stored
    "schema": set(),
    "records": {"errors", "integrity", "json_types", "schema"},
    "stored": {"errors", "integrity", "journal", "records", "schema"},
    "samples": {"errors"},
    "journal": {"errors", "integrity", "records", "schema"},
    "cell_writer": {"records", "stored", "journal", "atomic", "errors"},
    "store": {"cell_writer", "records", "stored", "journal", "errors"},
    "logbook": {"atomic", "errors", "schema"},
    "explaining": {"records", "schema", "store", "stored", "errors"},
    "merging": {"cell_writer", "explaining", "store", "records", "stored", "atomic", "integrity", "errors"},
    "status": {"errors", "journal", "logbook", "records", "store", "stored"},
    # what is shown
    "columns": {"records"},
    "ranking": {"columns", "records"},
    "leaderboard": {"ranking", "columns", "records", "samples", "stored"},
    "strata": {"leaderboard", "ranking", "columns", "records", "stored", "errors"},
    "statistics": {
        "atomic", "caching", "leaderboard", "ranking", "columns", "integrity", "records", "schema", "stored", "seeding",
        "errors", "strata",
    },
    "report": {
        "statistics", "strata", "leaderboard", "ranking", "columns", "records", "errors", "json_types", "provenance",
    },
    "comparing": {
        "statistics", "strata", "leaderboard", "ranking", "columns", "records", "stored", "seeding", "errors", "report",
        "json_types", "selector_text",
    },
    "figures": {"contact_sheet", "errors"},
    "site": {
        "atomic", "checkpoints", "columns", "errors", "holes", "leaderboard", "provenance", "ranking", "records",
        "report", "samples", "seeding", "statistics", "store", "stored", "strata", "training",
    },
    "results": {"store", "stored", "errors", "leaderboard", "report"},
    # what runs
    "execution": {
        "api", "atomic", "cell_writer", "checkpoints", "errors", "explaining", "fingerprints", "holes", "integrity",
        "journal", "logbook", "metrics", "ops", "plugins", "prepared", "provenance", "records", "results", "samples",
        "seeding", "selectors", "store", "stored", "suite", "trackers", "training", "weights",
    },
    "exchange": {
        "answers", "api", "atomic", "errors", "execution", "holes", "integrity", "json_types", "ops", "plugins",
        "schema", "suite",
    },
    "cli": {
        "", "api", "atomic", "checkpoints", "columns", "comparing", "contact_sheet", "downloads", "errors", "exchange",
        "execution", "explaining", "figures", "fingerprints", "folders", "leaderboard", "logbook", "merging",
        "parameters", "plugins", "prepared", "provenance", "records", "report", "results", "samples", "selector_text",
        "selectors", "site", "starting", "statistics", "status", "store", "stored", "suite", "testing", "trackers",
        "weights",
    },
    # what is promised, and how one begins
    "starting": {"api", "errors"},
    "testing": {
        "", "api", "caching", "checkpoints", "errors", "execution", "folders", "ops", "plugins", "prepared", "samples",
        "seeding", "selectors", "store", "suite", "training",
    },
    # the face of the package: hookimpl at once, run and Results when asked for
    "": {"hookspecs", "execution", "results"},
}  # fmt: skip
"""By module or sub-package of `inpaintbench` (`""` is the package itself): what it may import besides itself."""

STOREYS = (
    {"chosen", "devices"},
    {"planning"},
    {"options", "telling"},
    {"evaluating"},
    {"gallery", "teaching"},
    {"jobs"},
    {"workers"},
    {"engines"},
    {"cell_jobs", "training_jobs"},
    {"run"},
)
"""The rooms of `execution`, from the ground up: each stands on those below it, and on none beside it."""

FOR_PLUGINS = {
    "", "answers", "api", "errors", "ops", "parameters", "decoding", "pictures", "fingerprints", "folders", "records",
    "seeding", "training", "weights",
}  # fmt: skip
"""What bundled plugin packages may import of the core, as anyone's may."""


def _imports(path: Path, package: str) -> Iterator[str]:
    """Yield the absolute name of everything that a file imports, wherever in it the import stands."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                parts = package.split(".")
                base = ".".join([*parts[: len(parts) - node.level + 1], *([base] if base else [])])
            if base == "inpaintbench":
                yield from (f"inpaintbench.{alias.name}" for alias in node.names)
            else:
                yield base


def _part(module: str) -> str:
    """Return the sub-package or module of the core that a name belongs to; `""` for names of the package itself."""
    part = module.split(".")[1] if "." in module else ""
    return part if part in ALLOWED else ""


def _core_files() -> list[Path]:
    return sorted((ROOT / "inpaintbench").rglob("*.py"))


def _plugin_files() -> list[Path]:
    return sorted(path for name, folder in BUNDLED.items() for path in (ROOT / folder / name).rglob("*.py"))


def test_every_module_of_the_core_has_its_place() -> None:
    found = {path.relative_to(ROOT / "inpaintbench").parts[0].removesuffix(".py") for path in _core_files()}
    assert found - {"__init__"} == set(ALLOWED) - {""}


@pytest.mark.parametrize("path", _core_files(), ids=lambda path: str(path.relative_to(ROOT)))
def test_the_core_imports_only_downward(path: Path) -> None:
    parts = path.relative_to(ROOT).with_suffix("").parts
    part = "" if parts == ("inpaintbench", "__init__") else parts[1]
    own = {part}
    found = {_part(name) for name in _imports(path, ".".join(parts[:-1])) if name.split(".")[0] == "inpaintbench"}
    assert found - own <= ALLOWED[part]


def _rooms() -> list[Path]:
    return [path for path in _core_files() if path.is_relative_to(ROOT / "inpaintbench" / "execution")]


def _room(module: str) -> str:
    """Return the room of `execution` that a name belongs to; `""` for all that is not in one."""
    parts = module.split(".")
    return parts[2] if parts[:2] == ["inpaintbench", "execution"] and len(parts) > 2 else ""


@pytest.mark.parametrize("path", _rooms(), ids=lambda path: str(path.relative_to(ROOT)))
def test_a_room_of_execution_stands_on_those_below_it(path: Path) -> None:
    parts = path.relative_to(ROOT).with_suffix("").parts
    own = _room(".".join(parts)).replace("__init__", "")
    below: set[str] = set()
    for storey in STOREYS:
        if own in storey:
            break
        below |= storey
    else:
        assert not own, f"{own} has no storey"
    assert {_room(name) for name in _imports(path, ".".join(parts[:-1]))} - {"", own} <= below


@pytest.mark.parametrize("path", _core_files(), ids=lambda path: str(path.relative_to(ROOT)))
def test_the_core_imports_no_plugin_package(path: Path) -> None:
    parts = path.relative_to(ROOT).with_suffix("").parts
    assert not {name.split(".")[0] for name in _imports(path, ".".join(parts[:-1]))} & set(BUNDLED)


@pytest.mark.parametrize("path", _plugin_files(), ids=lambda path: str(path.relative_to(ROOT)))
def test_a_plugin_package_imports_what_anyones_may(path: Path) -> None:
    parts = path.relative_to(ROOT).with_suffix("").parts[1:]
    names = set(_imports(path, ".".join(parts[:-1])))
    assert {_part(name) for name in names if name.split(".")[0] == "inpaintbench"} <= FOR_PLUGINS
    assert not ({name.split(".")[0] for name in names} & set(BUNDLED)) - {parts[0]}


def test_the_arrows_make_no_circle() -> None:
    arrows = {part: allowed - {""} for part, allowed in ALLOWED.items() if part}
    while arrows:
        ground = {part for part, allowed in arrows.items() if not allowed & set(arrows)}
        assert ground, f"a circle within {sorted(arrows)}"
        arrows = {part: allowed for part, allowed in arrows.items() if part not in ground}
