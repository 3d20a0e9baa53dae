"""`bench check`: whether a plugin keeps what it promises."""

from __future__ import annotations

import fnmatch
import json
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext, redirect_stdout
from typing import Any, Final, cast, get_args

import click

from inpaintbench.api import PluginKind
from inpaintbench.cli.options import plugin_option, registry_with
from inpaintbench.errors import UnknownNameError, UsageError
from inpaintbench.plugins import Registry
from inpaintbench.selector_text import parse_selector
from inpaintbench.selectors import Selection, select
from inpaintbench.testing.asked import SPECS

_KINDS: Final = cast(tuple[PluginKind, ...], get_args(PluginKind))
_SIGNS: Final = {"kept": "✓", "broken": "✗", "waived": "~", "not applicable": "–", "blocked": "?"}
_COLOURS: Final = {"kept": "green", "broken": "red", "waived": "yellow"}


@click.command("check")
@click.argument("selectors", nargs=-1, metavar="[SELECTOR]...")
@plugin_option
@click.option("--kind", type=click.Choice(_KINDS), help="Of the plugin, where one name is that of several kinds.")
@click.option("--only", multiple=True, metavar="CHECK", help="Try this check, and what it needs. Repeatable.")
@click.option("--device", default="auto", show_default=True, help="cpu, cuda, cuda:N, mps, or auto.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--list", "listing", is_flag=True, help="Say what each check tries, and run none.")
def check_command(
    selectors: tuple[str, ...],
    plugins: tuple[str, ...],
    kind: PluginKind | None,
    only: tuple[str, ...],
    device: str,
    as_json: bool,
    listing: bool,
) -> None:
    """Try whether plugins keep their promises: all that --plugin brings, or those that SELECTOR names.

    Exits with 1 if a promise is broken that the plugin's spec does not waive with a reason, or if nothing could be
    tried, as of a method whose weights are not here.
    """
    if listing:
        _list([kind] if kind else _KINDS, as_json)
        return
    registry = registry_with(plugins)
    chosen = _chosen(selectors, registry, kind) if selectors else _given(registry, kind)
    _refuse_unknown(only, chosen)
    good = True
    documents = []
    for position, selection in enumerate(chosen):
        if not as_json:
            click.echo("\n" * bool(position) + click.style(selection.name, bold=True) + f"  {selection.spec.kind}")
        outcomes = list(_examined(selection, registry, device, only, quiet=as_json))
        statuses = {one["status"] for one in outcomes}
        good = good and bool(statuses & {"kept", "waived"}) and not statuses & {"broken", "blocked"}
        documents.append({"plugin": selection.name, "kind": selection.spec.kind, "checks": outcomes})
        if not as_json:
            click.echo(_summary(outcomes))
    if as_json:
        click.echo(json.dumps(documents, indent=1, ensure_ascii=False))
    if not good:
        raise click.exceptions.Exit(1)


def _refuse_unknown(only: tuple[str, ...], chosen: list[Selection[Any]]) -> None:
    """Refuse a name that no check has, before anything is tried.

    Raises:
        UsageError: if there is one.
    """
    from inpaintbench.testing import checks_of

    for kind in {selection.spec.kind: None for selection in chosen}:
        known = [check.name for check in checks_of(kind)[0]]
        for name in only:
            if name not in known:
                raise UsageError(f"Asked for is the check {name!r}, which no {kind} has. Known: {', '.join(known)}.")


def _chosen(selectors: tuple[str, ...], registry: Registry, kind: PluginKind | None) -> list[Selection[Any]]:
    """Return what selectors mean, each of the kind that has such a name.

    Raises:
        UsageError: if no kind has, or several have.
    """
    found: list[Selection[Any]] = []
    for text in selectors:
        name = parse_selector(text)[0]
        kinds = [one for one in ([kind] if kind else _KINDS) if fnmatch.filter(registry.of(one), name)]
        if not kinds:
            raise UnknownNameError(kind or "plugin", name, (known for one in _KINDS for known in registry.of(one)))
        if len(kinds) > 1:
            raise UsageError(f"{name} can be a {' or a '.join(kinds)}; say which by --kind.")
        found += select([text], SPECS[kinds[0]], registry)
    return found


def _given(registry: Registry, kind: PluginKind | None) -> list[Selection[Any]]:
    """Return everything that `--plugin` brings.

    Raises:
        UsageError: if there is nothing, or something that needs a parameter.
    """
    found: list[Selection[Any]] = []
    for one in [kind] if kind else _KINDS:
        for name, entry in registry.of(one).items():
            if entry.source.kind != "given":
                continue
            if required := [parameter.name for parameter in entry.spec.parameters if parameter.required]:
                click.echo(f"bench: {name} is left out: it needs {', '.join(required)}. Name it with them.", err=True)
                continue
            found += select([name], SPECS[one], registry)
    if not found:
        raise UsageError("Nothing is chosen; expected a SELECTOR, or --plugin FILE for all that this brings.")
    return found


def _examined(
    selection: Selection[Any], registry: Registry, device: str, only: tuple[str, ...], *, quiet: bool
) -> Iterator[dict[str, Any]]:
    from inpaintbench.report.sheet import clean
    from inpaintbench.testing import Examination

    with _silenced(quiet), Examination(selection, registry, device) as examination:
        width = max(len(check.name) for check in examination.checks)
        for outcome in examination.outcomes(only):
            said = clean(outcome.said)
            if not quiet:
                mark = click.style(_SIGNS[outcome.status], fg=_COLOURS.get(outcome.status))
                shown = said if outcome.status != "not applicable" else f"not applicable: {said}"
                click.echo(f"  {mark} {outcome.check.name:{width}}  {shown}".rstrip())
                if outcome.status in ("broken", "waived"):
                    click.echo(f"    {'':{width}}  Promised: {outcome.check.promise}")
            yield {
                "check": outcome.check.name,
                "status": outcome.status,
                "said": said,
                "seconds": round(outcome.seconds, 3),
            }


def _silenced(quiet: bool) -> AbstractContextManager[object]:
    """Let what plugins print go to stderr, where JSON goes to stdout."""
    return redirect_stdout(sys.stderr) if quiet else nullcontext()


def _summary(outcomes: list[dict[str, Any]]) -> str:
    counts = {status: sum(one["status"] == status for one in outcomes) for status in _SIGNS}
    seconds = sum(one["seconds"] for one in outcomes)
    return f"  {', '.join(f'{count} {status}' for status, count in counts.items() if count)} in {seconds:.1f} s"


def _list(kinds: Any, as_json: bool) -> None:
    from inpaintbench.testing import checks_of

    documents = {
        kind: [
            {"check": one.name, "promise": one.promise, "details": one.details, "needs": one.needs}
            for one in checks_of(kind)[0]
        ]
        for kind in kinds
    }
    if as_json:
        click.echo(json.dumps(documents, indent=1, ensure_ascii=False))
        return
    for position, (kind, checks) in enumerate(documents.items()):
        click.echo("\n" * bool(position) + click.style(f"of a {kind}", bold=True))
        for one in checks:
            click.echo(f"  {click.style(str(one['check']), bold=True)}")
            told = [one["promise"], one["details"], one["needs"] and f"Builds on {', '.join(one['needs'])}."]
            for text in filter(None, told):
                click.echo(click.wrap_text(str(text), width=100, initial_indent="      ", subsequent_indent="      "))
