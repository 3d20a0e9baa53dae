"""A method under examination: built anew as often as a check likes, trained on toy pictures first if it learns."""

from __future__ import annotations

import dataclasses
import shutil
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Final

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from inpaintbench.api import Batch, Learned, Method, MethodSpec, Movable
from inpaintbench.checkpoints import Checkpoint
from inpaintbench.checkpoints.weights import read_weights
from inpaintbench.errors import MissingWeightsError, PluginError, UsageError
from inpaintbench.execution.devices.device import choose_device
from inpaintbench.execution.evaluating.contract import Checked, check, snapshot
from inpaintbench.ops import composite, corrupt
from inpaintbench.plugins import Registry
from inpaintbench.seeding import RandomStream, derive_seed
from inpaintbench.selectors import Selection
from inpaintbench.testing import toys
from inpaintbench.testing.checks import EIGHT_BITS, NotApplicable, PromiseError
from inpaintbench.testing.methods.schooling import Schooling

USUAL_SIDE: Final = 64
"""Of the square pictures that methods are tried on, in pixels, unless they can be used at others alone."""

LARGEST_SIDE: Final = 1024


class MethodSubject:
    """What the checks of a method ask of it.

    Args:
        selection: the method and its parameters.
        registry: of the masks on whose holes it may train.
        device: on which it is tried: `cpu`, `cuda`, …, or `auto`.
        folder: for what is trained, and for whatever else a check writes.

    Raises:
        UsageError: if the selector names a checkpoint that is not there.
    """

    def __init__(self, selection: Selection[MethodSpec], registry: Registry, device: str, folder: Path) -> None:
        self.selection, self.registry, self.folder = selection, registry, folder
        self.device = choose_device(device)
        self._given = self._find_given()
        self.schooling = Schooling(selection, registry, self.device, folder)
        self._learned = cache(self._learn)

    @property
    def spec(self) -> MethodSpec:
        """The method's."""
        return self.selection.spec

    @property
    def side(self) -> int:
        """Of the pictures that most checks use: the usual one, or one that the spec allows.

        Raises:
            PluginError: if it allows none.
        """
        trained = self.spec.training.sizes if self.spec.training else ()
        given = [self._given.card.size] if self._given else []
        possible: Sequence[int] = (*given, USUAL_SIDE, *trained, *range(self.spec.least_side, LARGEST_SIDE + 1))
        for side in possible:
            if not self.refusal(side):
                return side
        raise PluginError(f"The spec of {self.spec.name} allows no side of pictures up to {LARGEST_SIDE} pixels.")

    def refusal(self, side: int) -> str:
        """Return what the spec says against pictures of this side, or the given checkpoint; empty if nothing."""
        if self._given and side != self._given.card.size:
            return f"its checkpoint is for {self._given.card.size} pixels, not for {side}."
        return self.spec.refusal(side)

    def build(self, side: int | None = None, device: torch.device | None = None) -> Method:
        """Return the method as the harness would: built, given what it has learned at this side, moved.

        Raises:
            NotApplicable: if its weights or models are not on this machine.
        """
        try:
            method: Method = self.selection.build()
        except MissingWeightsError as error:
            raise NotApplicable(str(error)) from error
        if self.spec.training:
            if not isinstance(method, Learned):
                raise PluginError(f"{self.spec.name} has a training, and no function load(trained).")
            method.load(read_weights(self._learned(side or self.side)))
        if isinstance(method, Movable):
            method.to(device or self.device)
        return method

    def batch(self, count: int = 3, side: int | None = None, first: int = 0, hole: bool | None = None) -> Batch:
        """Return toy pictures with holes.

        Args:
            count: how many.
            side: of the pictures; the usual one if None.
            first: number of the first picture; others are other pictures, with other holes and seeds.
            hole: whether everything (True) or nothing (False) is missing; a rectangle if None.
        """
        side, numbers = side or self.side, range(first, first + count)
        image = torch.from_numpy(np.stack([toys.picture(side, number) for number in numbers]))
        missing = torch.from_numpy(
            np.stack([toys.hole(side, RandomStream(derive_seed("toy hole", number))) for number in numbers])
        )[:, None]
        missing = missing if hole is None else torch.full_like(missing, hole)
        image = image.permute(0, 3, 1, 2).float().div(255).contiguous().to(self.device)
        missing = missing.to(self.device)
        return Batch(corrupt(image, missing), missing, tuple(7_919 * number + 1 for number in numbers))

    def answer(self, batch: Batch, method: Method | None = None) -> Checked:
        """Return what a method says to a copy of a batch, held to the contract as the harness does.

        Raises:
            InvalidOutputError: if it breaks the contract.
        """
        given = snapshot(batch)
        return check((method or self.build()).complete(given), given, batch)

    def composite(self, batch: Batch, method: Method | None = None) -> Float[Tensor, "b 3 h w"]:
        """Return the same, composited with the known pixels, on the CPU; by a method built anew if None is given."""
        return composite(self.answer(batch, method).image, batch.corrupted, batch.hole).cpu()

    @property
    def taught(self) -> Selection[MethodSpec]:
        """The method as a run selects it: with the checkpoint of what it has learned, if it learns."""
        if self.spec.training is None:
            return self.selection
        folder = str(self._learned(self.side).folder)
        values = tuple((name, folder if name == "checkpoint" else value) for name, value in self.selection.values)
        return dataclasses.replace(self.selection, values=values)

    def fresh_folder(self, name: str) -> Path:
        """Return an empty folder of this name."""
        place = self.folder / name
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir(parents=True)
        return place

    def _find_given(self) -> Checkpoint | None:
        """Return the checkpoint that the selector names, if it names one."""
        place = dict(self.selection.values).get("checkpoint", "none") if self.spec.training else "none"
        if place == "none":
            return None
        found = Checkpoint.at(Path(str(place)).expanduser())
        if found is None or found.card.status != "complete":
            raise UsageError(f"{place} holds no finished checkpoint; expected a folder with card.json and its weights.")
        return found

    def _learn(self, side: int) -> Checkpoint:
        return self._given or self.schooling.learn(side)

    def lesson_needed(self) -> None:
        """End a check that is about training.

        Raises:
            NotApplicable: if the method learns nothing.
        """
        if self.spec.training is None:
            raise NotApplicable("it learns nothing")


def part(batch: Batch, positions: Sequence[int]) -> Batch:
    """Return some images of a batch, in this order."""
    chosen = list(positions)
    return Batch(batch.corrupted[chosen].clone(), batch.hole[chosen].clone(), tuple(batch.seeds[one] for one in chosen))


def moved(batch: Batch, device: torch.device) -> Batch:
    """Return a batch on another device."""
    return dataclasses.replace(batch, corrupted=batch.corrupted.to(device), hole=batch.hole.to(device))


def refuse_difference(found: Tensor, expected: Tensor, what: str, tolerance: float = EIGHT_BITS / 2) -> None:
    """Refuse pictures in [0, 1] that are not the same.

    Args:
        found: some pictures.
        expected: what they should be.
        what: the begin of the sentence that says where they differ.
        tolerance: what two values may differ by; by default as much as vanishes when a picture is saved.

    Raises:
        PromiseError: if they differ by more.
    """
    apart = (found - expected).abs()
    if (largest := float(apart.max())) > tolerance:
        share = float((apart > tolerance).float().mean())
        raise PromiseError(
            f"{what} differs by up to {largest / EIGHT_BITS:.3g} of 255 levels, in {share:.1%} of the values."
        )
