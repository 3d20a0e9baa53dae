"""Plugins for the tests of faults: a method that does its worst, in as many ways as there are. Given to `--plugin`."""

import contextlib
import ctypes
import json
import os
import random
import shutil
import signal
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from inpaintbench import hookimpl
from inpaintbench.api import Batch, DatasetSpec, MethodSpec, Parameter, Split
from inpaintbench.seeding import RandomStream, derive_seed


def fill(batch: Batch) -> Tensor:
    """Fill holes with noise that depends on the image's seed and its known pixels."""
    rows = []
    for corrupted, seed in zip(batch.corrupted, batch.seeds, strict=True):
        noise = torch.rand(corrupted.shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float32)
        rows.append((noise.to(corrupted.device) + corrupted.mean()) / 2)
    return torch.stack(rows)


class Honest:
    """Method `honest`: does what it should, and depends on torch's settings as far as honest methods do."""

    def complete(self, batch: Batch) -> Tensor:
        """Fill holes with noise, through a product that rounds as torch is set to."""
        filled = fill(batch)
        return (filled.flatten(1) @ torch.eye(filled[0].numel())).view_as(filled)


class Settled:
    """Method `settled`: sets something of the whole process as it is built, as `what` says, and fills holes by it.

    Its workers' ids go to the folder `path`.
    """

    done = False

    def __init__(self, what: str, path: str) -> None:
        self.what, self.folder = what, Path(path)
        if what == "dtype" or (what == "once" and not Settled.done):  # once: as the import of a module does
            torch.set_default_dtype(torch.float64)
        elif what == "folder":
            os.chdir(self.folder)
        elif what == "path":
            sys.path.insert(0, path)
        Settled.done = True

    def complete(self, batch: Batch) -> Tensor:
        """Fill holes rightly if what was set is set."""
        with (self.folder / self.what).open("a") as file:
            print(os.getpid(), file=file)
        met = {
            "nothing": lambda: True,
            "dtype": lambda: torch.get_default_dtype() == torch.float64,
            "once": lambda: torch.get_default_dtype() == torch.float64,
            "folder": lambda: Path.cwd().samefile(self.folder),
            "path": lambda: sys.path[0] == str(self.folder),
        }
        return fill(batch) if met[self.what]() else torch.zeros_like(batch.corrupted)


class Hostile:
    """Method `hostile`: answers the warming-up call and the first one rightly; from then on it does what `how` says.

    A way that needs a place writes to the folder `path`.
    """

    def __init__(self, how: str, path: str = "") -> None:
        self.how, self.folder, self.calls = how, Path(path), 0
        self.kept: list[Any] = []
        if how == "constructor":
            raise ValueError("it cannot be built")

    def complete(self, batch: Batch) -> object:
        """Do it."""
        self.calls += 1
        filled = fill(batch)
        if self.calls <= 2:
            return filled
        act = WAYS[self.how]
        return act(self, batch, filled)


def _raise(method: Hostile, batch: Batch, filled: Tensor) -> object:
    raise ValueError("it is broken")


def _keep_and_change(method: Hostile, batch: Batch, filled: Tensor) -> object:
    for earlier in method.kept:
        earlier.fill_(0.5)
    method.kept += [batch.corrupted, batch.hole, filled]
    return filled


def _write(method: Hostile, batch: Batch, filled: Tensor) -> object:
    batch.corrupted.zero_()
    return filled


def _print(method: Hostile, batch: Batch, filled: Tensor) -> object:
    if method.calls == 3:
        line = b"x" * ((1 << 20) - 1) + b"\n"
        for _ in range(1024):
            os.write(1, line)
        print("that was a gigabyte", flush=True)
    return filled


def _sleep(method: Hostile, batch: Batch, filled: Tensor) -> object:
    time.sleep(10_000)
    return filled


def _sleep_deaf(method: Hostile, batch: Batch, filled: Tensor) -> object:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    return _sleep(method, batch, filled)


def _sleep_heedless(method: Hostile, batch: Batch, filled: Tensor) -> object:
    """Note that there was an interruption, and sleep on."""
    signal.signal(signal.SIGINT, lambda *_: (method.folder / "interrupted").touch())
    return _sleep(method, batch, filled)


def _swallow(method: Hostile, batch: Batch, filled: Tensor) -> object:
    while True:
        try:
            time.sleep(10_000)
        except BaseException:
            continue


def _leave_children(method: Hostile, batch: Batch, filled: Tensor) -> object:
    """Start a child, one in a session of its own, and one whose parent has gone; note their ids."""
    code = "import time; time.sleep(10_000)"
    one = subprocess.Popen([sys.executable, "-c", code])
    other = subprocess.Popen([sys.executable, "-c", code], start_new_session=True)
    third = (
        "import subprocess, sys; "
        f"print(subprocess.Popen([sys.executable, '-c', {code!r}], start_new_session=True, stdout=-3, stderr=-3).pid)"
    )
    orphan = subprocess.run([sys.executable, "-c", third], capture_output=True, text=True, check=True).stdout
    (method.folder / "children").write_text(f"{one.pid} {other.pid} {orphan}")
    return filled


def _exit(method: Hostile, batch: Batch, filled: Tensor) -> object:
    os._exit(3)


def _crash(method: Hostile, batch: Batch, filled: Tensor) -> object:
    import resource

    print("these are its last words", flush=True)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    ctypes.string_at(0)
    return filled


def _stop(method: Hostile, batch: Batch, filled: Tensor) -> object:
    os.kill(os.getpid(), signal.SIGSTOP)
    return filled


def _fill_the_disk(method: Hostile, batch: Batch, filled: Tensor) -> object:
    """Let every file be as large as it may be already, as on a full disk."""
    import resource  # which Windows does not have

    resource.setrlimit(resource.RLIMIT_FSIZE, (0, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))
    return filled


def _die(method: Hostile, batch: Batch, filled: Tensor) -> object:
    os.kill(os.getpid(), signal.SIGKILL)
    return filled


def _die_once(method: Hostile, batch: Batch, filled: Tensor) -> object:
    if not (method.folder / "died").exists():
        (method.folder / "died").touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return filled


def _allocate(method: Hostile, batch: Batch, filled: Tensor) -> object:
    """Take more and more memory, and write to it."""
    while True:
        method.kept.append(np.ones(1 << 23, dtype=np.uint8))
        time.sleep(0.002)


def _need_small_batches(method: Hostile, batch: Batch, filled: Tensor) -> object:
    if len(batch.seeds) > 2:
        raise torch.OutOfMemoryError(f"{len(batch.seeds)} images are too many")
    return filled


def _need_small_batches_of_host(method: Hostile, batch: Batch, filled: Tensor) -> object:
    if len(batch.seeds) > 2:
        np.ones(1 << 60, dtype=np.uint8)
    return filled


def _have_never_enough(method: Hostile, batch: Batch, filled: Tensor) -> object:
    raise torch.OutOfMemoryError(f"{len(batch.seeds)} images are too many")


def _take_much_for_large_batches(method: Hostile, batch: Batch, filled: Tensor) -> object:
    return _allocate(method, batch, filled) if len(batch.seeds) > 2 else filled


def _leave(method: Hostile, batch: Batch, filled: Tensor) -> object:
    if method.calls == 3:
        shutil.rmtree(Path.cwd())
    return filled


def _meddle(method: Hostile, batch: Batch, filled: Tensor) -> object:
    torch.set_default_dtype(torch.float64)
    torch.manual_seed(1)
    np.random.seed(1)
    random.seed(1)
    torch.use_deterministic_algorithms(True)
    torch.set_num_threads(3)
    torch.set_grad_enabled(False)
    os.environ["OMP_NUM_THREADS"] = "3"
    os.environ["HOME"] = "/nonexistent"
    sys.path.clear()
    os.umask(0o777)
    os.chdir("/")
    return filled


def _close_everything(method: Hostile, batch: Batch, filled: Tensor) -> object:
    os.closerange(3, 4096)
    return filled


def _leave_thread(method: Hostile, batch: Batch, filled: Tensor) -> object:
    threading.Thread(target=time.sleep, args=(10_000,)).start()
    return filled


_broken_for_good = False


def _break_for_good(method: Hostile, batch: Batch, filled: Tensor) -> object:
    """Fail with a hole of 6 by 6 pixels, and leave the process so that every other cell fails, too."""
    global _broken_for_good
    if int(batch.hole[0].sum()) == 36:
        _broken_for_good = True
    if _broken_for_good:
        raise RuntimeError("the device is lost")
    return filled


def _garble(method: Hostile, batch: Batch, filled: Tensor) -> object:
    """Write to every socket that there is, as code does that has guessed a descriptor."""
    for descriptor in range(3, 256):
        with contextlib.suppress(OSError):
            if stat.S_ISSOCK(os.fstat(descriptor).st_mode):
                os.write(descriptor, b"\0\0\0\1x")
    return _sleep(method, batch, filled)


class _MuteError(Exception):
    def __str__(self) -> str:
        raise RuntimeError("no words")


def _fail_mutely(method: Hostile, batch: Batch, filled: Tensor) -> object:
    raise _MuteError


def _fail_at_length(method: Hostile, batch: Batch, filled: Tensor) -> object:
    raise ValueError("at length " * 3_000_000)


def _end(number: signal.Signals) -> Callable[[Hostile, Batch, Tensor], object]:
    def end(method: Hostile, batch: Batch, filled: Tensor) -> object:
        os.kill(os.getpid(), number)
        return _sleep(method, batch, filled)

    return end


def _tell_environment(method: Hostile, batch: Batch, filled: Tensor) -> object:
    (method.folder / "environment").write_text(json.dumps(dict(os.environ)))
    return filled


def _exit_python(method: Hostile, batch: Batch, filled: Tensor) -> object:
    sys.exit(0)


def _interrupt(method: Hostile, batch: Batch, filled: Tensor) -> object:
    raise KeyboardInterrupt


WAYS: Mapping[str, Callable[[Hostile, Batch, Tensor], object]] = {
    "constructor": lambda method, batch, filled: filled,
    "raises": _raise,
    "returns_none": lambda method, batch, filled: None,
    "wrong_shape": lambda method, batch, filled: filled[..., :-1],
    "wrong_dtype": lambda method, batch, filled: (filled * 255).to(torch.uint8),
    "nan": lambda method, batch, filled: filled.fill_(torch.nan),
    "infinity": lambda method, batch, filled: filled.fill_(torch.inf),
    "other_device": lambda method, batch, filled: filled.to("meta"),
    "writes": _write,
    "keeps_and_changes": _keep_and_change,
    "prints": _print,
    "sleeps": _sleep,
    "sleeps_deaf": _sleep_deaf,
    "sleeps_heedless": _sleep_heedless,
    "swallows": _swallow,
    "children": _leave_children,
    "exits": _exit,
    "exits_python": _exit_python,
    "crashes": _crash,
    "stops": _stop,
    "fills": _fill_the_disk,
    "dies": _die,
    "dies_once": _die_once,
    "allocates": _allocate,
    "small_batches": _need_small_batches,
    "small_batches_host": _need_small_batches_of_host,
    "never_enough": _have_never_enough,
    "much_for_large_batches": _take_much_for_large_batches,
    "leaves": _leave,
    "meddles": _meddle,
    "closes": _close_everything,
    "thread": _leave_thread,
    "interrupts": _interrupt,
    "breaks": _break_for_good,
    "garbles": _garble,
    "mute": _fail_mutely,
    "at_length": _fail_at_length,
    "ends": _end(signal.SIGTERM),
    "is_interrupted": _end(signal.SIGINT),
    "environment": _tell_environment,
}


class Few:
    """Data set `few`: some pictures of a random stream."""

    def __init__(self, count: int) -> None:
        self.count = count

    def items(self, split: Split) -> Sequence[str]:
        """Name them."""
        return [f"{split}-{number}" for number in range(self.count)]

    def load(self, item: str) -> NDArray[np.uint8]:
        """Paint one."""
        return (RandomStream(derive_seed(item)).fractions(16 * 16 * 3).reshape(16, 16, 3) * 256).astype(np.uint8)

    def fingerprint(self, items: Sequence[str]) -> str:
        """Say what decides the pixels."""
        return f"few-{len(items)}"


@hookimpl
def register_methods() -> list[MethodSpec]:
    """Return them."""
    how = Parameter(name="how", kind="text", help="What it does.", choices=tuple(WAYS))
    what = Parameter(name="what", kind="text", help="What it sets.")
    path = Parameter(name="path", kind="text", help="Where it writes.", default="nowhere")
    return [
        MethodSpec(name="honest", target=f"{__name__}:Honest", summary="A specimen."),
        MethodSpec(name="hostile", target=f"{__name__}:Hostile", summary="A specimen.", parameters=(how, path)),
        MethodSpec(name="settled", target=f"{__name__}:Settled", summary="A specimen.", parameters=(what, path)),
    ]


@hookimpl
def register_datasets() -> list[DatasetSpec]:
    """Return it."""
    count = Parameter(name="count", kind="integer", help="How many.", default=6, minimum=1)
    return [DatasetSpec(name="few", target=f"{__name__}:Few", summary="Noise.", parameters=(count,))]
