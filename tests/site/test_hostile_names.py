"""Names from plugins and files are text, whatever they say."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from inpaintbench.site import build_site
from inpaintbench.site.contents import Contents
from inpaintbench.stored import StoredCell

NAMES = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(2)>',
    "'-alert(3)-'</title></script><!--",
    "{{ 7 * 7 }}{% raw %}",
    "n" * 300,
    "\x1b[31mred\n\u202egnp.exe",
)


@pytest.fixture(scope="module")
def hostile(
    tmp_path_factory: pytest.TempPathFactory,
    make_site_cell: Callable[..., StoredCell],
    make_rows: Callable[..., list[dict[str, Any]]],
    results: tuple[StoredCell, ...],
) -> Path:
    """Return a report in which everything that somebody else names is named so."""
    folder = tmp_path_factory.mktemp("hostile")
    psnr, lpips = results[0].record.metrics
    cells = []
    for number, name in enumerate(NAMES):
        metrics = (dataclasses.replace(psnr, label=NAMES[0], unit=NAMES[1]), lpips)
        rows = [{**row, "item": f"{name}{row['index']}", "class": name} for row in make_rows(20.0 + number, 0.5)]
        where = {"dataset": NAMES[1], "mask": NAMES[2]} if number % 2 else {"dataset": name, "mask": name}
        about = {"name": name, "version": 1, name: [name, {name: name}]}
        identity = dict.fromkeys(("method", "dataset", "mask"), about) | {"checkpoint": {name: name}}
        environment = {"device": {"name": name}, "versions": {name: name}, "plugins": {"method": name}, name: name}
        origin = {"identity": identity, "environment": environment, "timing": {name: name}, "memory": {name: name}}
        cells.append(make_site_cell(folder / "results", name, rows, metrics=metrics, **where, **origin))
        failure = {"status": "failed", "expected": 3, "scored": 0, "error": {"type": name, "message": name, name: name}}
        cells.append(make_site_cell(folder / "results", f"failed {name}", [], metrics=metrics, **where, **failure))
    build_site(Contents.of(NAMES[0], cells, NAMES), folder / "site")
    return folder / "site"


def test_no_name_becomes_an_element_or_an_attribute(hostile: Path, read_page: Callable[[Path], Any]) -> None:
    for path in hostile.rglob("*.html"):
        page = read_page(path)
        scripts = [given for tag, given in page.tags if tag == "script"]
        assert all(given.get("src") or given.get("type") == "application/json" for given in scripts)
        assert not [given for tag, given in page.tags if tag == "img" and given.get("src") == "x"]
        assert not [name for _, given in page.tags for name in given if name.startswith("on")]
        assert "49{%" not in page.text


def test_control_characters_are_written_out(hostile: Path) -> None:
    for path in hostile.rglob("*.html"):
        text = path.read_text(encoding="utf-8")
        assert "\x1b" not in text
        assert "\u202e" not in text


def test_every_page_shows_them_and_runs_none(visitor: Any, hostile: Path) -> None:
    dialogs: list[str] = []
    visitor.page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    visitor.page.set_viewport_size({"width": 360, "height": 700})
    for path in sorted(hostile.rglob("*.html")):
        page = visitor.open(path)
        assert page.locator("h1").count() == 1
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path.name
    assert dialogs == []


def test_they_can_be_chosen_and_sorted(visitor: Any, hostile: Path) -> None:
    page = visitor.open(hostile / "index.html")

    page.get_by_label("Data set").select_option(NAMES[1])
    page.get_by_role("searchbox", name="Method").fill("<!--")

    expect(page.get_by_role("status")).to_have_text("0 of 12 results")
    page.get_by_role("searchbox", name="Method").fill("onerror=")
    names = page.locator("#board tbody tr:not(.group):visible > th a").all_inner_texts()
    assert sorted(names) == [NAMES[1], f"failed {NAMES[1]}"]


def test_their_pages_can_be_opened(visitor: Any, hostile: Path) -> None:
    page = visitor.open(hostile / "index.html")

    page.locator("#board").get_by_role("link", name=NAMES[0], exact=True).click()

    expect(page.get_by_role("heading", level=1)).to_contain_text(NAMES[0])
