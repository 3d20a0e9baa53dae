"""What runs in a worker: jobs, one after the other, and words about them to whoever has given them."""

from __future__ import annotations

import contextlib
import os
import queue
import signal
import sys
import threading
import traceback
from collections.abc import Mapping
from typing import Any, Final, NoReturn

import torch

from inpaintbench.errors import CheckpointError, DeviceError, StaleError, StoreError, UsageError
from inpaintbench.execution.devices.device import choose_device, describe_device, deterministic
from inpaintbench.execution.devices.threads import limit_threads
from inpaintbench.execution.evaluating.recording import capped
from inpaintbench.execution.jobs.job import Job, TrainingJob, job_from_json
from inpaintbench.execution.jobs.workplace import Workplace
from inpaintbench.execution.telling.listener import Telling
from inpaintbench.execution.workers.channel import CUT_OFF, Channel, ClosedError, describe
from inpaintbench.plugins import load_registry
from inpaintbench.provenance import environment

BEAT_SECONDS: Final = 1.0
"""Between two signs of life."""

INTERRUPTED: Final = 130


class Worker:
    """Does the jobs that come over a channel, until it is closed or an interruption comes."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._mouth = _Mouth(channel)
        self._interrupted = False

    def run(self) -> int:
        """Work; return the exit code. An interruption from outside ends the process as the signal would."""
        signal.signal(signal.SIGINT, self._interrupt)
        code = self._work()
        if code == INTERRUPTED and self._interrupted:
            sys.stdout.flush()
            sys.stderr.flush()
            signal.signal(signal.SIGINT, signal.SIG_DFL)
            os.kill(os.getpid(), signal.SIGINT)
        return code

    def _work(self) -> int:
        try:
            hello = self._channel.receive()
            if hello["is"] == "probe":
                self._mouth.say(_devices(hello["device"]))
                return 0
            with deterministic(hello["deterministic"]):
                try:
                    workplace = _open_workplace(hello, self._mouth)
                except UsageError as error:  # no cell is possible, such as with a file of plugins that is broken by now
                    self._mouth.say({"is": "fatal"} | describe(error))
                    return 1
                while True:
                    self._do(workplace, job_from_json(self._channel.receive()["job"]))
        except ClosedError:
            return 0
        except KeyboardInterrupt:
            return INTERRUPTED
        except Exception as error:
            traceback.print_exc()
            self._mouth.say({"is": "broken", "why": capped(traceback.format_exception_only(error)[-1].strip())})
            return 1
        finally:
            self._mouth.close()

    def _interrupt(self, *_: object) -> NoReturn:
        """Raise what Python would, and remember that it was not the code of a plugin that did so."""
        self._interrupted = True
        raise KeyboardInterrupt

    def _do(self, workplace: Workplace, job: Job) -> None:
        say = self._mouth.say
        try:
            done: dict[str, Any]
            if isinstance(job, TrainingJob):
                done = {"is": "trained", "folder": str(workplace.train(job).folder)}
            else:
                record = workplace.do(job, lambda images: say({"is": "progress", "images": images}))
                done = {"is": "done", "record": record.to_json(), "changed": workplace.changed}
        except (StoreError, StaleError, CheckpointError) as error:
            say({"is": "refused"} | describe(error))
        except UsageError as error:
            say({"is": "fatal"} | describe(error))
        else:
            say(done)


class _Mouth:
    """Says everything in a thread of its own: an interruption, which only the main thread meets, tears no message."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._messages: queue.SimpleQueue[Mapping[str, Any] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._speak, name="mouth", daemon=True)
        self._thread.start()

    def say(self, message: Mapping[str, Any]) -> None:
        """Send a message soon."""
        self._messages.put(message)

    def close(self) -> None:
        """Send what is still to be said."""
        self._messages.put(None)
        self._thread.join()

    def _speak(self) -> None:
        while True:
            try:
                message = self._messages.get(timeout=BEAT_SECONDS)
            except queue.Empty:
                message = {"is": "alive"}
            if message is None:
                return
            try:
                self._channel.send(message)
            except ClosedError as error:  # nobody is left to work for, and what is scored is on the disk
                if error.cut_off:
                    os._exit(CUT_OFF)
                os.killpg(0, signal.SIGKILL)


def _devices(name: str) -> dict[str, Any]:
    """Return the device of this name, and how many GPUs there are; or the error."""
    try:
        chosen = choose_device(name)
    except DeviceError as error:
        return describe(error)
    return {"device": str(chosen), "gpus": torch.cuda.device_count() if chosen.type == "cuda" else 0}


def _open_workplace(hello: Mapping[str, Any], mouth: _Mouth) -> Workplace:
    """Return the place of work that the first message describes, and say that it is open."""
    os.environ.update(hello["environment"])  # before anything looks for devices
    sys.path[:] = hello["path"]
    with contextlib.suppress(OSError):  # an earlier job may have removed it
        os.chdir(hello["folder"])
    device = torch.device(hello["device"])
    if hello["threads"]:
        limit_threads(hello["threads"])
    workplace = Workplace(load_registry(hello["plugins"]), device, Telling(mouth.say))
    mouth.say({"is": "open", "environment": environment(describe_device(device))})
    return workplace
