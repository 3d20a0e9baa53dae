from __future__ import annotations

import math
from collections.abc import Sequence

import pytest
import torch

from inpaintbench.errors import TrainingError
from inpaintbench.training.history import History
from inpaintbench.training.watch import refuse_nonsense, warnings

CHANCE = 2 * math.log(2)


def history_of(values: Sequence[float], name: str = "discriminator") -> History:
    history = History()
    for step, value in enumerate(values):
        history.add(step, {"mse": torch.tensor(1.0), name: torch.tensor(value)})
    history.settle()
    return history


@pytest.mark.parametrize(("value", "said"), [(math.nan, "nan"), (math.inf, "inf"), (-math.inf, "-inf")])
def test_the_first_step_without_a_number_is_named(value: float, said: str) -> None:
    history = history_of([1.0] * 1234 + [value, math.nan], "gan")

    with pytest.raises(TrainingError) as caught:
        refuse_nonsense(history, 1200)
    assert str(caught.value) == (
        f"The loss gan is {said} in step 1,234: the training has diverged. Another train_seed, a larger batch or other "
        "parameters may help."
    )


def test_what_was_looked_at_before_is_not_looked_at_again() -> None:
    history = history_of([1.0, math.nan, 1.0])

    refuse_nonsense(history, 2)
    with pytest.raises(TrainingError):
        refuse_nonsense(history, 1)


def test_numbers_of_any_size_are_let_through() -> None:
    refuse_nonsense(history_of([-1e30, 0.0, 1e30]), 0)
    refuse_nonsense(History(), 0)


HEALTHY = [0.9 + 0.3 * math.sin(step) for step in range(900)]


def wave(middle: float, height: float) -> list[float]:
    return [middle + height * math.sin(step) for step in range(100)]


def test_a_healthy_discriminator_is_not_warned_of() -> None:
    assert warnings(history_of(HEALTHY + wave(0.9, 0.3)), 1000) == ()
    assert warnings(history_of(HEALTHY + wave(CHANCE, 0.1)), 1000) == ()  # near chance now and then
    assert warnings(history_of(HEALTHY + wave(CHANCE + 0.03, 0.001)), 1000) == ()  # 2 % off
    assert warnings(history_of(HEALTHY + wave(0.05, 0.04)), 1000) == ()  # low, but not always


def test_a_discriminator_that_has_won_is_reported() -> None:
    (said,) = warnings(history_of(HEALTHY + [0.0001 * step for step in range(100)]), 1000)

    assert said == "The discriminator has won: its loss stayed below 0.0089 to the end."  # 0.9 · 99 = 89.1


def test_a_discriminator_that_tells_nothing_apart_is_reported() -> None:
    (said,) = warnings(history_of(HEALTHY + wave(CHANCE, 0.005)), 1000)

    assert said == "The discriminator tells nothing apart: its loss stayed at 1.386, which is chance."


def test_a_few_odd_steps_excuse_nothing() -> None:
    end = wave(CHANCE, 0.005)
    end[::20] = [3.0] * 5

    assert warnings(history_of(HEALTHY + end), 1000) != ()


def test_only_the_last_tenth_counts() -> None:
    assert warnings(history_of([0.0] * 900 + HEALTHY[:100]), 1000) == ()
    assert warnings(history_of(HEALTHY + [0.0] * 100), 1000) != ()


def test_too_few_steps_say_nothing() -> None:
    assert warnings(history_of([0.0] * 190), 190) == ()
    assert warnings(history_of([0.0] * 200), 200) != ()


def test_no_other_loss_is_taken_for_a_discriminators() -> None:
    assert warnings(history_of([0.0] * 1000, "gan"), 1000) == ()
