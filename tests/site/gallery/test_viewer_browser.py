"""The viewer among the history of a tab, under fingers, under a trackpad, and by keyboard alone."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

Touch = Callable[[str, list[tuple[float, float]]], None]


@pytest.fixture
def page(visitor: Any, site: Path) -> Page:
    """Return the gallery, with the rows of its first group."""
    opened: Page = visitor.open(site / "gallery.html")
    expect(opened.locator("#rows > li").first).to_be_visible()
    return opened


@pytest.fixture
def phone(chromium: Browser, site: Path) -> Iterator[Page]:
    """Return the gallery on a screen that can be touched, with the first image open."""
    context = chromium.new_context(viewport={"width": 360, "height": 740}, has_touch=True, is_mobile=True, offline=True)
    page = context.new_page()
    page.goto((site / "gallery.html").as_uri())
    page.locator('button[data-which="1"]').first.tap()
    expect(page.locator("#viewer")).to_be_visible()
    yield page
    context.close()


@pytest.fixture
def touch(phone: Page) -> Touch:
    """Return a function that puts fingers on the stage, counted from its middle, moves or lifts them."""
    box = phone.locator("#stage").bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    session = phone.context.new_cdp_session(phone)

    def act(kind: str, fingers: list[tuple[float, float]]) -> None:
        points = [{"x": x + right, "y": y + down, "id": number} for number, (right, down) in enumerate(fingers)]
        session.send("Input.dispatchTouchEvent", {"type": f"touch{kind}", "touchPoints": points})

    return act


def look(page: Page, row: int = 0, which: int = 1) -> None:
    page.locator("#rows > li").nth(row).locator(f'button[data-which="{which}"]').click()
    expect(page.locator("#viewer")).to_be_visible()


def zoom(page: Page) -> float:
    return float(page.locator("#zoom").inner_text().removesuffix("×"))


def test_back_closes_the_viewer_and_forward_opens_it_again(page: Page, site: Path) -> None:
    page.select_option("#order", "best")
    page.evaluate("document.querySelector('#rows > li').dataset.same = 'yes'")
    entries = page.evaluate("history.length")
    look(page, row=1)
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    assert page.evaluate("history.length") == entries + 1
    page.go_back()
    expect(page.locator("#viewer")).to_be_hidden()
    expect(page).to_have_url(re.compile(r"#group=g1&metric=psnr&order=best$"))
    expect(page.locator('#rows > li[data-same="yes"]')).to_have_count(1)  # rows stay, and the place in them
    expect(page.locator('#rows > li >> nth=1 >> button[data-which="1"]')).to_be_focused()
    page.go_forward()
    expect(page.locator("#viewer-title")).to_have_text("item-3")
    page.keyboard.press("Escape")
    expect(page.locator("#viewer")).to_be_hidden()
    expect(page).to_have_url(re.compile(r"order=best$"))


def test_a_viewer_that_is_closed_leaves_no_entry_behind(page: Page, site: Path) -> None:
    page.goto((site / "gallery.html").as_uri() + "#group=g1&metric=l1&order=best")
    for close in ("Escape", "✕", "Escape"):
        look(page)
        if close == "Escape":
            page.keyboard.press("Escape")
        else:
            page.get_by_role("button", name="Close", exact=True).click()
        page.select_option("#metric", "psnr" if close == "✕" else "l1")  # while the browser is on its way back
        expect(page.locator("#viewer")).to_be_hidden()
    page.evaluate("new Promise((done) => (history.state ? addEventListener('popstate', () => done()) : done()))")
    expect(page).to_have_url(re.compile(r"metric=l1&order=best$"))
    page.go_back()
    expect(page.locator("#viewer")).to_be_hidden()
    expect(page).to_have_url(re.compile(r"order=disagreement$"))  # what was there before


def test_a_picture_chosen_at_once_after_another_stays_open(page: Page) -> None:
    page.evaluate("""() => {
        const [one, other] = document.querySelectorAll('button[data-which="1"]');
        one.click();
        document.getElementById('viewer').addEventListener('close', () => other.click(), { once: true });
        document.getElementById('viewer').close();
    }""")
    expect(page.locator("#viewer-title")).to_have_text("item-3")
    expect(page).to_have_url(re.compile("image=3"))
    assert page.evaluate("history.state") == {"viewer": True}
    expect(page.locator("#viewer")).to_be_visible()


def test_a_link_to_a_picture_has_no_entry_of_its_own(page: Page, visitor: Any, site: Path) -> None:
    tab = type(visitor)(page.context.new_page()).open(site / "gallery.html", "#group=g1&image=3")
    expect(tab.locator("#viewer-title")).to_have_text("item-3")
    tab.keyboard.press("Escape")
    expect(tab).to_have_url(re.compile(r"order=disagreement$"))
    assert tab.evaluate("history.length") == page.evaluate("history.length")


def test_a_place_on_the_page_is_no_view(page: Page) -> None:
    page.locator("#methods summary").click()
    page.get_by_role("checkbox", name="alpha").uncheck()
    page.select_option("#metric", "l1")
    page.select_option("#order", "worst")
    before = page.evaluate("location.hash")
    page.evaluate("location.hash = '#main'")
    expect(page).to_have_url(re.compile(re.escape(before) + "$"))
    expect(page.locator("#methods-count")).to_have_text("2 of 3")
    expect(page.locator("#metric")).to_have_value("l1")


def test_two_fingers_pinch(phone: Page, touch: Touch) -> None:
    factor, split = phone.locator("#zoom"), phone.locator("#split")
    picture = phone.locator(".layer img").first
    expect(factor).to_have_text("10×")
    touch("Start", [(-40, 0)])
    expect(split).not_to_have_value("50")
    touch("Start", [(-40, 0), (40, 0)])
    expect(split).to_have_value("50")  # one finger has moved it, two do not mean it
    for by in range(45, 85, 5):
        touch("Move", [(-by, 0), (by, 0)])
    expect(factor).to_have_text("24×")  # the nearest to twice as much
    style = picture.get_attribute("style")
    assert style is not None
    touch("Move", [(-60, 30), (100, 30)])  # both together
    expect(picture).not_to_have_attribute("style", style)
    expect(factor).to_have_text("24×")
    touch("End", [(-60, 30)])
    touch("Move", [(-10, 0)])  # the one that is left
    touch("End", [])
    expect(split).to_have_value("50")
    touch("Start", [(-40, 0), (40, 0)])
    touch("Move", [(-20, 0), (20, 0)])
    expect(factor).to_have_text("12×")
    touch("End", [])
    assert phone.evaluate("visualViewport.scale") == 1


def test_one_finger_moves_the_divider(phone: Page, touch: Touch) -> None:
    touch("Start", [(0, 0)])
    touch("Move", [(-60, 0)])
    touch("Move", [(-80, 0)])
    touch("End", [])
    expect(phone.locator("#split")).to_have_value("25")  # 80 of 320 pixels


def turn(page: Page, *pixels: float, mode: int = 0, ctrl: bool = False) -> None:
    page.evaluate(
        """([turns, deltaMode, ctrlKey]) => {
            const stage = document.getElementById("stage");
            for (const deltaY of turns) stage.dispatchEvent(new WheelEvent("wheel", { deltaY, deltaMode, ctrlKey }));
        }""",
        [pixels, mode, ctrl],
    )


def test_a_trackpad_zooms_by_what_adds_up(page: Page) -> None:
    look(page)
    for _ in range(3):
        page.keyboard.press("-")
    assert zoom(page) == 8
    turn(page, *[-4] * 24)
    assert zoom(page) == 8
    turn(page, -4)
    assert zoom(page) == 10
    turn(page, -60, 60, -60, 60)  # to and fro
    assert zoom(page) == 10
    turn(page, 120)  # notches of a mouse
    assert zoom(page) == 8
    turn(page, -3, mode=1)
    assert zoom(page) == 10
    turn(page, *[10] * 4, ctrl=True)  # two fingers on a trackpad
    assert zoom(page) == 8


def test_the_table_of_scores_is_scrolled_by_keyboard(page: Page) -> None:
    page.set_viewport_size({"width": 360, "height": 740})
    page.evaluate("document.getElementById('scores').style.width = '60rem'")
    look(page)
    box = page.locator("#viewer .scroll")
    expect(box).to_have_accessible_name("Scores of this image")
    page.locator("#viewer [data-do=errors]").focus()
    page.keyboard.press("Tab")
    expect(box).to_be_focused()
    page.keyboard.press("ArrowRight")
    scrolled = (
        "box => new Promise((done) => (box.scrollLeft > 0 ? done() : box.addEventListener('scroll', () => done())))"
    )
    box.evaluate(scrolled)
    assert box.evaluate("box => box.scrollLeft") > 0
    expect(page.locator("#viewer-title")).to_have_text("item-2")
