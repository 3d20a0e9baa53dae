"""What plugins and the harness promise each other: four specs, four contracts, and the words they share.

| word | meaning |
|---|---|
| image | the ground truth, RGB in [0, 1], `(3, H, W)` |
| hole | bool `(1, H, W)`, True = missing, to be filled |
| corrupted | the image with its hole pixels set to 0 |
| completion | what a method returns |
| composite | the completion inside the hole, the image's own pixels outside: what is scored |
"""

from inpaintbench.api.contracts import (
    Batch,
    Completion,
    Dataset,
    Fingerprinted,
    Labelled,
    MaskGenerator,
    Method,
    Metric,
    Movable,
    Sourced,
)
from inpaintbench.api.learning import TrainingSpec, budget
from inpaintbench.api.lessons import Learned, Lesson, Trained, Trainer
from inpaintbench.api.specs import (
    DatasetSpec,
    Download,
    MaskSpec,
    MethodSpec,
    MetricSpec,
    PluginKind,
    PluginSpec,
    Split,
)
from inpaintbench.errors import InpaintbenchError
from inpaintbench.parameters import REQUIRED, Parameter, Value, resolve_extent

__all__ = [
    "REQUIRED",
    "Batch",
    "Completion",
    "Dataset",
    "DatasetSpec",
    "Download",
    "Fingerprinted",
    "InpaintbenchError",
    "Labelled",
    "Learned",
    "Lesson",
    "MaskGenerator",
    "MaskSpec",
    "Method",
    "MethodSpec",
    "Metric",
    "MetricSpec",
    "Movable",
    "Parameter",
    "PluginKind",
    "PluginSpec",
    "Sourced",
    "Split",
    "Trained",
    "Trainer",
    "TrainingSpec",
    "Value",
    "budget",
    "resolve_extent",
]
