"""Follow a benchmark on Weights & Biases: `bench run --plugin examples/track_wandb.py`, after `pip install wandb`.

One W&B run for each `bench run`: every finished cell adds its means and pictures, the end of the run a table of all.
W&B's own variables say where to: WANDB_PROJECT, WANDB_ENTITY, WANDB_MODE=offline, …
"""

from inpaintbench import hookimpl

COLUMNS = ["method", "dataset", "mask", "status", "metric", "mean"]
run, rows = None, []


@hookimpl
def on_cell_finished(record, folder):
    """Log a cell."""
    import wandb  # not above: workers import this file, too

    global run
    if run is None:
        run = wandb.init(job_type="inpaintbench", config={"protocol": record.protocol})
    where = f"{record.method}/{record.dataset}/{record.mask}/{record.size}px-seed{record.seed}"
    pictures = [wandb.Image(str(path), caption=path.stem) for path in sorted(folder.glob("samples/*-composite.png"))]
    means = {f"{where}/{name}": mean for name, mean in record.means.items() if mean is not None}
    run.log(means | {f"{where}/status": record.status, f"{where}/samples": pictures})
    rows.extend([record.method, record.dataset, record.mask, record.status, *mean] for mean in record.means.items())


@hookimpl
def on_run_finished(interrupted):
    """Log the table, wait until all is uploaded, and say how the run ended."""
    global run
    if run is not None:
        import wandb

        run.log({"cells": wandb.Table(columns=COLUMNS, data=rows)})
        run.finish(exit_code=1 if interrupted else 0)
        run = None
        rows.clear()
