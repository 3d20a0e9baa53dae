from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from inpaintbench_methods.yeh import recording
from inpaintbench_methods.yeh.recording import WARM_UP, recorded


def test_on_the_cpu_the_step_is_run_as_it_is() -> None:
    def step() -> None:
        raise AssertionError

    with recorded(step, torch.device("cpu")) as advance:
        assert advance is step


def test_after_a_few_steps_one_is_recorded_and_replayed(monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []

    @contextmanager
    def graph(record: Any, stream: Any, capture_error_mode: str) -> Iterator[None]:
        done.append(f"begin {stream} {capture_error_mode}")
        yield
        done.append("end")

    monkeypatch.setattr(torch.cuda, "CUDAGraph", lambda: SimpleNamespace(replay=lambda: done.append("replay")))
    monkeypatch.setattr(torch.cuda, "graph", graph)
    monkeypatch.setattr(torch.cuda, "current_stream", lambda: "here")
    advance = recording._Recorder(lambda: done.append("step"))
    for _ in range(WARM_UP + 2):
        advance()
    assert done == ["step"] * WARM_UP + ["begin here thread_local", "step", "end"] + ["replay"] * 2


@pytest.mark.parametrize("at", ["start", "end"])
def test_what_cannot_be_recorded_runs_as_it_is_and_says_so(monkeypatch: pytest.MonkeyPatch, at: str) -> None:
    done: list[str] = []

    @contextmanager
    def graph(record: Any, stream: Any, capture_error_mode: str) -> Iterator[None]:
        if at == "start":
            raise RuntimeError("capture is not permitted")
        yield
        done.pop()  # what is recorded is not executed
        raise RuntimeError("capture is not permitted")

    monkeypatch.setattr(torch.cuda, "CUDAGraph", SimpleNamespace)
    monkeypatch.setattr(torch.cuda, "graph", graph)
    monkeypatch.setattr(torch.cuda, "current_stream", lambda: "here")
    advance = recording._Recorder(lambda: done.append("step"))
    for _ in range(WARM_UP):
        advance()
    with pytest.warns(RuntimeWarning, match="runs slower without: capture is not permitted"):
        advance()
    advance()
    assert done == ["step"] * (WARM_UP + 2)


def test_a_lack_of_memory_is_no_reason_to_run_slower(monkeypatch: pytest.MonkeyPatch) -> None:
    @contextmanager
    def graph(record: Any, stream: Any, capture_error_mode: str) -> Iterator[None]:
        yield

    def step() -> None:
        raise torch.OutOfMemoryError("no room")

    monkeypatch.setattr(torch.cuda, "CUDAGraph", SimpleNamespace)
    monkeypatch.setattr(torch.cuda, "graph", graph)
    monkeypatch.setattr(torch.cuda, "current_stream", lambda: "here")
    advance = recording._Recorder(step)
    advance._left = 0
    with pytest.raises(torch.OutOfMemoryError, match="no room"):
        advance()


def test_whatever_happens_the_steps_are_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[str] = []

    class Stream:
        def __init__(self, name: object) -> None:
            self.name = "own" if isinstance(name, torch.device) else name

        def wait_stream(self, other: Any) -> None:
            waits.append(f"{self.name} waits for {other.name}")

    @contextmanager
    def on(stream: Stream) -> Iterator[None]:
        yield

    monkeypatch.setattr(torch.cuda, "Stream", Stream)
    monkeypatch.setattr(torch.cuda, "current_stream", lambda device: Stream("outer"))
    monkeypatch.setattr(torch.cuda, "stream", on)
    with pytest.raises(ValueError, match="broken"), recorded(lambda: None, torch.device("cuda")):
        raise ValueError("broken")
    assert waits == ["own waits for outer", "outer waits for own"]


@pytest.mark.gpu
def test_what_asks_the_device_for_a_value_still_does_its_work() -> None:
    total = torch.zeros((), device="cuda")

    def step() -> None:
        total.add_(1 if total.item() >= 0 else 2)

    with recorded(step, total.device) as advance:
        for _ in range(WARM_UP):
            advance()
        with pytest.warns(RuntimeWarning, match="could not be recorded"):
            advance()
        for _ in range(10 - WARM_UP - 1):
            advance()
    assert total.item() == 10


@pytest.mark.gpu
def test_a_record_does_what_its_step_does() -> None:
    x, total = torch.ones(4, device="cuda"), torch.zeros(4, device="cuda")

    def step() -> None:
        total.add_(x)
        x.mul_(2)

    with recorded(step, x.device) as advance:
        for _ in range(10):
            advance()
    assert total.tolist() == [2**10 - 1] * 4
