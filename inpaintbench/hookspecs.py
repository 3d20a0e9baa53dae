"""The hooks of plugins: four by which they join, and two by which they are told what becomes of a run.

Those that join are called once, when the registry is built, and return data.

A plugin is a module (or any object) with functions of these names, decorated with `inpaintbench.hookimpl`:

```python
from inpaintbench import hookimpl
from inpaintbench.api import MethodSpec

@hookimpl
def register_methods():
    return [MethodSpec(name="grey_fill", target="my_package.grey:GreyFill", summary="Fills every hole with
    mid-grey.")]
```

It is found through the entry-point group `inpaintbench` of an installed distribution, or given by
`--plugin FILE_OR_MODULE`. An implementation must not import torch: it returns specs, whose `target` is
imported only when a cell needs it.

Those that are told of something are called by `bench run` and `inpaintbench.run`, in their own process and never in a
worker, whichever engine computes; one plugin after the other, in the order of their names. They take as many of the
arguments as they like, by their names, and return nothing. What one raises is reported once for each plugin and run,
with the plugin and the cell, and harms neither cells, nor the run, nor other plugins; an interrupt (Ctrl-C) ends the
run as it does anywhere. They should be quick, for until they return no further cell is given out: what takes long
belongs into a thread of theirs, or into `on_run_finished`. Heavy modules are imported in the implementation, since
workers import the plugin, too.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Final

import pluggy

from inpaintbench.api import DatasetSpec, MaskSpec, MethodSpec, MetricSpec
from inpaintbench.records import CellRecord

PROJECT: Final = "inpaintbench"

hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


@hookspec
def register_methods() -> Iterable[MethodSpec]:  # type: ignore[empty-body]  # a hook spec has no body
    """Return the inpainting methods that the plugin brings. Anyone may implement it."""


@hookspec
def register_datasets() -> Iterable[DatasetSpec]:  # type: ignore[empty-body]
    """Return the data sets that the plugin brings. Anyone may implement it; nothing is read or downloaded here."""


@hookspec
def register_masks() -> Iterable[MaskSpec]:  # type: ignore[empty-body]
    """Return the mask generators that the plugin brings. Anyone may implement it."""


@hookspec
def register_metrics() -> Iterable[MetricSpec]:  # type: ignore[empty-body]
    """Return the metrics that the plugin brings. Anyone may implement it."""


@hookspec
def on_cell_finished(record: CellRecord, folder: Path) -> None:
    """Hear that a cell has just been stored, complete or failed. Anyone may implement it.

    It is not called for cells whose results were there before the run, for one that a run has left unfinished, or for
    one that could not be stored.

    Args:
        record: what `cell.json` holds, with the means; where `status` is not `complete`, what has failed, which does
            not replace a complete result that was there before.
        folder: of the cell, absolute: `cell.json`, `images.parquet`, `log.txt`, and `samples/` with pictures. It is to
            be read, not written.
    """


@hookspec
def on_run_finished(interrupted: bool) -> None:
    """Hear that a run is over, in which there were cells to run. Anyone may implement it; files are closed here.

    It is called once a run, after every `on_cell_finished`, but not where the process was killed.

    Args:
        interrupted: whether Ctrl-C or an error has ended the run. Failed cells do not count as such.
    """
