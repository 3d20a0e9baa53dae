"""Plugins for the tests of running: some that keep every promise, and each way to break one. Given to `--plugin`."""

import sys
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from inpaintbench import hookimpl
from inpaintbench.api import (
    Batch,
    Completion,
    DatasetSpec,
    MaskSpec,
    MethodSpec,
    MetricSpec,
    Parameter,
    Split,
)
from inpaintbench.errors import DatasetError, UnreadableImageError
from inpaintbench.seeding import RandomStream, derive_seed

LOADED: Counter[str] = Counter()
"""How often each item of `drawn` was decoded since this file was imported."""


class Noise:
    """Method `noise`: fills holes with noise that depends on the image's seed and its known pixels."""

    def __init__(self, gain: float = 1.0) -> None:
        self.gain = gain

    def complete(self, batch: Batch) -> Tensor:
        return torch.stack([self._fill(*one) for one in zip(batch.corrupted, batch.seeds, strict=True)])

    def _fill(self, corrupted: Tensor, seed: int) -> Tensor:
        random = torch.rand(corrupted.shape, generator=torch.Generator().manual_seed(seed))
        return self.gain * (random.to(corrupted.device) + corrupted.mean()) / 2


class Slow(Noise):
    """Method `slow`: the same, after some work for every image."""

    def complete(self, batch: Batch) -> Tensor:
        for _ in batch.seeds:
            sum(range(40_000))
        return super().complete(batch)


class Lazy(Noise):
    """Method `lazy`: the same, but its first call takes half a second longer than the others."""

    prepared = False

    def complete(self, batch: Batch) -> Tensor:
        start = time.perf_counter()
        while not self.prepared and time.perf_counter() < start + 0.5:
            pass
        self.prepared = True
        return super().complete(batch)


class Gated(Noise):
    """Method `gated`: from its third call on it writes `arrived` into a folder, and waits there for `open`."""

    def __init__(self, path: str) -> None:
        super().__init__()
        self.folder = Path(path)
        self.calls = 0

    def complete(self, batch: Batch) -> Tensor:
        self.calls += 1
        while self.calls > 2 and not (self.folder / "open").exists():
            (self.folder / "arrived").touch()
            time.sleep(0.005)
        return super().complete(batch)


class Talkative(Noise):
    """Method `talkative`: says of every image whether it converged, and one number more."""

    def complete(self, batch: Batch) -> Completion:  # type: ignore[override]
        seeds = torch.tensor(batch.seeds)
        return Completion(super().complete(batch), converged=seeds % 2 == 0, diagnostics={"parity": seeds % 2})


class Broken(Noise):
    """Method `broken`: keeps its contract for some calls, then breaks it as `how` says."""

    def __init__(self, how: str, calls: int) -> None:
        super().__init__()
        self.how = how
        self.calls = calls

    def complete(self, batch: Batch) -> object:  # type: ignore[override]
        fill = super().complete(batch)
        self.calls -= 1
        if self.calls >= 0:
            return fill
        match self.how:
            case "raises":
                raise ValueError("the method\nis broken")
            case "exits":
                sys.exit(0)
            case "memory":
                raise torch.OutOfMemoryError("no memory left")
            case "host_memory":
                raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes.")
            case "surrogate":
                raise OSError("no text: \udc80")
            case "nothing":
                return None
            case "shape":
                return fill[:, :1]
            case "nan":
                return torch.full_like(fill, torch.nan)
            case "overwrites":
                batch.corrupted.add_(1)
        return fill


class Drawn:
    """Data set `drawn`: pictures from a random stream; with a fault, if asked for."""

    def __init__(self, count: int, fault: str) -> None:
        self.count, self.fault = count, fault
        if fault == "constructor":
            raise ValueError("the data set cannot be built")

    def items(self, split: Split) -> Sequence[str]:
        if self.fault == "items":
            raise ValueError("the data set cannot be listed")
        if self.fault == "absent":
            raise DatasetError("the data set is not there")
        if self.fault == "empty":
            return []
        items = [f"{split}-{number}" for number in range(self.count)]
        return items + items[:1] if self.fault == "twice" else items

    def load(self, item: str) -> NDArray[np.uint8]:
        LOADED[item] += 1
        last = item.endswith(f"-{self.count - 1}")
        if self.fault == "unreadable" and item.endswith(("1", "4")):
            raise UnreadableImageError(f"{item} is damaged")
        if self.fault == "load" and last:
            raise ValueError(f"the data set cannot load {item}")
        levels = RandomStream(derive_seed(item)).fractions(24 * 20 * 3).reshape(24, 20, 3) * 256
        return levels.astype(np.float64 if self.fault == "picture" and last else np.uint8)

    def fingerprint(self, items: Sequence[str]) -> str:
        return f"drawn-{self.fault}-{len(items)}"


class Dots:
    """Mask `dots`: single pixels at random; with a fault, if asked for."""

    def __init__(self, fault: str) -> None:
        self.fault = fault
        self.drawn = 0
        if fault == "constructor":
            raise ValueError("the mask cannot be built")

    def draw(self, height: int, width: int, stream: RandomStream) -> NDArray[np.bool_]:
        self.drawn += 1
        if self.fault == "draw" and self.drawn > 5:
            raise ValueError("the mask cannot be drawn")
        hole = stream.fractions(height * width).reshape(height, width) < 0.25
        if self.fault == "kind" and self.drawn > 5:
            return hole.astype(np.uint8)
        return hole[:-1] if self.fault == "shape" and self.drawn > 5 else hole


class Odd:
    """Metric `odd`: the share of missing pixels; with a fault, if asked for."""

    def __init__(self, fault: str) -> None:
        self.fault = fault
        if fault == "constructor":
            raise ValueError("the metric cannot be built")

    def __call__(self, composite: Tensor, image: Tensor, hole: Tensor) -> object:
        share = hole.to(torch.float64).mean(dim=(1, 2, 3))
        match self.fault:
            case "raises":
                raise ValueError("the metric is broken")
            case "shape":
                return share.mean()
            case "infinite":
                return share / 0
            case "list":
                return share.tolist()
            case "undefined":
                return torch.where(share > share.median(), share, torch.nan)
        return share


def _choice(name: str, default: str, *others: str) -> Parameter:
    return Parameter(name=name, kind="text", default=default, choices=(default, *others), help="Which.")


@hookimpl
def register_methods() -> list[MethodSpec]:
    gain = Parameter(name="gain", kind="number", default=1.0, minimum=0, help="Brightness.")
    folder = Parameter(name="path", kind="text", help="Where the gate is.")
    how = Parameter(name="how", kind="text", help="Which promise it breaks.")
    calls = Parameter(name="calls", kind="integer", default=0, help="How many calls it answers rightly before.")
    methods: dict[type, tuple[Parameter, ...]] = {
        Noise: (gain,),
        Slow: (gain,),
        Lazy: (),
        Gated: (folder,),
        Talkative: (),
        Broken: (how, calls),
    }
    return [MethodSpec(**_common(target, parameters)) for target, parameters in methods.items()]


@hookimpl
def register_datasets() -> list[DatasetSpec]:
    count = Parameter(name="count", kind="integer", default=6, minimum=1, help="How many pictures.")
    faults = ("constructor", "items", "absent", "empty", "twice", "unreadable", "load", "picture")
    return [DatasetSpec(**_common(Drawn, (count, _choice("fault", "none", *faults))))]


@hookimpl
def register_masks() -> list[MaskSpec]:
    return [MaskSpec(**_common(Dots, (_choice("fault", "none", "constructor", "draw", "kind", "shape"),)))]


@hookimpl
def register_metrics() -> list[MetricSpec]:
    faults = ("constructor", "raises", "shape", "infinite", "list", "undefined")
    common = _common(Odd, (_choice("fault", "none", *faults),))
    return [MetricSpec(**common, label="Odd", higher_is_better=False, default=False)]


def _common(target: type, parameters: tuple[Parameter, ...]) -> dict[str, Any]:
    name = target.__name__.lower()
    return {
        "name": name,
        "target": f"{__name__}:{target.__name__}",
        "summary": f"A specimen: {name}.",
        "parameters": parameters,
    }
