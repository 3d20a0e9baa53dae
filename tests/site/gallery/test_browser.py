"""The gallery as a person meets it, in a real browser."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

HOSTILE = '"><img src=x onerror=alert(1)>'

CONTRAST = """element => {
  const channel = (v) => (v /= 255) <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4;
  const light = (c) => { const [r, g, b] = c.match(/[\\d.]+/g).map(Number).map(channel);
    return .2126 * r + .7152 * g + .0722 * b; };
  let under = element;
  while (under && /^rgba\\(.*, 0\\)$/.test(getComputedStyle(under).backgroundColor)) under = under.parentElement;
  const pair = [getComputedStyle(element).color, getComputedStyle(under ?? document.documentElement).backgroundColor];
  const [a, b] = pair.map(light).sort((x, y) => y - x);
  return (a + .05) / (b + .05);
}"""


@pytest.fixture
def page(visitor: Any, site: Path) -> Page:
    """Return the gallery, with the rows of its first group."""
    opened: Page = visitor.open(site / "gallery.html")
    expect(opened.locator("#rows > li").first).to_be_visible()
    return opened


def items(page: Page) -> str:
    """Return which images are shown, in order."""
    return "".join(re.findall(r"item-(\d+)", " ".join(page.locator("#rows h3").all_inner_texts())))


def look(page: Page, row: int = 0, which: str = "beta") -> None:
    page.locator("#rows > li").nth(row).get_by_title(f"Look at {which}", exact=True).click()
    expect(page.locator("#viewer")).to_be_visible()


def source(page: Page, side: str) -> str:
    found = page.locator(f'.layer[data-side="{side}"] img').get_attribute("src")
    assert found is not None
    return found


def width(page: Page) -> float:
    return float(page.locator('.layer[data-side="left"] img').evaluate("one => one.getBoundingClientRect().width"))


def divider(page: Page) -> float:
    """Return where the divider stands, as a part of the picture's width."""
    box = page.locator('.layer[data-side="left"] img').evaluate("one => one.getBoundingClientRect().toJSON()")
    at = page.locator(".divider").evaluate("one => one.getBoundingClientRect().left + 1")
    return float((at - box["left"]) / box["width"])


def test_orders(page: Page) -> None:
    expected = {
        ("psnr", "disagreement"): "23014",
        ("psnr", "worst"): "23014",
        ("psnr", "best"): "10324",
        ("psnr", "dataset"): "01234",
        ("l1", "disagreement"): "41032",
        ("l1", "worst"): "14302",
        ("l1", "best"): "20341",
    }
    for (metric, order), images in expected.items():
        page.select_option("#metric", metric)
        page.select_option("#order", order)
        assert items(page) == images, (metric, order)
    page.select_option("#order", "random")
    assert sorted(items(page)) == list("01234")
    expect(page.locator("#count")).to_have_text("5 images, at random.")


def test_best_of_an_image_is_marked(page: Page) -> None:
    page.select_option("#order", "dataset")
    marked = [row.locator(".best").all_text_contents() for row in page.locator("#rows > li").all()]
    assert marked[0] == ["24.00 dB (best)"]
    assert marked[1] == ["30.00 dB (best)"] * 3
    assert marked[4] == []
    page.select_option("#metric", "l1")
    assert page.locator("#rows > li").first.locator(".best").all_text_contents() == ["1.0 % (best)"]


def test_methods_can_be_hidden(page: Page, visitor: Any, site: Path) -> None:
    page.locator("#methods summary").click()
    page.get_by_role("checkbox", name="alpha").uncheck()
    expect(page.locator("#rows > li").first.locator(".name")).to_have_text(["truth", "corrupted", HOSTILE, "beta"])
    assert items(page) == "30124"  # ranges of what is left: 2, 0, none, 5, none
    page = type(visitor)(page.context.new_page()).open(site / "gallery.html", "#" + page.url.partition("#")[2])
    expect(page.locator("#rows > li").first.locator(".name")).to_have_text(["truth", "corrupted", HOSTILE, "beta"])
    page.locator("#methods summary").click()
    page.get_by_role("checkbox", name="alpha").check()
    assert items(page) == "23014"


def test_error_maps_and_their_scale_appear_on_request(page: Page) -> None:
    maps = page.locator("#rows img.error")
    expect(maps.first).to_be_hidden()
    expect(page.locator("#legend")).to_be_hidden()
    page.get_by_label("Error maps").check()
    expect(maps.first).to_be_visible()
    expect(page.locator("#legend .ticks")).to_have_text("0163248≥ 64")


def test_a_group_is_chosen(page: Page) -> None:
    page.select_option("#group", "g2")
    expect(page.locator("#group-title")).to_contain_text("square[large=1]")
    expect(page.locator("#notices")).to_contain_text("Pictures of 1 of 2 images were saved")
    assert page.locator("#rows img").first.get_attribute("src").endswith("-s.webp")  # type: ignore[union-attr]
    look(page, which="alpha")
    assert not source(page, "right").endswith("-s.webp")
    page.keyboard.press("Escape")
    page.get_by_role("link", name="squares").click()  # from the table below
    expect(page.locator("#notices")).to_contain_text("gamma is not shown: oom: <b>no memory</b>")
    expect(page.locator("#group-title")).to_be_in_viewport()


def test_rows_are_made_as_they_come_near(visitor: Any, site: Path) -> None:
    page = visitor.open(site / "gallery.html", "#group=g3&order=dataset")
    rows = page.locator("#rows > li")
    expect(rows.first).to_be_visible()
    assert rows.count() < 25
    rows.last.scroll_into_view_if_needed()
    expect(rows.nth(19)).to_be_attached()
    rows.last.scroll_into_view_if_needed()
    expect(rows).to_have_count(25)
    assert items(page) == "".join(map(str, range(25)))


def test_pictures_keep_their_place(page: Page) -> None:
    image = page.locator("#rows img").first
    assert (image.get_attribute("loading"), image.get_attribute("decoding")) == ("lazy", "async")
    assert image.get_attribute("width") == image.get_attribute("height") == "128"  # four times 32
    assert image.evaluate("one => getComputedStyle(one).imageRendering") == "pixelated"


def test_the_divider_by_keyboard(page: Page) -> None:
    look(page)
    assert divider(page) == pytest.approx(0.5, abs=0.02)
    page.locator("#split").focus()
    for _ in range(20):
        page.keyboard.press("ArrowRight")
    assert divider(page) == pytest.approx(0.7, abs=0.02)
    layers = [page.locator(f'.layer[data-side="{side}"]') for side in ("left", "right")]
    left, right = (re.findall(r"[\d.]+(?=px)", one.evaluate("one => one.style.clipPath")) for one in layers)
    room = page.locator("#stage").evaluate("one => one.clientWidth")
    assert float(left[1]) + float(right[3]) == pytest.approx(room, abs=0.1)  # one ends where the other begins
    expect(page.locator("#viewer-title")).to_have_text("item-2")  # the arrows were the slider's


def test_the_divider_by_mouse(page: Page) -> None:
    look(page)
    box = page.locator("#stage").bounding_box()
    assert box is not None
    middle = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.move(*middle)
    page.mouse.down()
    page.mouse.move(middle[0] - width(page) / 4, middle[1], steps=3)
    page.mouse.up()
    assert divider(page) == pytest.approx(0.25, abs=0.02)
    expect(page.locator("#split")).to_have_value("25")


def test_zoom(page: Page) -> None:
    look(page)
    fitted = width(page)
    assert fitted % 32 == 0
    page.keyboard.press("+")
    assert width(page) > fitted
    assert width(page) % 32 == 0
    image = page.locator('.layer[data-side="right"] img')
    assert image.evaluate("one => getComputedStyle(one).imageRendering") == "pixelated"
    expect(page.locator("#zoom")).to_have_text(f"{width(page) / 32:.0f}×")
    closer = width(page)
    page.keyboard.press("Shift+ArrowLeft")
    place = image.evaluate("one => one.style.transform")
    page.keyboard.press("ArrowDown")  # another method: what is looked at stays
    assert width(page) == closer
    assert image.evaluate("one => one.style.transform") == place
    page.keyboard.press("-")
    assert width(page) == fitted
    page.keyboard.press("+")
    page.keyboard.press("0")
    assert width(page) == fitted
    page.locator("#stage").hover()
    page.mouse.wheel(0, -100)
    expect(page.locator("#zoom")).to_have_text(f"{closer / 32:.0f}×")


def test_a_large_picture_is_dragged(page: Page) -> None:
    look(page)
    for _ in range(3):
        page.keyboard.press("+")
    image = page.locator('.layer[data-side="right"] img')
    before = image.bounding_box()
    stage = page.locator("#stage").bounding_box()
    assert before is not None
    assert stage is not None
    page.mouse.move(stage["x"] + 60, stage["y"] + 60)
    page.mouse.down()
    page.mouse.move(stage["x"] + 90, stage["y"] + 80, steps=3)
    page.mouse.up()
    after = image.bounding_box()
    assert after is not None
    assert (after["x"] - before["x"], after["y"] - before["y"]) == pytest.approx((30, 20), abs=0.5)


def test_keys(page: Page) -> None:
    look(page)  # beta on the right, of the first image
    title, right = page.locator("#viewer-title"), page.locator("#right")
    expect(title).to_have_text("item-2")
    page.keyboard.press("ArrowRight")
    expect(title).to_have_text("item-3")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")  # there is none before the first
    expect(title).to_have_text("item-2")
    expect(right).to_have_value("method:beta")
    page.keyboard.press("ArrowUp")
    expect(right).to_have_value(f"method:{HOSTILE}")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")  # the first comes after the last
    expect(right).to_have_value("method:alpha")
    before = source(page, "right"), source(page, "left")
    page.keyboard.press("e")
    assert source(page, "right") != before[0]
    assert source(page, "left") == before[1]  # the truth has no error map
    expect(page.locator("#viewer-legend")).to_be_visible()
    page.keyboard.press("?")
    expect(page.locator("#viewer-help")).to_be_visible()


@pytest.mark.parametrize("key", ["Enter", "Space"])
def test_escape_gives_the_focus_back(page: Page, key: str) -> None:
    button = page.locator('#rows > li >> nth=1 >> button[data-which="0"]')
    button.focus()
    page.keyboard.press(key)
    expect(page.locator("#stage")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("#viewer")).to_be_hidden()
    expect(button).to_be_focused()
    assert "image=" not in page.url


def test_all_scores_of_the_image_are_in_a_table(page: Page) -> None:
    look(page)
    rows = [row.locator("th, td").all_text_contents() for row in page.locator("#scores tr").all()]
    assert rows[0] == ["Method", "PSNR (dB) ↑", "L1 (%) ↓"]
    found = {row[0]: row[1:] for row in rows[1:]}
    assert found["beta"] == ["25.00 (best)", "1.0 (best)"]
    assert found[HOSTILE] == ["–", "1.0 (best)"]


def test_sides_can_be_chosen(page: Page) -> None:
    look(page)
    page.select_option("#left", "method:alpha")
    page.select_option("#right", "corrupted")
    expect(page.locator('.tag[data-side="left"]')).to_have_text("alpha")
    assert source(page, "left") != source(page, "right")
    assert page.locator('.layer[data-side="right"] img').get_attribute("alt") == "corrupted: item-2"


def test_a_view_can_be_linked(page: Page, visitor: Any, site: Path) -> None:
    page.select_option("#metric", "l1")
    page.select_option("#order", "best")
    look(page, row=2, which=HOSTILE)
    page.select_option("#left", "method:beta")
    other = type(visitor)(page.context.new_page())
    page = other.open(site / "gallery.html", "#" + page.url.partition("#")[2])
    expect(page.locator("#viewer-title")).to_have_text("item-3")
    expect(page.locator("#left")).to_have_value("method:beta")
    expect(page.locator("#right")).to_have_value(f"method:{HOSTILE}")
    expect(page.locator("#metric")).to_have_value("l1")
    assert items(page) == "20341"
    page.keyboard.press("Escape")
    expect(page.locator("#rows > li >> nth=2 >> button >> nth=0")).to_be_focused()
    page.evaluate("location.hash = '#group=g2&image=0&right=nothing'")
    expect(page.locator("#right")).to_have_value("method:alpha")
    expect(page.locator("#group")).to_have_value("g2")
    assert other.errors == []


def test_an_address_that_names_nothing_is_harmless(visitor: Any, site: Path) -> None:
    page = visitor.open(site / "gallery.html", "#group=../../x&metric=no&order=no&image=99&left=%3Cb%3E")
    expect(page.locator("#rows > li")).to_have_count(5)
    expect(page.locator("#viewer")).to_be_hidden()
    assert page.locator("#order").input_value() == "disagreement"


def test_hostile_names_are_text(page: Page) -> None:
    look(page, which=HOSTILE)
    expect(page.locator('.tag[data-side="right"]')).to_have_text(HOSTILE)
    assert page.locator('img[src="x"]').count() == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_contrast(page: Page, scheme: Any) -> None:
    page.emulate_media(color_scheme=scheme)
    look(page)
    page.keyboard.press("e")
    page.keyboard.press("?")
    small = (
        ".picture .name",
        ".row small",
        ".best",
        ".legend",
        "#viewer-facts",
        "#scores td",
        "#viewer-help dd",
        ".tag",
    )
    for selector in (*small, "[aria-pressed=true]"):
        assert page.locator(selector).first.evaluate(CONTRAST) >= 4.5, selector


def test_a_phone(visitor: Any, site: Path) -> None:
    visitor.page.set_viewport_size({"width": 360, "height": 700})
    page = visitor.open(site / "gallery.html")
    expect(page.locator("#rows > li").first).to_be_visible()
    page.get_by_label("Error maps").check()
    page.select_option("#size", "large")
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    look(page)
    box = page.locator("#viewer").bounding_box()
    assert box is not None
    assert (box["x"], box["width"]) == (0, 360)
    assert page.locator("#viewer").evaluate("one => one.scrollWidth") <= 360
    expect(page.locator("#stage")).to_be_in_viewport(ratio=0.9)


def test_without_scripts_it_says_where_the_numbers_are(chromium: Browser, site: Path) -> None:
    context = chromium.new_context(java_script_enabled=False, offline=True)
    try:
        page = context.new_page()
        page.goto((site / "gallery.html").as_uri())
        expect(page.get_by_text("All numbers stand in the")).to_be_visible()
        expect(page.locator("main table").last).to_contain_text("square[large=1]")
    finally:
        context.close()
