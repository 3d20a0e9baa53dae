"""`bench run` and `bench plan`: run what a suite asks for, or say what would be run."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

import click

from inpaintbench.cli.options import Request, running, selecting
from inpaintbench.cli.reading import judge
from inpaintbench.execution.options import Options
from inpaintbench.plugins import Registry
from inpaintbench.store import Store
from inpaintbench.suite import Suite

if TYPE_CHECKING:
    from inpaintbench.execution.planning.plan import Plan
    from inpaintbench.results import Results


_KEPT: Final = "Everything scored so far is kept; the same command goes on from there."
_KEPT_BY_RERUN_ALL: Final = (
    "Finished results are kept, and the cell that was running keeps the complete result that it had, if any. "
    "The same command runs every cell anew; without --rerun all, only what has no result yet is run."
)


@click.command("run")
@selecting
@running
@click.option("--json", "as_json", is_flag=True, help="Print the results as JSON in place of the leaderboard.")
@click.pass_context
def run_command(context: click.Context, request: Request, options: Options, as_json: bool) -> None:
    """Run methods on data sets under masks, and print the leaderboard.

    Without options it runs the embedded suite. What is stored and up to date is not run again.
    """
    if not carry_out(request.suite, request.registry, request.store, options, as_json=as_json):
        context.exit(1)


def carry_out(
    suite: Suite,
    registry: Registry,
    store: Store,
    options: Options,
    *,
    as_json: bool,
    first: Callable[[Results], None] = lambda results: None,
) -> bool:
    """Run a suite while a display shows it, and print what has come of it.

    Args:
        suite: what is asked for.
        registry: the plugins.
        store: the results folder.
        options: how it is run.
        as_json: whether JSON is printed in place of the leaderboard.
        first: called with the results before they are printed.

    Returns:
        Whether everything that was asked for is there.

    Raises:
        UsageError: if the suite cannot be run as it is.
        click.Abort: if it was interrupted.
    """
    from inpaintbench.cli.progress import Display, Lines
    from inpaintbench.execution.run import run_suite

    on_terminal = sys.stderr.isatty()
    try:
        with Display() if on_terminal else Lines() as listener:
            results = run_suite(suite, registry, store, options, listener)
    except KeyboardInterrupt as stop:
        click.echo(err=True)  # the terminal has shown ^C on this line
        raise click.Abort(_KEPT_BY_RERUN_ALL if options.rerun == "all" else _KEPT) from stop
    for problem in results.problems:
        click.echo(f"bench: {problem}", err=True)
    first(results)
    _print_results(results, as_json)
    gaps = options.strict and _report_gaps(results)
    if not results.complete:
        _report_failures(results)
    return results.complete and not gaps


@click.command("plan")
@selecting
@running
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def plan_command(request: Request, options: Options, as_json: bool) -> None:
    """Say which cells `bench run` with the same options would run, and why. Runs and fetches nothing."""
    from inpaintbench.execution.planning.plan import make_plan

    plan = make_plan(request.suite, request.registry, request.store)
    chosen = {planned.folder for planned in plan.to_run(options.rerun)}
    if as_json:
        trainings = {
            one.training.wanted.key: {"title": one.training.title, "state": one.state, "steps": one.training.steps}
            for one in plan.trainings
        }
        rows = [
            dict(zip(("method", "dataset", "mask"), planned.cell.names, strict=True))
            | {"state": planned.state, "why": planned.why, "runs": planned.folder in chosen}
            | {"images": len(planned.cell.dataset.items), "key": planned.cell.key, "folder": str(planned.folder)}
            | {"training": trainings.get(planned.cell.training.wanted.key) if planned.cell.training else None}
            for planned in plan
        ]
        click.echo(json.dumps(rows, indent=1, ensure_ascii=False))
        return
    _print_trainings(plan)
    _print_plan(plan, len(chosen), len(plan.to_train(plan.to_run(options.rerun), options.rerun)))


def _print_trainings(plan: Plan) -> None:
    """Print what methods must have learned before the cells can be run."""
    from inpaintbench.report.sheet import shorten

    width = max((len(one.training.title) for one in plan.trainings), default=0)
    for one in plan.trainings:
        why = f"  {shorten(one.why)}" if one.why else ""
        click.echo(f"train  {one.training.title:{width}}  {one.state:11}  {one.training.steps:7,} steps{why}".rstrip())
    if plan.trainings:
        click.echo()


def _print_plan(plan: Plan, to_run: int, to_train: int) -> None:
    from inpaintbench.cli.progress import say_left_out
    from inpaintbench.report.sheet import shorten

    names = [planned.cell.title for planned in plan]
    width = max(map(len, names), default=0)
    for name, planned in zip(names, plan, strict=True):
        why = f"  {shorten(planned.why)}" if planned.why else ""
        click.echo(f"{name:{width}}  {planned.state:11}  {len(planned.cell.dataset.items):6} images{why}".rstrip())
    counts = Counter(planned.state for planned in plan)
    summary = ", ".join(f"{count} {state}" for state, count in sorted(counts.items()))
    for line in say_left_out(plan):
        click.echo(line)
    first = f", after {to_train} training{'s' * (to_train != 1)}" if to_train else ""
    click.echo(
        f"{len(names)} cell{'s' * (len(names) != 1)} ({summary}); {to_run} would run{first}. "
        f"Results in {plan.store.root}."
    )


def _print_results(results: Results, as_json: bool) -> None:
    """Print the suite's cells as JSON, or the leaderboard of their groups with all methods that are stored there."""
    from inpaintbench.leaderboard import Group, Leaderboard
    from inpaintbench.report import render

    if as_json:
        leaderboard = results.leaderboard()
        click.echo(render(leaderboard, "json", certainty=judge(leaderboard)), nl=False)
        return
    asked = {Group.of(cell.record) for cell in results.cells}
    cells = [cell for cell in results.store.scan([]) if Group.of(cell.record) in asked]
    if cells:
        leaderboard = Leaderboard.from_cells(cells, results.keys)
        click.echo(render(leaderboard, certainty=judge(leaderboard), color=sys.stdout.isatty()), color=True, nl=False)


def _report_failures(results: Results) -> None:
    """Say where to read of what is not complete, and how to try it again."""
    stored = [cell.record for cell in results.cells]
    failed = sum(record.status not in ("complete", "incomplete") for record in stored)
    if failed:
        click.echo(
            "Some cells failed; the table names them, and each one's log.txt says more. "
            "`--rerun failed` tries them again.",
            err=True,
        )
    unfinished = any(record.status == "incomplete" for record in stored) or len(stored) < len(results.folders)
    if unfinished:
        click.echo("Some cells are incomplete or not stored; `bench plan` with the same options names them.", err=True)
    if not failed and not unfinished:
        click.echo("Some cells could not be run again; the results that they had are kept.", err=True)


def _report_gaps(results: Results) -> bool:
    """Name the images that stored cells leave out, which `--strict` does not accept; say whether there are any."""
    records = [cell.record for cell in results.cells if cell.record.status == "complete" and cell.record.unreadable]
    for record in records:
        items = ", ".join(entry["item"] for entry in record.unreadable)
        names = f"{record.method} × {record.dataset} × {record.mask}"
        click.echo(f"{names}: stored without what could not be decoded (--strict): {items}", err=True)
    return bool(records)
