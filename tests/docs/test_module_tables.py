"""The tables of modules name every module that they are about, and no other."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

ROOT = Path(__file__).parents[2]
ARCHITECTURE = runpy.run_path(str(ROOT / "tests/test_architecture.py"))


def first_column(page: str, heading: str) -> list[str]:
    """Return the names in the first column of the tables below a heading."""
    section = (ROOT / page).read_text(encoding="utf-8").partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    return re.findall(r"^\| `([\w.]+)` \|", section, re.MULTILINE)


def test_contributing_names_every_module_of_the_core() -> None:
    modules = first_column("docs/contributing.md", "Where is what")
    assert sorted(modules) == sorted(name or "inpaintbench" for name in ARCHITECTURE["ALLOWED"])


def test_writing_a_method_names_every_module_that_a_plugin_may_import() -> None:
    modules = first_column("docs/writing-a-method.md", "What a plugin may import")
    expected = (f"inpaintbench.{name}".rstrip(".") for name in ARCHITECTURE["FOR_PLUGINS"])
    assert sorted(modules) == sorted(expected)
