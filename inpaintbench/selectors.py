"""From `name[param=value,…]` to a plugin with checked parameters, and back.

A name may hold `*` and `?`: then every plugin of that kind which matches, and which needs no parameter that
the selector does not give, is selected; there must be one. `preset=…` chooses other defaults, where a spec has
presets. `inpaintbench.selector_text` reads what is written.
"""

from __future__ import annotations

import fnmatch
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib import import_module
from types import MappingProxyType
from typing import Any, Generic, TypeVar

from inpaintbench.api import PluginSpec
from inpaintbench.api.specs import PRESET
from inpaintbench.errors import ParameterError, PluginError, UnknownNameError
from inpaintbench.parameters import Parameter, Value, format_value
from inpaintbench.plugins import PluginSource, Registered, Registry
from inpaintbench.selector_text import parse_selector

S = TypeVar("S", bound=PluginSpec)


@dataclass(frozen=True)
class Selection(Generic[S]):
    """A plugin with a value for each of its parameters.

    Attributes:
        spec: the plugin's.
        source: who brought it.
        values: name and value of every parameter, in the order of the spec.
        preset: the one that gave its defaults; empty if the spec has none.
    """

    spec: S
    source: PluginSource
    values: tuple[tuple[str, Value], ...]
    preset: str = ""

    @cached_property
    def name(self) -> str:
        """The selector in full form, which selects this again: every parameter that is not at its default is in it."""
        by_name = dict(self.values)
        shown = [
            f"{parameter.name}={format_value(by_name[parameter.name])}"
            for parameter in self.spec.parameters
            if parameter.always_shown or not _is_default(by_name[parameter.name], _default(parameter, self._presets))
        ]
        preset = [] if self.preset == self.spec.preset else [f"{PRESET}={self.preset}"]
        return _with_brackets(self.spec.name, [*preset, *shown])

    @cached_property
    def portable_name(self) -> str:
        """The same on every machine and in every version: only what differs from the defaults, and no paths.

        Seeds are derived from it, so that a hole is the same wherever the data set lies.
        """
        values = self.portable_values
        shown = sorted(
            f"{parameter.name}={format_value(values[parameter.name])}"
            for parameter in self.spec.parameters
            if parameter.name in values and not _is_default(values[parameter.name], _default(parameter))
        )
        return _with_brackets(self.spec.name, shown)

    def name_with(self, names: Collection[str]) -> str:
        """Return a selector without a preset that gives these parameters their values, where silence would not."""
        values, silent = dict(self.values), self.spec.presets.get(self.spec.preset, {})
        shown = [
            f"{parameter.name}={format_value(values[parameter.name])}"
            for parameter in self.spec.parameters
            if parameter.name in names and not _is_default(values[parameter.name], _default(parameter, silent))
        ]
        return _with_brackets(self.spec.name, shown)

    @property
    def portable_values(self) -> dict[str, Value]:
        """All parameters but the paths, which only say where this machine keeps something."""
        places = {parameter.name for parameter in self.spec.parameters if parameter.is_place}
        return {name: value for name, value in self.values if name not in places}

    def build(self) -> Any:
        """Import the target and call it with the parameters that are meant for it."""
        arguments = {name: value for name, value in self.values if name not in self.spec.withheld}
        return resolve_target(self.spec.target)(**arguments)

    def requirements(self) -> tuple[Any, ...]:
        """Return the `WeightsFile`s without which it cannot work."""
        if not self.spec.requires:
            return ()
        arguments = {name: value for name, value in self.values if name not in self.spec.withheld}
        return tuple(resolve_target(self.spec.requires)(**arguments))

    @property
    def _presets(self) -> Mapping[str, Value]:
        return self.spec.presets.get(self.preset, {})


def resolve_target(target: str) -> Any:
    """Import what `package.module:Class` names.

    Raises:
        PluginError: if the module has no such attribute; what importing it raises passes through.
    """
    module_name, _, attribute = target.partition(":")
    found: Any = import_module(module_name)
    for part in attribute.split("."):
        if not hasattr(found, part):
            raise PluginError(f"{module_name} has no {attribute}; the spec's target is {target!r}.")
        found = getattr(found, part)
    return found


def select(selectors: Iterable[str], spec_type: type[S], registry: Registry) -> tuple[Selection[S], ...]:
    """Return what the selectors select, in their order, each selection once.

    Raises:
        SelectorError: if a selector is malformed.
        UnknownNameError: if a name or a glob matches nothing, or a parameter is unknown.
        ParameterError: if a value has the wrong type or range, or a required one is absent.
    """
    chosen = (selection for text in selectors for selection in _select_one(text, spec_type, registry))
    return tuple({selection.name: selection for selection in chosen}.values())


def _select_one(text: str, spec_type: type[S], registry: Registry) -> Iterator[Selection[S]]:
    name, given = parse_selector(text)
    known = registry.of(spec_type.kind)
    if not set("*?") & set(name):
        entry = registry.get(spec_type.kind, name)
        yield _bound(entry, spec_type, given)
        return
    matching = [entry for key, entry in known.items() if fnmatch.fnmatchcase(key, name)]
    if not matching:
        raise UnknownNameError(spec_type.kind, name, known)
    possible = [
        entry
        for entry in matching
        if all(parameter.name in given for parameter in entry.spec.parameters if parameter.required)
    ]
    for entry in possible or matching:  # where none is possible, the first one's error says what it needs
        yield _bound(entry, spec_type, given)


def _bound(entry: Registered, spec_type: type[S], given: Mapping[str, str]) -> Selection[S]:
    """Give every parameter its value: from the selector, from the preset, or by default."""
    spec = _narrow(entry.spec, spec_type)
    given = dict(given)
    preset = given.pop(PRESET, spec.preset) if spec.presets else ""
    if preset not in spec.presets and spec.presets:
        raise UnknownNameError(f"preset of the {spec.kind} {spec.name}", preset, spec.presets)
    declared = {parameter.name: parameter for parameter in spec.parameters}
    for name in given:
        if name not in declared:
            raise UnknownNameError(f"parameter of the {spec.kind} {spec.name}", name, declared)
    values: list[tuple[str, Value]] = []
    for parameter in spec.parameters:
        default = _default(parameter, spec.presets.get(preset, {}))
        try:
            if parameter.name in given:
                values.append((parameter.name, parameter.parse(given[parameter.name])))
            elif default is None:
                raise ParameterError(f"it needs {parameter.name}=…: {parameter.expected}. {parameter.help}")
            else:
                values.append((parameter.name, default))
        except ParameterError as error:
            raise ParameterError(f"{spec.kind} {spec.name}: {error}") from None
    return Selection(spec, entry.source, tuple(values), preset)


def _default(parameter: Parameter, preset: Mapping[str, Value] = MappingProxyType({})) -> Value | None:
    """Return a default as `Parameter.parse` would have read it, so that writing it out makes no other cell."""
    default = preset.get(parameter.name, parameter.default)
    return float(default) if parameter.kind == "number" and isinstance(default, int) else default


def _is_default(value: Value, default: Value | None) -> bool:
    """Whether a value is the default: the fraction 1.0 is not the pixel 1."""
    return value == default and type(value) is type(default)


def _with_brackets(name: str, assignments: Sequence[str]) -> str:
    return f"{name}[{','.join(assignments)}]" if assignments else name


def _narrow(spec: PluginSpec, spec_type: type[S]) -> S:
    if not isinstance(spec, spec_type):
        raise PluginError(f"{spec.name} is a {spec.kind}, not a {spec_type.kind}.")
    return spec
