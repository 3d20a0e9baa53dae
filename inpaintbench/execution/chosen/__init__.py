"""What a suite has chosen: methods, data sets, masks, metrics, trainings, each with all that numbers depend on."""

from inpaintbench.execution.chosen.computing import ChosenMethod, ChosenMetric, Obtain
from inpaintbench.execution.chosen.holes import ChosenMask
from inpaintbench.execution.chosen.pictures import ChosenDataset
from inpaintbench.execution.chosen.training import ChosenTraining

__all__ = ["ChosenDataset", "ChosenMask", "ChosenMethod", "ChosenMetric", "ChosenTraining", "Obtain"]
