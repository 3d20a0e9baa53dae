"""Plugins for the tests of planning, none of which is ever run: a hundred of a kind, and some that cannot be used."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

import numpy as np

from inpaintbench import hookimpl
from inpaintbench.api import DatasetSpec, MaskSpec, MethodSpec, MetricSpec, Parameter, PluginSpec
from inpaintbench.errors import DatasetError

S = TypeVar("S", bound=PluginSpec)


class Fill:
    def __init__(self, gain: float = 1.0) -> None:
        pass


class Broken:
    def __init__(self) -> None:
        raise RuntimeError("cannot be built")


class Drawn:
    def __init__(self, count: int = 3) -> None:
        self.count = count

    def items(self, split: str) -> list[str]:
        return [str(index) for index in range(self.count)]

    def fingerprint(self, items: Sequence[str]) -> object:
        return ",".join(items)


class Odd(Drawn):
    def fingerprint(self, items: Sequence[str]) -> object:
        return b"bytes"


class Absent(Drawn):
    def items(self, split: str) -> list[str]:
        raise DatasetError("absent is not there: fetch it from its authors.")


class Full:
    def draw(self, height: int, width: int, stream: object) -> object:
        hole = np.ones((height, width), dtype=bool)
        hole[0, 0] = False  # something has to be known
        return hole


class Fragile(Full):
    def draw(self, height: int, width: int, stream: object) -> object:
        return 1 / 0


def no_requirements() -> None:
    raise RuntimeError("nobody knows what it needs")


def spec(spec_type: type[S], name: str, attribute: str, **others: Any) -> S:
    return spec_type(name=name, target=f"{__name__}:{attribute}", summary="", **others)


GAIN = Parameter(name="gain", kind="number", help="", default=1.0)
COUNT = Parameter(name="count", kind="integer", help="", default=3)


@hookimpl
def register_methods() -> list[MethodSpec]:
    numbered = [spec(MethodSpec, f"fill{index}", "Fill", parameters=(GAIN,)) for index in range(100)]
    return [*numbered, spec(MethodSpec, "broken_method", "Broken")]


@hookimpl
def register_datasets() -> list[DatasetSpec]:
    drawn = spec(DatasetSpec, "drawn", "Drawn", parameters=(COUNT,))
    unusable = ("Broken", "Odd", "Nowhere", "Absent")
    return [drawn, *(spec(DatasetSpec, f"{name.lower()}_dataset", name) for name in unusable)]


@hookimpl
def register_masks() -> list[MaskSpec]:
    numbered = [spec(MaskSpec, f"full{index}", "Full") for index in range(100)]
    return [*numbered, *(spec(MaskSpec, f"{name.lower()}_mask", name) for name in ("Broken", "Fragile", "Nowhere"))]


@hookimpl
def register_metrics() -> list[MetricSpec]:
    asked_in_vain = {"requires": f"{__name__}:no_requirements", "default": False}
    return [spec(MetricSpec, "lost", "Fill", higher_is_better=True, label="Lost", **asked_in_vain)]
