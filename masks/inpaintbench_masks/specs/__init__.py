"""The table of contents by family: what each mask is called, does, and takes. Imports nothing heavy."""
