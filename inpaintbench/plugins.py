"""The registry: which methods, data sets, masks and metrics there are, and which plugin each came from.

Plugins come from, in this order: the packages that are bundled with inpaintbench (a failure of theirs is our
bug, and propagates), the entry-point group `inpaintbench` of installed distributions (failures are collected
as `problems`, shown, and harm nothing else), and `--plugin FILE_OR_MODULE` (what was asked for by name must
work: failures raise).
"""

from __future__ import annotations

import hashlib
import importlib
import importlib.metadata
import importlib.util
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Final, Literal

import pluggy

from inpaintbench import hookspecs
from inpaintbench.api import DatasetSpec, MaskSpec, MethodSpec, MetricSpec, PluginKind, PluginSpec
from inpaintbench.errors import PluginError, UnknownNameError

BUNDLED: Final = (
    "inpaintbench.metrics",
    "inpaintbench_methods",
    "inpaintbench_datasets",
    "inpaintbench_masks",
)
_HOOKS: Final[Mapping[str, type[PluginSpec]]] = {
    "register_methods": MethodSpec,
    "register_datasets": DatasetSpec,
    "register_masks": MaskSpec,
    "register_metrics": MetricSpec,
}


@dataclass(frozen=True)
class PluginSource:
    """Where a plugin came from.

    Attributes:
        kind: `bundled`, `installed` (an entry point), or `given` (`--plugin`).
        name: of the module, or of the entry point.
        distribution: name and version of the distribution it is installed with; empty if none.
        location: the file of a `--plugin FILE`.
    """

    kind: Literal["bundled", "installed", "given"]
    name: str
    distribution: str = ""
    location: str = ""

    def __str__(self) -> str:
        """Return it as messages and `bench show` print it."""
        details = {
            "bundled": "bundled with inpaintbench",
            "installed": self.distribution,
            "given": self.location,
        }[self.kind]
        return f"{self.name} ({details})" if details else self.name


@dataclass(frozen=True)
class Registered:
    """A spec, and who brought it."""

    spec: PluginSpec
    source: PluginSource


@dataclass(frozen=True)
class PluginProblem:
    """An installed plugin that could not be used, wholly or in part."""

    source: PluginSource
    message: str


@dataclass
class Registry:
    """All plugins by kind and name, in the order in which they were loaded (which no installer decides)."""

    entries: dict[PluginKind, dict[str, Registered]] = field(
        default_factory=lambda: {spec_type.kind: {} for spec_type in _HOOKS.values()}
    )
    problems: list[PluginProblem] = field(default_factory=list)

    def of(self, kind: PluginKind) -> Mapping[str, Registered]:
        """Return all plugins of a kind by name."""
        return self.entries[kind]

    def get(self, kind: PluginKind, name: str) -> Registered:
        """Return one plugin.

        Raises:
            UnknownNameError: if there is none of this name; the message names the near ones.
        """
        try:
            return self.entries[kind][name]
        except KeyError:
            raise UnknownNameError(kind, name, self.entries[kind]) from None

    def add(self, specs: Sequence[PluginSpec], source: PluginSource) -> None:
        """Add all that one plugin brings, or nothing of it.

        Raises:
            PluginError: if another plugin has brought one of the names; the message names both.
        """
        for position, spec in enumerate(specs):
            taken = self.entries[spec.kind].get(spec.name)
            owner = taken.source if taken else source
            if taken or any((spec.kind, spec.name) == (other.kind, other.name) for other in specs[:position]):
                raise PluginError(
                    f"The {spec.kind} {spec.name!r} is brought by {owner} already; "
                    f"{source} must call its own by another name."
                )
        for spec in specs:
            self.entries[spec.kind][spec.name] = Registered(spec, source)


def load_registry(given: Sequence[str] = ()) -> Registry:
    """Load every plugin.

    Args:
        given: files (`path/to/plugin.py`) or module names, as in `--plugin`.

    Raises:
        PluginError: if a given plugin does not import, registers nothing, or registers wrongly.
    """
    registry = Registry()
    manager = pluggy.PluginManager(hookspecs.PROJECT)
    manager.add_hookspecs(hookspecs)
    for name in BUNDLED:
        _register(registry, manager, importlib.import_module(name), PluginSource("bundled", name))
    for source, entry_point in _entry_points():
        try:
            _register(registry, manager, entry_point.load(), source)
        except Exception as error:  # whatever a stranger's plugin raises is reported, never fatal
            message = str(error) if isinstance(error, PluginError) else f"{type(error).__name__}: {error}"
            registry.problems.append(PluginProblem(source, message))
    for name in given:
        module, source = _import_given(name)
        _register(registry, manager, module, source)
    return registry


def _entry_points() -> Iterator[tuple[PluginSource, importlib.metadata.EntryPoint]]:
    for entry_point in sorted(importlib.metadata.entry_points(group=hookspecs.PROJECT), key=lambda point: point.name):
        distribution = entry_point.dist
        label = f"{distribution.name} {distribution.version}" if distribution else ""
        yield PluginSource("installed", entry_point.name, distribution=label), entry_point


def _register(registry: Registry, manager: pluggy.PluginManager, plugin: object, source: PluginSource) -> None:
    """Call every hook of one plugin, then add what it brings.

    Raises:
        PluginError: if it registers nothing, or something that is no spec, or a name that is taken.
    """
    name = f"{source.kind}:{source.name}"
    if manager.register(plugin, name=name) is None:
        raise PluginError(f"{source} is blocked.")
    try:
        manager.check_pending()
    except pluggy.PluginValidationError as error:
        manager.unregister(name=name)
        raise PluginError(
            f"{source} implements a hook that does not exist: {error}. Known: {', '.join(_HOOKS)}."
        ) from error
    specs = [spec for hook, spec_type in _HOOKS.items() for spec in _answers(manager, hook, spec_type, name, source)]
    if not specs:
        raise PluginError(
            f"{source} registers nothing. Expected at least one function called {', '.join(_HOOKS)}, "
            "decorated with inpaintbench.hookimpl, that returns a list of specs."
        )
    registry.add(specs, source)


def _answers(
    manager: pluggy.PluginManager, hook: str, spec_type: type[PluginSpec], name: str, source: PluginSource
) -> list[PluginSpec]:
    """Call one plugin's implementation of a hook (and nobody else's, so that a failure is its own)."""
    caller: pluggy.HookCaller = getattr(manager.hook, hook)
    answers: list[PluginSpec] = []
    for implementation in caller.get_hookimpls():
        if implementation.plugin_name != name:
            continue
        try:
            returned = implementation.function()
        except Exception as error:
            raise PluginError(f"{source}: {hook} raised {type(error).__name__}: {error}") from error
        answers += _checked(returned, hook, spec_type, source)
    return answers


def _checked(returned: object, hook: str, spec_type: type[PluginSpec], source: PluginSource) -> list[PluginSpec]:
    specs: list[PluginSpec] = []
    for spec in returned if isinstance(returned, Iterable) else [returned]:
        if not isinstance(spec, spec_type):
            raise PluginError(f"{source}: {hook} returned {spec!r}; expected a list of {spec_type.__name__}.")
        specs.append(spec)
    return specs


def _import_given(name: str) -> tuple[ModuleType, PluginSource]:
    """Import a file or a module that was asked for by name.

    Raises:
        PluginError: if there is no such thing, or importing it raises.
    """
    path = Path(name)
    is_file = path.suffix == ".py" or path.exists()
    try:
        module = _import_file(path.resolve()) if is_file else importlib.import_module(name)
    except Exception as error:
        what = (
            f"line {error.lineno}: {error.msg}"
            if isinstance(error, SyntaxError)
            else f"{type(error).__name__}: {error}"
        )
        raise PluginError(f"The plugin {name} cannot be imported: {what}") from error
    return module, PluginSource("given", module.__name__, location=str(path) if is_file else "")


def _import_file(path: Path) -> ModuleType:
    """Import a file under a name that only its path decides, so that a worker process gives it the same name."""
    name = f"inpaintbench_plugin_{path.stem}_{hashlib.sha256(str(path).encode()).hexdigest()[:8]}"
    if not path.is_file():
        raise FileNotFoundError(f"{path} is no file")
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} is no Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module
