"""A report of hand-made cells, and a real browser to look at it with."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Return a headless Chromium; `.ci/run` installs one and asks that it be there."""
    if CHROMIUM is None:
        if os.environ.get("INPAINTBENCH_BROWSER") == "required":
            pytest.fail("no Chromium is installed, and INPAINTBENCH_BROWSER=required asks for one")
        pytest.skip("no Chromium is installed")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def context(chromium: Browser) -> Iterator[BrowserContext]:
    """Return a fresh profile: a window of a laptop's size, light, offline."""
    context = chromium.new_context(viewport={"width": 1280, "height": 800}, color_scheme="light", offline=True)
    yield context
    context.close()


class Visitor:
    """A tab that keeps count of what a page must not do.

    Attributes:
        page: Playwright's.
        errors: what the console or an uncaught exception said.
        requests: addresses that were asked of anything but the disk.
    """

    def __init__(self, page: Page) -> None:
        self.page = page
        self.errors: list[str] = []
        self.requests: list[str] = []
        page.on("console", lambda message: self.errors.append(message.text) if message.type != "log" else None)
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("requestfailed", lambda request: self.errors.append(f"failed: {request.url}"))
        page.on("request", self._note)

    def _note(self, request: object) -> None:
        url: str = request.url  # type: ignore[attr-defined]
        if not url.startswith(("file:", "data:", "blob:")):
            self.requests.append(url)

    def open(self, path: Path, fragment: str = "") -> Page:
        """Open a file and wait until it has loaded."""
        self.page.goto(path.resolve().as_uri() + fragment)
        return self.page


@pytest.fixture
def visitor(context: BrowserContext) -> Iterator[Visitor]:
    """Return a tab; at the end it must have met no error, and asked no host for anything."""
    visitor = Visitor(context.new_page())
    yield visitor
    assert visitor.errors == []
    assert visitor.requests == []
