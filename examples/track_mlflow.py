"""Log a benchmark to MLflow: `bench run --plugin examples/track_mlflow.py`, after `pip install mlflow`.

One MLflow run for each finished cell, so that MLflow's table compares cells: what was run are its parameters, the means
are its metrics. MLFLOW_TRACKING_URI and MLFLOW_EXPERIMENT_NAME say where to. Nothing stays open between two cells.
"""

import re

from inpaintbench import hookimpl


@hookimpl
def on_cell_finished(record, folder):
    """Log a cell."""
    import mlflow  # not above: workers import this file, too

    name = f"{record.method} × {record.dataset} × {record.mask}"
    # Nested, so that a run of the caller's own in the same process is not in the way.
    mlflow.start_run(run_name=name, nested=True, tags={"status": record.status, "key": record.key})
    try:
        for parameter in ("method", "dataset", "mask", "size", "seed", "limit", "protocol"):
            mlflow.log_param(parameter, getattr(record, parameter))
        mlflow.log_metrics({allowed(metric): mean for metric, mean in record.means.items() if mean is not None})
        if (folder / "samples").is_dir():
            mlflow.log_artifacts(str(folder / "samples"), artifact_path="samples")
    finally:
        mlflow.end_run("FINISHED" if record.status == "complete" else "FAILED")


def allowed(name):
    """Return a metric's name with the signs that MLflow takes: lpips[net=squeeze] becomes lpips.net-squeeze."""
    return re.sub(r"[^\w.\- /]", "_", name.replace("[", ".").replace("=", "-").replace("]", ""))
