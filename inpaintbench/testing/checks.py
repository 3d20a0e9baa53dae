"""What a check is: one promise of the contract, tried on a plugin; and what came of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Generic, Literal, TypeVar

from inpaintbench.errors import InpaintbenchError

S = TypeVar("S")

Status = Literal["kept", "broken", "waived", "not applicable", "blocked"]
"""`kept`; `broken`; `waived`: broken, and the spec says why that is right; `not applicable`: there is nothing to try;
`blocked`: not tried, because a check that it needs is broken itself."""


class PromiseError(InpaintbenchError):
    """A plugin does not keep what it promises; the message says what was found and what was expected."""


class NotApplicable(Exception):  # noqa: N818  it is no error: it ends a check that has nothing to try
    """There is nothing to try on this plugin, on this machine; the message says why."""


@dataclass(frozen=True)
class Check(Generic[S]):
    """One promise, and how it is tried.

    Attributes:
        name: by which it is chosen and waived.
        promise: one sentence: what the plugin promises.
        trial: called with the subject; returns a remark, or nothing. It raises `PromiseError` or whatever the plugin
            raises if the promise is broken, and `NotApplicable` if there is nothing to try.
        needs: names of checks without which this one would blame the wrong fault.
        details: what else its documentation says: how it is tried, and why it matters.
    """

    name: str
    promise: str
    trial: Callable[[S], str | None]
    needs: tuple[str, ...] = ()
    details: str = ""

    def __call__(self, subject: S) -> str | None:
        """Try it."""
        return self.trial(subject)

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True)
class Outcome:
    """What came of one check.

    Attributes:
        check: which.
        status: see `Status`.
        said: why, or a remark; may be empty.
        seconds: that it took.
    """

    check: Check[Any]
    status: Status
    said: str = ""
    seconds: float = 0.0

    @property
    def good(self) -> bool:
        """Whether nothing speaks against the plugin."""
        return self.status in ("kept", "waived", "not applicable")


def promise(*needs: Check[Any]) -> Callable[[Callable[[S], str | None]], Check[S]]:
    """Make a check of a function: its name, and its docstring, of which the first paragraph is the promise.

    Args:
        needs: checks that this one builds on; what these need is needed, too.
    """

    def make(trial: Callable[[S], str | None]) -> Check[S]:
        sentence, _, details = (trial.__doc__ or "").strip().partition("\n\n")
        names = dict.fromkeys(name for one in needs for name in (*one.needs, one.name))
        return Check(trial.__name__, _one_line(sentence), trial, tuple(names), _one_line(details))

    return make


def _one_line(text: str) -> str:
    return " ".join(text.split())


EIGHT_BITS: Final = 1 / 255
"""The smallest difference that a saved picture can show, in [0, 1]."""
