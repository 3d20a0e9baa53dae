"""Total-variation inpainting, certified by its duality gap."""
