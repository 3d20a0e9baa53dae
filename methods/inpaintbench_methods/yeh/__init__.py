"""Semantic image inpainting: a search in the latent space of a generative adversarial network."""
