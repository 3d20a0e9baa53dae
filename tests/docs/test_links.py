"""Links between the repository's pages lead to files and headings that are there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = [
    *sorted(ROOT.glob("*.md")),
    *(
        page
        for folder in ("benchmarks", "docs", "examples", "results")
        for page in sorted((ROOT / folder).rglob("*.md"))
    ),
]
CODE = re.compile(r"^ *```.*?^ *```$|`[^`\n]*`", re.DOTALL | re.MULTILINE)
LINK = re.compile(r"\[[^\[\]]*\]\(([^()\s]+)\)")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


def links(page: Path) -> list[str]:
    text = CODE.sub("code", page.read_text(encoding="utf-8"))
    return [target for target in LINK.findall(text) if not re.match(r"[a-z]+:", target)]


def anchors(page: Path) -> set[str]:
    """Return the names that GitHub gives to a page's headings."""
    fenced = re.compile(r"^ *```.*?^ *```$", re.DOTALL | re.MULTILINE)
    headings = HEADING.findall(fenced.sub("", page.read_text(encoding="utf-8")))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    for link in links(page):
        name, _, anchor = link.partition("#")
        target = (page.parent / name).resolve() if name else page
        assert target.exists(), f"{page.name} links to {link}, which is not there"
        assert target.is_relative_to(ROOT), f"{page.name} links to {link}, which lies outside the repository"
        if anchor:
            assert anchor in anchors(target), (
                f"{page.name} links to {link}; the headings there: {sorted(anchors(target))}"
            )


def test_the_index_names_every_page_of_the_documentation() -> None:
    index = ROOT / "docs/index.md"
    linked = {(index.parent / link.partition("#")[0]).resolve() for link in links(index)}
    assert set((ROOT / "docs").rglob("*.md")) - linked == {index}


def test_the_readme_links_to_pages_and_licence() -> None:
    assert {"docs/index.md", "docs/protocol.md", "LICENSE", "CITATION.cff", "CHANGELOG.md"} <= set(
        links(ROOT / "README.md")
    )
