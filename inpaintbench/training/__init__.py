"""How networks are trained: what the trainers of several methods have in common, and the loop that drives them."""

from inpaintbench.training.adversarial import adversarial_loss, discriminator_loss
from inpaintbench.training.networks import autocast, fold_batch_norms, initialise
from inpaintbench.training.schedule import remaining_rate

__all__ = ["adversarial_loss", "autocast", "discriminator_loss", "fold_batch_norms", "initialise", "remaining_rate"]
