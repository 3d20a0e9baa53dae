"""Total variation at equal objective: ours against what a user would pick instead. Prints a Markdown table.

`python -m benchmarks.tv` from the repository root, on a machine that does nothing else. Pictures are crops of
photographs that scikit-image brings, or of a folder; the hole is a square in the middle of each.

What is equal is the *excess*: by how much the total variation of the terms that the hole can change lies above its
minimum, relative to the minimum; the minimum is enclosed by our own certificate to 1e-5. Ours runs until the
certificate of every picture promises the excess. The peers have no certificate. They are run for as many steps as bring
the mean excess of the pictures below it, found beforehand, and not timed.

The peers are building blocks, put together in the way that converges to the same minimum: Douglas–Rachford splitting,
which alternates the projection on the known pixels with the proximal operator of total variation, here scikit-image's
`denoise_tv_chambolle` (which starts anew at each call), or deepinv's `TVPrior` (which continues, and takes batches).
Their steps and numbers of inner iterations are the best of nine tried. OpenCV's Telea minimises nothing, and is there
for scale.
"""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import click
import numpy as np
import torch
from torch import Tensor

from benchmarks.harness import print_table
from benchmarks.timing import median_seconds
from inpaintbench import ops
from inpaintbench.api import Batch
from inpaintbench_methods.tv.energy import gradient, pose, vector_length
from inpaintbench_methods.tv.method import TotalVariation

TARGETS: Final = (1e-2, 1e-3, 1e-4)
SKIMAGE: Final = {"weight": 0.01, "max_num_iter": 20}
DEEPINV_GAMMA, DEEPINV_INNER = 0.6, 10
Steps = Callable[[Tensor, Tensor], Iterator[Tensor]]


@click.command()
@click.option("--images", default=64, show_default=True, help="For ours and OpenCV.")
@click.option("--peer-images", default=8, show_default=True, help="For the slow peers.")
@click.option("--size", default=64, show_default=True)
@click.option("--side", default=20, show_default=True, help="Of the hole.")
@click.option("--folder", type=Path, help="With JPEG pictures, in place of scikit-image's.")
@click.option("--repeats", default=5, show_default=True, help="Runs whose median counts.")
@click.option("--budget", default=60.0, show_default=True, help="Seconds a peer may take to reach an excess.")
@click.option("--threads", default=1, show_default=True)
def main(
    images: int,
    peer_images: int,
    size: int,
    side: int,
    folder: Path | None,
    repeats: int,
    budget: float,
    threads: int,
) -> None:
    """Measure all, and print it."""
    torch.set_num_threads(threads)
    pictures = load_pictures(images, size, folder)
    hole = torch.zeros(len(pictures), 1, size, size, dtype=torch.bool)
    start = (size - side) // 2
    hole[:, :, start : start + side, start : start + side] = True
    corrupted = ops.corrupt(pictures, hole)
    reference = TotalVariation(gap=1e-5, max_iterations=50_000).complete(batch(corrupted, hole))
    minimum = variation(reference.image, hole) * (1 - reference.diagnostics["gap"])

    def excess(completion: Tensor) -> Tensor:
        count = len(completion)
        return variation(ops.composite(completion, corrupted[:count], hole[:count]), hole[:count]) / minimum[:count] - 1

    rows: list[list[str]] = []
    ours: dict[float, float] = {}
    for target in TARGETS:
        method = TotalVariation(gap=target)
        result = method.complete(batch(corrupted, hole))
        seconds = median_seconds(lambda method=method: method.complete(batch(corrupted, hole)), repeats)
        ours[target] = seconds / images
        rows.append(row("inpaintbench tv", target, excess(result.image), ours[target], ours[target]))
    few = corrupted[:peer_images], hole[:peer_images]
    for name, build in {"scikit-image": by_skimage, "deepinv": by_deepinv}.items():
        steps = build()
        if steps is None:
            print(f"{name} is not installed, and is left out.\n")
            continue
        for target in TARGETS:
            count, completion = steps_needed(steps(*few), target, excess, budget)
            if float(excess(completion).mean()) > target:
                label = f"{name} (given up after {budget:g} s, {count} steps)"
                rows.append(row(label, target, excess(completion), budget / len(few[0]), ours[target], "≥ "))
                break
            seconds = median_seconds(lambda steps=steps, count=count: run_steps(steps(*few), count), repeats)
            label = f"{name} ({count} steps)"
            rows.append(row(label, target, excess(completion), seconds / len(few[0]), ours[target]))
    telea = by_opencv(corrupted, hole)
    if telea is None:
        print("OpenCV is not installed, and is left out.\n")
    else:
        seconds = median_seconds(lambda: by_opencv(corrupted, hole), repeats) / images
        rows.append(["OpenCV Telea", "none", f"{float(excess(telea).mean()):.1e}", f"{seconds * 1000:.2f}", ""])
    print(f"{size}×{size}, hole of {side}×{side}, {threads} thread(s), median of {repeats} runs.")
    print(f"Ours and OpenCV: {images} pictures. The others: the first {peer_images} of them.\n")
    print_table(["method", "excess wanted", "mean excess reached", "ms an image", "times ours"], rows)


def load_pictures(count: int, size: int, folder: Path | None) -> Tensor:
    """Return pictures `(count, 3, size, size)` in [0, 1]: squares of photographs, at places drawn from a seed."""
    from PIL import Image
    from skimage import data

    if folder is None:
        photographs = [Image.fromarray(load()) for load in (data.astronaut, data.coffee, data.chelsea, data.rocket)]
    else:
        photographs = [Image.open(path).convert("RGB") for path in sorted(folder.glob("*.jpg"))[:count]]
    drawn = np.random.default_rng(0)
    squares = []
    for index in range(count):
        photograph = photographs[index % len(photographs)]
        side = min(photograph.size) if folder else int(drawn.integers(size, min(photograph.size)))
        left, top = (int(drawn.integers(0, length - side + 1)) for length in photograph.size)
        square = photograph.crop((left, top, left + side, top + side))
        squares.append(np.asarray(square.resize((size, size), Image.Resampling.BICUBIC)))
    return torch.from_numpy(np.stack(squares)).permute(0, 3, 1, 2).contiguous().float() / 255


def batch(corrupted: Tensor, hole: Tensor) -> Batch:
    """Return what a method is given."""
    return Batch(corrupted, hole, tuple(range(len(hole))))


def variation(image: Tensor, hole: Tensor) -> Tensor:
    """Return each image's total variation over the terms that its hole can change."""
    x = image.double().permute(2, 3, 0, 1).contiguous()
    counted = pose(x, hole.permute(2, 3, 0, 1), 0.0, unit=1.0)[0].counted
    slope = gradient(x, out=torch.zeros(2, *x.shape, dtype=x.dtype))
    return (vector_length(slope) * counted).sum((0, 1, 3))


def douglas_rachford(corrupted: Tensor, hole: Tensor, prox: Callable[[Tensor], Tensor]) -> Iterator[Tensor]:
    """Yield the feasible point of each step, from the mean colour on."""
    z = torch.where(hole, ops.known_mean(corrupted, hole), corrupted)
    while True:
        x = torch.where(hole, z, corrupted)
        yield x
        z = z + prox(2 * x - z) - x


def by_skimage() -> Steps | None:
    """Return Douglas–Rachford with scikit-image's proximal operator, which takes one picture at a time."""
    from skimage.restoration import denoise_tv_chambolle

    def prox(pictures: Tensor) -> Tensor:
        denoised = [denoise_tv_chambolle(picture, **SKIMAGE, eps=0, channel_axis=0) for picture in pictures.numpy()]
        return torch.from_numpy(np.stack(denoised))

    return lambda corrupted, hole: douglas_rachford(corrupted, hole, prox)


def by_deepinv() -> Steps | None:
    """Return Douglas–Rachford with deepinv's proximal operator, which continues from its last dual variable."""
    try:
        from deepinv.optim.prior import TVPrior
    except ImportError:
        return None

    def steps(corrupted: Tensor, hole: Tensor) -> Iterator[Tensor]:
        prior = TVPrior(def_crit=0, n_it_max=DEEPINV_INNER)
        return douglas_rachford(corrupted, hole, lambda pictures: prior.prox(pictures, gamma=DEEPINV_GAMMA))

    return steps


def by_opencv(corrupted: Tensor, hole: Tensor) -> Tensor | None:
    """Return OpenCV's completions by Telea's method, with radius 3."""
    try:
        import cv2
    except ImportError:
        return None
    levels = ops.to_levels(corrupted).to(torch.uint8).permute(0, 2, 3, 1).contiguous().numpy()
    masks = hole[:, 0].to(torch.uint8).numpy()
    filled: list[Any] = [cv2.inpaint(one, mask, 3, cv2.INPAINT_TELEA) for one, mask in zip(levels, masks, strict=True)]
    return torch.from_numpy(np.stack(filled)).permute(0, 3, 1, 2).float() / 255


def steps_needed(
    steps: Iterator[Tensor], target: float, excess: Callable[[Tensor], Tensor], budget: float
) -> tuple[int, Tensor]:
    """Return after how many steps the mean excess is below `target`, or where the time ran out; and the completions."""
    end = time.perf_counter() + budget
    count, completion = 0, next(steps)
    while float(excess(completion).mean()) > target and time.perf_counter() < end:
        count, completion = count + 1, next(steps)
    return count, completion


def run_steps(steps: Iterator[Tensor], count: int) -> Tensor:
    """Do as many steps, and return the last one's completions."""
    for _ in range(count):
        next(steps)
    return next(steps)


def row(label: str, target: float, excess: Tensor, seconds: float, ours: float, bound: str = "") -> list[str]:
    """Return one line of the table; `bound` stands before times that would have been longer."""
    times = [f"{bound}{seconds * 1000:.2f}", f"{bound}{seconds / ours:.0f}"]
    return [label, f"{target:g}", f"{float(excess.mean()):.1e}", *times]


if __name__ == "__main__":
    main()
