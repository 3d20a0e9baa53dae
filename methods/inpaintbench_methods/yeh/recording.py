"""Recording a step of an iteration as a CUDA graph: launched as a whole, it no longer waits for Python.

With few pictures, launching the kernels of a step of the latent search one by one takes longer than running them. A
step can be recorded if it reads and writes the same tensors each time, and asks the device for no value.
"""

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch

WARM_UP = 3
"""Steps before one is recorded: in them libraries choose algorithms, and take the memory that they work in."""

Step = Callable[[], None]


@contextmanager
def recorded(step: Step, device: torch.device) -> Iterator[Step]:
    """Let a step be replayed where the device can: yield what does the same at each call, sooner.

    On CUDA everything within the context runs on a stream of its own. The first calls run the step as it is.

    Args:
        step: all its tensors keep their places in memory.
        device: that it runs on.
    """
    if device.type != "cuda":
        yield step
        return
    stream = torch.cuda.Stream(device)  # type: ignore[no-untyped-call]
    outside = torch.cuda.current_stream(device)
    stream.wait_stream(outside)
    try:
        with torch.cuda.stream(stream):
            yield _Recorder(step)
    finally:  # whatever happens: steps may still be running, on memory that would be given to others now
        outside.wait_stream(stream)


class _Recorder:
    """Runs a step a few times, records it, and replays the record from then on."""

    def __init__(self, step: Step) -> None:
        self._step = step
        self._left = WARM_UP

    def __call__(self) -> None:
        if self._left == 0:
            self._step = self._record()
        self._left -= 1
        self._step()

    def _record(self) -> Step:
        """Return the record, or the step itself if it cannot be recorded. Recording executes nothing."""
        graph = torch.cuda.CUDAGraph()
        try:
            # What other threads allocate, such as a loader, does not spoil the record.
            with torch.cuda.graph(graph, stream=torch.cuda.current_stream(), capture_error_mode="thread_local"):
                self._step()
        except torch.OutOfMemoryError:
            raise
        except RuntimeError as error:
            warnings.warn(
                f"A step could not be recorded as a CUDA graph, and runs slower without: {error}",
                RuntimeWarning,
                stacklevel=3,
            )
            return self._step
        return graph.replay
