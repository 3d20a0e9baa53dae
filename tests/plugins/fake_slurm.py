"""Slurm's commands as far as a run needs them, with processes of this machine as tasks: `fake_slurm.py COMMAND …`.

Files of the folder `FAKE_SLURM` say how tasks stand, one file each; what a test writes there happens.
"""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

FOLDER = Path(os.environ.get("FAKE_SLURM", "/nonexistent"))


def sbatch(script: str) -> None:
    """Start the tasks of a script."""
    text = Path(script).read_text()
    number = 1 + len(list(FOLDER.glob("script-*")))
    (FOLDER / f"script-{number}").write_text(text)
    found = re.search(r"--array=0-(\d+)", text)
    for task in range(int(found[1]) + 1) if found else [None]:
        name = f"{number}" if task is None else f"{number}_{task}"
        given = {"SLURM_JOB_ID": name, "SLURM_NTASKS": "1", "SLURM_PROCID": "0", "SLURM_LOCALID": "0"}
        if task is not None:
            given |= {"SLURM_ARRAY_JOB_ID": str(number), "SLURM_ARRAY_TASK_ID": str(task)}
        command = [sys.executable, __file__, "keep", name, str(FOLDER / f"script-{number}")]
        silent = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        subprocess.Popen(command, env=os.environ | given, start_new_session=True, **silent)
    print(f"Submitted batch job {number}")


def keep(name: str, script: str) -> None:
    """Be the task, and write how it stands."""
    stands = FOLDER / f"task-{name}"
    process = subprocess.Popen(["bash", script], start_new_session=True)
    (FOLDER / f"process-{name}").write_text(str(process.pid))
    stands.write_text("RUNNING")
    code = process.wait()
    if stands.read_text() == "RUNNING":
        stands.write_text("FAILED" if code else "COMPLETED")


def srun(*words: str) -> None:
    """Become the command that comes behind the options."""
    rest = list(words)
    while rest[0].startswith("--"):
        option = rest.pop(0)
        if option in ("--output", "--error"):
            name = rest.pop(0)
            for mark, variable in (("%A", "SLURM_ARRAY_JOB_ID"), ("%a", "SLURM_ARRAY_TASK_ID"), ("%j", "SLURM_JOB_ID")):
                name = name.replace(mark, os.environ.get(variable, ""))
            file = os.open(name.replace("%t", "0"), os.O_WRONLY | os.O_CREAT | os.O_APPEND)
            os.dup2(file, 1 if option == "--output" else 2)
    os.execvp(rest[0], rest)


def squeue(*_: str) -> None:
    """Show all tasks."""
    for stands in FOLDER.glob("task-*"):
        print(f"{stands.name.removeprefix('task-')}|{stands.read_text()}|None")


def scancel(*numbers: str) -> None:
    """Tell the tasks of these arrays to end."""
    for number in numbers:
        for stands in (*FOLDER.glob(f"task-{number}"), *FOLDER.glob(f"task-{number}_*")):
            if stands.read_text() == "RUNNING":
                stands.write_text("CANCELLED by 0")
                with contextlib.suppress(ProcessLookupError):
                    process = (FOLDER / stands.name.replace("task", "process")).read_text()
                    os.killpg(int(process), signal.SIGTERM)


if __name__ == "__main__":
    {"sbatch": sbatch, "keep": keep, "srun": srun, "squeue": squeue, "scancel": scancel}[sys.argv[1]](*sys.argv[2:])
