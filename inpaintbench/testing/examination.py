"""Examining one plugin: its checks one after the other, none of which leaves anything behind."""

from __future__ import annotations

import tempfile
import time
import traceback
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from inpaintbench.api import PluginKind, PluginSpec
from inpaintbench.errors import InpaintbenchError, UsageError
from inpaintbench.plugins import Registry
from inpaintbench.selectors import Selection
from inpaintbench.testing.checks import Check, NotApplicable, Outcome, PromiseError

SubjectFactory = Callable[[Selection[Any], Registry, str, Path], Any]
"""Makes what the checks of a kind are called with: of a selection, the registry, the device's name, and a folder."""


class Examination:
    """One plugin, and what came of each of its checks. A context: at its end, its scratch folder is removed.

    Args:
        selection: the plugin and its parameters.
        registry: all plugins.
        device: `cpu`, `cuda`, …, or `auto`.

    Raises:
        UsageError: if the plugin waives a check that there is not, or its selector names no checkpoint that is there.
    """

    def __init__(self, selection: Selection[Any], registry: Registry, device: str = "auto") -> None:
        self.selection = selection
        self.checks, factory = checks_of(selection.spec.kind)
        self._refuse_unknown(self.spec.waivers, "waives")
        self._scratch = tempfile.TemporaryDirectory(prefix="inpaintbench-check-", ignore_cleanup_errors=True)
        try:
            self._subject = factory(selection, registry, device, Path(self._scratch.name))
        except BaseException:
            self._scratch.cleanup()
            raise
        self._outcomes: dict[str, Outcome] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._scratch.cleanup()

    @property
    def spec(self) -> PluginSpec:
        """The plugin's."""
        spec: PluginSpec = self.selection.spec
        return spec

    def outcomes(self, only: Collection[str] = ()) -> Iterator[Outcome]:
        """Yield what came of each check as soon as it is known.

        Args:
            only: names of the checks to try, with those that they need; empty for all.

        Raises:
            UsageError: if there is no check of such a name.
        """
        self._refuse_unknown(only, "is asked for")
        chosen = [check for check in self.checks if not only or check.name in only]
        wanted = {name for check in chosen for name in (*check.needs, check.name)}
        for check in self.checks:
            if check.name in wanted:
                yield self.outcome(check)

    def outcome(self, check: Check[Any]) -> Outcome:
        """Return what came of a check, trying first what it needs; each is tried once."""
        if check.name not in self._outcomes:
            by_name = {one.name: one for one in self.checks}
            needed = [self.outcome(by_name[name]) for name in check.needs]
            failed = [one.check.name for one in needed if not one.good]
            self._outcomes[check.name] = (
                Outcome(check, "blocked", f"needs {', '.join(failed)}") if failed else self._try(check)
            )
        return self._outcomes[check.name]

    def _try(self, check: Check[Any]) -> Outcome:
        waiver = self.spec.waivers.get(check.name, "")
        start = time.perf_counter()
        try:
            with _left_as_found():
                remark = check(self._subject)
        except NotApplicable as why:
            return Outcome(check, "not applicable", str(why))
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # a plugin may raise anything, SystemExit included
            seconds, said = time.perf_counter() - start, _said(error)
            if waiver:
                return Outcome(check, "waived", f"{waiver} ({said})", seconds)
            return Outcome(check, "broken", said, seconds)
        unneeded = "kept, although it is waived: the waiver can go" if waiver else ""
        return Outcome(check, "kept", unneeded or remark or "", time.perf_counter() - start)

    def _refuse_unknown(self, names: Collection[str], how: str) -> None:
        known = [check.name for check in self.checks]
        if unknown := [name for name in names if name not in known]:
            kind, name = self.spec.kind, self.spec.name
            who = f"The {kind} {name} waives" if how == "waives" else "Asked for is"
            raise UsageError(f"{who} the check {unknown[0]!r}, which no {kind} has. Known: {', '.join(known)}.")


def checks_of(kind: PluginKind) -> tuple[Sequence[Check[Any]], SubjectFactory]:
    """Return the checks of a kind of plugin, in the order in which they run, and what makes their subject.

    Raises:
        UsageError: if there is no such kind.
    """
    if kind == "method":
        from inpaintbench.testing.methods import METHOD_CHECKS, MethodSubject

        return METHOD_CHECKS, MethodSubject
    if kind == "dataset":
        from inpaintbench.testing.datasets import DATASET_CHECKS, DatasetSubject

        return DATASET_CHECKS, DatasetSubject
    if kind == "mask":
        from inpaintbench.testing.masks import MASK_CHECKS, MaskSubject

        return MASK_CHECKS, MaskSubject
    if kind == "metric":
        from inpaintbench.testing.metrics import METRIC_CHECKS, MetricSubject

        return METRIC_CHECKS, MetricSubject
    raise UsageError(f"{kind!r} is no kind of plugin; expected method, dataset, mask or metric.")


def _left_as_found() -> ExitStack:
    """Return a context that puts back what code of others sets of torch, of random generators, and of the process."""
    from inpaintbench.execution.devices.device import torch_state_restored
    from inpaintbench.execution.evaluating.restoring import process_state_restored
    from inpaintbench.testing.randomness import generators_kept

    stack = ExitStack()
    for context in (torch_state_restored(), process_state_restored(), generators_kept()):
        stack.enter_context(context)
    return stack


def _said(error: BaseException) -> str:
    """Return what was found; of an error that is not this package's own, also where."""
    if isinstance(error, PromiseError):
        return str(error)
    frames = traceback.extract_tb(error.__traceback__)
    if isinstance(error, InpaintbenchError) or not frames:
        return " ".join(str(error).split())
    return f"{type(error).__name__}: {' '.join(str(error).split())} ({frames[-1].filename}, line {frames[-1].lineno})"
