"""Which pictures and holes each step of a training sees: decided by the seed and the number of the step alone."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from jaxtyping import Bool, Int64, UInt8
from torch import Tensor

from inpaintbench.api import Lesson
from inpaintbench.seeding import derive_seed

SHARE_OF_MEMORY = 0.25
"""Training pictures are kept on a CUDA device if they take no more of its free memory."""


@dataclass(frozen=True)
class Material:
    """What a training is made of.

    Attributes:
        pictures: 8-bit RGB, all of the training split that can be decoded; may be mapped from a file.
        holes: True = missing: as many as were drawn, from which each picture's is taken at random; None if the training
            needs none.
    """

    pictures: UInt8[np.ndarray, "n size size 3"]
    holes: Bool[np.ndarray, "m size size"] | None = None


@dataclass
class Lessons:
    """The lessons of one training, in any order: nothing but `seed` and the number of a step decides one.

    Every picture is seen once before any is seen a second time, in an order that is new for each pass.

    Attributes:
        material: pictures and holes.
        batch: images a lesson.
        steps: how many lessons there are.
        seed: of the training.
        device: to which the lessons go. On CUDA the pictures are kept there, where they leave enough room.
    """

    material: Material
    batch: int
    steps: int
    seed: int
    device: torch.device
    _orders: dict[int, Int64[np.ndarray, " n"]] = field(default_factory=dict, init=False)
    _resident: Tensor | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        if self.device.type == "cuda":
            free, _ = torch.cuda.mem_get_info(self.device)
            if self.material.pictures.nbytes <= SHARE_OF_MEMORY * free:
                self._resident = torch.from_numpy(np.array(self.material.pictures)).to(self.device)

    def __getitem__(self, step: int) -> Lesson:
        """Return one lesson."""
        chosen = self._chosen(step)
        flips = _generator(self.seed, "flips", step)
        image = self._pictures(chosen).permute(0, 3, 1, 2).float().div_(255)  # so read, NHWC is channels_last
        flipped = torch.rand(len(chosen), generator=flips) < 0.5
        image = torch.where(flipped.to(self.device)[:, None, None, None], image.flip(3), image)
        return Lesson(
            image=image.contiguous(memory_format=torch.channels_last),
            hole=self._holes(len(chosen), step),
            step=step,
            steps=self.steps,
            generator=_generator(self.seed, "step", step),
        )

    def _chosen(self, step: int) -> Sequence[int]:
        """Return the positions of the pictures of a step."""
        count = len(self.material.pictures)
        places = range(step * self.batch, (step + 1) * self.batch)
        return [int(self._order(place // count)[place % count]) for place in places]

    def _order(self, epoch: int) -> Int64[np.ndarray, " n"]:
        if epoch not in self._orders:
            for past in [known for known in self._orders if known < epoch - 1]:
                del self._orders[past]
            generator = _generator(self.seed, "order", epoch)
            self._orders[epoch] = torch.randperm(len(self.material.pictures), generator=generator).numpy()
        return self._orders[epoch]

    def _pictures(self, chosen: Sequence[int]) -> Tensor:
        if self._resident is not None:
            return self._resident[torch.tensor(chosen, device=self.device)]
        return torch.from_numpy(self.material.pictures[np.asarray(chosen)]).to(self.device)

    def _holes(self, count: int, step: int) -> Bool[Tensor, "b 1 size size"] | None:
        holes = self.material.holes
        if holes is None:
            return None
        chosen = torch.randint(len(holes), (count,), generator=_generator(self.seed, "holes", step))
        return torch.from_numpy(holes[chosen.numpy()]).unsqueeze(1).to(self.device)


def _generator(seed: int, what: str, number: int) -> torch.Generator:
    return torch.Generator().manual_seed(derive_seed("training", seed, what, number))
