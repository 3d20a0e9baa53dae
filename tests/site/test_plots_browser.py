"""The plots in a real browser: drawn, chosen from, in both themes, on a phone, by keyboard, and with a hostile name."""

from __future__ import annotations

import re
import shutil
from importlib import resources
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from inpaintbench.site import plots
from inpaintbench.site.pages import Printer

from .conftest import Visitor
from .fixtures_plots import HOSTILE, contents_of, store_results, write_training

NAMES = ("pareto", "bands", "masks", "ranks", "critical", "spread", "curves")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a report that has the page of plots, and what that loads."""
    folder = tmp_path_factory.mktemp("plots")
    (folder / "plots_shown").mkdir()
    (folder / "plots_shown" / "__init__.py").touch()
    write_training(folder / "plots_shown" / "checkpoints" / "alpha")
    site = folder / "site"
    site.mkdir()
    contents = contents_of(store_results(folder / "results"))
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(folder)
        for page in plots.pages(contents, site, ["plots_shown:checkpoints"]):
            Printer(site, contents.title).write(page)
    with resources.as_file(resources.files("inpaintbench.site") / "assets") as assets:
        shutil.copytree(assets, site / "assets")
    return site


@pytest.fixture
def page(visitor: Visitor, site: Path) -> Page:
    page = visitor.open(site / "plots.html")
    page.on("dialog", lambda dialog: visitor.errors.append(f"a dialog says {dialog.message}"))
    return page


def shown(page: Page, name: str) -> Locator:
    """Return a plot that has been drawn."""
    section = page.locator(f"#{name}")
    section.scroll_into_view_if_needed()
    expect(section).to_have_attribute("data-drawn", re.compile("."))
    return section


def test_every_figure_is_drawn_when_it_comes_near(page: Page) -> None:
    assert page.locator("#curves").get_attribute("data-drawn") is None
    for name in NAMES:
        section = shown(page, name)
        kinds = ".scatterlayer .trace, .boxlayer .trace, .barlayer .trace"
        count = section.locator(kinds).count()
        assert count >= (2 if name == "curves" else 4), name
        expect(section.locator("figcaption")).not_to_be_empty()


def test_points_are_the_methods_and_lie_where_the_table_says(page: Page) -> None:
    section = shown(page, "pareto")
    expect(section.locator(".scatterlayer .point")).to_have_count(4)
    expect(section.locator(".scatterlayer .js-line")).to_have_count(1)
    section.locator("summary").click()
    cell = section.get_by_role("row", name="alpha").locator("td").nth(1)
    expect(cell).to_have_text("30.50 ●")
    drawn = section.locator(".drawing").evaluate("one => one.data.filter(t => t.mode === 'markers').map(t => t.y[0])")
    assert sorted(drawn) == [27.5, 29.5, 29.5, 30.5]


def test_a_choice_changes_figure_words_and_table(page: Page) -> None:
    section = shown(page, "spread")
    expect(section.locator("figcaption")).to_contain_text("alpha has the best mean, 30.50 dB")
    section.locator("summary").click()
    table = section.locator("table:visible")
    expect(table).to_have_count(1)
    expect(table.get_by_role("row", name="alpha")).to_contain_text("30.50")
    section.get_by_label("Group").select_option(label="photos · square · 64 × 64")
    expect(section).to_have_attribute("data-drawn", "m1 g2")
    expect(section.locator("figcaption")).to_contain_text("alpha has the best mean, 34.50 dB")
    expect(table).to_have_count(1)
    expect(table.get_by_role("row", name="alpha")).to_contain_text("34.50")
    section.get_by_label("Metric").select_option(index=1)
    expect(section.locator(".xtitle")).to_have_text("LPIPS, lower is better")


def test_text_follows_the_theme(page: Page) -> None:
    section = shown(page, "bands")
    title = section.locator(".ytitle")
    expect(title).to_have_css("fill", "rgb(22, 25, 29)")
    page.locator("#theme").click()  # light
    page.locator("#theme").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    expect(title).to_have_css("fill", "rgb(232, 234, 237)")
    point = section.locator(".scatterlayer .point").first
    expect(point).to_have_css("stroke", "rgb(232, 234, 237)")


def test_the_system_s_theme_counts_too(page: Page) -> None:
    section = shown(page, "ranks")
    page.emulate_media(color_scheme="dark")
    expect(section.locator(".xtitle")).to_have_css("fill", "rgb(232, 234, 237)")


def test_nothing_overflows_a_phone(page: Page) -> None:
    width = 360
    page.set_viewport_size({"width": width, "height": 800})
    for name in NAMES:
        section = shown(page, name)
        section.locator("summary").click()
        assert page.evaluate("document.documentElement.scrollWidth") <= width, name
        drawing, svg = section.locator(".drawing").bounding_box(), section.locator("svg.main-svg").first.bounding_box()
        assert drawing is not None
        assert svg is not None
        assert svg["width"] <= drawing["width"] + 1


def test_a_name_is_text_wherever_it_stands(page: Page) -> None:
    section = shown(page, "pareto")
    expect(section.locator(".methods button", has_text="onerror")).to_contain_text(HOSTILE)
    for name in ("spread", "ranks"):
        labels = "".join(shown(page, name).locator(".ytick").all_text_contents())
        assert "<script>alert(1)</script>" in labels
        assert "&lt;" not in labels
    assert page.locator("main script, main img, .drawing a").count() == 0


def test_what_the_pointer_shows_is_text(page: Page) -> None:
    section = shown(page, "pareto")
    marks = section.locator(".scatterlayer path.point")
    said = []
    for place in range(marks.count()):
        box = marks.nth(place).bounding_box()
        assert box is not None
        page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        label = section.locator(".hoverlayer .hovertext")
        expect(label).to_contain_text("s an image")
        said.append(label.text_content() or "")
        page.mouse.move(1, 1)
        expect(label).to_have_count(0)
    (hostile,) = [text for text in said if "alert(1)" in text]
    assert "<script>alert(1)</script>" in hostile
    assert "<b>bold</b>" in hostile
    assert "27.50 dB" in hostile


def test_methods_are_left_out_by_keyboard(page: Page) -> None:
    section = shown(page, "pareto")
    button = section.get_by_role("button", name="beta")
    button.focus()
    page.keyboard.press("Enter")
    expect(button).to_have_attribute("aria-pressed", "false")
    expect(section.locator(".scatterlayer .point")).to_have_count(3)
    expect(shown(page, "bands").get_by_role("button", name="beta")).to_have_attribute("aria-pressed", "false")
    section.get_by_role("button", name="beta").press("Space")
    expect(section.locator(".scatterlayer .point")).to_have_count(4)


def test_a_method_is_left_out_only_where_it_can_be_brought_back(page: Page) -> None:
    shown(page, "pareto").get_by_role("button", name="beta").click()
    expect(page.locator("#pareto .scatterlayer .point")).to_have_count(3)

    for name, kind in (("critical", ".scatterlayer .point"), ("spread", ".boxlayer .trace")):
        expect(shown(page, name).locator(kind)).to_have_count(4)


def test_paper_gets_every_figure_in_light_colours(page: Page) -> None:
    page.emulate_media(color_scheme="dark")
    page.wait_for_function("Object.keys(plotsData).length === 7")
    drawn = "[...document.querySelectorAll('section.plot[data-drawn] .xtitle, #critical text')].map(getColour)"
    colours = f"(getColour => {drawn})((one) => getComputedStyle(one).fill)"
    assert page.locator("#curves").get_attribute("data-drawn") is None

    on_paper = page.evaluate(f"(dispatchEvent(new Event('beforeprint')), {colours})")

    assert page.evaluate("document.querySelectorAll('.drawing .main-svg:first-child').length") == 7
    assert len(on_paper) > 8
    assert set(on_paper) == {"rgb(22, 25, 29)"}
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    expect(page.locator("#bands .xtitle")).to_have_css("fill", "rgb(232, 234, 237)")


def test_a_figure_says_what_it_shows(page: Page) -> None:
    figure = shown(page, "ranks").get_by_role("img").first
    expect(figure).to_have_accessible_name(re.compile("^Rank distributions.* most often first"))
    figure.focus()
    expect(figure).to_be_focused()


def test_headings_are_in_order_and_link_targets_exist(page: Page) -> None:
    assert page.locator("h1").count() == 1
    assert page.locator("h2").count() == len(NAMES)
    for link in page.locator("nav[aria-label=Plots] a").all():
        assert page.locator(link.get_attribute("href") or "").count() == 1


def test_without_javascript_all_numbers_are_there(chromium: Browser, site: Path) -> None:
    context = chromium.new_context(java_script_enabled=False, offline=True)
    page = context.new_page()
    page.goto((site / "plots.html").as_uri())
    for name in NAMES:
        page.locator(f"#{name} summary").click()
    expect(page.locator("#spread table:visible")).to_have_count(4)  # two metrics, two groups
    expect(page.locator("#pareto table:visible").first).to_contain_text("30.50 ●")
    expect(page.locator("form:visible")).to_have_count(0)
    context.close()
