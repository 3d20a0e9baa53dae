"""`--track tensorboard`: numbers and sample pictures of finished cells, in files that TensorBoard shows.

TensorBoard compares *runs*, each a folder of event files, by *tags*, each a chart of all runs that have it. Here a run
is a method at one size and seed, and a tag is a number of one data set and mask, so that each chart compares methods:

```
DIR/tracking/tensorboard/<method>/64px-seed0[-limit4]/
    <metric>/<data set>/<mask>                     the mean over the cell's images
    cost/seconds_per_image/<data set>/<mask>       and cost/peak_gigabytes/…, where it was measured
    samples/<data set>/<mask>/<index>              image | corrupted | composite
    failures/<data set>/<mask>/<status>            the message of a failed cell, as text
```

The step is the number of earlier runs of `bench` that have written to the same folder, so that a cell that is run again
after a change stands to the right of what it was. There are no `hparams`: torch writes a run of its own for each, which
would stand in every chart beside the methods, and the leaderboard is that table.
"""

from __future__ import annotations

import math
import re
import warnings
from contextlib import ExitStack
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from inpaintbench.errors import UsageError
from inpaintbench.hookspecs import hookimpl
from inpaintbench.records import CellRecord
from inpaintbench.samples import Kind, saved
from inpaintbench.trackers import FOLDER

if TYPE_CHECKING:
    import numpy as np
    from jaxtyping import UInt8

SAMPLES: Final = 8
"""Of so many images of a cell pictures are written at most."""

_STRIP: Final[tuple[Kind, ...]] = ("image", "corrupted", "composite")


class TensorBoard:
    """Writes with torch's own writer, one event file a method for the whole run, flushed after every cell.

    A file a cell would need no end, but TensorBoard reads the event files of a folder in the order of their names, and
    would miss some of those that one process makes within a second.

    Args:
        root: the results folder, absolute.

    Raises:
        UsageError: if the package `tensorboard` is not installed.
    """

    def __init__(self, root: Path) -> None:
        if find_spec("tensorboard") is None:
            raise UsageError(
                "--track tensorboard needs the package tensorboard. "
                "To install it: pip install 'inpaintbench[tensorboard]'"
            )
        self._folder = root / FOLDER / "tensorboard"
        self._writers: dict[Path, tuple[Any, int]] = {}

    @hookimpl
    def on_cell_finished(self, record: CellRecord, folder: Path) -> None:
        """Write the cell, and see to it that it is on the disk."""
        writer, step = self._writer_for(record, folder.parents[2].name)
        where = f"{part(record.dataset)}/{part(record.mask)}"
        if record.status == "complete":
            for tag, number in _numbers(record, where).items():
                writer.add_scalar(tag, number, step)
            for index, strip in _strips(folder, record.size):
                writer.add_image(f"samples/{where}/{index:05d}", strip, step, dataformats="HWC")
        else:
            writer.add_text(f"failures/{where}/{record.status}", _as_code(record.error or {}), step)
        writer.flush()

    @hookimpl
    def on_run_finished(self) -> None:
        """Close all event files."""
        with ExitStack() as stack:  # what one of them raises keeps none of the others open
            for writer, _ in self._writers.values():
                stack.callback(writer.close)
        self._writers.clear()

    def _writer_for(self, record: CellRecord, method: str) -> tuple[Any, int]:
        """Return the writer for a cell, whose method's folder is called so, and the step."""
        limit = "" if record.limit is None else f"-limit{record.limit}"
        run = self._folder / method / f"{record.size}px-seed{record.seed}{limit}"
        if run not in self._writers:
            step = len(list(run.glob("events.out.tfevents.*")))
            self._writers[run] = (_open(run), step)
        return self._writers[run]


def part(name: str) -> str:
    """Return a name as one part of a tag: itself if it has no sign that means something, else shortened, with a hash.

    >>> part("center_square[side=20]")
    'center_square[side=20]'
    >>> part("../<script>")
    '.._script_-40b70f97'
    """
    safe = re.sub(r"[^\w.,=\[\]-]+", "_", name, flags=re.ASCII)
    if safe == name and len(safe) <= 100:
        return safe
    return f"{safe[:80]}-{sha256(name.encode(errors='surrogatepass')).hexdigest()[:8]}"


def _open(run: Path) -> Any:
    """Return torch's writer of event files. The import takes seconds, and warns of what is not ours."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from torch.utils.tensorboard import SummaryWriter

        return SummaryWriter(str(run))


def _numbers(record: CellRecord, where: str) -> dict[str, float]:
    """Return a cell's numbers by their tags, without those that nobody has measured."""
    peak = record.memory.get("peak_bytes")
    found = {f"{part(name)}/{where}": mean for name, mean in record.means.items()}
    found[f"cost/seconds_per_image/{where}"] = record.timing.get("seconds_per_image")
    found[f"cost/peak_gigabytes/{where}"] = None if peak is None else peak / 1e9
    return {tag: number for tag, number in found.items() if number is not None and math.isfinite(number)}


def _strips(folder: Path, size: int) -> list[tuple[int, UInt8[np.ndarray, "h w 3"]]]:
    """Return the first sample pictures of a cell side by side, with the positions of their images."""
    import numpy as np

    first = list(saved(folder).values())[:SAMPLES]
    return [(one.index, np.concatenate([one.read(kind, size) for kind in _STRIP], axis=1)) for one in first]


def _as_code(error: dict[str, str]) -> str:
    """Return an error as Markdown that is shown as it is."""
    text = f"{error.get('type', '')}: {error.get('message', '')}"
    return "\n".join(f"    {line}" for line in text.splitlines())
