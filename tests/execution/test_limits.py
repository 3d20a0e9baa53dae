"""What a job may take: how it is written, and how memory is measured."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from inpaintbench.errors import UsageError
from inpaintbench.execution.workers.limits import kills_for_memory, memory_of, parse_bytes, parse_seconds


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90", 90), ("90s", 90), ("15m", 900), ("15min", 900), ("2h", 7200), ("1.5d", 129_600), (" 2 H ", 7200)],
)
def test_times(text: str, seconds: float) -> None:
    assert parse_seconds(text) == seconds


@pytest.mark.parametrize(
    ("text", "bytes_"),
    [
        ("500", 500),
        ("500k", 500_000),
        ("500M", 5 * 10**8),
        ("16g", 16 * 10**9),
        ("1.5GB", 15 * 10**8),
        ("2tb", 2 * 10**12),
    ],
)
def test_amounts_of_memory(text: str, bytes_: int) -> None:
    assert parse_bytes(text) == bytes_


@pytest.mark.parametrize("text", ["", "s", "0", "0s", "-1s", "1w", "1h30m", "1e3", "nan", "1.s", "1,5h"])
def test_what_is_no_time(text: str) -> None:
    with pytest.raises(UsageError, match=r"is not possible; expected a time such as 90s, 15m, 2h or 1d\."):
        parse_seconds(text)


@pytest.mark.parametrize("text", ["", "g", "0g", "-1g", "1gib", "1x", "many"])
def test_what_is_no_amount_of_memory(text: str) -> None:
    with pytest.raises(UsageError, match=r"is not possible; expected an amount of memory such as 500m or 16g\."):
        parse_bytes(text)


def _holding(code: str) -> subprocess.Popen[bytes]:
    """Start a Python that runs code, says so, and waits until its input ends."""
    process = subprocess.Popen(
        [sys.executable, "-S", "-c", f"import sys\n{code}\nprint('ready', flush=True)\nsys.stdin.read()"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"ready\n"
    return process


def test_memory_counts_what_a_process_and_its_descendants_have_written_to() -> None:
    mega = 1 << 20
    child = f"import sys; held = b'x' * {64 * mega}; print('up', flush=True); sys.stdin.read()"
    parent = (
        "import subprocess\n"
        f"child = subprocess.Popen([sys.executable, '-S', '-c', {child!r}], stdout=subprocess.PIPE)\n"
        f"child.stdout.readline()\nheld = b'x' * {32 * mega}"
    )
    with _holding("held = None") as idle, _holding(parent) as process:
        base, found = memory_of(idle.pid), memory_of(process.pid)
        for one in (process, idle):
            assert one.stdin is not None
            one.stdin.close()
            one.wait()
    assert 0 < base < 32 * mega
    assert 96 * mega <= found < 96 * mega + 3 * base + 8 * mega


@pytest.mark.workers
def test_memory_counts_what_has_lost_its_parent_and_is_of_the_same_session() -> None:
    mega = 1 << 20
    grandchild = f"import sys; held = b'x' * {64 * mega}; print('up', flush=True); sys.stdin.read()"
    child = f"import subprocess, sys; subprocess.Popen([sys.executable, '-S', '-c', {grandchild!r}])"
    leader = (
        "import os, subprocess\nos.setsid()\n"
        f"child = subprocess.Popen([sys.executable, '-S', '-c', {child!r}], stdout=subprocess.PIPE)\n"
        "child.stdout.readline(); child.wait()"
    )
    with _holding(leader) as process:
        found = memory_of(process.pid)
        assert process.stdin is not None
        process.stdin.close()
        process.wait()
    assert found >= 64 * mega


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
@pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork:DeprecationWarning")
def test_memory_that_is_shared_with_a_fork_server_does_not_count() -> None:
    mega = 1 << 20
    forks = f"import os\nheld = b'x' * {64 * mega}\nchild = os.fork()\nif child == 0: sys.stdin.read(); os._exit(0)"
    with _holding(forks) as process:
        found = memory_of(process.pid)
        assert process.stdin is not None
        process.stdin.close()
        process.wait()
    assert found < 48 * mega  # neither owns the pages that both have


def test_memory_of_what_has_gone_is_none() -> None:
    with _holding("") as process:
        process.kill()
        process.wait()
    assert memory_of(process.pid) == 0


def test_kills_by_the_system_are_counted_without_end() -> None:
    first = kills_for_memory()
    assert 0 <= first <= kills_for_memory()
