from __future__ import annotations

import json

import numpy as np
import pytest
import torch

from inpaintbench.training.history import POINTS, History


def history_of(*losses: dict[str, float]) -> History:
    history = History()
    for step, one in enumerate(losses):
        history.add(step, {name: torch.tensor(value, requires_grad=True) for name, value in one.items()})
    history.settle()
    return history


def test_losses_are_kept_with_their_steps() -> None:
    history = history_of({"mse": 1.0, "gan": 5.0}, {"mse": 2.0}, {"mse": 3.0, "gan": 6.0})

    assert list(history) == ["mse", "gan"]
    assert history.steps("mse").tolist() == [0, 1, 2]
    assert history.values("mse").tolist() == [1, 2, 3]
    assert history.steps("gan").tolist() == [0, 2]
    assert history.values("gan").tolist() == [5, 6]
    assert history.steps("unknown").tolist() == history.values("unknown").tolist() == []


def test_what_is_added_is_seen_once_it_is_settled() -> None:
    history = history_of({"mse": 1.0})
    loss = torch.tensor([[2.0]], dtype=torch.float64)
    history.add(1, {"mse": loss, "half": torch.tensor(0.5, dtype=torch.bfloat16)})
    assert history.steps("mse").tolist() == [0]

    history.settle()
    history.settle()
    assert history.values("mse").tolist() == [1, 2]
    assert history.values("half").tolist() == [0.5]


def test_a_loss_that_is_no_single_number_is_refused() -> None:
    history = History()
    history.add(0, {"mse": torch.ones(2)})

    with pytest.raises(RuntimeError, match="shape"):
        history.settle()


def test_few_losses_are_not_thinned() -> None:
    assert history_of({"mse": 0.5}, {"mse": 0.25}).thinned() == {"mse": {"steps": [0.0, 1.0], "means": [0.5, 0.25]}}


def test_many_losses_become_means_over_equal_stretches() -> None:
    values = np.linspace(0, 1, 1000)
    thin = history_of(*({"mse": float(value)} for value in values)).thinned()["mse"]

    assert len(thin["steps"]) == len(thin["means"]) == POINTS
    assert thin["steps"] == [float(5 * part + 4) for part in range(POINTS)]  # the last step of each five
    assert thin["means"] == pytest.approx(values.reshape(POINTS, 5).mean(1).tolist(), abs=2e-6)


def test_the_card_holds_json_whatever_the_losses_are() -> None:
    thin = history_of({"mse": 1.0}, {"mse": float("nan")}, {"mse": float("inf")}).thinned()

    assert thin["mse"]["means"] == [1.0, None, None]
    assert json.loads(json.dumps(thin, allow_nan=False)) == thin


def test_a_history_goes_on_where_another_has_stopped() -> None:
    history = history_of({"a/steps": 1.0, "mse": 0.1}, {"a/steps": 2.0})
    history.add(2, {"mse": torch.tensor(7.0)})
    other = history_of({"forgotten": 1.0})
    other.add(1, {"forgotten": torch.tensor(1.0)})
    other.restore(history.state())
    for one in (history, other):
        one.add(3, {"mse": torch.tensor(8.0)})
        one.settle()

    assert other.thinned() == history.thinned()
    assert sorted(other) == ["a/steps", "mse"]
    assert other.steps("mse").tolist() == [0, 2, 3]
    assert other.values("mse").tobytes() == history.values("mse").tobytes()
