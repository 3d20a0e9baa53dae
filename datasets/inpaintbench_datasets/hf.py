"""`hf[path=…]`: a column of pictures of any data set that `datasets.load_dataset` opens: of the hub, or local files.

The package `datasets` belongs to the extra `inpaintbench[hf]`, and is imported when items are asked for. It then
downloads the data set unless that lies in its own cache (`HF_HOME`), all splits of the configuration at once, and
executes no code of it (which is why versions before 2.20 are not supported).

A split is named as `load_dataset` names one: `test`, `train[:90%]`, `validation+test`. Ids are the rows' numbers in
the whole split, from 0 (`train/0000123`), so that a row has one id whichever slice it is reached by.
"""

import hashlib
import importlib
import os
from collections.abc import Iterable, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import numpy as np
from jaxtyping import UInt8

from inpaintbench.api import Split
from inpaintbench.decoding import decode
from inpaintbench.errors import DatasetError, UnreadableImageError
from inpaintbench.fingerprints import remember

NAME: Final = "hf"

ANY: Final = "default"
"""As a configuration: the only one, or the one that the data set itself calls its default."""


class HuggingFace:
    """One column of a data set, decoded by this project's rules (see `inpaintbench.decoding`).

    Args:
        path: name on the hub, such as `owner/name`, or a local folder that `load_dataset` takes.
        split: what is tested on.
        train: what is trained on; no row may be in `split`, too.
        val: what is validated on; no row may be in `split`, too.
        column: of the pictures.
        config: name of a configuration.
        revision: branch, tag or commit of a data set of the hub. Name a commit to be sure of the same pictures.
    """

    def __init__(
        self,
        path: str,
        split: str = "test",
        train: str = "train",
        val: str = "validation",
        column: str = "image",
        config: str = ANY,
        revision: str = "main",
    ) -> None:
        self.path = path
        self.column = column
        self.config = config
        self.revision = revision
        self._wanted: dict[Split, str] = {"train": train, "val": val, "test": split}

    def items(self, split: Split) -> Sequence[str]:
        """Return ids such as `test/0000123`; downloads the data set if it is not there.

        Raises:
            DatasetError: if the package `datasets` is not installed; if the data set cannot be loaded, such as without
                a network; if it has no such configuration, split or column, or the column holds no pictures; if a
                row for training or validation is in the test split, too.
        """
        rows = self._rows(split)
        if split != "test" and _overlap(rows, self._rows("test")):
            option = "train" if split == "train" else "val"
            raise DatasetError(
                f"{self._name}: {option}={self._wanted[split]} and split={self._wanted['test']} share rows; expected "
                f"others for testing. Slices such as {option}=train[:90%] and split=train[90%:] are possible."
            )
        return [f"{name}/{row:07d}" for name, numbers in rows for row in numbers]

    def load(self, item: str) -> UInt8[np.ndarray, "h w 3"]:
        """Decode one picture.

        Raises:
            UnreadableImageError: if the row is empty, or cannot be decoded.
            DatasetError: if there is no such item.
        """
        name, row = self._parse(item)
        cell = self._tables[name][row][self.column] or {}
        if cell.get("bytes") is not None:
            return decode(cell["bytes"], name=f"{item} of {self._name}")
        if cell.get("path"):
            return decode(cell["path"])
        raise UnreadableImageError(f"{item} of {self._name} cannot be decoded: the row holds no picture.")

    def fingerprint(self, items: Sequence[str]) -> str:
        """Return the SHA-256 over the items' ids and the files they would be decoded from, in the order given.

        Raises:
            DatasetError: if a file has gone or cannot be read.
        """
        rows = [self._parse(item) for item in items]
        digest = hashlib.sha256()
        for name in dict.fromkeys(name for name, _ in rows):
            numbers = [row for other, row in rows if other == name]
            digest.update(bytes.fromhex(self._fingerprint(name, numbers)))
        return hashlib.sha256(digest.digest() + "\n".join(items).encode()).hexdigest()

    def _fingerprint(self, name: str, numbers: Sequence[int]) -> str:
        """Return a hash of some pictures of one split, remembered as long as the files they lie in do not change."""
        table = self._tables[name]
        files = [file["filename"] for file in table.cache_files]
        paths = self._paths(table)
        files += [path for path in (paths[row] for row in numbers) if path and os.path.isabs(path)]  # noqa: PTH117
        files = [file for file in dict.fromkeys(files) if os.path.exists(file)]  # noqa: PTH110  a Path is slow

        def compute() -> str:
            digest = hashlib.sha256()
            for row in numbers:
                digest.update(hashlib.sha256(self._encoded(table[row][self.column])).digest())
            return digest.hexdigest()

        if not files:  # a table in memory alone
            return compute()
        folder = Path(os.path.commonpath([os.path.dirname(file) for file in files]))  # noqa: PTH120
        which = hashlib.sha256(" ".join(map(str, numbers)).encode()).hexdigest()
        names = [os.path.relpath(file, folder) for file in files]
        return remember(folder, names, f"{NAME} 1 {self.column} {which}", compute)

    def _paths(self, table: Any) -> list[str | None]:
        """Return where each row's picture lies outside the table; reads no picture that lies in it."""
        from pyarrow.compute import struct_field

        paths: list[str | None] = struct_field(table.data.column(self.column), "path").to_pylist()
        return paths

    def _encoded(self, cell: dict[str, Any] | None) -> bytes:
        """Return a file's content; nothing for an empty row, which `load` reports."""
        if not cell:
            return b""
        if cell.get("bytes") is not None:
            return bytes(cell["bytes"])
        try:
            return Path(cell["path"]).read_bytes() if cell.get("path") else b""
        except OSError as error:
            raise DatasetError(f"{self._name}: {cell['path']} cannot be read: {error.strerror or error}.") from error

    @property
    def _name(self) -> str:
        return f"{NAME}[path={self.path}]"

    @cached_property
    def _package(self) -> Any:
        try:
            return importlib.import_module("datasets")
        except ImportError as error:
            raise DatasetError(
                f"{self._name} needs the package datasets, which cannot be imported ({error}). "
                "Install it: pip install 'inpaintbench[hf]'."
            ) from error

    @cached_property
    def _tables(self) -> dict[str, Any]:
        """The splits by name, each with the column of pictures alone, which are left encoded."""
        found = self._load()
        if not found:
            raise DatasetError(f"{self._name} holds no split; expected a data set with pictures.")
        tables = {}
        for name, table in found.items():
            kinds = table.features
            pictures = [one for one, kind in kinds.items() if isinstance(kind, self._package.Image)]
            if self.column not in pictures:
                has = (
                    f"its columns of pictures are {', '.join(pictures)}" if pictures else "it has no column of pictures"
                )
                what = "holds no pictures" if self.column in kinds else "is not there"
                raise DatasetError(f"{self._name}: the column {self.column} {what}; {has}. Choose with column=….")
            tables[name] = table.select_columns(self.column).cast_column(self.column, self._package.Image(decode=False))
        return tables

    def _load(self) -> dict[str, Any]:
        path = os.path.expanduser(self.path)  # noqa: PTH111  a Path would normalise a name of the hub
        config = None if self.config == ANY else self.config
        try:
            loaded: dict[str, Any] = self._package.load_dataset(path, name=config, revision=self.revision)
            return loaded
        except ConnectionError as error:
            raise DatasetError(
                f"{self._name} is not in the cache of the package datasets, and the hub cannot be reached ({error}). "
                "Connect to the network once, or give the path of a local copy."
            ) from error
        except Exception as error:  # as many kinds as there are ways to publish files
            reason = " ".join(str(error).split()).rstrip(".") or type(error).__name__
            raise DatasetError(
                f"{self._name} cannot be loaded: {reason}. Check path, config and revision; `datasets.load_dataset` "
                "has to open it."
            ) from error

    def _rows(self, split: Split) -> list[tuple[str, range]]:
        """Return the rows of a split: names of splits as published, with row numbers."""
        wanted = self._wanted[split]
        lengths = {name: len(table) for name, table in self._tables.items()}
        try:
            parts = self._package.ReadInstruction.from_spec(wanted).to_absolute(lengths)
        except (ValueError, AssertionError) as error:
            option = "split" if split == "test" else split
            raise DatasetError(
                f"{self._name} has no split {wanted}: it has {', '.join(lengths)}. Choose with {option}=…, such as "
                f"{option}={next(iter(lengths))}."
            ) from error
        return [(part.splitname, range(part.from_, part.to)) for part in parts]

    def _parse(self, item: str) -> tuple[str, int]:
        name, _, row = item.rpartition("/")
        if name not in self._tables or not row.isdecimal() or int(row) >= len(self._tables[name]):
            raise DatasetError(f"{self._name} has no item {item!r}; expected an id such as 'test/0000123'.")
        return name, int(row)


def _overlap(first: Iterable[tuple[str, range]], second: Sequence[tuple[str, range]]) -> bool:
    return any(
        name == other and max(rows.start, others.start) < min(rows.stop, others.stop)
        for name, rows in first
        for other, others in second
    )
