"""The command line: `bench`, also installed as `inpaintbench`.

Exit codes: 0 everything that was asked for is there; 1 some cell failed or is incomplete; 2 what was asked
for is not possible; 130 interrupted. This package imports torch, pandas and the like only in the commands
that need them.
"""

from __future__ import annotations

import io
import sys
from typing import NoReturn

import click

from inpaintbench import __version__
from inpaintbench.cli.cache import cache_group
from inpaintbench.cli.catalog import list_command, show_command
from inpaintbench.cli.check import check_command
from inpaintbench.cli.compare import compare_command
from inpaintbench.cli.doctor import doctor_command
from inpaintbench.cli.explain import explain_command
from inpaintbench.cli.export import export_command
from inpaintbench.cli.figure import figure_group
from inpaintbench.cli.hardest import hardest_command
from inpaintbench.cli.merge import merge_command
from inpaintbench.cli.new import new_command
from inpaintbench.cli.prepare import prepare_command
from inpaintbench.cli.preview import masks_group, preview_command
from inpaintbench.cli.report import report_command
from inpaintbench.cli.run import plan_command, run_command
from inpaintbench.cli.score import score_command
from inpaintbench.cli.status import status_command
from inpaintbench.cli.table import table_command
from inpaintbench.cli.train import train_command
from inpaintbench.errors import InpaintbenchError

INCOMPLETE, USAGE, INTERRUPTED = 1, 2, 130


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, prog_name="inpaintbench")
def bench() -> None:
    """Benchmark image inpainting: methods × data sets × masks, scored alike, in tables that can be trusted.

    `bench run` without arguments runs the embedded suite and prints its leaderboard.
    """


for command in (
    run_command,
    plan_command,
    status_command,
    train_command,
    table_command,
    report_command,
    figure_group,
    compare_command,
    hardest_command,
    explain_command,
    merge_command,
    prepare_command,
    preview_command,
    masks_group,
    export_command,
    score_command,
    cache_group,
    list_command,
    show_command,
    doctor_command,
    new_command,
    check_command,
):
    bench.add_command(command)


def main() -> NoReturn:
    """Run the command line and exit."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # an old code page may lack × or ↑; better a ? than no table
    try:
        code = bench.main(prog_name="bench", standalone_mode=False)
    except (click.exceptions.Abort, KeyboardInterrupt) as stop:  # click makes an Abort of the latter
        click.echo(" ".join(["Interrupted.", *map(str, stop.args)]), err=True)
        code = INTERRUPTED
    except click.ClickException as error:
        error.show()
        code = error.exit_code
    except InpaintbenchError as error:
        click.echo(f"bench: {error}", err=True)
        code = USAGE
    sys.exit(code if isinstance(code, int) else 0)
