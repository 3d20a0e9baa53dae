"""The page of a single result in a real browser."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from inpaintbench.site.contents import Contents


@pytest.fixture
def page(visitor: Any, site: Path, contents: Contents) -> Page:
    """Return the page of `sharp` on faces under dots."""
    page: Page = visitor.open(site / contents.address(contents.leaderboard.entries[0]))
    return page


def items(page: Page) -> list[str]:
    return page.locator("#images tbody th").all_inner_texts()


def test_images_are_sorted_and_return_to_the_worst_first(page: Page) -> None:
    worst_first = items(page)
    psnr = page.locator("#images thead th").filter(has_text="PSNR")
    expect(psnr).to_have_attribute("aria-sort", "ascending")

    psnr.get_by_role("button").click()
    expect(psnr).to_have_attribute("aria-sort", "descending")
    assert items(page) == worst_first[::-1]

    psnr.get_by_role("button").click()
    assert items(page) == worst_first


def test_names_of_images_are_sorted_by_their_numbers(page: Page) -> None:
    page.locator("#images thead").get_by_role("button", name="image").click()

    assert items(page) == [f"{index}.png" for index in range(24)]


def test_the_identity_unfolds(page: Page) -> None:
    expect(page.locator("pre")).to_be_hidden()

    page.get_by_text("Everything that the numbers depend on").click()

    expect(page.locator("pre")).to_contain_text('"name": "sharp"')


def test_one_result_leads_to_the_next(page: Page) -> None:
    page.get_by_role("navigation", name="Near this result").get_by_role("link", name="→").click()

    expect(page.get_by_role("heading", level=1)).not_to_contain_text("sharp")
    expect(page.get_by_role("heading", level=1)).to_contain_text("faces · dots · 64 × 64")
