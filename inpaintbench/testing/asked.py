"""Which plugin a test asks for, by its selector."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Self

from inpaintbench.api import DatasetSpec, MaskSpec, MethodSpec, MetricSpec, PluginKind, PluginSpec
from inpaintbench.errors import UsageError
from inpaintbench.plugins import load_registry
from inpaintbench.selectors import select
from inpaintbench.testing.checks import Check
from inpaintbench.testing.examination import Examination, checks_of

SPECS: Final[dict[PluginKind, type[PluginSpec]]] = {
    "method": MethodSpec,
    "dataset": DatasetSpec,
    "mask": MaskSpec,
    "metric": MetricSpec,
}


@dataclass(frozen=True)
class Asked:
    """A plugin that is to be checked.

    Attributes:
        selector: of the plugin.
        kind: of it.
        plugins: files or modules that bring it, as of `--plugin`.
        device: on which it is tried.
    """

    selector: str
    kind: PluginKind
    plugins: tuple[str, ...] = ()
    device: str = "cpu"

    @classmethod
    def by(
        cls, selector: str, kind: PluginKind = "method", plugin: str | Sequence[str] | None = None, device: str = "cpu"
    ) -> Self:
        """Return what the arguments of a mark ask for."""
        plugins = () if plugin is None else (str(plugin),) if not isinstance(plugin, (list, tuple)) else tuple(plugin)
        return cls(selector, kind, plugins, device)

    @property
    def checks(self) -> Sequence[Check[Any]]:
        """All that there are for its kind."""
        return checks_of(self.kind)[0]

    def examination(self) -> Examination:
        """Begin to examine it.

        Raises:
            UsageError: if there is no such plugin, or the selector means several.
        """
        registry = load_registry(self.plugins)
        found = select([self.selector], SPECS[self.kind], registry)
        if len(found) > 1:
            raise UsageError(f"{self.selector} means {len(found)} plugins; expected a selector of one.")
        return Examination(found[0], registry, self.device)
