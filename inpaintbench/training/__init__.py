"""How networks are trained: what the trainers of several methods have in common, and the loop that drives them."""

from inpaintbench.training.networks import autocast, fold_batch_norms, initialise

__all__ = ["autocast", "fold_batch_norms", "initialise"]
