"""What the values of a JSON document have to be, what to say of one that is not, and which numbers it can hold."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any, Final

Expected = tuple[str, tuple[type, ...]]
"""What a value has to be: in words, and the types that will do."""

_NULL: Final = type(None)
_SHOWN: Final = 60  # characters of a value in a message

TEXT: Final[Expected] = ("text", (str,))
WHOLE: Final[Expected] = ("a whole number", (int,))
WHOLE_OR_NULL: Final[Expected] = ("a whole number or null", (int, _NULL))
NUMBER: Final[Expected] = ("a number", (float, int))
NUMBER_OR_NULL: Final[Expected] = ("a number or null", (float, int, _NULL))
SWITCH: Final[Expected] = ("true or false", (bool,))
LIST: Final[Expected] = ("a list", (list, tuple))  # a tuple until it has passed through JSON
OBJECT: Final[Expected] = ("an object", (dict,))
OBJECT_OR_NULL: Final[Expected] = ("an object or null", (dict, _NULL))


def why_of_other_type(found: Mapping[str, Any], fields: Mapping[str, Expected], where: str = "") -> str:
    """Say which value has another type than it should; nothing if none has. What is absent is not looked at.

    Args:
        found: an object of the document.
        fields: what its values have to be.
        where: it stands in the document, with a dot at the end.

    >>> why_of_other_type({"size": "64"}, {"size": WHOLE}, "identity.")
    'identity.size is "64", expected a whole number'
    """
    for name, (words, types) in fields.items():
        if name in found and type(found[name]) not in types:  # isinstance takes true for a whole number
            value = json.dumps(found[name], default=repr)
            shown = value if len(value) <= _SHOWN else value[:_SHOWN] + "…"
            return f"{where}{name} is {shown}, expected {words}"
    return ""


def finite(number: float | None) -> float | None:
    """Return a number as JSON can hold it: None for one that is infinite, undefined or not there.

    >>> finite(0.5), finite(float("nan")), finite(float("-inf")), finite(None)
    (0.5, None, None, None)
    """
    return number if number is not None and math.isfinite(number) else None
