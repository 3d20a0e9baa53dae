"""The four hooks by which a plugin joins. Each is called once, when the registry is built, and returns data.

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
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import pluggy

from inpaintbench.api import DatasetSpec, MaskSpec, MethodSpec, MetricSpec

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
