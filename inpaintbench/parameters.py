"""The parameters of a plugin: what may be written between the brackets of `name[param=value,…]`.

A `Parameter` is declared in a spec, so that a selector is parsed, checked and printed without importing the
plugin's code. The plugin's class receives the checked values as keyword arguments of the same names.
"""

from __future__ import annotations

import math
import numbers
from dataclasses import dataclass
from typing import Final, Literal

from inpaintbench.errors import ParameterError, PluginError

Value = bool | int | float | str
"""What a parameter can hold; JSON can hold it too."""

Kind = Literal["integer", "number", "boolean", "text", "path", "extent"]
"""`extent` is a size that scales with the image: a whole number is pixels, a number in (0, 1] with a decimal
point is a fraction (of the shorter side for a length, of the image for an area)."""

REQUIRED: Final = None
"""The default of a parameter that has none: a selector must give it."""

_EXPECTED: Final[dict[Kind, str]] = {
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "text": "text",
    "path": "a path",
    "extent": "a whole number of pixels",
}
_BOOLEANS: Final = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
_SPECIAL: Final = set(',[]="')


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """One parameter of a plugin.

    Attributes:
        name: as written in a selector, and as the keyword argument of the plugin's class.
        kind: what its values are; see `Kind`.
        help: one sentence; `bench show` prints it.
        default: the value where a selector is silent; `REQUIRED` if it must speak.
        minimum: the smallest value allowed (of `integer`, `number`, and an `extent` in pixels).
        maximum: the largest value allowed.
        choices: for `text`, the values allowed; empty for any.
        always_shown: printed in the plugin's name even at its default, because tables compare several values
            of it.
    """

    name: str
    kind: Kind
    help: str
    default: Value | None = REQUIRED
    minimum: float = -math.inf
    maximum: float = math.inf
    choices: tuple[str, ...] = ()
    always_shown: bool = False

    def __post_init__(self) -> None:
        """Refuse a declaration that no selector could satisfy, and hold the default as `check` returns it.

        Raises:
            PluginError: if the kind is unknown, a kind other than text has choices, or the default is not
                possible.
        """
        if self.kind not in _EXPECTED:
            raise PluginError(
                f"The parameter {self.name} is of the kind {self.kind!r}; expected one of {', '.join(_EXPECTED)}."
            )
        if self.choices and self.kind != "text":
            raise PluginError(
                f"The parameter {self.name} has choices, and is of the kind {self.kind}; only text can have choices."
            )
        if self.default is REQUIRED:
            return
        try:
            object.__setattr__(self, "default", self.check(self.default))
        except ParameterError as error:
            raise PluginError(f"The default of the parameter {self.name} cannot be used: {error}") from error

    @property
    def required(self) -> bool:
        """Whether a selector must give it."""
        return self.default is REQUIRED

    @property
    def is_place(self) -> bool:
        """Whether it names a place on this machine: the content found there counts for results, not the name."""
        return self.kind == "path"

    @property
    def expected(self) -> str:
        """What its values are, in words."""
        if self.choices:
            return "one of " + ", ".join(self.choices)
        bounds = [f"at least {format_value(_tidy(self.minimum))}"] if self.minimum > -math.inf else []
        bounds += [f"at most {format_value(_tidy(self.maximum))}"] if self.maximum < math.inf else []
        words = " ".join([_EXPECTED[self.kind], " and ".join(bounds)]).strip()
        return f"{words}, or a fraction such as 0.25" if self.kind == "extent" else words

    def parse(self, text: str) -> Value:
        """Read a value as written in a selector, and check it.

        Raises:
            ParameterError: if the text is no value of this kind, or outside the range.

        >>> Parameter(name="side", kind="extent", help="", minimum=1).parse("0.25")
        0.25
        """
        try:
            match self.kind:
                case "boolean":
                    return self.check(_BOOLEANS[text.lower()])
                case "integer":
                    return self.check(int(text))
                case "number":
                    return self.check(float(text))
                case "extent":
                    return self.check(_whole_or_fraction(text))
                case "text" | "path":
                    return self.check(text)
        except (ValueError, KeyError, ParameterError):  # the text itself is what the message shows
            raise self._refuse(text) from None

    def check(self, value: object) -> Value:
        """Return `value` as this parameter holds it (a whole number given for `number` becomes a float).

        Raises:
            ParameterError: if it has the wrong type or lies outside the range.
        """
        if self.kind == "boolean" or isinstance(value, bool):
            if self.kind == "boolean" and isinstance(value, bool):
                return value
            raise self._refuse(value)
        if self.kind in ("text", "path"):
            text = value if isinstance(value, str) else value.__fspath__() if hasattr(value, "__fspath__") else None
            if not isinstance(text, str) or not text or (self.choices and text not in self.choices):
                raise self._refuse(value)
            return text
        try:  # numpy's numbers become Python's own
            if isinstance(value, numbers.Integral) and self.kind != "number":
                return self._in_range(int(value))
            if isinstance(value, numbers.Real) and self.kind != "integer":
                return self._in_range(float(value))
        except OverflowError:
            pass
        raise self._refuse(value)

    def _in_range(self, value: float) -> float:
        fraction = self.kind == "extent" and isinstance(value, float)
        possible = 0 < value <= 1 if fraction else self.minimum <= value <= self.maximum
        if not possible or abs(value) == math.inf:
            raise self._refuse(value)
        return value

    def _refuse(self, value: object) -> ParameterError:
        found = format_value(value) if isinstance(value, (bool, int, float, str)) else repr(value)
        return ParameterError(f"{self.name}={found} is not possible: expected {self.expected}.")


def format_value(value: Value) -> str:
    """Write a value so that `Parameter.parse` and the selector parser read the same value back.

    >>> format_value(True), format_value(0.5), format_value("a,b")
    ('true', '0.5', '"a,b"')
    """
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return repr(float(value))
    text = str(value)
    if text != text.strip() or _SPECIAL & set(text):
        return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return text


def resolve_extent(extent: float, total: int) -> int:
    """Turn an `extent` into pixels: a whole number is itself, a fraction is rounded to pixels of `total`, at least 1.

    >>> resolve_extent(20, 64), resolve_extent(0.3125, 64), resolve_extent(0.3125, 128)
    (20, 20, 40)
    """
    if isinstance(extent, int):
        return extent
    return max(1, math.floor(extent * total + 0.5))


def _whole_or_fraction(text: str) -> float:
    try:
        return int(text)
    except ValueError:
        return float(text)


def _tidy(bound: float) -> float:
    return int(bound) if float(bound).is_integer() else bound
