"""How fast pictures are prepared: with one process, with all, and by a plain loop of Pillow and torchvision.

`python -m benchmarks.prepare` from the repository root, on a machine that does nothing else. Without `--folder`,
photographs of scikit-image are cut, saved as JPEG files of CelebA's size (178 × 218) and prepared at 64 × 64.
"""

from __future__ import annotations

import contextlib
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import click
import numpy as np
import psutil
from PIL import Image

from benchmarks.harness import print_table
from inpaintbench.api import DatasetSpec
from inpaintbench.execution.chosen import ChosenDataset
from inpaintbench.plugins import load_registry
from inpaintbench.prepared.build import build
from inpaintbench.prepared.crew import spare_processors
from inpaintbench.prepared.shelf import Shelf
from inpaintbench.prepared.wanted import Wanted
from inpaintbench.selectors import select

HEIGHT: Final = 218
WIDTH: Final = 178


@click.command()
@click.option("--folder", type=click.Path(path_type=Path, exists=True), help="Pictures of your own.")
@click.option("--images", default=10_000, show_default=True, help="JPEG files to make, where no folder is given.")
@click.option("--size", default=64, show_default=True)
@click.option("--repeats", default=3, show_default=True, help="Runs whose median counts.")
@click.option("--memory", is_flag=True, help="Measure the peak memory of preparing a tenth of the pictures and all.")
def main(folder: Path | None, images: int, size: int, repeats: int, memory: bool) -> None:
    """Measure all, and print it."""
    with TemporaryDirectory() as name:
        root = Path(name)
        if folder is None:
            folder = root / "pictures"
            make_photographs(folder, images)
        wanted = _wanted(folder, size)
        print_rates(wanted, folder, root, repeats)
        if memory:
            print_memory(folder, size, len(wanted.items))


def print_rates(wanted: Wanted, folder: Path, root: Path, repeats: int) -> None:
    """Print how long preparing takes, and finding again."""
    spare = spare_processors()
    first = folder / wanted.items[0]
    with Image.open(first) as image:
        example = f"{image.width} × {image.height} {image.format}"
    ways: dict[str, Callable[[], object]] = {
        "Pillow + torchvision, plain loop": lambda: plain_loop(wanted, folder),
        "inpaintbench, 1 process": lambda: build(wanted, root / "one", lambda items: None, workers=0),
        f"inpaintbench, {1 + spare} processes": lambda: build(wanted, root / "all", lambda items: None, workers=spare),
    }
    seconds: dict[str, list[float]] = {way: [] for way in ways}
    for call in ways.values():  # files come from memory for all alike
        call()
    for _ in range(repeats):  # in turn, so that a busy minute meets all
        for way, call in ways.items():
            seconds[way].append(_seconds(call))
    median = {way: statistics.median(times) for way, times in seconds.items()}
    one = median["inpaintbench, 1 process"]
    shelf = Shelf(root / "shelf")
    shelf.obtain(wanted)
    found = statistics.median(_seconds(lambda: shelf.find(_wanted(folder, wanted.size))) for _ in range(5))
    count = len(wanted.items)
    print(f"{_processor()}, {1 + spare} threads. {count:,} files of {example} to {wanted.size} × {wanted.size}.")
    print(f"Median of {repeats} runs.\n")
    rows = [[way, f"{time:.2f}", f"{count / time:,.0f}", f"{one / time:.2f}"] for way, time in median.items()]
    print_table(["way", "seconds", "images a second", "times one process"], rows)
    print(f"\nFound again, hashes of files that have not changed included: {found * 1000:.1f} ms.\n")


def print_memory(folder: Path, size: int, count: int) -> None:
    """Print the peak memory of processes that prepare a tenth of the pictures, and all."""
    rows = []
    for images in (count // 10, count):
        code = f"from benchmarks.prepare import report_peak; report_peak({str(folder)!r}, {size}, {images})"
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        own, workers = done.stdout.split()
        rows.append([f"{images:,}", own, workers])
    print_table(["images", "peak of the process (MiB)", "largest of its workers (MiB)"], rows)


def report_peak(folder: str, size: int, images: int) -> None:
    """Prepare the first pictures of a folder, and print the peak memory of this process and of its workers in MiB."""
    peaks: list[int] = []
    with TemporaryDirectory() as name:
        build(_wanted(Path(folder), size, images), Path(name) / "pictures", lambda items: _note_workers(peaks))
    print(_peak(os.getpid()), max(peaks, default=0))


def _note_workers(peaks: list[int]) -> None:
    for child in psutil.Process().children():
        with contextlib.suppress(OSError):
            peaks.append(_peak(child.pid))


def _peak(process: int) -> int:
    """Return what Linux says; `getrusage` would count what the parent took before it started the process."""
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    return max((int(line.split()[1]) // 1024 for line in lines if line.startswith("VmHWM")), default=0)


def plain_loop(wanted: Wanted, folder: Path) -> np.ndarray:
    """Decode, resize and crop one picture after the other, as most training code does."""
    from torchvision.transforms.v2 import functional as F

    pictures = np.empty((len(wanted.items), wanted.size, wanted.size, 3), dtype=np.uint8)
    for position, item in enumerate(wanted.items):
        with Image.open(folder / item) as image:
            resized = F.resize(image.convert("RGB"), [wanted.size], interpolation=F.InterpolationMode.BICUBIC)
        pictures[position] = np.asarray(F.center_crop(resized, [wanted.size]))
    return pictures


def make_photographs(folder: Path, count: int) -> None:
    """Write JPEG files of CelebA's size, cut at random from photographs that scikit-image ships."""
    from skimage import data

    photographs = [data.astronaut(), data.coffee(), data.chelsea(), data.rocket()]
    random = np.random.default_rng(0)
    folder.mkdir()
    for number in range(count):
        photograph = photographs[number % len(photographs)]
        top = random.integers(photograph.shape[0] - HEIGHT + 1)
        left = random.integers(photograph.shape[1] - WIDTH + 1)
        crop = photograph[top : top + HEIGHT, left : left + WIDTH]
        Image.fromarray(np.ascontiguousarray(crop)).save(folder / f"{number:06d}.jpg", quality=90)


def _wanted(folder: Path, size: int, limit: int | None = None) -> Wanted:
    [selection] = select([f'image_folder[path="{folder}"]'], DatasetSpec, load_registry())
    return ChosenDataset.open(selection, limit).wanted(size)


def _processor() -> str:
    from inpaintbench.execution.devices.device import choose_device, describe_device

    return str(describe_device(choose_device("cpu"))["name"])


def _seconds(call: Callable[[], object]) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
