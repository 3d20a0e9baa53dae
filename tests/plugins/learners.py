"""Plugins for the tests of training: a tiny method that learns, each way in which it can fail, and pictures for it."""

import os
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from inpaintbench import hookimpl, ops
from inpaintbench.api import (
    Batch,
    DatasetSpec,
    Lesson,
    MaskSpec,
    MethodSpec,
    Parameter,
    Split,
    Trained,
    TrainingSpec,
    budget,
)
from inpaintbench.errors import NoSplitError, UnreadableImageError
from inpaintbench.seeding import RandomStream, derive_seed
from inpaintbench.training import autocast, initialise

SHIPPED = ""
"""Where the checkpoints lie that come with this plugin; a test's copy of this file says so."""

MASKS = ("center_square[side=6]", "circle[diameter=8]")
BROKEN_AT = 7
"""The step in which a trainer with a fault shows it."""

FAULTS = ("diverges", "collapses", "wins", "raises", "exits", "constructor", "show", "shape", "dies")


class Net(nn.Sequential):
    """Two convolutions with batch normalisation and, if asked for, dropout between them."""

    def __init__(self, width: int, dropout: float = 0.0) -> None:
        super().__init__(
            nn.Conv2d(4, width, 3, padding=1),
            nn.BatchNorm2d(width),
            nn.ReLU(),
            nn.Dropout(dropout),
            nn.Conv2d(width, 3, 3, padding=1),
        )


def paint(net: nn.Module, corrupted: Tensor, hole: Tensor) -> Tensor:
    """Run a network on pictures whose holes are filled with the mean of what is known."""
    filled = torch.where(hole, ops.known_mean(corrupted, hole), corrupted)
    return torch.sigmoid(net(torch.cat([filled, hole.float()], 1)).float())


class TinyTrainer:
    """Trains `tiny`, whose rate of learning falls by one percent a step; with a fault, if asked for."""

    def __init__(self, width: int, dropout: float, fault: str, size: int, generator: torch.Generator) -> None:
        if fault == "constructor":
            raise ValueError("the trainer cannot be built")
        self.fault = fault
        net, critic = Net(width, dropout), nn.Sequential(nn.Flatten(), nn.Linear(3 * size * size, 1))
        initialise(net, generator)
        initialise(critic, generator)
        self.net, self.critic = net, critic
        self.networks: Mapping[str, nn.Module] = {"net": net}
        self.auxiliaries: Mapping[str, nn.Module] = {"critic": critic}
        self.optimizers: Mapping[str, torch.optim.Optimizer] = {
            "net": torch.optim.Adam(net.parameters(), 0.05, betas=(0.5, 0.999)),
            "critic": torch.optim.SGD(critic.parameters(), 0.001, momentum=0.9),
        }

    def step(self, lesson: Lesson) -> Mapping[str, Tensor]:
        """Learn to copy known pixels and to paint missing ones, shown pictures with a little noise."""
        hole = lesson.image.new_zeros(lesson.image[:, :1].shape, dtype=torch.bool)
        hole = hole if lesson.hole is None else lesson.hole
        noise = torch.rand(lesson.image.shape, generator=lesson.generator).to(lesson.image.device)
        with autocast(lesson.image.device):
            made = paint(self.net, torch.where(hole, 0, 0.9 * lesson.image + 0.1 * noise), hole)
        losses = {
            "mse": (made - lesson.image).square().mean(),
            "discriminator": (self.critic(lesson.image) - 1).square().mean(),
        }
        for name, loss in zip(self.optimizers, losses.values(), strict=True):
            self.optimizers[name].zero_grad()
            loss.backward()
            self.optimizers[name].step()
        for group in self.optimizers["net"].param_groups:
            group["lr"] *= 0.99
        return self._with_fault(lesson.step, losses)

    def show(self, lesson: Lesson) -> Tensor:
        """Return what the network makes of the first pictures, without holes."""
        if self.fault == "show":
            raise ValueError("nothing can be shown")
        self.net.eval()
        with torch.no_grad():
            shown = paint(self.net, lesson.image[:4], torch.zeros_like(lesson.image[:4, :1], dtype=torch.bool))
        self.net.train()
        return shown

    def _with_fault(self, step: int, losses: dict[str, Tensor]) -> dict[str, Tensor]:
        if self.fault == "collapses":
            losses["discriminator"] = torch.full_like(losses["mse"], 2 * np.log(2))
        if self.fault == "wins":
            losses["discriminator"] = torch.full_like(losses["mse"], 1e-6)
        if step == BROKEN_AT:
            match self.fault:
                case "diverges":
                    losses["mse"] = losses["mse"] / 0
                case "raises":
                    raise ValueError("the trainer is broken")
                case "exits":
                    raise SystemExit(0)
                case "dies":  # not for tests that train in their own process
                    os._exit(3)
                case "shape":
                    losses["mse"] = losses["mse"].repeat(2)
        return losses


class WatchedTrainer(TinyTrainer):
    """Trains `watched`: notes each step in a folder, and waits before step 5 as long as `closed` lies there."""

    def __init__(self, path: str, **others: Any) -> None:
        super().__init__(width=4, dropout=0.0, fault="none", **others)
        self.folder = Path(path)

    def step(self, lesson: Lesson) -> Mapping[str, Tensor]:
        """Note it, and perhaps wait."""
        with (self.folder / "steps").open("a") as file:
            file.write(f"{lesson.step}\n")
        while lesson.step == 5 and (self.folder / "closed").exists():
            (self.folder / "arrived").touch()
            time.sleep(0.005)
        return super().step(lesson)


class AloneTrainer(TinyTrainer):
    """Trains `alone`, and insists that it is given no holes."""

    def __init__(self, size: int, generator: torch.Generator) -> None:
        super().__init__(width=2, dropout=0.0, fault="none", size=size, generator=generator)

    def step(self, lesson: Lesson) -> Mapping[str, Tensor]:
        """Refuse holes."""
        if lesson.hole is not None:
            raise ValueError("nobody asked for holes")
        return super().step(lesson)


class TailoredTrainer(TinyTrainer):
    """Trains `tailored`, and says with its first loss how much of the pictures is missing."""

    def __init__(self, size: int, generator: torch.Generator) -> None:
        super().__init__(width=2, dropout=0.0, fault="none", size=size, generator=generator)

    def step(self, lesson: Lesson) -> Mapping[str, Tensor]:
        """Measure the holes, too."""
        assert lesson.hole is not None
        return {"missing": lesson.hole.float().mean(), **super().step(lesson)}


class Tiny:
    """Method `tiny`: what the network paints, times `gain`."""

    def __init__(self, width: int = 2, gain: float = 1.0, **others: object) -> None:
        self.net, self.gain = Net(width), gain
        unexpected = set(others) - {"dropout", "fault", "path", "holes"}
        assert not unexpected, unexpected

    def load(self, trained: Trained) -> None:
        """Take the weights."""
        self.net.load_state_dict(dict(trained.networks["net"]))
        self.net.eval()

    def to(self, device: torch.device) -> None:
        """Move the network."""
        self.net.to(device)

    @torch.no_grad()
    def complete(self, batch: Batch) -> Tensor:
        """Paint."""
        return self.gain * paint(self.net, batch.corrupted, batch.hole)


class Watched(Tiny):
    """Method `watched`."""

    def __init__(self, path: str) -> None:
        super().__init__(width=4)


class Stubborn:
    """Method `stubborn`: is trained, and takes no weights."""

    def complete(self, batch: Batch) -> Tensor:
        """Leave holes black."""
        return batch.corrupted


class Pictures:
    """Data set `pictures`: of a random stream; with a fault, if asked for."""

    def __init__(self, count: int, fault: str) -> None:
        self.count, self.fault = count, fault

    def items(self, split: Split) -> Sequence[str]:
        """Name them by their split."""
        if split == "train" and self.fault == "no_train":
            raise NoSplitError("These pictures are for tests alone.")
        if split == "train" and self.fault == "broken":
            raise ValueError("the data set cannot be listed")
        return [f"{split}-{number}" for number in range(self.count)]

    def load(self, item: str) -> NDArray[np.uint8]:
        """Paint one."""
        if self.fault == "leak" and item == "train-2":
            item = "test-1"
        if self.fault == "unreadable" and item.endswith(("-1", "-3")):
            raise UnreadableImageError(f"{item} is damaged")
        if self.fault == "black" and item == "train-2":
            return np.zeros((20, 24, 3), dtype=np.uint8)
        if self.fault == "black" and item == "test-1":
            raise UnreadableImageError(f"{item} is damaged")
        if self.fault == "none_readable" and item.startswith("train"):
            raise UnreadableImageError(f"{item} is damaged")
        if self.fault == "load" and item == "train-2":
            raise ValueError(f"the data set cannot load {item}")
        return (RandomStream(derive_seed(item)).fractions(20 * 24 * 3).reshape(20, 24, 3) * 256).astype(np.uint8)

    def fingerprint(self, items: Sequence[str]) -> str:
        """Say what decides the pixels."""
        return f"{self.fault}-{len(items)}"


class Shaky:
    """Mask `shaky`: a square that can be drawn so often, and then no more."""

    def __init__(self) -> None:
        self.drawn = 0

    def draw(self, height: int, width: int, stream: RandomStream) -> NDArray[np.bool_]:
        """Draw it."""
        self.drawn += 1
        if self.drawn > 5:
            raise ValueError("the mask cannot be drawn")
        hole = np.zeros((height, width), dtype=bool)
        hole[:4, :4] = True
        return hole


WIDTH = Parameter(name="width", kind="integer", default=2, minimum=1, help="Channels.")
GAIN = Parameter(name="gain", kind="number", default=1.0, minimum=0, help="Brightness.")
DROPOUT = Parameter(name="dropout", kind="number", default=0.0, minimum=0, maximum=0.9, help="Share of channels.")
FAULT = Parameter(name="fault", kind="text", default="none", choices=("none", *FAULTS), help="What goes wrong.")
HOLES = Parameter(name="holes", kind="text", default="any", choices=("any", "own"), help="With which it is trained.")
PATH = Parameter(name="path", kind="path", help="Where it notes what it does.")
PRESETS: Mapping[str, Mapping[str, Any]] = {
    "quick": {"steps": 10},
    "standard": {"steps": 30, "width": 3},
    "wide": {"width": 6, "gain": 0.5},
}


def learner(name: str, method: str, trainer: str, parameters: Sequence[Parameter] = (), **others: Any) -> MethodSpec:
    """Return the spec of a method whose training is 30 steps of 4 pictures long."""
    presets = others.pop("presets", {})
    spec = TrainingSpec(target=f"{__name__}:{trainer}", **{"masks": MASKS} | others)
    return MethodSpec(
        name=name,
        target=f"{__name__}:{method}",
        summary=f"A specimen: {name}.",
        parameters=(*parameters, *budget(steps=10, batch=4)),
        presets=presets,
        preset="standard" if presets else "",
        training=spec,
    )


@hookimpl
def register_methods() -> list[MethodSpec]:
    shaped = ("width", "dropout", "fault")
    own = (("holes", "own"),)
    return [
        learner(
            *("tiny", "Tiny", "TinyTrainer", (WIDTH, DROPOUT, FAULT, GAIN)),
            shaped_by=shaped,
            presets=PRESETS,
            shipped=SHIPPED,
        ),
        learner("watched", "Watched", "WatchedTrainer", (PATH,), shaped_by=("path",)),
        learner("alone", "Tiny", "AloneTrainer", masks=()),
        learner("tailored", "Tiny", "TailoredTrainer", (HOLES,), per_mask=own),
        learner("sized", "Tiny", "AloneTrainer", masks=(), sizes=(16, 32)),
        learner("stubborn", "Stubborn", "AloneTrainer", masks=()),
        learner("unmasked", "Tiny", "AloneTrainer", masks=("no_such_mask",)),
        learner("shaken", "Tiny", "TailoredTrainer", masks=("shaky",)),
        learner("lost", "Tiny", "Nowhere"),
    ]


@hookimpl
def register_datasets() -> list[DatasetSpec]:
    faults = ("none", "no_train", "broken", "leak", "unreadable", "black", "none_readable", "load")
    parameters = (
        Parameter(name="count", kind="integer", default=6, minimum=1, help="How many in each split."),
        Parameter(name="fault", kind="text", default="none", choices=faults, help="What is wrong with them."),
    )
    return [DatasetSpec(name="pictures", target=f"{__name__}:Pictures", summary="Noise.", parameters=parameters)]


@hookimpl
def register_masks() -> list[MaskSpec]:
    return [MaskSpec(name="shaky", target=f"{__name__}:Shaky", summary="A specimen: shaky.")]
