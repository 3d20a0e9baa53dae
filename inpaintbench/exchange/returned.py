"""Looking through what has come back, before any of it is scored: names, sizes, colours."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from inpaintbench.answers import read_answer
from inpaintbench.errors import InvalidOutputError, StoreError
from inpaintbench.exchange.manifest import Manifest


@dataclass(frozen=True)
class Returned:
    """What a folder of filled pictures is like.

    Attributes:
        missing: names that the export has and the folder lacks.
        surplus: what lies there that the export does not have; hidden files do not count.
        refused: of those that cannot be scored, the reason by name, as a sentence.
        converted: of those that are taken and are no RGB of 8 bits, what they are, by name.
    """

    missing: tuple[str, ...] = ()
    surplus: tuple[str, ...] = ()
    refused: dict[str, str] = field(default_factory=dict)
    converted: dict[str, str] = field(default_factory=dict)

    @property
    def complete(self) -> bool:
        """Whether all of it can be scored."""
        return not self.missing and not self.refused


def look_through(manifest: Manifest, folder: Path) -> Returned:
    """Read every picture that should be there.

    Args:
        manifest: of the export.
        folder: in which the filled pictures lie, under the names of the export.

    Raises:
        StoreError: if the folder is not there, or cannot be listed.
    """
    try:
        there = {path.name for path in folder.iterdir() if not path.name.startswith(".")}
    except OSError as error:
        raise StoreError(
            f"{folder} cannot be read: {error.strerror or error}. Expected the folder of filled pictures."
        ) from error
    wanted = [entry.file for entry in manifest.entries]
    refused: dict[str, str] = {}
    converted: dict[str, str] = {}
    for name in wanted:
        if name in there:
            try:
                answer = read_answer(folder / name, manifest.size, manifest.size, name)
            except InvalidOutputError as error:
                refused[name] = str(error)
            else:
                converted |= {name: answer.converted} if answer.converted else {}
    return Returned(
        missing=tuple(name for name in wanted if name not in there),
        surplus=tuple(sorted(there.difference(wanted))),
        refused=refused,
        converted=converted,
    )
