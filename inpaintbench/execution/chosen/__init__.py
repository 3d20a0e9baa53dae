"""What a suite has chosen: methods, data sets, masks and metrics, each with all that numbers depend on in it."""

from inpaintbench.execution.chosen.computing import ChosenMethod, ChosenMetric, Obtain
from inpaintbench.execution.chosen.holes import ChosenMask
from inpaintbench.execution.chosen.pictures import ChosenDataset

__all__ = ["ChosenDataset", "ChosenMask", "ChosenMethod", "ChosenMetric", "Obtain"]
