"""A program that is called with files: a picture, its hole, and the name of the file that it is to write.

    command[run="magick {input} … {output}"]
    command[run="{python} {path} {input} {hole} {output}",path=fill.py]

The text is split as a shell would split it, quotes included, and then the names in braces are replaced, so that no name
needs quotes; nothing else of a shell is there. Words in other braces stay as they are.
"""

from __future__ import annotations

import re
import shlex
import shutil
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import numpy as np
from jaxtyping import Float, UInt8
from torch import Tensor

from inpaintbench.answers import read_answer
from inpaintbench.api import Batch
from inpaintbench.errors import InvalidOutputError, ParameterError
from inpaintbench.folders import places_of
from inpaintbench_methods.outside.calling import ProgramError, call
from inpaintbench_methods.outside.files import completion, hole_png, picture_png, singles

NO_PATH: Final = "none"
PYTHON: Final = "{python}"
_PLACE: Final = re.compile(r"\{(input|hole|output|seed|path)\}")
_NEEDED: Final = ("{input}", "{output}")


class Command:
    """Calls such a program.

    Args:
        run: the command. With `per=image`, `{input}` (RGB; missing pixels are black), `{hole}` (grey) and `{output}`
            are PNG files, and `{seed}` is the picture's seed; with `per=folder` they are folders, in which a picture,
            its hole and what is to be written have the same name.
            `{python}` is the Python that this runs in.
        path: of what belongs to the program; `{path}` in the command, as an absolute path. `none` for nothing.
        per: `image` or `folder`.
        missing: `white` or `black`: what missing pixels are in the picture of the hole.
        seconds: that a call may take.

    Raises:
        ParameterError: if the command cannot be split, lacks `{input}` or `{output}`, or names a file that would not be
            found where it runs.
        ProgramError: if there is no such program, or nothing lies at `path`.
    """

    def __init__(self, run: str, path: str, per: str, missing: str, seconds: float) -> None:
        self._per, self._missing, self._seconds = per, missing, seconds
        self._path = _found(path)
        self._words = self._split(run)

    def complete(self, batch: Batch) -> Float[Tensor, "b 3 h w"]:
        """Return completions of 8-bit levels.

        Raises:
            ProgramError: if a call fails, or takes too long.
            InvalidOutputError: if it leaves no picture that can be scored.
        """
        with tempfile.TemporaryDirectory(prefix="inpaintbench-command-", ignore_cleanup_errors=True) as scratch:
            if self._per == "folder":
                return completion(self._fill_folder(batch, Path(scratch)), batch)
            filled = []
            for number, (levels, hole, seed) in enumerate(singles(batch)):
                folder = Path(scratch, f"{number:06d}")
                files = {name: folder / f"{name}.png" for name in ("input", "hole", "output")}
                folder.mkdir()
                files["input"].write_bytes(picture_png(levels))
                files["hole"].write_bytes(hole_png(hole, self._missing))
                said = self._call(folder, {name: str(file) for name, file in files.items()} | {"seed": str(seed)})
                filled.append(self._read(files["output"], levels, said))
                shutil.rmtree(folder, ignore_errors=True)
            return completion(filled, batch)

    def _fill_folder(self, batch: Batch, scratch: Path) -> list[UInt8[np.ndarray, "h w 3"]]:
        """Call the program once for all pictures of a batch."""
        folders = {name: scratch / name for name in ("input", "hole", "output")}
        for folder in folders.values():
            folder.mkdir()
        pictures = []
        for number, (levels, hole, _) in enumerate(singles(batch)):
            (folders["input"] / f"{number:06d}.png").write_bytes(picture_png(levels))
            (folders["hole"] / f"{number:06d}.png").write_bytes(hole_png(hole, self._missing))
            pictures.append(levels)
        said = self._call(scratch, {name: str(folder) for name, folder in folders.items()})
        return [
            self._read(folders["output"] / f"{number:06d}.png", levels, said) for number, levels in enumerate(pictures)
        ]

    def _call(self, folder: Path, names: Mapping[str, str]) -> str:
        names = {**names, "path": self._path}
        return call([_PLACE.sub(lambda match: names[match[1]], word) for word in self._words], folder, self._seconds)

    def _read(self, file: Path, given: UInt8[np.ndarray, "h w 3"], said: str) -> UInt8[np.ndarray, "h w 3"]:
        name = Path(self._words[0]).name
        if not file.is_file():
            heard = f" It said: {said}" if said else ""
            raise InvalidOutputError(f"{name} ended well and has not written {file.name}.{heard}")
        height, width = given.shape[:2]
        return read_answer(file, height, width, f"What {name} has written to {file.name}").levels

    def _split(self, run: str) -> list[str]:
        """Return the words of the command, the first as the program's absolute path."""
        try:
            words = [word.replace(PYTHON, sys.executable) for word in shlex.split(run)]
        except ValueError as error:
            raise ParameterError(f"run={run!r} cannot be split into words: {error}.") from error
        used = {match[0] for word in words for match in _PLACE.finditer(word)}
        if lacking := [name for name in _NEEDED if name not in used]:
            raise ParameterError(f"run={run!r} lacks {' and '.join(lacking)}; expected PROGRAM {{input}} … {{output}}.")
        if self._per == "folder" and "{seed}" in used:
            raise ParameterError("{seed} is that of one picture; with per=folder there is none for all of them.")
        if "{path}" in used and not self._path:
            raise ParameterError(
                "The command holds {path}; expected path=… with the file or folder that it stands for."
            )
        _refuse_relative(words[1:])
        return [_program(words[0]), *words[1:]]


def _found(path: str) -> str:
    """Return what a selector names as an absolute path; nothing if it names nothing."""
    if path == NO_PATH:
        return ""
    places = places_of(path)
    for place in places:
        if place.exists():
            return str(place.absolute())
    raise ProgramError(f"There is nothing at {' nor at '.join(map(str, places))}. Check path=… for a slip.")


def _program(word: str) -> str:
    """Return the program as an absolute path: it is called from another folder than the one that it is named in."""
    if _PLACE.search(word):
        return word
    found = shutil.which(word)
    if found is None:
        raise ProgramError(f"There is no program {word}. Install it, or give its whole path.")
    return str(Path(found).absolute())


def _refuse_relative(words: Sequence[str]) -> None:
    for word in words:
        if not _PLACE.search(word) and not Path(word).is_absolute() and len(word) < 1000 and Path(word).is_file():
            raise ParameterError(
                f"{word} lies in the current folder, and the program runs in another one. Write {{path}} in its place "
                f"and path={word} beside it: then a change of it counts, too."
            )
