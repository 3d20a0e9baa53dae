"""The leaderboard in a real browser: sorted, filtered, by mouse and by keyboard, and sent to somebody as an address."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from inpaintbench.site import build_site
from inpaintbench.site.contents import Contents
from inpaintbench.stored import StoredCell

ROWS = "#board tbody tr:not(.group):visible"


@pytest.fixture
def page(visitor: Any, site: Path) -> Page:
    """Return the opened leaderboard."""
    page: Page = visitor.open(site / "index.html")
    return page


def values(page: Page, name: str) -> list[float | None]:
    """Return the exact numbers of a column of the rows that are shown."""
    place = page.locator("#board thead th").evaluate_all(
        "(heads, name) => heads.findIndex((head) => head.dataset.column === name)", name
    )
    texts = page.locator(f"{ROWS} > :nth-child({place + 1})").evaluate_all("all => all.map(one => one.dataset.value)")
    return [float(text) if text else None for text in texts]


def methods(page: Page) -> list[str]:
    return page.locator(f"{ROWS} > th a").all_inner_texts()


def head(page: Page, name: str) -> Any:
    return page.locator("#board thead th").filter(has_text=name)


def test_a_click_sorts_within_groups_best_first_and_the_third_restores(page: Page) -> None:
    came = methods(page)
    assert came[:3] == ["sharp", "soft[width=9]", "soft[width=10]"]

    head(page, "LPIPS").get_by_role("button").click()
    expect(head(page, "LPIPS")).to_have_attribute("aria-sort", "ascending")
    first_group = values(page, "metric.lpips[net=squeeze]")[:4]
    assert None in first_group
    assert [one for one in first_group if one is not None] == sorted(one for one in first_group if one is not None)

    head(page, "LPIPS").get_by_role("button").click()
    expect(head(page, "LPIPS")).to_have_attribute("aria-sort", "descending")
    first_group = values(page, "metric.lpips[net=squeeze]")[:4]
    assert first_group[:3] == sorted((one for one in first_group if one is not None), reverse=True)
    assert first_group[3] is None

    head(page, "LPIPS").get_by_role("button").click()
    assert head(page, "LPIPS").get_attribute("aria-sort") is None
    assert methods(page) == came


def test_without_groups_all_rows_are_sorted_and_missing_numbers_come_last(page: Page) -> None:
    page.get_by_label("by group").uncheck()
    expect(page.locator("#board tr.group:visible")).to_have_count(0)
    expect(head(page, "data set")).to_be_visible()

    for direction in ("descending", "ascending"):
        head(page, "PSNR").get_by_role("button").click()
        expect(head(page, "PSNR")).to_have_attribute("aria-sort", direction)
        found = values(page, "metric.psnr")
        known = [one for one in found if one is not None]
        assert len(known) == 15
        assert known == sorted(known, reverse=direction == "descending")
        assert found[15:] == [None, None]


def test_names_are_sorted_with_their_numbers_by_value(page: Page) -> None:
    page.get_by_label("by group").uncheck()

    head(page, "method").get_by_role("button").click()

    assert list(dict.fromkeys(methods(page))) == ["crisp", "sharp", "soft[width=9]", "soft[width=10]"]


def test_filters_narrow_what_is_shown_and_say_how_much_that_is(page: Page) -> None:
    count = page.get_by_role("status")
    expect(count).to_have_text("17 results")

    page.get_by_role("searchbox", name="Method").fill("SOFT[")
    expect(count).to_have_text("8 of 17 results")
    page.get_by_label("Data set").select_option("faces")
    expect(count).to_have_text("4 of 17 results")
    page.get_by_label("Mask").select_option("dots")
    expect(count).to_have_text("2 of 17 results")
    assert sorted(methods(page)) == ["soft[width=10]", "soft[width=9]"]
    expect(page.locator("#board tr.group:visible")).to_have_count(1)

    page.get_by_role("button", name="Reset").click()
    expect(count).to_have_text("17 results")
    page.get_by_label("only ranked").check()
    expect(count).to_have_text("14 of 17 results")
    expect(page.locator(ROWS).filter(has_text="–")).to_have_count(0)


def test_a_filter_that_nothing_passes_says_so(page: Page) -> None:
    page.get_by_role("searchbox", name="Method").fill("nobody")

    expect(page.get_by_role("status")).to_have_text("0 of 17 results")
    expect(page.locator(ROWS)).to_have_count(0)


def test_a_view_can_be_sent_as_an_address(page: Page, visitor: Any, site: Path) -> None:
    page.get_by_role("searchbox", name="Method").fill("soft")
    page.get_by_label("Data set").select_option("photos")
    page.get_by_label("by group").uncheck()
    page.get_by_text("Columns", exact=True).click()
    page.get_by_role("group", name="Shown columns").get_by_label("images").uncheck()
    head(page, "PSNR").get_by_role("button").click()
    seen = methods(page)
    fragment = page.evaluate("location.hash")
    visitor.page.goto("about:blank")

    again = visitor.open(site / "index.html", fragment)

    assert methods(again) == seen
    assert len(seen) == 4
    expect(head(again, "PSNR")).to_have_attribute("aria-sort", "descending")
    expect(again.get_by_role("searchbox", name="Method")).to_have_value("soft")
    expect(again.get_by_label("Data set")).to_have_value("photos")
    expect(head(again, "images")).to_be_hidden()
    assert again.evaluate("location.hash") == fragment


def test_an_address_of_another_report_is_no_trouble(visitor: Any, site: Path) -> None:
    page = visitor.open(site / "index.html", "#sort=fid&dataset=gone&hide=nothing&grouped=perhaps")

    expect(page.get_by_role("status")).to_have_text("17 results")


def test_a_place_on_the_page_is_no_view_of_it(visitor: Any, site: Path) -> None:
    page = visitor.open(site / "index.html", "#g2")

    expect(page.get_by_role("status")).to_have_text("17 results")
    assert page.evaluate("location.hash") == "#g2"
    assert page.evaluate("scrollY") > 0 or page.evaluate("document.documentElement.scrollHeight <= innerHeight")


def test_the_way_to_the_content_keeps_the_view(page: Page) -> None:
    page.get_by_label("Data set").select_option("photos")
    address = page.evaluate("location.hash")
    skip = page.get_by_role("link", name="Skip to the content")
    skip.focus()

    page.keyboard.press("Enter")

    expect(page.locator("main")).to_be_focused()
    assert page.evaluate("location.hash") == address == "#dataset=photos"


def test_no_place_and_no_focus_is_hidden_by_the_head(visitor: Any, site: Path) -> None:
    visitor.page.set_viewport_size({"width": 1280, "height": 300})
    page = visitor.open(site / "index.html", "#g3")
    bottom = "document.querySelector('#board thead th').getBoundingClientRect().bottom"
    top = "one => one.getBoundingClientRect().top"
    assert page.evaluate("getComputedStyle(document.querySelector('#board thead th')).position") == "sticky"
    assert page.locator("#g3 .stay").evaluate(top) >= page.evaluate(bottom) > 20

    links = page.locator("#board tbody tr:not(.group) a")
    links.last.focus()
    for _ in range(10):
        page.keyboard.press("Shift+Tab")
        assert page.locator("#board a:focus").evaluate(top) >= page.evaluate(bottom)


@pytest.mark.parametrize("width", [360, 700, 1100])
def test_the_menu_of_columns_stays_in_the_window(visitor: Any, site: Path, width: int) -> None:
    visitor.page.set_viewport_size({"width": width, "height": 700})
    page = visitor.open(site / "index.html")
    page.evaluate("document.querySelector('.columns').style.marginLeft = 'auto'")  # as far to the right as it can be
    menu = page.locator("#columns")
    page.get_by_text("Columns", exact=True).click()
    expect(menu).to_have_attribute("style", re.compile("left"))

    box = menu.bounding_box()

    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= width
    assert page.evaluate("document.documentElement.scrollWidth") == width


def test_the_menu_of_columns_closes_by_escape_and_by_a_click_elsewhere(page: Page) -> None:
    menu, word = page.locator("#columns"), page.locator(".columns summary")
    word.click()
    menu.get_by_label("images").uncheck()
    expect(menu).to_be_visible()

    page.keyboard.press("Escape")
    expect(menu).to_be_hidden()
    expect(word).to_be_focused()

    word.click()
    expect(menu).to_be_visible()
    page.get_by_role("heading", name="Every result").click()
    expect(menu).to_be_hidden()


def test_a_metric_may_bear_the_name_of_another_column(
    visitor: Any, tmp_path: Path, make_site_cell: Any, make_rows: Any, results: tuple[StoredCell, ...]
) -> None:
    psnr = results[0].record.metrics[0]
    metrics = [dataclasses.replace(psnr, name=name, label=f"Metric {name}", decimals=0) for name in ("time", "images")]
    cells = []
    for method, time, seconds in (("one", 1.0, 9.0), ("two", 2.0, 8.0), ("three", 3.0, 7.0)):
        rows = [{**row, "time": time, "images": -time} for row in make_rows(20.0, 0.5)]
        timing = {"seconds_per_image": seconds}
        cells.append(make_site_cell(tmp_path / "results", method, rows, metrics=(*metrics, psnr), timing=timing))
    build_site(Contents.of("tried", cells), tmp_path / "site")
    page = visitor.open(tmp_path / "site/index.html")

    page.get_by_role("button", name="time s/image").click()
    assert methods(page) == ["three", "two", "one"]
    page.get_by_role("button", name="Metric time").click()
    page.get_by_role("button", name="Metric time").click()
    assert methods(page) == ["one", "two", "three"]
    page.get_by_text("Columns", exact=True).click()
    page.get_by_label("Metric images").uncheck()
    expect(head(page, "Metric images")).to_be_hidden()
    expect(page.get_by_role("button", name="images", exact=True)).to_be_visible()


def test_one_result_is_called_one(visitor: Any, tmp_path: Path, results: tuple[StoredCell, ...]) -> None:
    build_site(Contents.of("tried", results[:1]), tmp_path / "site")
    page = visitor.open(tmp_path / "site/index.html")

    expect(page.get_by_role("status")).to_have_text("1 result")
    page.get_by_role("searchbox", name="Method").fill("nobody")
    expect(page.get_by_role("status")).to_have_text("0 of 1 result")


def test_intervals_can_be_hidden(page: Page) -> None:
    first = page.locator("#board .interval").first
    expect(first).to_be_visible()

    page.get_by_label("intervals").uncheck()

    expect(first).to_be_hidden()


def test_a_phone_shows_no_intervals_unless_asked(visitor: Any, site: Path) -> None:
    visitor.page.set_viewport_size({"width": 390, "height": 800})
    page = visitor.open(site / "index.html")
    expect(page.locator("#board .interval").first).to_be_hidden()

    page.get_by_label("intervals").check()

    expect(page.locator("#board .interval").first).to_be_visible()
    assert "intervals=1" in page.evaluate("location.hash")


def test_the_keyboard_sorts(page: Page) -> None:
    button = head(page, "PSNR").get_by_role("button")
    button.focus()
    page.keyboard.press("Enter")
    expect(head(page, "PSNR")).to_have_attribute("aria-sort", "descending")

    page.keyboard.press("Space")

    expect(head(page, "PSNR")).to_have_attribute("aria-sort", "ascending")
    expect(button).to_be_focused()


def test_the_head_stays_in_view(page: Page) -> None:
    page.locator(ROWS).last.scroll_into_view_if_needed()

    expect(head(page, "PSNR")).to_be_in_viewport()


def test_a_method_leads_to_its_result_and_back(page: Page) -> None:
    page.locator(ROWS).first.get_by_role("link").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("sharp · faces · dots · 64 × 64")

    page.get_by_role("navigation", name="Near this result").get_by_role("link", name="Leaderboard").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("Leaderboard")


def test_without_scripts_everything_is_there(chromium: Browser, site: Path) -> None:
    context = chromium.new_context(java_script_enabled=False, viewport={"width": 1280, "height": 800})
    page = context.new_page()
    page.goto((site / "index.html").as_uri())

    rows = page.locator(ROWS)
    assert rows.count() == 17
    assert page.locator("#board .interval:visible").count() > 20
    assert not page.locator("#controls").is_visible()
    assert not page.locator("#theme").is_visible()
    page.set_viewport_size({"width": 390, "height": 800})
    assert page.locator("#board .interval:visible").count() == page.locator("#board .interval").count()
    context.close()


def test_colours_are_chosen_and_kept(page: Page) -> None:
    ground = "getComputedStyle(document.documentElement).backgroundColor"
    button = page.get_by_role("button", name="Colours")
    light = page.evaluate(ground)

    button.click()
    assert page.evaluate(ground) == light
    button.click()
    assert page.evaluate(ground) != light
    expect(button).to_have_accessible_name("Colours: dark")

    page.reload()
    expect(page.get_by_role("button", name="Colours")).to_have_accessible_name("Colours: dark")
    assert page.evaluate(ground) != light
