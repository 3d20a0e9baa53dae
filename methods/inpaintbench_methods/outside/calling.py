"""Calling a program: without a shell, for so long and no longer, and without anything of it that goes on running."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Final

from inpaintbench.errors import InpaintbenchError

KEPT: Final = 2000
"""Bytes of the end of what a program says on stderr; the rest is read and dropped."""

_PATIENCE: Final = 1.0  # seconds until whoever still holds a dead program's stderr is no longer listened to


class ProgramError(InpaintbenchError):
    """A program could not be started, failed, or took too long."""


def call(words: Sequence[str], folder: Path, seconds: float) -> str:
    """Run a program to its end.

    It is the first of a group of processes (on Windows: of a tree), and stdin and stdout lead nowhere. However it ends,
    and also if the wait for it is interrupted, all of its group is killed: what a program leaves running could write
    into the files of the next call. What it has put into another group by itself is out of reach, and so is all of it
    if this process is killed with SIGKILL.

    Args:
        words: the program and its arguments.
        folder: its working folder.
        seconds: that it may take.

    Returns:
        The end of what it has said on stderr.

    Raises:
        ProgramError: if it cannot be started, ends with another exit code than 0, or takes too long.
    """
    name = Path(words[0]).name
    try:
        process = subprocess.Popen(
            words,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            start_new_session=sys.platform != "win32",
        )
    except (OSError, ValueError) as error:  # the latter for a null character
        said = (error.strerror if isinstance(error, OSError) else "") or error
        raise ProgramError(f"{words[0]} cannot be started: {said}.") from error
    assert process.stderr is not None
    ear = _Ear(process.stderr)
    try:
        code = process.wait(seconds)
    except subprocess.TimeoutExpired as error:
        raise ProgramError(f"{name} took longer than {seconds:g} seconds (seconds=…), and was ended.") from error
    finally:
        _end(process)
        said = ear.heard()
    if code != 0:
        how = f"the exit code {code}" if code > 0 else f"the signal {_signal_name(-code)}"
        raise ProgramError(f"{name} ended with {how}. {_quoted(said)}")
    return said


def _quoted(said: str) -> str:
    return f"It said: {said}" if said else "It said nothing on stderr."


class _Ear:
    """Reads what a program says on stderr, so that it never waits, and keeps the end of it."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream, self._kept = stream, b""
        self._thread = threading.Thread(target=self._listen, name="stderr", daemon=True)
        self._thread.start()

    def heard(self) -> str:
        """Return the end of what was said until now; the program is dead."""
        self._thread.join(_PATIENCE)
        return self._kept.decode(errors="replace").strip()

    def _listen(self) -> None:
        with self._stream, contextlib.suppress(OSError, ValueError):
            while part := os.read(self._stream.fileno(), 65_536):
                self._kept = (self._kept + part)[-KEPT:]


def _end(process: subprocess.Popen[bytes]) -> None:
    """Kill a program and all that it has started, whether it has ended itself or not."""
    if sys.platform == "win32":
        import psutil

        with contextlib.suppress(psutil.Error):
            for child in psutil.Process(process.pid).children(recursive=True):
                with contextlib.suppress(psutil.Error):
                    child.kill()
        process.kill()
    else:
        # A group lives for as long as one of its processes does, and its number is not given to another one until then.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _signal_name(number: int) -> str:
    with contextlib.suppress(ValueError):
        return signal.Signals(number).name
    return str(number)
