"""A task that was submitted to Slurm: what it is still to do, what it says, and why it has ended."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import submitit

from inpaintbench.execution.jobs.job import Job


@dataclass
class Task:
    """A task that was submitted.

    Attributes:
        job: as submitit has it.
        jobs: what it is still to do.
        words: the file for what it says.
        ended: when it was first seen to have ended; 0 if it has not.
        why: why it has ended, as a sentence; empty as long as nobody has said so.
    """

    job: Any
    jobs: list[Job]
    words: Path
    ended: float = 0.0
    why: str = ""
    _read: int = 0

    @property
    def last_words(self) -> str:
        """The last line that it has printed, such as what Slurm has written there when it ended it."""
        try:
            lines = str(self.job.stderr() or "").strip().splitlines()
        except (OSError, ValueError):
            return ""
        return lines[-1] if lines else ""

    def read(self) -> list[dict[str, Any]]:
        """Return what it has said since the last call."""
        try:
            with self.words.open("rb") as file:
                file.seek(self._read)
                content = file.read()
        except FileNotFoundError:
            return []
        whole = content[: content.rfind(b"\n") + 1]
        self._read += len(whole)
        return [json.loads(line) for line in whole.splitlines()]

    def take_result(self) -> list[dict[str, Any]]:
        """Return what it says at its end of what has become of its jobs; note it if it has raised."""
        try:
            return list(self.job.result())
        except (submitit.core.utils.FailedJobError, submitit.core.utils.UncompletedJobError) as error:
            self.why = f"Its Slurm task has failed: {_gist(str(error))}"
            return []


def _gist(failure: str) -> str:
    """Return what was raised, out of what submitit says of a failed task: a trace between two lines of dashes."""
    parts = re.split(r"^-+$", failure, flags=re.MULTILINE)
    lines = parts[1 if len(parts) > 1 else 0].strip().splitlines() or [""]
    return re.sub(r"^(?:\w+\.)+(\w+: )", r"\1", lines[-1])
