"""What supervised workers cost, and what two of them save. Prints Markdown tables.

`python -m benchmarks.supervision` from the repository root, on a machine that does nothing else. Everything is measured
on the command `bench run`, in processes of its own: 40 small cells of two methods, with `--isolation none`, with one
worker, and with two; and 10,000 planned cells of 100 methods, until the first one runs. Runs are interleaved, and the
best of each kind counts: what another program takes of the machine only ever makes a run slower.
"""

from __future__ import annotations

import os
import re
import resource
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import click
import psutil

from benchmarks.harness import PLAN, SIZE, make_pictures, print_table

BENCH: Final = [sys.executable, "-c", "from inpaintbench.cli import main; main()"]
MASKS: Final = [f"center_square[side={side}]" for side in range(10, 30)]
SMALL: Final = ("mean_fill", "harmonic")
LONG: Final = ("tv", "harmonic")
PARTS: Final = ("small", "start", "shared", "planned")
WAYS: Final = {
    "in-process": ["--isolation", "none"],
    "one worker": ["--isolation", "process"],
    "two workers": ["--isolation", "process", "--workers", "2"],
}


@click.command()
@click.option("--images", default=50, show_default=True, help="Of each small cell.")
@click.option("--long-images", default=300, show_default=True, help="Of each cell that two workers share.")
@click.option("--repeats", default=5, show_default=True, help="Runs of each kind, of which the best counts.")
@click.option("--whole/--no-whole", default=False, help="Run all 10,000 cells, twice, for the memory at the end.")
@click.option("--part", "parts", multiple=True, type=click.Choice(PARTS), default=PARTS, help="Repeatable.")
def main(images: int, long_images: int, repeats: int, whole: bool, parts: Sequence[str]) -> None:
    """Measure all, and print it."""
    os.environ |= {"OMP_NUM_THREADS": "1"}
    with TemporaryDirectory() as name:
        folder = Path(name)
        make_pictures(folder / "pictures", max(images, long_images))
        os.environ["INPAINTBENCH_CACHE"] = str(folder / "cache")
        if "small" in parts:
            print_small(folder, images, repeats)
        if "start" in parts:
            print_start(folder, repeats)
        if "shared" in parts:
            print_shared(folder, long_images, repeats)
        if "planned" in parts:
            print_planned(folder, repeats, whole=whole)


def print_small(folder: Path, images: int, repeats: int) -> None:
    """Print what the supervisor adds to 40 small cells."""
    words = small_run(folder, SMALL, images)
    kinds = {way: [*words, *WAYS[way]] for way in ("in-process", "one worker")}
    best = best_of(folder, kinds, repeats)
    (wall, used), (wall_there, used_there) = best["in-process"], best["one worker"]
    rows = [[way, f"{best[way][0]:.2f}", f"{best[way][1]:.2f}"] for way in kinds]
    rows.append(["added", f"{wall_there / wall - 1:+.1%}", f"{used_there / used - 1:+.1%}"])
    print(f"40 cells of {images} pictures of {SIZE}×{SIZE}; best of {repeats}.\n")
    print_table(["40 small cells", "wall (s)", "processor (s)"], rows)


def print_start(folder: Path, repeats: int) -> None:
    """Print how long a worker takes to be ready, and a run of one picture."""
    rows = []
    seconds = [ready_seconds() for _ in range(repeats)]
    rows.append(["a worker is ready, once the fork server is up", f"{min(one[0] for one in seconds):.3f}"])
    rows.append(["the same, two workers", f"{min(one[1] for one in seconds):.3f}"])
    words = ["-m", "mean_fill", *common(folder, MASKS[:1], 1)]
    kinds = {way: [*words, *WAYS[way]] for way in ("in-process", "one worker")}
    for way, (wall, _) in best_of(folder, kinds, repeats).items():
        rows.append([f"bench run of one picture, {way}", f"{wall:.2f}"])
    print_table(["start", "wall (s)"], rows)


def print_shared(folder: Path, images: int, repeats: int) -> None:
    """Print how much faster two workers are than one."""
    words = small_run(folder, LONG, images)
    best = best_of(folder, {way: [*words, *WAYS[way]] for way in WAYS}, repeats)
    one = best["one worker"][0]
    rows = [[way, f"{wall:.2f}", f"{used:.2f}", f"{one / wall:.2f}"] for way, (wall, used) in best.items()]
    print(f"40 cells of {images} pictures, one thread each; best of {repeats}.\n")
    print_table(["40 cells of tv and harmonic", "wall (s)", "processor (s)", "times as fast as one worker"], rows)


def print_planned(folder: Path, repeats: int, *, whole: bool) -> None:
    """Print how soon the first of 10,000 cells runs, and what memory the supervisor takes."""
    plugin = folder / "hundred_methods.py"
    plugin.write_text(PLAN)
    masks = [f"center_square[side={side}]" for side in range(1, 51)]
    masks += [f"circle[diameter={diameter}]" for diameter in range(2, 52)]
    words = ["-m", "method_*", "--plugin", str(plugin), *common(folder, masks, 1)]
    best = min(first_cell(folder, words) for _ in range(repeats))
    rows = [["until the first cell runs", f"{best[0]:.2f}", f"{best[1] / 2**20:.0f}"]]
    for what in ("all have run", "all are stored already") if whole else ():
        seconds, peak = first_cell(folder, words, folder / "whole")
        rows.append([f"{what}, and the table is shown", f"{seconds:.2f}", f"{peak / 2**20:.0f}"])
    print_table(["10,000 cells", "wall (s)", "memory of the supervisor (MiB)"], rows)


def common(folder: Path, masks: Sequence[str], images: int) -> list[str]:
    """Return the words that all runs share."""
    words = [word for mask in masks for word in ("-k", mask)]
    words += ["-d", f"image_folder[path={folder / 'pictures'}]", "--metric", "psnr", "--metric", "ssim"]
    return [*words, "--size", str(SIZE), "--limit", str(images), "--device", "cpu", "--samples", "0"]


def small_run(folder: Path, methods: Sequence[str], images: int) -> list[str]:
    """Return the words of 40 cells: 20 masks for each of two methods."""
    return [*(word for method in methods for word in ("-m", method)), *common(folder, MASKS, images)]


def best_of(folder: Path, kinds: dict[str, list[str]], repeats: int) -> dict[str, tuple[float, float]]:
    """Return the least wall time and the least processor time of several kinds of `bench run`, done in turn."""
    runs: dict[str, list[tuple[float, float]]] = {kind: [] for kind in kinds}
    timed(folder, next(iter(kinds.values())))  # the pictures are prepared now
    for _ in range(repeats):
        for kind, words in kinds.items():
            runs[kind].append(timed(folder, words))
    return {kind: (min(run[0] for run in done), min(run[1] for run in done)) for kind, done in runs.items()}


def timed(folder: Path, words: Sequence[str]) -> tuple[float, float]:
    """Return the wall time of a `bench run`, and its processor time, workers' included."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    with TemporaryDirectory(dir=folder) as out:
        start = time.perf_counter()
        done = subprocess.run([*BENCH, "run", *words, "--out", out], capture_output=True, text=True, check=False)
        wall = time.perf_counter() - start
    if done.returncode:
        raise SystemExit(done.stderr[-2000:])
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def ready_seconds() -> tuple[float, float]:
    """Return the seconds until one worker, and until two, have said that they are ready for jobs."""
    from inpaintbench.execution.workers.nursery import Nursery

    hello = {"is": "hello", "device": "cpu", "threads": 1, "environment": {}, "plugins": [], "path": sys.path}
    seconds = []
    with Nursery() as nursery:
        nursery.spawn()[1].hang_up()  # once this one is born, all is imported
        for count in (1, 2):
            start = time.perf_counter()
            channels = [nursery.spawn()[1] for _ in range(count)]
            for channel in channels:
                channel.send(hello | {"folder": str(Path.cwd()), "deterministic": False})
            if any(channel.receive()["is"] != "open" for channel in channels):
                raise SystemExit("A worker did not open.")
            seconds.append(time.perf_counter() - start)
            for channel in channels:
                channel.close()
    return seconds[0], seconds[1]


def first_cell(folder: Path, words: Sequence[str], whole: Path | None = None) -> tuple[float, int]:
    """Start a run; return the seconds until its first cell runs, and its peak memory in bytes.

    If `whole` names a folder for its results, it goes on to its end.
    """
    with TemporaryDirectory(dir=folder) as out, (folder / "said").open("w") as said:
        start = time.perf_counter()
        process = psutil.Popen([*BENCH, "run", *words, "--out", str(whole or out)], stdout=said, stderr=said)
        peak = 0
        while process.poll() is None:
            peak = max(peak, peak_of(process.pid))
            if whole is None and next(Path(out).glob("cells/*/*/*/*/log.txt"), None):
                break
            time.sleep(0.01)
        seconds = time.perf_counter() - start
        if process.poll() is None:
            process.send_signal(2)
        elif process.returncode:
            raise SystemExit((folder / "said").read_text()[-2000:])
        process.wait()
    return seconds, peak


def peak_of(process: int) -> int:
    """Return the most memory that a process has had, as the kernel counts it; 0 if it has gone."""
    try:
        found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{process}/status").read_text())
    except OSError:
        return 0
    return int(found[1]) * 1024 if found else 0


if __name__ == "__main__":
    main()
