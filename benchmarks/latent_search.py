"""The latent search of `yeh` against what a plain port would do, at equal losses. Prints a Markdown table.

`python -m benchmarks.latent_search` from the repository root, on a machine that does nothing else. The port stands
below. It is what ports of the paper have in common: float32, layers run one by one in the layout that torch has by
default, normalisation in evaluation mode but on its own, parameters that gather gradients which nobody uses, and
`torch.optim.Adam` on z. Both searches start from the same z, take the same steps, and should reach the same mean
context loss; both losses are printed.

The weights are random unless a checkpoint is given. That is good for timing only: the losses then say that both
searches do the same, and nothing about completions.

*Share of the peak*: the arithmetic of the convolutions that a step needs (each network once forward, and once back to
its input), as a share of the rate of one large matrix product in the same number format.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Final

import click
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from benchmarks.harness import print_table
from benchmarks.timing import median_seconds
from inpaintbench.checkpoints.library import Checkpoint
from inpaintbench.checkpoints.weights import read_weights
from inpaintbench.execution.devices.device import choose_device, describe_device, synchronize
from inpaintbench.seeding import derive_seed
from inpaintbench.training import fold_batch_norms, initialise
from inpaintbench.training.networks import has_quick_bfloat16, reduced_precision
from inpaintbench_methods.yeh.dcgan import Architecture, build_discriminator, build_generator
from inpaintbench_methods.yeh.losses import context_weights
from inpaintbench_methods.yeh.search import Draws, Networks, Settings, search

PAPER: Final = 1500
"""Iterations for which the times are stated."""

PORT_BATCHES: Final = (1, 64)
SIDE: Final = 0.3125
"""Of the square hole, as a share of the picture's."""


@click.command()
@click.option("--images", default=64, show_default=True, help="For ours, and for the port with large batches.")
@click.option("--single-images", default=4, show_default=True, help="For the port with batches of one.")
@click.option("--iterations", default=20, show_default=True, help="Steps that are timed; more for a GPU.")
@click.option("--size", default=64, show_default=True)
@click.option("--width", default=64, show_default=True)
@click.option("--checkpoint", type=Path, help="A folder that `bench train yeh` has written; decides size and width.")
@click.option("--repeats", default=3, show_default=True, help="Runs whose median counts.")
@click.option("--device", default="cpu", show_default=True)
@click.option("--threads", default=1, show_default=True)
def main(
    images: int,
    single_images: int,
    iterations: int,
    size: int,
    width: int,
    checkpoint: Path | None,
    repeats: int,
    device: str,
    threads: int,
) -> None:
    """Measure all, and print it."""
    torch.set_num_threads(threads)
    # On CUDA, "float32" convolutions would otherwise round their inputs to the 10 bits of TF32.
    torch.backends.cudnn.allow_tf32 = False
    chosen = choose_device(device)
    architecture, generator, discriminator = (
        random_networks(Architecture(size, width)) if checkpoint is None else trained_networks(checkpoint)
    )
    generator, discriminator = generator.eval().to(chosen), discriminator.eval().to(chosen)
    networks = Networks(frozen(generator), frozen(discriminator), architecture.latent)
    settings = Settings(iterations=iterations)
    known, weights, seeds = problem(generator, architecture, images, chosen)
    starts = torch.stack([Draws(derive_seed("latent search", seed, 0)).uniform(architecture.latent) for seed in seeds])
    starts = starts.to(chosen)
    needed = step_flops(networks, chosen)
    formats = formats_of_ours(chosen)
    peaks = {dtype: product_rate(chosen, dtype) for dtype in dict.fromkeys([torch.float32, *formats])}
    rows = []

    def measure(label: str, dtype: torch.dtype, batch: int, count: int, run: Callable[[], Tensor]) -> None:
        context = run()
        step = timed(run, repeats, chosen) / count / iterations
        rows.append(
            [
                f"{label}, {name_of(dtype)}",
                str(batch),
                f"{step * 1000:.3f}",
                f"{1 / (step * PAPER):.4g}",
                f"{float(context[:single_images].mean()):.2f}",
                f"{float(context.mean()):.2f}" if count == images else "",
                f"{needed / step / peaks[dtype]:.0%}",
            ]
        )

    def ours() -> Tensor:
        return search(networks, known, weights, seeds, settings).context

    for dtype in formats:
        with reduced_precision(dtype == torch.bfloat16):
            measure("inpaintbench yeh", dtype, images, images, ours)
    for batch in PORT_BATCHES:
        count = min(single_images, images) if batch == 1 else images

        def port(batch: int = batch, count: int = count) -> Tensor:
            parts = [slice(first, min(first + batch, count)) for first in range(0, count, batch)]
            return torch.cat(
                [plain_port(generator, discriminator, known[p], weights[p], starts[p], settings) for p in parts]
            )

        measure("plain port", torch.float32, min(batch, count), count, port)

    name = describe_device(chosen).get("name", chosen)
    name = f"{name}, {threads} thread(s)" if chosen.type == "cpu" else name
    about = f"{'random' if checkpoint is None else 'trained'} weights, {iterations} steps, median of {repeats} runs"
    print(f"{name}. DCGAN of width {architecture.width} for {architecture.size}×{architecture.size}, {about}.")
    rates = ", ".join(f"{rate / 1e9:.0f} GFLOP/s in {name_of(dtype)}" for dtype, rate in peaks.items())
    print(f"A step needs {needed / 1e9:.3f} GFLOP a picture. One large matrix product: {rates}.\n")
    heads = [
        "search",
        "batch",
        "ms an image and step",
        f"images a second ({PAPER} steps)",
        f"mean context loss, first {single_images}",
        f"of all {images}",
        "share of the peak",
    ]
    print_table(heads, rows)


def formats_of_ours(device: torch.device) -> list[torch.dtype]:
    """Return in what our search computes: bfloat16 on CUDA; on a CPU float32, and bfloat16 on request."""
    if device.type == "cuda":
        return [torch.bfloat16]
    return [torch.float32, torch.bfloat16] if has_quick_bfloat16(device) else [torch.float32]


def name_of(dtype: torch.dtype) -> str:
    """Return `float32` for `torch.float32`."""
    return str(dtype).removeprefix("torch.")


def plain_port(
    generator: nn.Module, discriminator: nn.Module, known: Tensor, weights: Tensor, start: Tensor, settings: Settings
) -> Tensor:
    """Search as a port of the paper would, from the same z; return the context losses at the end."""
    z = start.clone().requires_grad_()
    optimizer = torch.optim.Adam([z], lr=settings.rate)
    for _ in range(settings.iterations):
        optimizer.zero_grad()
        image = generator(z)
        context = (weights * (image - known).abs()).sum((1, 2, 3))
        prior = -settings.prior * F.softplus(discriminator(image))  # log(1 - D), where D may be nearly 1
        (context + prior).sum().backward()
        optimizer.step()
        with torch.no_grad():
            z.clamp_(-1, 1)
    with torch.no_grad():
        error: Tensor = generator(z) - known
        return (weights * error.abs()).sum((1, 2, 3))


def random_networks(architecture: Architecture) -> tuple[Architecture, nn.Sequential, nn.Sequential]:
    """Return networks with random weights, whose statistics fit their activations, and whose pictures have contrast."""
    random = torch.Generator().manual_seed(0)
    generator, discriminator = build_generator(architecture), build_discriminator(architecture)
    for network in (generator, discriminator):
        initialise(network, random)
        for layer in network:
            if isinstance(layer, nn.BatchNorm2d):
                layer.momentum = None  # averages over all passes
    with torch.no_grad():
        for weight in generator[-2].parameters():
            weight.mul_(3)
        for _ in range(4):
            discriminator(generator(2 * torch.rand(32, architecture.latent, generator=random) - 1))
    return architecture, generator, discriminator


def trained_networks(folder: Path) -> tuple[Architecture, nn.Sequential, nn.Sequential]:
    """Return the networks of a checkpoint, whose card tells how wide they are."""
    checkpoint = Checkpoint.at(folder)
    if checkpoint is None:
        raise click.ClickException(f"No training has ended in {folder}.")
    trained = read_weights(checkpoint)
    states = trained.networks["generator"], trained.networks["discriminator"]
    architecture = Architecture(trained.size, **checkpoint.card.identity["parameters"])
    networks = build_generator(architecture), build_discriminator(architecture)
    for network, state in zip(networks, states, strict=True):
        network.load_state_dict(state)
    return architecture, *networks


def frozen(network: nn.Sequential) -> nn.Sequential:
    """Return a network as the method holds it."""
    return fold_batch_norms(network).to(memory_format=torch.channels_last)


def problem(
    generator: nn.Module, architecture: Architecture, images: int, device: torch.device
) -> tuple[Tensor, Tensor, tuple[int, ...]]:
    """Return pictures that the generator can make, W of a square hole in their middle, and seeds."""
    random = torch.Generator().manual_seed(1)
    z = (2 * torch.rand(images, architecture.latent, generator=random) - 1).to(device)
    size = architecture.size
    side = round(SIDE * size)
    start = (size - side) // 2
    hole = torch.zeros(images, 1, size, size, dtype=torch.bool, device=device)
    hole[:, :, start : start + side, start : start + side] = True
    with torch.no_grad():
        known = torch.cat([generator(z[first : first + 32]) for first in range(0, images, 32)])
    return known.masked_fill(hole, -1), context_weights(hole, 7), tuple(range(images))


def step_flops(networks: Networks, device: torch.device) -> int:
    """Return the floating-point operations of a step for one picture: two for each multiplication and addition.

    What goes back through a convolution to its input takes as many as what goes forward.
    """
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        networks(torch.zeros(1, networks.latent, device=device))
    return 2 * int(counter.get_total_flops())


def product_rate(device: torch.device, dtype: torch.dtype) -> float:
    """Return floating-point operations a second of a large matrix product."""
    n, calls = (8192, 20) if device.type == "cuda" else (2048, 2)
    a, b = (torch.rand(n, n, device=device).to(dtype) for _ in range(2))
    return 2 * n**3 * calls / timed(lambda: [a @ b for _ in range(calls)], 5, device)


def timed(call: Callable[[], object], repeats: int, device: torch.device) -> float:
    """Return the median seconds of a call, the device's work included."""

    def whole() -> None:
        call()
        synchronize(device)

    return median_seconds(whole, repeats)


if __name__ == "__main__":
    main()
