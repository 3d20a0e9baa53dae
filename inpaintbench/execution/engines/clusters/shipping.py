"""What goes from one machine to another where they do not see the same folders: weights there, finished cells back."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from inpaintbench.atomic import replacing
from inpaintbench.cell_writer import CellWriter
from inpaintbench.checkpoints import Checkpoint, Library
from inpaintbench.checkpoints.card import CARD
from inpaintbench.checkpoints.library import WEIGHTS
from inpaintbench.errors import CheckpointError, StoreError
from inpaintbench.execution.engines.clusters.leftovers import held, sweep
from inpaintbench.records import CellRecord

Files = Mapping[str, bytes]
"""Contents of files, by their names within a folder."""

_JOURNAL: Final = "journal.jsonl"
_SEEN: Final = ".seen-"


@dataclass(frozen=True)
class Token:
    """A file by which another machine knows whether it sees the same folder.

    Attributes:
        path: of the file.
        text: what it says.
    """

    path: Path
    text: str

    @property
    def seen(self) -> bool:
        """Whether this machine sees it."""
        try:
            return self.path.read_text(encoding="ascii") == self.text
        except (OSError, ValueError):
            return False


@contextmanager
def token_in(folder: Path) -> Iterator[Token]:
    """Put a token into a folder, which is made if need be, for as long as it is needed.

    Raises:
        StoreError: if the folder cannot be written.
    """
    text = secrets.token_hex(8)
    token = Token((folder / f"{_SEEN}{text}").absolute(), text)
    with ExitStack() as stack:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            sweep(folder.glob(f"{_SEEN}*"))
            stack.enter_context(held(token.path, text))
        except OSError as error:
            raise StoreError(f"{folder} cannot be written: {error}") from error
        yield token


def pack_checkpoint(folder: Path) -> Files:
    """Return the files of a checkpoint.

    Raises:
        CheckpointError: if they cannot be read.
    """
    try:
        return {name: (folder / name).read_bytes() for name in (WEIGHTS, CARD)}
    except OSError as error:
        raise CheckpointError(f"{folder} cannot be read: {error.strerror or error}.") from error


def received(sha256: str) -> Path:
    """Return the folder for a checkpoint that is sent here, which need not exist: weights are known by their hash."""
    return Library().folder / "received" / sha256


def receive_checkpoint(files: Files, folder: Path) -> None:
    """Put a checkpoint into a folder, its card last. Whoever reads the weights checks their hash.

    Raises:
        CheckpointError: if the folder cannot be written.
    """
    from filelock import FileLock

    try:
        folder.mkdir(parents=True, exist_ok=True)
        with FileLock(folder / ".lock"):
            for name in (WEIGHTS, CARD):
                _write(folder / name, files[name])
    except OSError as error:
        raise CheckpointError(f"{folder} cannot be written: {error.strerror or error}.") from error


def has_checkpoint(folder: Path, sha256: str) -> bool:
    """Whether the weights with this hash lie in a folder, as their card says."""
    try:
        found = Checkpoint.at(folder)
    except CheckpointError:
        return False
    return found is not None and found.sha256 == sha256


def pack_cell(folder: Path) -> Files:
    """Return all files of a cell that nobody writes any more."""
    paths = (path for path in sorted(folder.rglob("*")) if path.is_file() and not path.name.startswith("."))
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


def place_cell(files: Files, folder: Path, record: CellRecord | None) -> None:
    """Put what another machine has made of a cell into its folder, as if it had been made here.

    A complete cell replaces what lies there, `cell.json` last; a failure leaves a complete result alone.

    Args:
        files: of the cell.
        folder: of its results.
        record: of the cell; None if it is still to be stored that it has failed.

    Raises:
        StoreError: if another process is writing this cell, or the folder cannot be written.
    """
    writer = CellWriter(folder).open()
    try:
        if record is not None and record.status == "complete":
            _publish(writer, files)
        else:
            _keep(writer, files)
            if record is not None:
                writer.fail(record)
    except OSError as error:
        raise StoreError(f"{folder} cannot be written: {error}") from error
    finally:
        writer.close()


def _publish(writer: CellWriter, files: Files) -> None:
    folder = writer.folder
    writer.discard()
    _log(writer, files)
    _write(folder / "images.parquet", files["images.parquet"])
    shutil.rmtree(folder / "samples", ignore_errors=True)
    if _write_below(writer.samples, "samples/", files):
        writer.samples.replace(folder / "samples")
    _write(folder / "cell.json", files["cell.json"])
    (folder / "failure.json").unlink(missing_ok=True)


def _keep(writer: CellWriter, files: Files) -> None:
    """Put what has been scored of a cell into its folder, unless something has been scored of it there."""
    _log(writer, files)
    if _JOURNAL in files and not writer.journal.path.exists():
        _write_below(writer.samples, f"{writer.samples.name}/", files)
        _write(writer.journal.path, files[_JOURNAL])


def _log(writer: CellWriter, files: Files) -> None:
    if text := files.get("log.txt", b"").decode("utf-8", "replace"):
        writer.log(text)


def _write_below(folder: Path, prefix: str, files: Files) -> bool:
    """Write the files whose names begin so; return whether there are any."""
    chosen = {name.removeprefix(prefix): content for name, content in files.items() if name.startswith(prefix)}
    for name, content in chosen.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return bool(chosen)


def _write(path: Path, content: bytes) -> None:
    with replacing(path) as file:
        file.write(content)
