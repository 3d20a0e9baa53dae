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
    def graph(record: Any, stream: Any) -> Iterator[None]:
        done.append(f"begin {stream}")
        yield
        done.append("end")

    monkeypatch.setattr(torch.cuda, "CUDAGraph", lambda: SimpleNamespace(replay=lambda: done.append("replay")))
    monkeypatch.setattr(torch.cuda, "graph", graph)
    monkeypatch.setattr(torch.cuda, "current_stream", lambda: "here")
    advance = recording._Recorder(lambda: done.append("step"))
    for _ in range(WARM_UP + 2):
        advance()
    assert done == ["step"] * WARM_UP + ["begin here", "step", "end"] + ["replay"] * 2


def test_what_cannot_be_recorded_runs_as_it_is_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []

    @contextmanager
    def graph(record: Any, stream: Any) -> Iterator[None]:
        raise RuntimeError("capture is not permitted")
        yield

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
