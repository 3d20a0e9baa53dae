"""The documentation's site in a browser: it asks no other host, fits a phone, can be searched and copied from."""

from __future__ import annotations

import functools
import os
import shutil
import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


@pytest.fixture(scope="module")
def served(site: Path) -> Iterator[str]:
    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(site)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    if CHROMIUM is None:
        if os.environ.get("INPAINTBENCH_BROWSER") == "required":
            pytest.fail("no Chromium is installed, and INPAINTBENCH_BROWSER=required asks for one")
        pytest.skip("no Chromium is installed")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


SEEN = (
    "index.html", "faq.html", "methods/tv.html", "masks/free_form.html", "datasets/celeba.html", "cli.html",
    "reference/commands.html", "reference/checks.html", "reference/python/api.html",
)  # fmt: skip


@pytest.mark.parametrize(("width", "colours"), [(1280, "light"), (390, "light"), (1280, "dark")])
def test_a_browser_asks_no_other_host_and_need_not_scroll_sideways(
    width: int, colours: str, chromium: Browser, served: str
) -> None:
    context = chromium.new_context(viewport={"width": width, "height": 800}, color_scheme=colours)  # type: ignore[arg-type]
    page = context.new_page()
    asked: list[str] = []
    said: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    for name in SEEN:
        page.goto(served + name)
        page.wait_for_function(
            "document.body.dataset.mdColorScheme && !document.querySelector('.md-search__input:disabled')"
        )
        assert page.evaluate("document.documentElement.scrollWidth") <= width, name
        assert page.evaluate("document.body.dataset.mdColorScheme") == {"light": "default", "dark": "slate"}[colours]
    page.wait_for_load_state("networkidle")
    context.close()
    assert [url for url in asked if not url.startswith((served, "data:", "blob:"))] == []
    assert said == []


def test_the_button_beside_commands_copies_them_without_their_prompts(chromium: Browser, served: str) -> None:
    context = chromium.new_context(permissions=["clipboard-read", "clipboard-write"])
    page = context.new_page()
    page.goto(served + "quickstart.html")
    block = page.locator(".highlight", has_text="bench doctor")
    block.hover()
    block.get_by_role("button").click()
    page.get_by_text("Copied to clipboard").wait_for()
    assert page.evaluate("navigator.clipboard.readText()").strip() == "bench doctor"
    context.close()


def test_the_search_finds_a_method(chromium: Browser, served: str) -> None:
    page = chromium.new_page()
    page.goto(served)
    box = page.get_by_role("textbox", name="Search")
    box.click()
    box.press_sequentially("duality gap")
    found = page.locator(".md-search-result__link").first
    found.wait_for()
    assert "methods/tv.html" in (found.get_attribute("href") or "")
    page.close()
