"""What several methods have made of the same image and hole: their numbers side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

from inpaintbench.columns import Column, ColumnKey
from inpaintbench.errors import StoreError
from inpaintbench.leaderboard import Entry
from inpaintbench.records import MetricColumn
from inpaintbench.stored import StoredCell, open_images

if TYPE_CHECKING:
    import pandas as pd

IMAGE: Final = ["item", "image_hash", "hole_hash"]
"""What two records must have in common to be of the same image under the same hole."""

SOURCE: Final = "source"
"""The column of what an image is cut from, in the tables of data sets that tell it."""

Table: TypeAlias = "Mapping[ColumnKey, pd.Series[float]]"
"""One method's numbers of single images in some metrics, each indexed by `IMAGE`, in the data set's order."""


@dataclass(frozen=True)
class Paired:
    """The numbers of several methods over the same images.

    Attributes:
        scores: a column a method, a row an image, in the data set's order; indexed by `IMAGE`. NaN where a metric is
            undefined.
        left_out: how many images one method has and another lacks.
    """

    scores: pd.DataFrame
    left_out: int


def read_scores(entry: Entry, metrics: Sequence[MetricColumn]) -> pd.DataFrame:
    """Return the numbers of an entry's images: a column a metric by name, as far as it has them, indexed by `IMAGE`.

    A metric that the shown cell's table lacks is looked for in the other results of the same completions.

    Raises:
        StoreError: if a table cannot be read.
    """
    import pandas as pd

    frames: list[pd.DataFrame] = []
    missing = [metric.name for metric in metrics]
    for cell in (entry.cell, *entry.others):
        if missing:
            frames.append(_read(cell, missing))
            missing = [name for name in missing if name not in frames[-1]]
    return pd.concat(frames, axis="columns") if frames else pd.DataFrame()


def pair(tables: Mapping[str, pd.DataFrame], metric: str) -> Paired:
    """Return one metric of several methods over the images that all of them have.

    Args:
        tables: what `read_scores` returns, by method.
        metric: its name.
    """
    return side_by_side({method: table[metric] for method, table in tables.items() if metric in table})


def read_table(entry: Entry, columns: Sequence[Column]) -> Table:
    """Return an entry's numbers in these metrics, as far as its files have them.

    Raises:
        StoreError: if a file cannot be read.
    """
    scores = read_scores(entry, [column.metric for column in columns])
    return {column.key: scores[column.key.name] for column in columns if column.key.name in scores}


def read_sources(entry: Entry) -> dict[str, str]:
    """Return of what photograph, scene or person each image of an entry is, by its id; nothing if none is known.

    Raises:
        StoreError: if its table cannot be read.
    """
    import pyarrow as pa

    try:
        with open_images(entry.cell.table) as file:
            if SOURCE not in file.schema_arrow.names:
                return {}
            frame = file.read([IMAGE[0], SOURCE]).to_pandas().dropna()
    except (OSError, ValueError, KeyError, pa.ArrowException) as error:
        raise StoreError(f"{entry.cell.table} cannot be read: {error}") from error
    return dict(zip(frame[IMAGE[0]].astype(str), frame[SOURCE].astype(str), strict=True))


def side_by_side(columns: Mapping[str, pd.Series[float]]) -> Paired:
    """Return what several methods have of one metric, over the images that all of them have.

    Args:
        columns: their numbers by method, indexed by `IMAGE`.
    """
    import pandas as pd

    every_column = list(columns.values())
    together = pd.concat(every_column, axis="columns", join="inner") if columns else pd.DataFrame()
    together.columns = pd.Index(list(columns), dtype="object")  # names need not be Unicode text
    if all(len(column) == len(together) for column in every_column):  # as always but for failures; a set is slow
        return Paired(together, 0)
    every = {image for column in every_column for image in column.index}
    return Paired(together, len(every) - len(together))


def _read(cell: StoredCell, names: Sequence[str]) -> pd.DataFrame:
    import pyarrow as pa

    cell.verify()
    try:
        with open_images(cell.table) as file:
            present = set(file.schema_arrow.names)
            wanted = [
                *(name for name in IMAGE if name in present),
                "index",
                *(name for name in names if name in present),
            ]
            frame = file.read(wanted).to_pandas().sort_values("index", kind="stable")
    except (OSError, ValueError, KeyError, pa.ArrowException) as error:
        raise StoreError(f"{cell.table} cannot be read: {error}") from error
    for name in IMAGE:
        if name not in frame:  # results that are older than the hashes
            frame[name] = ""
    scores: pd.DataFrame = frame.drop(columns="index").set_index(IMAGE).astype("float64")
    if scores.index.has_duplicates:
        item = scores.index[scores.index.duplicated()][0][0]
        raise StoreError(f"{cell.table} holds an image twice: {item}")
    return scores
