"""What do the reference pages say: every command with its options, every check, every module for plugins?"""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Final

import click

from inpaintbench.cli import bench
from inpaintbench.testing import checks_of
from site_tools.markdown import fenced, joined, prose, table
from site_tools.plugin_pages import FOLDERS, SECTIONS, check_anchor

MODULES: Final = (
    "api",
    "answers",
    "hookspecs",
    "testing",
    "ops",
    "parameters",
    "seeding",
    "training",
    "weights",
    "decoding",
    "pictures",
    "folders",
    "fingerprints",
    "records",
    "errors",
)
"""Modules of `inpaintbench` that are made for plugins: each has a page that its docstrings make."""

_FACE: Final = {
    "run": "inpaintbench.execution.run.run",
    "Results": "inpaintbench.results.Results",
}
"""What the package itself offers to those who run it, and where that is written."""


def commands() -> str:
    """Return the page of all commands."""
    intro = (
        "What `bench COMMAND --help` prints, on one page. [Command line](../cli.md) says what the commands are for, "
        "with examples; [exit codes and variables](../cli.md#environment) stand there, too."
    )
    return joined("# Every command and option", intro, *map(_section, walk(bench)))


def walk(command: click.Command, parent: click.Context | None = None) -> Iterator[click.Context]:
    """Yield a context for each command that can be called: groups first, then what is in them."""
    name = command.name if parent else "bench"
    context = click.Context(command, info_name=name, parent=parent)
    if parent is not None:
        yield context
    if isinstance(command, click.Group):
        for inner in command.commands.values():
            yield from walk(inner, context)


def _section(context: click.Context) -> str:
    command = context.command
    usage = " ".join([context.command_path, *command.collect_usage_pieces(context)])
    records = [parameter.get_help_record(context) for parameter in command.get_params(context)]
    options = table(["option", "meaning"], ((f"`{one[0]}`", prose(one[1])) for one in records if one))
    level = "#" * (context.command_path.count(" ") + 1)
    return joined(
        f"{level} {context.command_path}", fenced(usage), prose(inspect.cleandoc(command.help or "")), options
    )


def checks() -> str:
    """Return the page of all checks."""
    intro = (
        "What `bench check` tries. Each check is one promise; one that builds on others is not tried where they are "
        "broken. [Checking a plugin](../checking.md) says how to read the outcome, and how to waive a check."
    )
    parts = [f"# Checks\n\n{intro}"]
    for kind in FOLDERS:
        found, _ = checks_of(kind)
        contents = table(
            ["check", "promise"], ((f"[`{one}`](#{check_anchor(kind, one.name)})", prose(one.promise)) for one in found)
        )
        parts.append(f"## {SECTIONS[kind]}\n\n{contents}")
        for one in found:
            needs = ", ".join(f"[`{name}`](#{check_anchor(kind, name)})" for name in one.needs)
            parts += [
                f"### {one} {{ #{check_anchor(kind, one.name)} }}",
                prose(one.promise),
                prose(one.details),
                f"Builds on {needs}." if needs else "",
            ]
    return joined(*parts)


def module(name: str) -> str:
    """Return the page of a module, which mkdocstrings fills in."""
    members = getattr(__import__(f"inpaintbench.{name}", fromlist=["__all__"]), "__all__", None)
    chosen = "".join(f"\n        - {member}" for member in members or ())
    options = f"\n    options:\n      members:{chosen}" if chosen else ""
    return f"# `inpaintbench.{name}`\n\n::: inpaintbench.{name}{options}\n"


def package() -> str:
    """Return the page of `inpaintbench` itself."""
    intro = (
        "`hookimpl` marks the functions by which [a plugin joins](hookspecs.md); `run` and `Results` are for those who "
        "run the benchmark. [In Python](../../python.md) shows them at work."
    )
    shown = (
        f"## `inpaintbench.{name}`\n\n::: {target}\n    options:\n      heading_level: 3"
        for name, target in _FACE.items()
    )
    return joined("# `inpaintbench`", intro, *shown)
