"""A gallery from which something is missing: files that were not copied along, and numbers that there are none of."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from inpaintbench.stored import StoredCell


@pytest.fixture
def copied(site: Path, tmp_path: Path) -> Path:
    """Return a copy of the gallery, of which files can be removed."""
    copytree(site, tmp_path / "copied")
    return tmp_path / "copied"


@pytest.fixture
def tab(chromium: Browser) -> Iterator[Page]:
    """Return a tab in which files may fail to load; scripts must not."""
    context = chromium.new_context(viewport={"width": 1280, "height": 800}, offline=True)
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield page
    context.close()
    assert errors == []


def test_a_group_without_its_data_is_named_and_shows_nothing_of_another(tab: Page, copied: Path) -> None:
    (copied / "data" / "gallery-g2.js").unlink()
    (copied / "data" / "gallery-g3.js").write_text("nothing = 1;\n")
    tab.goto((copied / "gallery.html").as_uri())
    expect(tab.locator("#rows > li")).to_have_count(5)
    for group, mask in (("g2", "square[large=1]"), ("g3", "squares")):
        tab.select_option("#group", group)
        expect(tab.locator("#count")).to_have_text(
            f"The pictures of this group cannot be shown: data/gallery-{group}.js is missing or damaged."
        )
        expect(tab.locator("#group-title")).to_contain_text(f"photos · {mask}")
        expect(tab.locator("#rows > li")).to_have_count(0)
        expect(tab.locator("#notices p")).to_have_count(0)
        expect(tab.locator("#group")).to_have_value(group)
        expect(tab.locator("#metric")).to_be_disabled()
        tab.select_option("#order", "best")
        expect(tab.locator("#group-title")).to_contain_text(f"photos · {mask}")
        assert f"group={group}&" in tab.url
        assert "order=best" in tab.url
        tab.select_option("#order", "worst")
    tab.select_option("#group", "g1")
    expect(tab.locator("#rows > li")).to_have_count(5)
    expect(tab.locator("#metric option")).to_have_count(2)
    expect(tab.locator("#metric")).to_be_enabled()
    tab.locator('button[data-which="1"]').first.click()
    tab.evaluate("location.hash = '#group=g2&image=0'")
    expect(tab.locator("#count")).to_contain_text("gallery-g2.js is missing")
    expect(tab.locator("#viewer")).to_be_hidden()


def test_a_picture_whose_file_is_missing_is_said_to_be(tab: Page, copied: Path) -> None:
    tab.goto((copied / "gallery.html").as_uri())
    first = tab.evaluate("""() => {
        const { rows } = galleryData.g1;
        return [rows[2].completions[1], rows[2].errors[2]];
    }""")
    for name in first:
        (copied / "pictures" / f"{name}.webp").unlink()
    tab.reload()
    row = tab.locator("#rows > li").first  # item-2
    expect(row.locator('button[data-which="1"]')).to_have_text("no picture")
    expect(row.locator('button[data-which="2"] .none')).to_be_hidden()
    expect(row.locator('button[data-which="2"] img').first).to_be_visible()
    tab.get_by_label("Error maps").check()
    expect(row.locator('button[data-which="2"] .none.error')).to_be_visible()
    row.locator('button[data-which="1"]').click()
    right = tab.locator('.layer[data-side="right"]')
    expect(right.get_by_text("no picture")).to_be_visible()
    expect(right.locator("img")).to_be_hidden()
    expect(tab.locator('.layer[data-side="left"]').get_by_text("no picture")).to_be_hidden()
    tab.keyboard.press("ArrowDown")
    expect(right.locator("img")).to_be_visible()
    expect(right.get_by_text("no picture")).to_be_hidden()
    tab.keyboard.press("ArrowUp")
    expect(right.get_by_text("no picture")).to_be_visible()


def test_orders_that_need_scores_are_not_offered_without_any(
    visitor: Any, hang: Callable[..., StoredCell], publish: Callable[..., str], tmp_path: Path
) -> None:
    many = {"psnr": [None] * 8}
    publish(
        [
            hang("alpha", many, metrics=()),
            hang("beta", many, metrics=()),
            hang("alpha", many, mask="unscored"),
            hang("alpha", {"psnr": [3, 1, 2]}, mask="whole"),
            hang("alpha", {"psnr": [3]}, mask="single"),
        ]
    )
    page = visitor.open(tmp_path / "site" / "gallery.html")
    groups = {
        re.split(" · ", option.inner_text())[0]: option.get_attribute("value")
        for option in page.locator("#group option").all()
    }

    def shown() -> str:
        return "".join(re.findall(r"item-(\d+)", " ".join(page.locator("#rows h3").all_inner_texts())))

    for mask in ("square", "unscored"):
        page.select_option("#group", groups[mask])
        expect(page.locator("#count")).to_have_text("8 images, as in the data set.")
        expect(page.locator("#order")).to_have_value("dataset")
        assert page.locator("#order option:disabled").evaluate_all("all => all.map((one) => one.value)") == [
            "disagreement",
            "worst",
            "best",
        ]
        page.select_option("#order", "random")
        expect(page.locator("#count")).to_have_text("8 images, at random.")
        assert sorted(shown()) == list("01234567")
        assert shown() != "01234567"
        page.select_option("#order", "dataset")
        assert shown() == "01234567"
        page.evaluate(f"location.hash = '#group={groups['whole']}&order=worst'")
        expect(page.locator("#count")).to_have_text("3 images, worst first.")
        assert shown() == "120"
    assert page.locator("#order option:disabled").evaluate_all("all => all.map((one) => one.value)") == ["disagreement"]
    page.select_option("#group", groups["single"])
    expect(page.locator("#count")).to_have_text("1 image.")
