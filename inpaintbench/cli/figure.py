"""`bench figure`: strips of completions, and masks over pictures, as figures for papers."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from inpaintbench.cli.faults import plugin_faults
from inpaintbench.cli.looks import Look, labelled, looking, write_figure
from inpaintbench.cli.options import LARGEST, picturing
from inpaintbench.cli.reading import methods_option, read_results, results_argument
from inpaintbench.errors import UnknownNameError, UsageError
from inpaintbench.plugins import Registry
from inpaintbench.suite import Suite

if TYPE_CHECKING:
    from inpaintbench.cli.strips import Shown
    from inpaintbench.figures.plate import Zoom
    from inpaintbench.leaderboard import Entry, Leaderboard


class _StripUnlessNamed(click.Group):
    """A group whose first command runs where none is named."""

    def parse_args(self, context: click.Context, args: list[str]) -> list[str]:
        if not args or (args[0] not in self.commands and args[0] not in self.get_help_option_names(context)):
            args = ["strip", *args]
        return super().parse_args(context, args)


def _zoom(context: click.Context, parameter: click.Parameter, value: str | None) -> Zoom | None:
    """Read `X,Y,W,H`."""
    if value is None:
        return None
    if not re.fullmatch(r"\d{1,5},\d{1,5},\d{1,5},\d{1,5}", value):
        raise click.BadParameter(
            f"{value!r} is not possible; expected four whole numbers X,Y,W,H in pixels, such as 8,16,20,20.",
            context,
            parameter,
        )
    from inpaintbench.figures.plate import Zoom

    return Zoom(*map(int, value.split(",")))


@click.group("figure", cls=_StripUnlessNamed, options_metavar="", subcommand_metavar="[strip|masks] [OPTIONS]...")
def figure_group() -> None:
    """Draw figures for papers, as PNG and PDF.

    Without the name of a command it is `strip`: `bench figure -m tv -d photos` is `bench figure strip -m tv -d photos`.
    """


@figure_group.command("strip")
@results_argument
@methods_option("A method, in the order of the columns. Repeatable.  [default: all ranked ones by their mean rank]")
@click.option("-d", "--dataset", metavar="SELECTOR", help="The data set, if there are several.")
@click.option("-k", "--mask", metavar="SELECTOR", help="The mask, if there are several.")
@click.option("--size", type=click.IntRange(1, 4096), help="Size of the images, if there are several.")
@click.option("--seed", type=click.IntRange(0, LARGEST), help="Seed of the suite, if there are several.")
@click.option("--limit", type=click.IntRange(1, LARGEST), help="Results of a run with this --limit.")
@click.option(
    "--items",
    multiple=True,
    metavar="ID_OR_NUMBER,…",
    help="The images, one a row: ids, or positions in the data set.  [default: the first four that were saved]",
)
@click.option("--score", metavar="METRIC", help="Print this number of each image under each completion.")
@click.option("--zoom", metavar="X,Y,W,H", callback=_zoom, help="Enlarge this part, in pixels, beneath each picture.")
@looking(out="strip", hole="white")
@click.pass_context
def strip_command(
    context: click.Context,
    folder: Path | None,
    methods: tuple[str, ...],
    dataset: str | None,
    mask: str | None,
    size: int | None,
    seed: int | None,
    limit: int | None,
    items: tuple[str, ...],
    score: str | None,
    zoom: Zoom | None,
    look: Look,
) -> None:
    """Draw a strip: for each image its input, the completion of each method, and the truth.

    It shows what is saved of the results in DIR (default: those of the embedded suite).
    """
    files = look.files()
    read = read_results(folder)

    from inpaintbench.cli.strips import Wanted, choose, read_shown
    from inpaintbench.contact_sheet import marked
    from inpaintbench.figures.layout import check_measures
    from inpaintbench.figures.plate import HOLES, Panel, Plate, vanishes
    from inpaintbench.report.sheet import clean
    from inpaintbench.report.sheet import count as counted
    from inpaintbench.report.titles import Titles

    leaderboard = read.leaderboard
    wanted = Wanted(methods=methods, dataset=dataset, mask=mask, size=size, seed=seed, limit=limit)
    group, entries, said = choose(leaderboard, wanted)
    for sentence in said:
        click.echo(f"bench: {sentence}", err=True)
    names = [entry.method for entry in entries]
    heads = labelled(look.labels, names, "Input", "Ground truth")
    numbers = _Numbers.of(score, leaderboard, entries)
    chosen = [item for text in items for item in text.split(",") if item]
    check_measures(max(1, len(chosen)), len(heads), group.size, look.style)
    shown = read_shown(group, entries, chosen)
    colour = HOLES[look.hole]
    rows = [
        [
            Panel(marked(one.image, one.hole, colour), numbers.head, vanishes(one.hole, colour)),
            *(Panel(picture, numbers.under(name, one)) for name, picture in zip(names, one.composites, strict=True)),
            Panel(one.image),
        ]
        for one in shown
    ]
    write_figure(Plate(heads, rows, zoom), look.style, files)
    what = f"{counted(len(shown), 'image')} × {counted(len(names), 'method')}"
    click.echo(f"{what}, {clean(Titles([group]).group(group))}: {', '.join(map(str, files.values()))}")
    for number, one in enumerate(shown, start=1):
        click.echo(f"  row {number}: {clean(one.item)} (number {one.index})")
    if read.problems:
        context.exit(1)


@figure_group.command("masks")
@picturing
@click.option(
    "--count", type=click.IntRange(1, 100), default=3, show_default=True, help="Pictures of each data set, at most."
)
@looking(out="masks", hole="pink")
def masks_command(suite: Suite, registry: Registry, count: int, look: Look) -> None:
    """Draw masks: pictures in rows, the holes of one mask in each column, and under each what share is missing.

    The pictures are spread over each test split. Their holes are those of `bench run` with the same options.
    """
    from inpaintbench.contact_sheet import marked
    from inpaintbench.execution.gallery import Gallery, spread
    from inpaintbench.figures.layout import check_measures
    from inpaintbench.figures.plate import HOLES, Panel, Plate, vanishes
    from inpaintbench.report.sheet import count as counted

    files = look.files()
    colour = HOLES[look.hole]
    with plugin_faults("One of the data sets or masks"):
        gallery = Gallery.of(suite, registry, hashed=False)
        names = [mask.selection.name for mask in gallery.masks]
        heads = labelled(look.labels, names, "Image")
        chosen = [(dataset, spread(len(dataset.items), count)) for dataset in gallery.datasets]
        total = sum(len(indices) for _, indices in chosen)
        check_measures(total, len(heads), suite.size, look.style)
        rows = [
            [
                Panel(one.picture),
                *(
                    Panel(marked(one.picture, hole, colour), f"{hole.mean():.1%}", vanishes(hole, colour))
                    for hole in one.holes
                ),
            ]
            for dataset, indices in chosen
            for one in gallery.exhibits(dataset, indices)
        ]
    if not rows:
        none, them = ("The picture", "it") if total == 1 else (f"None of the {total} pictures", "each")
        can = "cannot" if total == 1 else "can"
        raise UsageError(f"{none} chosen {can} be decoded; `bench run` names {them} with the reason.")
    if missing := total - len(rows):
        left_out = "and is left out" if missing == 1 else "and are left out"
        click.echo(f"{counted(missing, 'picture')} cannot be decoded {left_out}.", err=True)
    write_figure(Plate(heads, rows), look.style, files)
    what = f"{counted(len(rows), 'picture')} × {counted(len(names), 'mask')}"
    click.echo(f"{what} at {suite.size} × {suite.size} pixels: {', '.join(map(str, files.values()))}")


@dataclass(frozen=True)
class _Numbers:
    """What stands under the pictures: one number an image and method, or nothing."""

    head: str
    decimals: int
    by_method: Mapping[str, Mapping[str, float]]

    @classmethod
    def of(cls, score: str | None, leaderboard: Leaderboard, entries: Sequence[Entry]) -> _Numbers:
        """Read the numbers of one metric.

        Raises:
            UnknownNameError: if no method that is shown has this metric.
            UsageError: if several metrics have this name.
            StoreError: if a table cannot be read.
        """
        if score is None:
            return cls("", 0, {})
        from inpaintbench.report.sheet import has_column
        from inpaintbench.statistics.pairing import read_scores

        present = [column for column in leaderboard.columns if any(has_column(entry, column) for entry in entries)]
        found = [column for column in present if score in (column.metric.plugin, column.key.name, column.name)]
        if not found:
            known = {name for column in present for name in (column.metric.plugin, column.name)}
            raise UnknownNameError("metric in these results", score, known)
        if len(found) > 1:
            raise UsageError(f"{score} is the name of {', '.join(column.name for column in found)}; choose one.")
        (column,) = found
        by_method: dict[str, Mapping[str, float]] = {}
        for entry in entries:
            if has_column(entry, column):
                scores = read_scores(entry, [column.metric])
                if column.key.name in scores:
                    items = scores.index.get_level_values("item")
                    by_method[entry.method] = dict(zip(items, scores[column.key.name].tolist(), strict=True))
        head = ", ".join(filter(None, [column.label, column.metric.unit]))
        return cls(head, column.metric.decimals, by_method)

    def under(self, method: str, shown: Shown) -> str:
        """Return what stands under a method's picture."""
        from inpaintbench.report.sheet import number

        return number(self.by_method.get(method, {}).get(shown.item), self.decimals) if self.head else ""
