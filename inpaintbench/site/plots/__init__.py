"""The page of plots: each a figure, a sentence that says how to read it, what it shows in words, and its numbers.

`plot` says what a plot consists of, and `drawing` what all of them share: colours, axes, the escaping of names.
`pareto`, `bands`, `masks`, `ranks`, `critical`, `spread` and `curves` make one plot each, `cards` finds trainings, and
`page` writes what a browser loads. All numbers are computed here; the page's script only chooses and colours.
"""

from __future__ import annotations

from inpaintbench.site.plots.page import pages

__all__ = ["pages"]
