"""What the harness costs beside the method: time an image, start-up, planning, and memory. Prints Markdown tables.

`python -m benchmarks.harness` from the repository root, on a machine that does nothing else. The method is `mean_fill`,
which costs next to nothing, so that the rest is the harness: decoding, drawing holes, scoring, storing.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import click

from benchmarks.timing import median_seconds

SIZE: Final = 64
METRICS: Final = {
    "PSNR alone": ["psnr"],
    "all but LPIPS": ["psnr", "ssim", "l1", "psnr_hole", "l1_hole"],
    "all (LPIPS: squeeze)": [],  # what is scored where nobody chooses
}
PLAN: Final = """
from inpaintbench import hookimpl
from inpaintbench.api import MethodSpec

@hookimpl
def register_methods():
    return [
        MethodSpec(name=f"method_{number}", target="inpaintbench_methods.mean_fill:MeanFill", summary="")
        for number in range(100)
    ]
"""


@click.command()
@click.option("--images", default=2000, show_default=True, help="For the time an image.")
@click.option(
    "--memory",
    multiple=True,
    type=int,
    default=[200, 2000, 10000, 25000, 50000],
    show_default=True,
    help="Images. Repeatable.",
)
@click.option("--repeats", default=3, show_default=True, help="Runs whose median counts.")
@click.option("--device", default="cpu", show_default=True)
def main(images: int, memory: tuple[int, ...], repeats: int, device: str) -> None:
    """Measure all, and print it."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        make_pictures(folder / "pictures", max(images, *memory))
        print_overhead(folder, images, repeats, device)
        print_memory(folder, memory, device)
        print_start_up(folder)


def print_overhead(folder: Path, images: int, repeats: int, device: str) -> None:
    """Print the time beside the method's, for each choice of metrics."""
    rows = []
    for label, metrics in METRICS.items():
        start = statistics.median(measure(folder, 1, metrics, device)["wall"] for _ in range(repeats))
        runs = [measure(folder, images, metrics, device) for _ in range(repeats)]
        middle = sorted(runs, key=lambda run: run["wall"])[len(runs) // 2]
        note = f" ({middle['unavailable']})" if middle["unavailable"] else ""
        harness = middle["wall"] - middle["method"]
        seconds = [f"{middle['wall']:.2f}", f"{middle['method']:.3f}", f"{start:.2f}"]
        rows.append(
            [label + note, *seconds, f"{(harness - start) / images * 1000:.2f}", f"{harness / images * 1000:.2f}"]
        )
    print(f"Device: {middle['device']}. Median of {repeats} runs of {images} PNG pictures of {SIZE}×{SIZE}.\n")
    heads = [
        "metrics",
        "wall (s)",
        "method (s)",
        "a run of one image (s)",
        "each further image (ms)",
        "all but the method (ms an image)",
    ]
    print_table(heads, rows)


def print_memory(folder: Path, counts: Sequence[int], device: str) -> None:
    """Print the most memory that a whole run took, for several numbers of images."""
    rows = []
    for count in counts:
        run = measure(folder, count, METRICS["all but LPIPS"], device)
        rows.append([f"{count}", f"{run['peak'] / 2**20:.0f}", f"{run['wall']:.2f}"])
    print_table(["images", "peak memory of the process (MiB)", "wall (s)"], rows)


def print_start_up(folder: Path) -> None:
    """Print how long the commands take that nobody wants to wait for."""
    bench = [sys.executable, "-c", "from inpaintbench.cli import main; main()"]
    plugin = folder / "hundred_methods.py"
    plugin.write_text(PLAN)
    (folder / "one").mkdir()
    next((folder / "pictures").iterdir()).rename(folder / "one/picture.png")
    masks = [f"center_square[side={side}]" for side in range(1, 51)]
    masks += [f"circle[diameter={diameter}]" for diameter in range(2, 52)]
    plan = ["plan", "-m", "method_*", "-d", f"image_folder[path={folder / 'one'}]", "--plugin", str(plugin)]
    plan += [word for mask in masks for word in ("-k", mask)] + ["--out", str(folder / "planned")]
    commands = {"bench --help": ["--help"], "bench list": ["list"], "bench plan, 10,000 cells": plan}
    rows = []
    for label, words in commands.items():
        call = partial(subprocess.run, [*bench, *words], check=True, stdout=subprocess.DEVNULL)
        rows.append([label, f"{median_seconds(call, repeats=5):.2f}"])
    print_table(["command", "median of 5 (s)"], rows)


def make_pictures(folder: Path, count: int) -> None:
    """Write smooth pictures of random colours; from the thousandth on, further names for the same ones."""
    import numpy as np
    from PIL import Image

    folder.mkdir()
    drawn = np.random.default_rng(0)
    for number in range(count):
        path = folder / f"{number:06d}.png"
        if number >= 1000:
            path.hardlink_to(folder / f"{number % 1000:06d}.png")
            continue
        coarse = Image.fromarray(drawn.integers(0, 256, (8, 8, 3), dtype=np.uint8))
        coarse.resize((SIZE, SIZE), Image.Resampling.BICUBIC).save(path)


def measure(folder: Path, images: int, metrics: Sequence[str], device: str) -> dict[str, Any]:
    """Run `mean_fill` on so many pictures in a process of its own; return its times, and its peak memory in bytes."""
    import psutil

    with TemporaryDirectory(dir=folder) as out:
        task = {"folder": str(folder / "pictures"), "images": images, "metrics": metrics, "device": device, "out": out}
        code = "import json, sys; from benchmarks.harness import run_once; run_once(**json.loads(sys.argv[1]))"
        process = psutil.Popen([sys.executable, "-c", code, json.dumps(task)], stdout=subprocess.PIPE, text=True)
        peak = 0
        while process.poll() is None:
            try:
                peak = max(peak, process.memory_info().rss)
            except psutil.NoSuchProcess:
                break
            time.sleep(0.01)
        answer, _ = process.communicate()
    if process.returncode:
        raise SystemExit(f"The measured run ended with exit code {process.returncode}.")
    return {**json.loads(answer), "peak": peak}


def run_once(folder: str, images: int, metrics: Sequence[str], device: str, out: str) -> None:
    """Do what `measure` asks for, and print the times as JSON. Importing torch does not count."""
    from inpaintbench.execution.run import run

    start = time.perf_counter()
    results = run(
        methods=["mean_fill"],
        datasets=[f"image_folder[path={folder}]"],
        masks=["center_square[side=20]"],
        metrics=metrics,
        size=SIZE,
        limit=images,
        device=device,
        out=out,
    )
    wall = time.perf_counter() - start
    record = results.cells[0].record
    if record.status != "complete":
        raise SystemExit(f"{record.status}: {record.error}")
    where = record.environment["device"]
    answer = {
        "wall": wall,
        "method": record.timing["method_seconds"],
        "unavailable": ", ".join(f"{metric.name} not scored" for metric in record.metrics if metric.unavailable),
        "device": ", ".join([where["name"], *(f"{where[name]} threads" for name in ["threads"] if name in where)]),
    }
    print(json.dumps(answer))


def print_table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print Markdown; the first column is text, the others are numbers."""

    def line(cells: Sequence[str]) -> str:
        return f"| {' | '.join(cells)} |"

    print(line(heads), line(["---", *["---:"] * (len(heads) - 1)]), *map(line, rows), sep="\n", end="\n\n")


if __name__ == "__main__":
    main()
