"""Every page of a report for everybody: contrast, a small screen, the keyboard, names for what can be worked."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from inpaintbench.site.contents import Contents

LEAST_CONTRAST = 4.5

CONTRASTS = """() => {
  const numbers = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => {
    const linear = [r, g, b].map((v) => v / 255).map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
  };
  const ground = (element) => {
    for (let one = element; one; one = one.parentElement) {
      const found = numbers(getComputedStyle(one).backgroundColor);
      if (found.length === 3 || found[3] > 0) return found;
    }
    return [255, 255, 255];
  };
  const worst = {};
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || !element.checkVisibility({ visibilityProperty: true })) continue;
    const [one, two] = [numbers(getComputedStyle(element).color), ground(element)].map(light).sort((a, b) => b - a);
    const what = `${element.tagName}.${element.className}: ${walker.currentNode.data.trim().slice(0, 30)}`;
    const ratio = (one + 0.05) / (two + 0.05);
    if (ratio < 4.5) worst[what] = ratio;
  }
  return worst;
}"""

UNNAMED = """() => [...document.querySelectorAll("a, button, input, select, summary, [tabindex='0']")]
  .filter((one) => one.checkVisibility())
  .filter((one) => !(one.textContent.trim() || one.getAttribute("aria-label") || one.labels?.length ||
                     one.getAttribute("aria-labelledby")))
  .map((one) => one.outerHTML.slice(0, 80))"""

REACHABLE = """() => [...document.querySelectorAll("a[href], button, input, select, summary, [tabindex='0']")]
  .filter((one) => one.checkVisibility({ visibilityProperty: true }) && !one.disabled).length"""

ALIKE = """() => {
  const named = (one) => one.getAttribute("aria-label") ?? (one.getAttribute("aria-labelledby") ?? "").split(" ")
    .map((id) => document.getElementById(id)?.textContent).join(" ");
  const all = [...document.querySelectorAll("section, nav, [role='region']")].filter((one) => one.checkVisibility());
  const names = all.filter(named).map((one) => `${one.tagName === "NAV" ? "nav" : "region"} ${named(one)}`);
  return names.filter((name, place) => names.indexOf(name) < place);
}"""

PAGES = ("index.html", "about.html", "a result", "a failure")


@pytest.fixture(params=PAGES)
def path(request: pytest.FixtureRequest, site: Path, contents: Contents) -> Path:
    """Return one page of each kind."""
    standing = {"a result": "ranked", "a failure": "failed"}.get(request.param)
    if standing is None:
        return site / str(request.param)
    return site / contents.address(next(one for one in contents.leaderboard.entries if one.standing == standing))


def unfold(page: Page) -> None:
    page.evaluate("document.querySelectorAll('details').forEach((one) => (one.open = true))")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_can_be_read(visitor: Any, path: Path, scheme: Any) -> None:
    visitor.page.emulate_media(color_scheme=scheme)
    page = visitor.open(path)
    unfold(page)

    assert page.evaluate(CONTRASTS) == {}


def test_a_small_screen_scrolls_downwards_only(visitor: Any, path: Path) -> None:
    visitor.page.set_viewport_size({"width": 360, "height": 700})
    page = visitor.open(path)
    unfold(page)

    assert page.evaluate("[document.documentElement.scrollWidth, innerWidth]") == [360, 360]


def test_all_that_can_be_worked_has_a_name(visitor: Any, path: Path) -> None:
    assert visitor.open(path).evaluate(UNNAMED) == []


def test_the_tab_key_reaches_everything_and_shows_where_it_is(visitor: Any, path: Path) -> None:
    page = visitor.open(path)
    expected = page.evaluate(REACHABLE)
    page.evaluate("document.addEventListener('focusin', (event) => event.target.setAttribute('data-seen', ''))")

    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    for _ in range(expected):
        outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert outline != "none", page.evaluate("document.activeElement.outerHTML.slice(0, 80)")
        page.keyboard.press("Tab")

    assert page.locator("[data-seen]").count() >= expected


def test_the_page_has_its_landmarks_and_headings_in_order(visitor: Any, path: Path) -> None:
    page = visitor.open(path)
    levels = [int(level) for level in page.locator("h1, h2, h3, h4").evaluate_all("all => all.map(h => h.tagName[1])")]

    assert levels.count(1) == 1
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels))
    for landmark in ("banner", "main", "contentinfo"):
        assert page.get_by_role(landmark).count() == 1
    assert page.evaluate("document.documentElement.lang") == "en"


def test_no_two_regions_have_the_same_name(visitor: Any, path: Path) -> None:
    page = visitor.open(path)
    unfold(page)

    assert page.evaluate(ALIKE) == []


def test_paper_is_light_and_has_all_intervals_and_no_controls(visitor: Any, path: Path) -> None:
    visitor.page.set_viewport_size({"width": 390, "height": 800})
    page = visitor.open(path)
    page.get_by_role("button", name="Colours").click()
    page.get_by_role("button", name="Colours").click()
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"

    page.emulate_media(media="print", color_scheme="dark")

    assert page.evaluate("getComputedStyle(document.documentElement).backgroundColor") == "rgb(255, 255, 255)"
    assert page.locator(".interval:visible").count() == page.locator(".interval").count()
    assert page.locator("form:visible, .theme:visible, .skip:visible").count() == 0


def test_every_table_has_a_caption_and_heads_with_a_scope(visitor: Any, path: Path) -> None:
    page = visitor.open(path)

    assert page.locator("table:not(:has(caption))").count() == 0
    assert page.locator("th:not([scope])").count() == 0
