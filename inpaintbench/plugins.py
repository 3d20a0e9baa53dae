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
import inspect
import os
import re
import sys
import traceback
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Final, Literal, Self

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
_MACHINERY: Final = ("<", f"{Path(__file__).parent}{os.sep}", f"{Path(importlib.__file__).parent}{os.sep}")
_HOOKS: Final[Mapping[str, type[PluginSpec]]] = {
    "register_methods": MethodSpec,
    "register_datasets": DatasetSpec,
    "register_masks": MaskSpec,
    "register_metrics": MetricSpec,
}
_EVENTS: Final = ("on_cell_finished", "on_run_finished")


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


@dataclass(frozen=True)
class Observer:
    """A plugin that is told what becomes of a run.

    Attributes:
        source: where it came from.
        implementations: of each hook that tells of something; empty where it has none.
    """

    source: PluginSource
    implementations: Mapping[str, Sequence[pluggy.HookImpl]]

    @classmethod
    def of(cls, plugin: object, source: PluginSource) -> Self:
        """Return what a plugin implements of such hooks.

        Raises:
            PluginError: if it implements one that does not exist, with arguments that it does not have, or so that
                calling it would do nothing.
        """
        return cls.in_manager(_manager_of(plugin, source), source)

    @classmethod
    def in_manager(cls, manager: pluggy.PluginManager, source: PluginSource) -> Self:
        """Return the same of the only plugin that a manager has."""
        implementations = {hook: getattr(manager.hook, hook).get_hookimpls() for hook in _EVENTS}
        for hook, found in implementations.items():
            if any(_is_suspended(one.function) for one in found):
                raise PluginError(
                    f"{source}: {hook} is a generator or asynchronous, and would never run. Expected a plain function."
                )
        return cls(source, implementations)

    def __bool__(self) -> bool:
        """Whether there is anything that it is told."""
        return any(self.implementations.values())

    def tell(self, hook: str, **what: object) -> None:
        """Call the plugin's implementation of a hook, if it has one, with those arguments that it takes.

        Raises:
            PluginError: if it raises anything but an interrupt; the message names the plugin, the hook and the line.
        """
        for implementation in self.implementations[hook]:
            try:
                implementation.function(*(what[name] for name in implementation.argnames))
            except KeyboardInterrupt:
                raise
            except BaseException as error:  # even what asyncio ends tasks with
                raise PluginError(f"{self.source}: {hook} raised {_explain(error)}") from error


@dataclass
class Registry:
    """All plugins by kind and name, in the order in which they were loaded (which no installer decides).

    Attributes:
        entries: the plugins.
        problems: with those that were left out.
        observers: those that are told what becomes of a run.
        given: what another process loads to have the same: files, wherever it stands, and modules.
    """

    entries: dict[PluginKind, dict[str, Registered]] = field(
        default_factory=lambda: {spec_type.kind: {} for spec_type in _HOOKS.values()}
    )
    problems: list[PluginProblem] = field(default_factory=list)
    observers: list[Observer] = field(default_factory=list)
    given: tuple[str, ...] = ()

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
        given: files (`path/to/plugin.py`) or module names, as in `--plugin`. One that is given twice, or that is
            installed and loaded already, counts once.

    Raises:
        PluginError: if a given plugin does not import, registers nothing, or registers wrongly.
    """
    registry = Registry()
    loaded = set(BUNDLED)
    for name in BUNDLED:
        _register(registry, importlib.import_module(name), PluginSource("bundled", name))
    for source, entry_point in _entry_points():
        try:
            plugin = entry_point.load()
            _register(registry, plugin, source)
        except (Exception, SystemExit) as error:  # whatever a stranger's plugin raises is reported, never fatal
            message = str(error) if isinstance(error, PluginError) else _explain(error)
            registry.problems.append(PluginProblem(source, message))
        else:
            loaded.add(getattr(plugin, "__name__", ""))
    for name in given:
        module, source = _import_given(name)
        registry.given += (str(Path(source.location).resolve()) if source.location else name,)
        if module.__name__ not in loaded:
            _register(registry, module, source)
            loaded.add(module.__name__)
    return registry


def _entry_points() -> list[tuple[PluginSource, importlib.metadata.EntryPoint]]:
    found: list[tuple[PluginSource, importlib.metadata.EntryPoint]] = []
    for entry_point in importlib.metadata.entry_points(group=hookspecs.PROJECT):
        distribution = entry_point.dist
        label = f"{distribution.name} {distribution.version}" if distribution else ""
        found.append((PluginSource("installed", entry_point.name, distribution=label), entry_point))
    return sorted(found, key=lambda pair: (pair[0].name, pair[0].distribution, pair[1].value))


def _register(registry: Registry, plugin: object, source: PluginSource) -> None:
    """Call every hook by which a plugin joins, then add what it brings.

    Raises:
        PluginError: if it registers nothing, or something that is no spec, or a name that is taken.
    """
    manager = _manager_of(plugin, source)
    specs = [spec for hook, spec_type in _HOOKS.items() for spec in _answers(manager, hook, spec_type, source)]
    observer = Observer.in_manager(manager, source)
    if not specs and not observer:
        raise PluginError(
            f"{source} registers nothing. Expected at least one function called {', '.join(_HOOKS)}, "
            "decorated with inpaintbench.hookimpl, that returns a list of specs; "
            f"or one called {' or '.join(_EVENTS)}, decorated likewise."
        )
    registry.add(specs, source)
    if observer:
        registry.observers.append(observer)


def _manager_of(plugin: object, source: PluginSource) -> pluggy.PluginManager:
    """Give a plugin a manager to itself, so that what one does wrong is never taken for another's fault.

    Raises:
        PluginError: if the plugin implements hooks that do not exist, or with arguments that they do not have.
    """
    manager = pluggy.PluginManager(hookspecs.PROJECT)
    manager.add_hookspecs(hookspecs)
    try:
        manager.register(plugin, name=source.name)
        manager.check_pending()
    except pluggy.PluginValidationError as error:
        reason = " ".join(str(error).split())
        known = ", ".join(f"{hook}({', '.join(_arguments(hook))})" for hook in (*_HOOKS, *_EVENTS))
        raise PluginError(
            f"{source} implements a hook that does not exist, or with arguments that it does not have: {reason}. "
            f"Known: {known}."
        ) from error
    return manager


def _arguments(hook: str) -> list[str]:
    return list(inspect.signature(getattr(hookspecs, hook)).parameters)


def _is_suspended(function: object) -> bool:
    """Whether calling a function only makes something that would have to be run."""
    kinds = (inspect.isgeneratorfunction, inspect.iscoroutinefunction, inspect.isasyncgenfunction)
    return any(kind(function) for kind in kinds)


def _answers(
    manager: pluggy.PluginManager, hook: str, spec_type: type[PluginSpec], source: PluginSource
) -> list[PluginSpec]:
    """Call a plugin's implementation of a hook."""
    caller: pluggy.HookCaller = getattr(manager.hook, hook)
    answers: list[PluginSpec] = []
    for implementation in caller.get_hookimpls():
        try:
            returned = implementation.function()
            specs = list(returned) if isinstance(returned, Iterable) else [returned]
        except (Exception, SystemExit) as error:
            raise PluginError(f"{source}: {hook} raised {_explain(error)}") from error
        for spec in specs:
            if not isinstance(spec, spec_type):
                raise PluginError(f"{source}: {hook} returned {spec!r}; expected a list of {spec_type.__name__}.")
            answers.append(spec)
    return answers


def _import_given(name: str) -> tuple[ModuleType, PluginSource]:
    """Import a file or a module that was asked for by name.

    Raises:
        PluginError: if there is no such thing, or importing it raises.
    """
    path = Path(name)
    is_file = path.suffix == ".py" or path.is_file()
    try:
        module = _import_file(path.resolve()) if is_file else importlib.import_module(name)
    except (Exception, SystemExit) as error:
        raise PluginError(f"The plugin {name} cannot be imported: {_explain(error)}") from error
    return module, PluginSource("given", path.stem if is_file else name, location=str(path) if is_file else "")


def _import_file(path: Path) -> ModuleType:
    """Import a file under a name that only its path decides, so that a worker process gives it the same name."""
    stem = re.sub(r"\W", "_", path.stem)
    name = f"inpaintbench_plugin_{stem}_{hashlib.sha256(str(path).encode()).hexdigest()[:8]}"
    if not path.is_file():
        raise FileNotFoundError(f"{path} is no file")
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} is no Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        # Not by the loader, whose compiled copy can be of an earlier content if the file is edited within a second.
        exec(compile(path.read_bytes(), path, "exec"), vars(module))
    except BaseException:
        del sys.modules[name]
        raise
    return module


def _explain(error: BaseException) -> str:
    """Say what an exception says, and on which line of the plugin's code it arose."""
    if isinstance(error, SyntaxError):
        return f"{error.filename}, line {error.lineno}: {error.msg}"
    files = [frame for frame in traceback.extract_tb(error.__traceback__) if not frame.filename.startswith(_MACHINERY)]
    where = f" ({files[-1].filename}, line {files[-1].lineno})" if files else ""
    try:
        said = str(error)
    except Exception:  # its own __str__ raises
        said = "(it cannot say what)"
    return f"{type(error).__name__}: {said}{where}"
