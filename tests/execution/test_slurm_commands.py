"""Runs on a cluster of Slurm's, whose commands are stood for by others: what they are given is what Slurm would be."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from inpaintbench.store import Store

pytest.importorskip("submitit", reason="the extra `slurm` is not installed")
pytestmark = [pytest.mark.slow, pytest.mark.workers]

PLUGINS = Path(__file__).parent.parent / "plugins"


def wait_for(condition: Callable[[], object], seconds: float = 60.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it does not happen"
        time.sleep(0.05)


class Standing:
    """A run of two methods that stand at gates, in a task each."""

    def __init__(self, folder: Path) -> None:
        self.out, self.slurm, commands = folder / "out", folder / "slurm", folder / "commands"
        self.gates = [folder / "gate0", folder / "gate1"]
        for one in (self.slurm, commands, *self.gates):
            one.mkdir()
        for name in ("sbatch", "srun", "squeue", "scancel"):
            (commands / name).write_text(f'#!/bin/sh\nexec {sys.executable} {PLUGINS}/fake_slurm.py {name} "$@"\n')
            (commands / name).chmod(0o755)
        bench = [sys.executable, "-c", "from inpaintbench.cli import main; main()", "run", "--engine", "slurm"]
        chosen = [word for gate in self.gates for word in ("-m", f"gated[path={gate}]")]
        chosen += ["-d", "drawn", "-k", "dots", "--metric", "psnr", "--size", "16", "--batch-size", "4"]
        self.process = subprocess.Popen(
            [*bench, *chosen, "--plugin", str(PLUGINS / "specimens.py"), "--device", "cpu", "--out", str(self.out)],
            env=os.environ
            | {"PATH": f"{commands}{os.pathsep}{os.environ['PATH']}", "FAKE_SLURM": str(self.slurm)}
            | {"INPAINTBENCH_ISOLATION": "process"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def begin(self) -> None:
        wait_for(lambda: self.arrived or self.process.poll() is not None)
        assert self.process.poll() is None, self.process.communicate()

    @property
    def arrived(self) -> bool:
        return all((gate / "arrived").exists() for gate in self.gates)

    def open(self) -> None:
        for gate in self.gates:
            (gate / "open").touch()

    def states(self) -> set[str]:
        return {path.read_text() for path in self.slurm.glob("task-*")}

    def close(self) -> None:
        self.open()
        self.process.kill()
        self.process.communicate()
        for path in self.slurm.glob("process-*"):
            if psutil.pid_exists(int(path.read_text())):
                os.killpg(int(path.read_text()), signal.SIGKILL)


@pytest.fixture
def standing(tmp_path: Path) -> Iterator[Standing]:
    found = Standing(tmp_path)
    try:
        found.begin()
        yield found
    finally:
        found.close()


def test_a_task_whose_node_fails_is_submitted_again(standing: Standing) -> None:
    first = standing.slurm / "task-1_0"
    first.write_text("NODE_FAIL")
    os.killpg(int((standing.slurm / "process-1_0").read_text()), signal.SIGKILL)
    wait_for((standing.slurm / "task-2").exists)
    standing.open()
    _, err = standing.process.communicate(timeout=60)

    assert standing.process.returncode == 0, err
    assert err.count("Its Slurm task has vanished (node_fail).") == 1
    assert {cell.record.status for cell in Store(standing.out).scan()} == {"complete"}


@pytest.mark.parametrize("signals", [[signal.SIGINT], [signal.SIGTERM], [signal.SIGINT, signal.SIGINT]])
def test_whatever_ends_the_driver_cancels_all_tasks(standing: Standing, signals: list[signal.Signals]) -> None:
    for number in signals:
        standing.process.send_signal(number)
        time.sleep(0.1)
    _, err = standing.process.communicate(timeout=60)

    assert standing.process.returncode == 130, err
    wait_for(lambda: standing.states() == {"CANCELLED by 0"})
    wait_for(lambda: {cell.record.scored for cell in Store(standing.out).scan()} == {4})
    for gate in standing.gates:
        (gate / "arrived").unlink()  # whoever lives and waits at the gate writes it anew
    with pytest.raises(AssertionError, match="it does not happen"):
        wait_for(lambda: any((gate / "arrived").exists() for gate in standing.gates), seconds=0.5)
