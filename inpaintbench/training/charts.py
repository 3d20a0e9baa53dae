"""Pictures of a training, for a person: its loss curves, and what its networks make."""

from io import BytesIO
from pathlib import Path

import numpy as np
from jaxtyping import Float
from PIL import Image
from torch import Tensor

from inpaintbench.atomic import replacing
from inpaintbench.training.history import History

LOSSES = "losses.png"
SAMPLES = "samples.png"


def draw_losses(folder: Path, history: History, title: str) -> None:
    """Draw each loss over the steps, with its mean over stretches of one percent of them."""
    from matplotlib.figure import Figure  # here: it takes most of a second, and only the end of a training needs it

    names = list(history)
    figure = Figure(figsize=(7, 2.2 * max(1, len(names))), layout="constrained")
    for position, name in enumerate(names):
        axes = figure.add_subplot(len(names), 1, position + 1)
        steps, values = history.steps(name), history.values(name)
        axes.plot(steps, values, linewidth=0.4, alpha=0.35, color="tab:blue")
        parts = min(100, len(values))
        axes.plot(
            [part.mean() for part in np.array_split(steps, parts)],
            [part.mean() for part in np.array_split(values, parts)],
            color="tab:blue",
        )
        axes.set_ylabel(name, parse_math=False)
        axes.grid(alpha=0.3)
        if len(values) and values.min() > 0 and np.median(values) * 20 < values.max():
            axes.set_yscale("log")
    if names:
        axes.set_xlabel("step")
        figure.suptitle(title, fontsize="medium", parse_math=False)  # a path may hold $
    content = BytesIO()
    figure.savefig(content, format="png", dpi=120)
    with replacing(folder / LOSSES) as file:
        file.write(content.getvalue())


def draw_samples(folder: Path, pictures: Float[Tensor, "n 3 h w"], columns: int = 8) -> None:
    """Save pictures in [0, 1] as one grid, `columns` in a row, with a thin white frame round each."""
    levels = (pictures.detach().float().cpu().clamp(0, 1) * 255).round().byte().permute(0, 2, 3, 1).numpy()
    count, height, width, _ = levels.shape
    if not count:
        raise ValueError("there is no picture to draw")
    columns = min(columns, count)
    rows = -(-count // columns)
    grid = np.full((rows * (height + 2) + 2, columns * (width + 2) + 2, 3), 255, dtype=np.uint8)
    for place, picture in enumerate(levels):
        top, left = 2 + place // columns * (height + 2), 2 + place % columns * (width + 2)
        grid[top : top + height, left : left + width] = picture
    content = BytesIO()
    Image.fromarray(grid).save(content, format="PNG")
    with replacing(folder / SAMPLES) as file:
        file.write(content.getvalue())
