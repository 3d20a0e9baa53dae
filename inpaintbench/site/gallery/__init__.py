"""The gallery: what methods have made of the same image and hole, side by side.

`walls` finds what can be shown, `choosing` says in which order and what matters most, `pictures` reads what a run has
saved and encodes it for a browser, `album` writes it within a number of bytes, and `page` says what the page shows.
"""

from __future__ import annotations

from inpaintbench.site.gallery.page import pages

__all__ = ["pages"]
