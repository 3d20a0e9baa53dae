"""A plugin package that works at once: what `bench new` writes."""

from __future__ import annotations

import contextlib
import importlib.util
import keyword
import os
import re
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from jinja2 import Environment, PackageLoader, StrictUndefined

from inpaintbench.api import PluginKind
from inpaintbench.errors import UsageError

_NAME: Final = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
_IN_WORDS: Final[Mapping[PluginKind, str]] = {
    "method": "method",
    "dataset": "data set",
    "mask": "mask",
    "metric": "metric",
}


@dataclass(frozen=True)
class NewPackage:
    """A package that is to be begun.

    Attributes:
        kind: of its plugin.
        name: of its plugin: lower-case words with _ between them, so that a module can be called so, too.
        learns: whether the example of a method is one that is trained.
    """

    kind: PluginKind
    name: str
    learns: bool = False

    def __post_init__(self) -> None:
        """Refuse what cannot be called so.

        Raises:
            UsageError: if the name is no name of a module, or only methods could learn.
        """
        if not _NAME.fullmatch(self.name) or keyword.iskeyword(self.name) or len(self.name) > 60:
            raise UsageError(
                f"{self.name!r} cannot be the name of a new plugin; expected words of lower-case letters and digits "
                "with _ between them, such as my_fill, at most 60 characters, and no word of Python's own."
            )
        if importlib.util.find_spec(self.package) is not None:
            raise UsageError(f"There is a package {self.package} already; expected a name that is free.")
        if self.learns and self.kind != "method":
            raise UsageError(f"A {_IN_WORDS[self.kind]} learns nothing; only methods do.")

    @property
    def distribution(self) -> str:
        """What it is installed as; its folder is called so, too.

        >>> NewPackage("method", "my_fill").distribution
        'inpaintbench-my-fill'
        """
        return f"inpaintbench-{self.name.replace('_', '-')}"

    @property
    def package(self) -> str:
        """What is imported."""
        return f"inpaintbench_{self.name}"

    @property
    def module(self) -> str:
        """The module in it that holds the code; `training` is another one's name."""
        return self.name if self.name != "training" else "method"

    def files(self) -> dict[str, str]:
        """Return every file, by its place below the package's folder."""
        example = "learned" if self.learns else self.kind
        source = f"src/{self.package}"
        templates = {
            "pyproject.toml": "pyproject.toml",
            "README.md": "README.md",
            ".gitignore": "gitignore",
            ".github/workflows/tests.yml": "tests.yml",
            f"{source}/__init__.py": f"{example}.init.py",
            f"{source}/{self.module}.py": f"{example}.py",
            f"tests/test_{self.module}.py": f"{example}.test.py",
        }
        if self.learns:
            templates[f"{source}/training.py"] = "learned.training.py"
        environment = Environment(
            loader=PackageLoader("inpaintbench.starting"),
            undefined=StrictUndefined,
            keep_trailing_newline=True,
            autoescape=False,  # none of it is HTML
        )
        written = {
            place: environment.get_template(f"{template}.j2").render(self._words)
            for place, template in templates.items()
        }
        return {**written, f"{source}/py.typed": ""}

    @property
    def _words(self) -> dict[str, object]:
        return {
            "kind": self.kind,
            "kind_in_words": _IN_WORDS[self.kind],
            "name": self.name,
            "learns": self.learns,
            "distribution": self.distribution,
            "package": self.package,
            "module": self.module,
            # With the kind behind it, so that it is the name of nothing that the example imports.
            "class_name": "".join(word.capitalize() for word in [*self.name.split("_"), self.kind]),
        }

    def write(self, parent: Path) -> Path:
        """Write it into a new folder, whole or not at all, and return that folder.

        Args:
            parent: the folder in which the new one is made.

        Raises:
            UsageError: if there is something of its name already, or the folder cannot be written.
        """
        folder = parent / self.distribution
        if os.path.lexists(folder):
            raise UsageError(f"{folder} is there already, and nothing is overwritten; expected a name that is free.")
        try:
            parent.mkdir(parents=True, exist_ok=True)
            draft = Path(tempfile.mkdtemp(prefix=f".{self.distribution}-", dir=parent))
        except OSError as error:
            raise UsageError(f"{parent} cannot be written: {error.strerror or error}.") from error
        try:
            for place, text in self.files().items():
                path = draft / place
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, encoding="utf-8", newline="\n")
            draft.chmod(0o755)
            draft.rename(folder)  # fails if somebody else has made it meanwhile
        except OSError as error:
            raise UsageError(f"{folder} cannot be written: {error.strerror or error}.") from error
        finally:
            with contextlib.suppress(OSError):
                shutil.rmtree(draft)
        return folder
