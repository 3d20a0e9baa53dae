"""A program is called without a shell, is ended in time with all that it has started, and says why it has failed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import psutil
import pytest

from inpaintbench_methods.outside.calling import KEPT, ProgramError, call

PARENT = """
import os, signal, subprocess, sys
child = subprocess.Popen([sys.executable, "-c", "import signal; signal.pause()"], stderr={stderr})
open("child", "w").write(str(child.pid))
{then}
"""
posix = pytest.mark.skipif(sys.platform == "win32", reason="groups of processes are those of POSIX")


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


def is_gone(number: int) -> bool:
    """Wait until a process that was killed is no longer one that could do anything."""
    try:
        process = psutil.Process(number)
        if process.status() == psutil.STATUS_ZOMBIE:
            return True
        process.wait(10)
    except (psutil.NoSuchProcess, psutil.TimeoutExpired) as error:
        return isinstance(error, psutil.NoSuchProcess)
    return True


def test_it_runs_where_it_is_told_to_and_hears_nothing(tmp_path: Path) -> None:
    code = "import os, sys; open('here', 'w').write(repr(sys.stdin.read())); print('lost'); sys.stderr.write(' said ')"

    assert call(python(code), tmp_path, 60.0) == "said"
    assert (tmp_path / "here").read_text() == "''"


def test_no_shell_reads_the_arguments(tmp_path: Path) -> None:
    words = ["a b", "$HOME", "`id`", "*", ";", "> x", "'", '"', "\\", "", "ü\n"]
    code = "import json, sys; json.dump(sys.argv[1:], open('words', 'w'))"
    call([*python(code), *words], tmp_path, 60.0)

    assert json.loads((tmp_path / "words").read_text()) == words
    assert [path.name for path in tmp_path.iterdir()] == ["words"]


def test_a_failure_says_the_code_and_the_end_of_what_was_said(tmp_path: Path) -> None:
    code = "import sys; sys.stderr.write('x' * 10_000_000 + ' the reason'); sys.exit(3)"
    with pytest.raises(ProgramError, match=r"ended with the exit code 3\. It said: x+ the reason$") as caught:
        call(python(code), tmp_path, 60.0)
    assert len(str(caught.value)) < KEPT + 200
    with pytest.raises(ProgramError, match=r"ended with the exit code 1\. It said nothing on stderr"):
        call(python("raise SystemExit(1)"), tmp_path, 60.0)


@posix
def test_a_signal_is_named(tmp_path: Path) -> None:
    with pytest.raises(ProgramError, match="ended with the signal SIGSEGV"):
        call(python("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)"), tmp_path, 60.0)


def test_what_cannot_be_started_is_named(tmp_path: Path) -> None:
    with pytest.raises(ProgramError, match="absent cannot be started: No such file or directory"):
        call([str(tmp_path / "absent")], tmp_path, 60.0)
    with pytest.raises(ProgramError, match="cannot be started: embedded null byte"):
        call([sys.executable, "\0"], tmp_path, 60.0)


@pytest.fixture
def once_ready(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the time of a program begin when it writes into `ready`: how long it takes to start is no matter here."""
    os.mkfifo(tmp_path / "ready")
    wait = subprocess.Popen.wait

    def patient(process: subprocess.Popen[bytes], timeout: float | None = None) -> int:
        if timeout is not None:
            (tmp_path / "ready").read_text()
        return wait(process, timeout)

    monkeypatch.setattr(subprocess.Popen, "wait", patient)


@posix
@pytest.mark.usefixtures("once_ready")
@pytest.mark.parametrize("stderr", ["None", "subprocess.DEVNULL"])
def test_at_the_limit_everything_is_ended(tmp_path: Path, stderr: str) -> None:
    code = PARENT.format(stderr=stderr, then="open('ready', 'w').close(); signal.pause()")
    with pytest.raises(ProgramError, match=r"took longer than 0\.01 seconds \(seconds=…\), and was ended"):
        call(python(code), tmp_path, 0.01)
    assert is_gone(int((tmp_path / "child").read_text()))


@posix
def test_what_a_program_leaves_running_is_ended(tmp_path: Path) -> None:
    call(python(PARENT.format(stderr="None", then="")), tmp_path, 60.0)

    assert is_gone(int((tmp_path / "child").read_text()))


@posix
@pytest.mark.usefixtures("once_ready")
def test_a_program_that_ignores_what_can_be_ignored_is_ended(tmp_path: Path) -> None:
    code = (
        "import os, signal\nfor one in (signal.SIGTERM, signal.SIGINT): signal.signal(one, signal.SIG_IGN)\n"
        "open('child', 'w').write(str(os.getpid())); open('ready', 'w').close()\nwhile True: signal.pause()"
    )
    with pytest.raises(ProgramError, match="took longer"):
        call(python(code), tmp_path, 0.01)
    assert is_gone(int((tmp_path / "child").read_text()))


@posix
def test_an_interrupt_ends_it_and_goes_on(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    code = "import os, signal; open('pipe', 'w').write(str(os.getpid())); signal.pause()"
    heard: list[int] = []

    def interrupt() -> None:
        heard.append(int(pipe.read_text()))
        os.kill(os.getpid(), signal.SIGINT)

    thread = threading.Thread(target=interrupt)
    thread.start()
    with pytest.raises(KeyboardInterrupt):
        call(python(code), tmp_path, 60.0)
    thread.join()
    assert is_gone(heard[0])
