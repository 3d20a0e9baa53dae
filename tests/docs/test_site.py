"""The documentation as a site: it is built without a warning, holds a page of everything, and no link in it is dead."""

from __future__ import annotations

import re
import runpy
import urllib.parse
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import click
import pytest
from markdown_it import MarkdownIt

import inpaintbench.api
from inpaintbench.api import PluginSpec
from inpaintbench.cli import bench
from inpaintbench.plugins import load_registry
from inpaintbench.testing import checks_of

ROOT = Path(__file__).parents[2]
FOLDERS = {"method": "methods", "dataset": "datasets", "mask": "masks", "metric": "metrics"}
BUNDLED = [
    entry.spec
    for entries in load_registry().entries.values()
    for entry in entries.values()
    if entry.source.kind == "bundled"
]


class Document(HTMLParser):
    """A page of the site.

    Attributes:
        text: of it.
        ids: what `#…` can lead to.
        links: where it leads.
        loads: what a browser fetches to show it.
        headings: text of each heading, by its id.
    """

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.text = ""
        self.ids: set[str] = set()
        self.links: list[str] = []
        self.loads: list[str] = []
        self.headings: dict[str, str] = {}
        self._heading = ""
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if name := given.get("id"):
            self.ids.add(name)
        if tag == "a" and given.get("href"):
            self.links.append(given["href"] or "")
        elif address := given.get("src") or (given.get("href") if tag == "link" else None):
            self.loads.append(address)
        if re.fullmatch("h[1-6]", tag):
            self._heading = given.get("id") or ""
            self.headings[self._heading] = ""

    def handle_endtag(self, tag: str) -> None:
        if re.fullmatch("h[1-6]", tag):
            self._heading = ""

    def handle_data(self, data: str) -> None:
        self.text += data
        if self._heading:
            self.headings[self._heading] += data


@pytest.fixture(scope="module")
def pages(site: Path) -> dict[Path, Document]:
    # The page for what is not found says where the site begins by `/`, since nobody knows from where it is shown.
    return {path: Document(path) for path in site.rglob("*.html") if path.name != "404.html"}


@pytest.mark.parametrize("spec", BUNDLED, ids=lambda spec: spec.name)
def test_a_plugin_has_a_page_that_says_what_its_spec_does(
    spec: PluginSpec, pages: dict[Path, Document], site: Path
) -> None:
    page = pages[site / FOLDERS[spec.kind] / f"{spec.name}.html"]
    said = " ".join(page.text.split())

    assert next(text.rstrip("¶") for text in page.headings.values()) == spec.name
    wanted = [spec.reference, spec.licence, spec.notes, *(parameter.name for parameter in spec.parameters)]
    wanted += [parameter.help for parameter in spec.parameters] + [f"preset={name}" for name in spec.presets]
    wanted += [*spec.waivers, *spec.waivers.values()]
    for text in wanted:
        assert " ".join(text.replace("`", "").split()) in said


def commands(command: click.Command, *path: str) -> Iterator[tuple[str, click.Command]]:
    for name, inner in getattr(command, "commands", {}).items():
        yield " ".join((*path, name)), inner
        yield from commands(inner, *path, name)


@pytest.mark.parametrize(("name", "command"), list(commands(bench, "bench")))
def test_a_command_has_a_heading_and_all_its_options(
    name: str, command: click.Command, pages: dict[Path, Document], site: Path
) -> None:
    page = pages[site / "reference/commands.html"]
    assert page.headings[name.replace(" ", "-")].rstrip("¶") == name
    section = page.text.partition(f"{name}¶")[2].partition("¶")[0]
    for parameter in command.params:
        if isinstance(parameter, click.Option) and not parameter.hidden:
            assert all(option in section for option in parameter.opts)


@pytest.mark.parametrize("kind", FOLDERS)
def test_a_check_has_a_heading_and_its_promise(kind: str, pages: dict[Path, Document], site: Path) -> None:
    page = pages[site / "reference/checks.html"]
    said = " ".join(page.text.split())
    for check in checks_of(kind)[0]:  # type: ignore[arg-type]
        assert f"{check.name}¶" in page.headings.values()
        assert f"{check.name}¶ {check.promise.replace('`', '')}" in said


def test_a_module_that_plugins_may_import_has_a_page(pages: dict[Path, Document], site: Path) -> None:
    names = runpy.run_path(str(ROOT / "tests/test_architecture.py"))["FOR_PLUGINS"]
    for name in names:
        assert site / "reference/python" / f"{name or 'index'}.html" in pages
    shown = pages[site / "reference/python/api.html"].ids
    assert {f"inpaintbench.api.{name}" for name in inpaintbench.api.__all__} <= shown


def test_every_link_leads_somewhere(pages: dict[Path, Document]) -> None:
    for path, page in pages.items():
        for link in page.links + page.loads:
            address = urllib.parse.urlsplit(link)
            if address.scheme:
                continue
            target = (path.parent / urllib.parse.unquote(address.path)).resolve() if address.path else path
            target = target / "index.html" if target.is_dir() else target
            assert target.is_file(), f"{path.name} leads to {link}, which is not there"
            anchor = urllib.parse.unquote(address.fragment)
            if anchor and target in pages:
                assert anchor in pages[target].ids | {"__comments"}, f"{path.name} leads to {link}: no such anchor"


def test_nothing_is_loaded_from_elsewhere(pages: dict[Path, Document], site: Path) -> None:
    for path, page in pages.items():
        elsewhere = [address for address in page.loads if urllib.parse.urlsplit(address).netloc]
        assert elsewhere == [], path
    for sheet in site.rglob("*.css"):
        assert re.findall(r"(?:url\(|@import)\s*[\"']?(?:https?:)?//", sheet.read_text(encoding="utf-8")) == []


COUNTED = ("h2", "h3", "li", "tr", "td", "pre", "blockquote", "img", "em", "strong")


@pytest.mark.parametrize(
    "source", sorted((ROOT / "docs").rglob("*.md")), ids=lambda path: str(path.relative_to(ROOT / "docs"))
)
def test_a_page_is_read_as_in_the_repository(source: Path, site: Path) -> None:
    name = source.relative_to(ROOT / "docs").with_suffix(".html")
    html = (site / ("pages.html" if str(name) == "index.html" else name)).read_text(encoding="utf-8")
    article = html[html.index("<article") : html.index("</article")].partition('<h2 id="facts"')[0]
    elsewhere = MarkdownIt("commonmark").enable("table").render(source.read_text(encoding="utf-8"))

    def count(text: str) -> dict[str, int]:
        return {tag: len(re.findall(rf"<{tag}[ >]", text)) for tag in COUNTED}

    assert count(article) == count(elsewhere)
    assert "\\|" not in re.sub(r"<pre.*?</pre>", "", article, flags=re.DOTALL)
