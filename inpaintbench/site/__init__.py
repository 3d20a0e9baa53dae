"""The report: a folder of static pages that a browser opens from disk, and that asks no other host for anything.

`contents` holds what all pages are about, `pages` turns templates into files, and `build` writes the site. Each page
has a module (or a package) that says what it shows, a template that says where, and a script or two. Numbers come from
the leaderboard and its statistics; a page computes none of its own.
"""

from __future__ import annotations

from inpaintbench.site.build import Built, build_site

__all__ = ["Built", "build_site"]
