"""A suite: which methods meet which data sets and masks, at what size, from which seed.

```toml
description = "What this suite asks."
methods = ["mean_fill", "tv"]
datasets = ["photos"]
masks = ["center_square[side=20]", "circle"]
metrics = ["psnr", "ssim"]      # left out: those of the scoring protocol
size = 64
seed = 0
limit = 100                     # left out: all images
```
"""

from __future__ import annotations

import dataclasses
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any, Final, Self

from inpaintbench.errors import SuiteError, UnknownNameError

DEFAULT: Final = "embedded"
"""The suite that runs where none is named: bundled methods on bundled pictures."""

_MAXIMUM_SIZE: Final = 4096
_NAME: Final = re.compile(r"\w[\w.-]*")


@dataclass(frozen=True, kw_only=True)
class Suite:
    """A set of cells: every method on every data set under every mask.

    Attributes:
        name: of the suite; its results lie in `results/<name>` unless told otherwise.
        methods: selectors; so are `datasets`, `masks` and `metrics`. No metrics means those of the scoring
            protocol.
        size: of the square images, in pixels.
        seed: decides all holes, and all randomness of the methods.
        limit: at most so many images of each data set; None for all.
        description: one or two sentences.
        adapted: whether its own methods are to meet other data sets, or another size, than it was written for. Those of
            them that cannot learn there are left out then. No suite file says it; `replace` does.
    """

    name: str
    methods: tuple[str, ...]
    datasets: tuple[str, ...]
    masks: tuple[str, ...]
    metrics: tuple[str, ...] = ()
    size: int = 64
    seed: int = 0
    limit: int | None = None
    description: str = ""
    adapted: bool = False

    @classmethod
    def load(cls, name: str) -> Self:
        """Read a bundled suite by its name, or any suite from a TOML file.

        Raises:
            SuiteError: if the file is absent, no TOML (with line and column), or says what a suite cannot
                say.
            UnknownNameError: if there is neither a bundled suite nor a file of that name.
        """
        if name in (bundled := bundled_suites()):
            return cls._parse(name, bundled[name])
        path = Path(name)
        if path.suffix != ".toml":
            raise UnknownNameError("suite (nor a file ending in .toml)", name, bundled)
        try:
            return cls._parse(path.stem, path.read_text(encoding="utf-8-sig"), source=str(path))
        except OSError as error:
            raise SuiteError(f"The suite {name} cannot be read: {error.strerror or error}.") from error
        except UnicodeDecodeError as error:
            raise SuiteError(f"The suite {name} is not UTF-8 text.") from error

    @classmethod
    def _parse(cls, name: str, text: str, source: str = "") -> Self:
        source = source or f"the bundled suite {name}"
        try:
            document = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise SuiteError(f"{source} is no TOML: {error}.") from error
        known = {field.name: field for field in dataclasses.fields(cls) if field.name != "adapted"}
        for key in document:
            if key not in known:
                raise UnknownNameError(f"key of a suite (in {source})", key, known)
        for key in ("methods", "datasets", "masks"):
            if not document.get(key):
                raise SuiteError(f'{source} names no {key}; expected {key} = ["…"].')
        return cls(**{"name": name, **{key: _checked(key, value, source) for key, value in document.items()}})

    @property
    def default_folder(self) -> Path:
        """Where its results lie unless told otherwise."""
        return Path("results") / self.name

    def replace(self, **changes: Any) -> Self:
        """Return this suite with those attributes changed that are not None and not empty.

        Raises:
            SuiteError: if a suite cannot say so.
        """
        given = {key: value for key, value in changes.items() if value is not None and value not in ((), [])}
        checked = {key: _checked(key, value, "this run") for key, value in given.items()}
        adapted = "methods" not in given and (self.adapted or "datasets" in given or "size" in given)
        return dataclasses.replace(self, **checked, adapted=adapted)


def bundled_suites() -> Mapping[str, str]:
    """Return the suites that are shipped with the package: name and TOML text."""
    folder = files("inpaintbench") / "suites"
    found = (entry for entry in folder.iterdir() if entry.name.endswith(".toml"))
    return {
        entry.name.removesuffix(".toml"): entry.read_text(encoding="utf-8")
        for entry in sorted(found, key=lambda e: e.name)
    }


def _checked(key: str, value: object, source: str) -> Any:
    """Check one entry of a suite file."""
    if key in ("methods", "datasets", "masks", "metrics"):
        if isinstance(value, list | tuple) and value and all(isinstance(entry, str) for entry in value):
            return tuple(value)
        expected = 'a list of selectors such as ["tv"]'
    elif key in ("size", "seed", "limit"):
        lowest = 0 if key == "seed" else 1
        highest = _MAXIMUM_SIZE if key == "size" else 2**63 - 1
        if isinstance(value, int) and not isinstance(value, bool) and lowest <= value <= highest:
            return value
        expected = f"a whole number from {lowest} to {highest}"
    elif key == "name":
        if isinstance(value, str) and _NAME.fullmatch(value):
            return value
        expected = "a letter or digit, then letters, digits, _ . or - (it names a folder)"
    else:
        if isinstance(value, str):
            return value
        expected = "text"
    raise SuiteError(f"{source}: {key} = {value!r} is not possible; expected {expected}.")
