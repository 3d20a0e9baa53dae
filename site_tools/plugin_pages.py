"""What does the page of a plugin say? Everything is taken from its spec; hand-written pages come before it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from inpaintbench.api import DatasetSpec, MaskSpec, MethodSpec, MetricSpec, PluginKind, PluginSpec
from inpaintbench.cli.catalog import describe_sides, describe_training
from inpaintbench.parameters import format_value
from inpaintbench.plugins import load_registry
from inpaintbench.selectors import resolve_target
from site_tools.markdown import anchor_of, fenced, joined, prose, table
from site_tools.places import ROOT

FOLDERS: Final[dict[PluginKind, str]] = {
    "method": "methods",
    "dataset": "datasets",
    "mask": "masks",
    "metric": "metrics",
}
"""By kind, where its pages lie on the site."""

SECTIONS: Final[dict[PluginKind, str]] = {
    "method": "Methods",
    "dataset": "Data sets",
    "mask": "Masks",
    "metric": "Metrics",
}
"""By kind, the part of the navigation that holds its pages."""

_OPTIONS: Final[dict[PluginKind, str]] = {"method": "-m", "dataset": "-d", "mask": "-k", "metric": "--metric"}

_ELSEWHERE: Final[dict[PluginKind, tuple[tuple[str, str], ...]]] = {
    "method": (("adapters.md", "Methods of other libraries"), ("../outside-tools.md", "Outside tools")),
    "dataset": (("../datasets.md", "Data sets"),),
    "mask": (("one-by-one.md", "Masks, one by one"), ("../masks.md", "Masks")),
    "metric": (("../protocol.md", "Scoring protocol"),),
}
"""By kind, the hand-written pages that speak of plugins that have none of their own: links and names."""


def bundled() -> Iterator[PluginSpec]:
    """Yield the spec of every plugin that comes with inpaintbench, in the order of `bench list`."""
    registry = load_registry()
    for kind in FOLDERS:
        for entry in registry.of(kind).values():
            if entry.source.kind == "bundled":
                yield entry.spec


def page_of(spec: PluginSpec) -> str:
    """Return the name of a plugin's page on the site."""
    return f"{FOLDERS[spec.kind]}/{spec.name}.md"


def written_by_hand(spec: PluginSpec) -> bool:
    """Whether `docs/` has a page of this plugin alone."""
    return (ROOT / "docs" / page_of(spec)).is_file()


def page(spec: PluginSpec, picture: str = "") -> str:
    """Return the page of a plugin that has none by hand.

    Args:
        spec: the plugin's.
        picture: Markdown of what it draws; may be empty.
    """
    return joined(f"# `{spec.name}`", prose(spec.summary), picture, _described(spec), facts(spec))


def facts(spec: PluginSpec) -> str:
    """Return the section of a plugin's page that says what its spec declares."""
    parameters = table(
        ["parameter", "default", "expected", "meaning"],
        (
            (
                f"`{parameter.name}`",
                "required" if parameter.default is None else f"`{format_value(parameter.default)}`",
                prose(parameter.expected),
                prose(parameter.help),
            )
            for parameter in spec.parameters
        ),
    )
    presets = table(
        ["preset", "sets"],
        (
            (f"`preset={name}`" + (" (default)" if name == spec.preset else ""), _assignments(values) or "the defaults")
            for name, values in spec.presets.items()
        ),
    )
    waivers = table(
        ["waived check", "reason"],
        (
            (f"[`{check}`](../reference/checks.md#{check_anchor(spec.kind, check)})", prose(reason))
            for check, reason in sorted(spec.waivers.items())
        ),
    )
    return joined(
        "## Facts",
        f"To choose it, on the command line ([selectors](../concepts.md#selectors)):\n\n{fenced(_command(spec))}",
        presets,
        parameters,
        table(["fact", "value"], ((f"**{label}**", text) for label, text in _facts(spec) if text)),
        waivers,
        f"Files, below the folder:\n\n{fenced(spec.layout)}" if isinstance(spec, DatasetSpec) and spec.layout else "",
    )


def check_anchor(kind: PluginKind, check: str) -> str:
    """Return where a check is described on the page of all checks: two kinds may have checks of one name."""
    return check if kind == "method" else f"{kind}-{check}"


def catalogue(kind: PluginKind) -> str:
    """Return a table of all plugins of a kind, with links to their pages, for a page in the same folder."""
    rows = ((f"[`{spec.name}`]({spec.name}.md)", prose(spec.summary)) for spec in bundled() if spec.kind == kind)
    return table([SECTIONS[kind].lower().removesuffix("s"), "what it is"], rows)


def _described(spec: PluginSpec) -> str:
    """Return where a hand-written page speaks of a plugin: at the heading that names it, or somewhere; else nothing."""
    named = re.compile(rf"^##+ (.*`{spec.name}[`\[].*)$|`{spec.name}[`\[]", re.MULTILINE)
    found = []
    for link, name in _ELSEWHERE[spec.kind]:
        path = (ROOT / "docs" / FOLDERS[spec.kind] / link).resolve()
        matches = list(named.finditer(path.read_text(encoding="utf-8"))) if path.is_file() else []
        headings = [f"#{anchor_of(match[1])}" for match in matches if match[1]]
        found += [(not headings, f"More: [{name}]({link}{(headings or [''])[0]}).")] if matches else []
    return min(found, default=(True, ""))[1]


def _command(spec: PluginSpec) -> str:
    required = [f"{parameter.name}=…" for parameter in spec.parameters if parameter.required]
    selector = f"'{spec.name}[{','.join(required)}]'" if required else spec.name
    return f"bench run {_OPTIONS[spec.kind]} {selector}"


def _assignments(values: Mapping[str, bool | int | float | str]) -> str:
    return ", ".join(f"`{name}={format_value(value)}`" for name, value in values.items())


def _facts(spec: PluginSpec) -> Iterator[tuple[str, str]]:
    """Yield label and Markdown of what is declared besides parameters; text may be empty."""
    if isinstance(spec, MethodSpec):
        yield "training", prose(describe_training(spec))
        yield "sides", prose(describe_sides(spec) or "any")
    if isinstance(spec, DatasetSpec):
        yield "homepage", f"<{spec.homepage}>" if spec.homepage else ""
        yield (
            "fetched by `bench prepare`",
            ", ".join(f"{one.filename} ({one.megabytes:,.0f} MB)" for one in spec.downloads),
        )
    if isinstance(spec, MaskSpec):
        yield "can be missing", _coverage(spec)
    if isinstance(spec, MetricSpec):
        yield "better", "higher" if spec.higher_is_better else "lower"
        yield "unit", spec.unit
        yield "column", prose(spec.label)
        yield "ranked", "yes" if spec.ranked else "no"
        yield "of two equal pictures", "" if spec.identity is None else f"{spec.identity:g}"
        yield "picture and completion may change places", "yes" if spec.symmetric else "no"
    yield "publication", prose(spec.reference)
    yield "licence", prose(spec.licence)
    yield "notes", prose(spec.notes)
    yield "version", str(spec.version)


def _coverage(spec: MaskSpec) -> str:
    """Say how much of a picture of 64 × 64 pixels the mask can leave out as it is, if that is known."""
    if not spec.coverage or any(parameter.required for parameter in spec.parameters):
        return ""
    values = {parameter.name: parameter.default for parameter in spec.parameters}
    values |= dict(spec.presets.get(spec.preset, {}))
    low, high = resolve_target(spec.coverage)(64, 64, **values)
    share = f"{low:.1%}" if low == high else f"{low:.1%} to {high:.1%}"
    return f"{share} of 64 × 64 pixels, with the defaults"
