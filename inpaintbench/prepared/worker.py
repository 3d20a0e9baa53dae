"""A process that prepares parts of a split: `python -m inpaintbench.prepared.worker`, started by `crew`.

It is told on standard input what to prepare: one JSON object that describes the split, then one `[start, stop]` a
part. It answers each part by one line on standard output, and ends when the input ends: when its parent is done, or
dead (then within `GRACE` seconds, whatever it is at). What goes wrong is answered as `{"failed": …}`; the parent then
meets the same item itself, and raises what it raises.
"""

from __future__ import annotations

import json
import os
import queue
import threading
import time
from pathlib import Path
from typing import Any, Final, TextIO

from inpaintbench.api import DatasetSpec
from inpaintbench.plugins import load_registry
from inpaintbench.prepared.parts import Part, prepare_part
from inpaintbench.prepared.wanted import Wanted
from inpaintbench.selectors import select

GRACE: Final = 1.0
"""Seconds after the input's end in which the process may end by itself."""


def main() -> None:
    """Serve one split."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # whatever a plugin prints is no answer
    requests = os.fdopen(os.dup(0), encoding="utf-8")
    with open(os.devnull) as nothing:  # noqa: PTH123  and whatever it, or a program that it starts, reads is no request
        os.dup2(nothing.fileno(), 0)
    lines: queue.SimpleQueue[str] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(requests, lines), daemon=True).start()
    told = json.loads(lines.get())
    wanted = _wanted(told)
    path = Path(told["path"])
    _say(answers, {"ready": True})
    while line := lines.get():
        start, stop = json.loads(line)
        try:
            done = prepare_part(wanted, Part(start, stop), path)
        except Exception as error:
            _say(answers, {"failed": f"{type(error).__name__}: {error}"})
            continue
        _say(answers, {"digests": done.digests.hex(), "unreadable": done.unreadable})


def _listen(requests: TextIO, lines: queue.SimpleQueue[str]) -> None:
    """Pass on the lines of the input, and an empty one at its end."""
    for line in requests:
        lines.put(line)
    lines.put("")
    time.sleep(GRACE)
    os._exit(1)


def _wanted(told: dict[str, Any]) -> Wanted:
    registry = load_registry([told["plugin"]] if told["plugin"] else [])
    [selection] = select([told["name"]], DatasetSpec, registry)
    dataset = selection.build()
    return Wanted(
        name=told["name"],
        plugin=told["plugin"],
        identity={},
        items=tuple(told["items"]),
        load=dataset.load,
        size=told["size"],
    )


def _say(answers: TextIO, document: dict[str, Any]) -> None:
    answers.write(json.dumps(document) + "\n")
    answers.flush()


if __name__ == "__main__":
    main()
