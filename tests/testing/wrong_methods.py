"""Methods that break one promise each, called by the name of the check that must find it. Given to `--plugin`."""

from __future__ import annotations

import contextlib
import gc
import os
import sys
import threading
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d, conv2d, interpolate, pad

from inpaintbench import hookimpl, ops
from inpaintbench.api import Batch, Lesson, MethodSpec, Trained, TrainingSpec, budget
from inpaintbench.errors import NoSplitError

MEMORY: list[Tensor] = []


def fill(batch: Batch) -> Tensor:
    """Return the mean colour of the known pixels: a method that is right."""
    return ops.known_mean(batch.corrupted, batch.hole).expand_as(batch.corrupted).clone()


class Sticky(Tensor):
    """A tensor that is not composited: whatever is asked of it, it answers with itself."""

    @classmethod
    def __torch_function__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        returned = super().__torch_function__(func, types, args, kwargs or {})
        if func is torch.where:
            return args[1].as_subclass(Tensor)
        return returned


def completes(batch: Batch) -> Tensor:
    raise RuntimeError("out of ideas")


def output_shape(batch: Batch) -> Tensor:
    return fill(batch)[:, :1]


def output_dtype(batch: Batch) -> Tensor:
    return (fill(batch) * 255).to(torch.uint8)


def output_device(batch: Batch) -> Tensor:
    return fill(batch).to("meta")


def output_finite(batch: Batch) -> Tensor:
    return torch.where(batch.hole, fill(batch) / batch.corrupted, batch.corrupted) * torch.inf


def output_range(batch: Batch) -> Tensor:
    return fill(batch) * 255


def known_pixels(batch: Batch) -> Tensor:
    return (fill(batch) * 0.5).as_subclass(Sticky)


def input_unchanged(batch: Batch) -> Tensor:
    completed = fill(batch)
    batch.corrupted[batch.hole.expand_as(batch.corrupted)] = 0.5
    return completed


def same_seed_same_result(batch: Batch) -> Tensor:
    return fill(batch) * (0.5 + os.urandom(1)[0] / 512)


def batch_equals_singles(batch: Batch) -> Tensor:
    return fill(batch).mean(dim=0, keepdim=True).expand_as(batch.corrupted).clone()


def any_order(batch: Batch) -> Tensor:
    MEMORY.append(batch.hole)
    return fill(batch) * (1.1 - len(MEMORY) / 10)


def no_leak(batch: Batch) -> Tensor:
    """Look for the truth in the variables of whoever calls."""
    frame: Any = sys._getframe()
    while frame is not None:
        for name, value in list(frame.f_locals.items()):
            if name == "image" and isinstance(value, Tensor) and value.shape == batch.corrupted.shape:
                return value.clone()
        frame = frame.f_back
    return fill(batch)


def empty_hole(batch: Batch) -> Tensor:
    rows = [one[0].any(dim=1).nonzero() for one in batch.hole]
    assert all(int(found.min()) >= 0 for found in rows)
    return fill(batch)


def full_hole(batch: Batch) -> Tensor:
    known = (~batch.hole).sum(dim=(2, 3), keepdim=True)
    if batch.corrupted.shape[-1] == 1:
        return fill(batch)
    return (batch.corrupted.sum(dim=(2, 3), keepdim=True) / known).expand_as(batch.corrupted).clone()


def every_size(batch: Batch) -> Tensor:
    if batch.corrupted.shape[-1] == 1:
        return fill(batch)
    return interpolate(avg_pool2d(batch.corrupted, 8), scale_factor=8)


def one_pixel(batch: Batch) -> Tensor:
    return fill(batch) + 0 * pad(batch.corrupted, (1, 1, 1, 1), mode="reflect")[..., 1:-1, 1:-1]


def any_default_dtype(batch: Batch) -> Tensor:
    return fill(batch) + 0 * conv2d(batch.corrupted, torch.ones(3, 3, 1, 1))


def reloads(batch: Batch) -> Tensor:
    return fill(batch) * (hash("inpainting") % 1000 / 1000)


def state_left_alone(batch: Batch) -> Tensor:
    torch.manual_seed(batch.seeds[0] % 2**32)
    np.random.seed(0)
    return fill(batch)


def sets_threads(batch: Batch) -> Tensor:
    torch.set_num_threads(3)
    return fill(batch)


def sets_gradients(batch: Batch) -> Tensor:
    torch.set_grad_enabled(False)
    return fill(batch)


def sets_environment(batch: Batch) -> Tensor:
    os.environ["COLOUR"] = "grey"
    return fill(batch)


def sets_folder(batch: Batch) -> Tensor:
    os.chdir("/")
    return fill(batch)


def cost(batch: Batch) -> Tensor:
    if len(batch.seeds) > 4:
        raise MemoryError("no more than four pictures")
    return fill(batch)


class Wrong:
    """Completes pictures in one of the wrong ways above."""

    def __init__(self, how: Callable[[Batch], Tensor]) -> None:
        self.how = how

    def complete(self, batch: Batch) -> Tensor:
        return self.how(batch)


def building(how: Callable[[Batch], Tensor]) -> Callable[[], Wrong]:
    def build() -> Wrong:
        MEMORY.clear()
        return Wrong(how)

    return build


WAYS = (
    completes,
    output_shape,
    output_dtype,
    output_device,
    output_finite,
    output_range,
    known_pixels,
    input_unchanged,
    same_seed_same_result,
    batch_equals_singles,
    any_order,
    no_leak,
    empty_hole,
    full_hole,
    every_size,
    one_pixel,
    any_default_dtype,
    reloads,
    state_left_alone,
    sets_threads,
    sets_gradients,
    sets_environment,
    sets_folder,
    cost,
)

for way in WAYS:
    globals()[f"build_{way.__name__}"] = building(way)


class Locked(Wrong):
    """Holds what cannot be pickled."""

    def __init__(self) -> None:
        super().__init__(fill)
        self.lock = threading.Lock()


class Displaced(Wrong):
    """Forgets a move: each one moves what it knows a little further."""

    def __init__(self) -> None:
        super().__init__(fill)
        self.moves = 0

    def to(self, device: torch.device) -> Displaced:
        self.moves += 1
        return self

    def complete(self, batch: Batch) -> Tensor:
        return fill(batch) * (1 - self.moves / 10)


class Colour(nn.Module):
    """One colour."""

    def __init__(self) -> None:
        super().__init__()
        self.value = nn.Parameter(torch.zeros(3, 1, 1))


class Learner:
    """Fills holes with one colour, which it has learned."""

    def load(self, trained: Trained) -> None:
        self.colour = trained.networks["colour"]["value"]

    def to(self, device: torch.device) -> Learner:
        self.colour = self.colour.to(device)
        return self

    def complete(self, batch: Batch) -> Tensor:
        return self.colour.expand_as(batch.corrupted).clone()


class Trainer:
    """Learns the mean colour of all pictures."""

    def __init__(self, size: int, generator: torch.Generator) -> None:
        self.colour = Colour()
        self.networks: Mapping[str, nn.Module] = {"colour": self.colour}
        self.auxiliaries: Mapping[str, nn.Module] = {}
        self.optimizers = {"sgd": torch.optim.SGD(self.colour.parameters(), lr=0.1)}

    def step(self, lesson: Lesson) -> Mapping[str, Tensor]:
        loss = (lesson.image - self.colour.value).square().mean()
        self.optimizers["sgd"].zero_grad()
        loss.backward()
        self.optimizers["sgd"].step()
        return {"l2": loss.detach()}

    def show(self, lesson: Lesson) -> Tensor:
        return lesson.image


class Peeping(Trainer):
    """Looks for the data set, and reads its test pictures."""

    def step(self, lesson: Lesson) -> Mapping[str, Tensor]:
        for found in gc.get_objects():
            if type(found).__name__ == "ToyPictures":
                with contextlib.suppress(NoSplitError):  # one that another test has left, whose folder has gone
                    found.load(found.items("test")[0])
                    break
        return super().step(lesson)


class Forgetful(Trainer):
    """Keeps a momentum where nobody saves it."""

    def __init__(self, size: int, generator: torch.Generator) -> None:
        super().__init__(size, generator)
        self.momentum = torch.zeros(3, 1, 1)

    def step(self, lesson: Lesson) -> Mapping[str, Tensor]:
        losses = super().step(lesson)
        assert self.colour.value.grad is not None
        self.momentum = 0.9 * self.momentum + self.colour.value.grad
        self.colour.value.data -= 0.01 * self.momentum
        return losses


class Idle(Trainer):
    """Takes no step."""

    def step(self, lesson: Lesson) -> Mapping[str, Tensor]:
        return {"l2": (lesson.image - self.colour.value).square().mean().detach()}


LEARNERS = {"trains_on_train_split": Peeping, "training_resumes": Forgetful, "training_learns": Idle}


@hookimpl
def register_methods() -> list[MethodSpec]:
    specs = [MethodSpec(name=way.__name__, target=f"{__name__}:build_{way.__name__}", summary="Wrong.") for way in WAYS]
    specs += [
        MethodSpec(
            name=name,
            target=f"{__name__}:Learner",
            summary="Learns wrongly.",
            parameters=budget(steps=10),
            training=TrainingSpec(target=f"{__name__}:{trainer.__name__}"),
        )
        for name, trainer in {**LEARNERS, "right_learner": Trainer}.items()
    ]
    waived = {"output_range": "Its numbers are levels, as its paper has them."}
    needless = {"output_range": "Nobody remembers why."}
    return [
        *specs,
        MethodSpec(name="picklable", target=f"{__name__}:Locked", summary="Wrong."),
        MethodSpec(name="moves", target=f"{__name__}:Displaced", summary="Wrong."),
        MethodSpec(name="waived", target=f"{__name__}:build_output_range", summary="Wrong.", waivers=waived),
        MethodSpec(name="needlessly_waived", target=f"{__name__}:build_cost", summary="Wrong.", waivers=needless),
        MethodSpec(
            name="refuses", target=f"{__name__}:build_every_size", summary="Right.", least_side=8, multiple_of=8
        ),
        MethodSpec(name="unknown_waiver", target=f"{__name__}:Locked", summary="Wrong.", waivers={"tidy": "No."}),
    ]
