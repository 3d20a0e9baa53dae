"""The checks of metrics, in the order in which they run: each comes after those that it needs."""

from __future__ import annotations

from typing import Final

from inpaintbench.testing.checks import Check
from inpaintbench.testing.metrics.meaning import direction, identity, monotone, symmetric
from inpaintbench.testing.metrics.numbers import defined, finite, float64, one_number_an_image, scores
from inpaintbench.testing.metrics.purity import batch_independence, input_unchanged, repeatable, state_left_alone
from inpaintbench.testing.metrics.subject import MetricSubject

METRIC_CHECKS: Final[tuple[Check[MetricSubject], ...]] = (
    scores,
    one_number_an_image,
    float64,
    finite,
    defined,
    input_unchanged,
    repeatable,
    batch_independence,
    identity,
    symmetric,
    monotone,
    direction,
    state_left_alone,
)

__all__ = ["METRIC_CHECKS", "MetricSubject"]
