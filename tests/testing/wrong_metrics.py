"""Metrics with one fault each, called `wrong_` and the check that has to find it; and `right`, which has none."""

from __future__ import annotations

import math

import torch

from inpaintbench import hookimpl
from inpaintbench.api import MetricSpec


def l1(composite, image):
    """Return the mean absolute error of each image, in levels of 255: 0 for the truth, higher for more noise."""
    return 255 * (composite - image).abs().double().mean(dim=(1, 2, 3))


class Right:
    def __call__(self, composite, image, hole):
        return l1(composite, image)


class scores(Right):  # noqa: N801  each is called as the check that finds it
    def __call__(self, composite, image, hole):
        raise RuntimeError("no number today")


class one_number_an_image(Right):  # noqa: N801
    def __call__(self, composite, image, hole):
        return l1(composite, image).mean()


class float64(Right):  # noqa: N801
    def __call__(self, composite, image, hole):
        return l1(composite, image).float()


class finite(Right):  # noqa: N801
    """Infinite for the truth, which its spec does not declare."""

    def __call__(self, composite, image, hole):
        return -10 * l1(composite, image).log10()


class defined(Right):  # noqa: N801
    def __call__(self, composite, image, hole):
        return l1(composite, image) * math.nan


class input_unchanged(Right):  # noqa: N801
    def __call__(self, composite, image, hole):
        return 255 * composite.sub_(image).abs().double().mean(dim=(1, 2, 3))


class repeatable(Right):  # noqa: N801
    def __call__(self, composite, image, hole):
        return l1(composite, image) * (1 + torch.rand(len(image), dtype=torch.float64))


class batch_independence(Right):  # noqa: N801
    def __call__(self, composite, image, hole):
        return l1(composite, image) + l1(composite, image).mean()


class identity(Right):  # noqa: N801
    def __call__(self, composite, image, hole):
        return l1(composite, image) + 1


class symmetric(Right):  # noqa: N801
    def __call__(self, composite, image, hole):
        return 255 * ((composite - image).abs() * (1 + image)).double().mean(dim=(1, 2, 3))


class monotone(Right):  # noqa: N801
    def __call__(self, composite, image, hole):
        error = l1(composite, image)
        return error * (error - 3).abs()


class state_left_alone(Right):  # noqa: N801
    def __call__(self, composite, image, hole):
        torch.manual_seed(0)
        return l1(composite, image) * (1 + torch.rand(1, dtype=torch.float64))


FAULTS = (
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
    state_left_alone,
)


def _spec(name, target, **declared):
    declared = {"higher_is_better": False, "identity": 0.0, "label": name} | declared
    return MetricSpec(name=name, target=f"{__name__}:{target}", summary="A metric with a fault.", **declared)


@hookimpl
def register_metrics():
    higher = {"higher_is_better": True, "identity": None}
    faults = [
        _spec(f"wrong_{fault.__name__}", fault.__name__, **(higher if fault is finite else {})) for fault in FAULTS
    ]
    return [
        _spec("right", "Right"),
        *faults,
        _spec("wrong_direction", "Right", higher_is_better=True),
        _spec("infinite_by_declaration", "finite", higher_is_better=True, identity=math.inf),
        _spec("one_sided", "symmetric", symmetric=False),
        _spec("undeclared", "identity", identity=None),
    ]
