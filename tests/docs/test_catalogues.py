"""The pages on masks and data sets name every one that there is, in a table."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from inpaintbench.api import PluginKind
from inpaintbench.plugins import load_registry

DOCS = Path(__file__).parents[2] / "docs"


@pytest.mark.parametrize(("page", "kind"), [("masks.md", "mask"), ("datasets.md", "dataset")])
def test_the_page_names_every_plugin(page: str, kind: PluginKind) -> None:
    rows = re.findall(r"^\|.*?`(\w+)", (DOCS / page).read_text(encoding="utf-8"), re.MULTILINE)
    bundled = [name for name, entry in load_registry().of(kind).items() if entry.source.kind == "bundled"]

    assert set(bundled) <= set(rows)
