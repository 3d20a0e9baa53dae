"""The page of plots: its text and tables stand in it, each figure's data in a script that is loaded when it is seen."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from importlib.resources import as_file, files
from pathlib import Path

from inpaintbench.site.contents import Contents
from inpaintbench.site.pages import Page
from inpaintbench.site.plots import bands, critical, curves, masks, pareto, ranks, spread
from inpaintbench.site.plots.drawing import looks, shared_layout
from inpaintbench.site.plots.plot import Plot


def pages(contents: Contents, site: Path, shipped: Iterable[str] = ()) -> Iterator[Page]:
    """Write what the page loads; then yield it.

    Args:
        contents: what the report shows.
        site: its folder.
        shipped: `package:folder` of each place where plugins bring checkpoints.

    Raises:
        OSError: if something cannot be written.
    """
    plots = make_plots(contents, shipped)
    (site / "data").mkdir(exist_ok=True)
    for plot in plots:
        (site / "data" / f"plots-{plot.name}.js").write_text(script_of(plot), encoding="ascii", newline="\n")
    with as_file(files("plotly") / "package_data" / "plotly.min.js") as library:
        shutil.copy(library, site / "data" / "plotly.min.js")
    methods = looks(one.method for one in contents.leaderboard.mean_ranks)
    legend = [(one.method, methods[one.method]) for one in contents.leaderboard.mean_ranks]
    yield Page("plots.html", "Plots", "plots.html.j2", {"plots": plots, "legend": legend}, ("plots.js",))


def make_plots(contents: Contents, shipped: Iterable[str] = ()) -> list[Plot]:
    """Return all plots, in the page's order."""
    methods = looks(one.method for one in contents.leaderboard.mean_ranks)
    return [
        pareto.plot(contents, methods),
        bands.plot(contents, methods),
        masks.plot(contents, methods),
        ranks.plot(contents),
        critical.plot(contents, methods),
        spread.plot(contents, methods),
        curves.plot(contents, methods, shipped),
    ]


def script_of(plot: Plot) -> str:
    """Return the script that hands a plot's figures to the page."""
    data = {"layout": shared_layout(), "views": {key: asdict(view) for key, view in plot.views.items()}}
    text = json.dumps(data, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    return f'globalThis.plotsData["{plot.name}"] = {text};\n'
