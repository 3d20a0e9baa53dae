"""GLCIC: a fully convolutional network, trained against discriminators of the whole and of the part around the hole."""
