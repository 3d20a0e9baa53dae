"""Cartoon faces: drawn by rule, aligned, as many as wanted, the same on every platform."""
