"""A report of hand-made cells, and a real browser to look at it with."""

from __future__ import annotations

import math
import os
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Request, sync_playwright

from inpaintbench.cell_writer import CellWriter
from inpaintbench.records import CellRecord, MetricColumn
from inpaintbench.site import build_site
from inpaintbench.site.contents import Contents
from inpaintbench.store import Store
from inpaintbench.stored import StoredCell

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")

IMAGES = 24

PSNR = MetricColumn(
    name="psnr", plugin="psnr", label="PSNR", unit="dB", higher_is_better=True, decimals=2, ranked=True, version=1
)
LPIPS = MetricColumn(
    name="lpips[net=squeeze]",
    plugin="lpips",
    label="LPIPS (squeeze)",
    unit="",
    higher_is_better=False,
    decimals=4,
    ranked=True,
    version=1,
    weights="ab12cd" + 58 * "0",
)
METRICS = (PSNR, LPIPS)

MakeCell: TypeAlias = Callable[..., StoredCell]
MakeRows: TypeAlias = Callable[..., list[dict[str, Any]]]


def rows_of(psnr: float, ripple: float, images: int = IMAGES) -> list[dict[str, Any]]:
    """Return the records of images: hard and easy ones, the same for all methods, and a little of the method's own."""
    found = []
    for index in range(images):
        own = psnr + 4 * math.sin(7.3 * index) + ripple * math.cos(11.9 * index + 100 * ripple)
        scores = {"psnr": own, "lpips[net=squeeze]": math.exp(-own / 10)}
        about = {"image_hash": f"i{index}", "hole_hash": f"h{index}", "hole_ratio": 0.1 + index / 100}
        found.append({"item": f"{index}.png", "index": index, **about, **scores, "seconds": 0.01, "clamped": 0})
    return found


def store_cell(folder: Path, method: str, images: Sequence[Mapping[str, Any]], **changes: Any) -> StoredCell:
    """Store a complete cell with the records of its images, changed as asked for."""
    fields: dict[str, Any] = {
        "status": "complete",
        "method": method,
        "dataset": "photos",
        "mask": "half",
        "size": 64,
        "seed": 0,
        "limit": None,
        "protocol": 1,
        "metrics": METRICS,
        "expected": len(images),
        "scored": len(images),
        "timing": {"seconds_per_image": 0.0125, "method_seconds": 0.3, "wall_seconds": 0.5, "batch_size": 8},
        "memory": {"peak_bytes": 3 * 2**20, "counts": "the whole process"},
        "environment": {
            "versions": {"python": "3.11.7", "torch": "2.9.0"},
            "commit": "0123abcd",
            "device": {"type": "cpu", "name": "a processor", "threads": 2},
            "plugins": dict.fromkeys(("method", "dataset", "mask"), "somewhere"),
        },
        "started": "2026-01-01T10:00:00.000+00:00",
        "finished": "2026-01-01T10:00:05.000+00:00",
        **changes,
    }
    means = {one.name: _mean([row.get(one.name, math.nan) for row in images]) for one in fields["metrics"]}
    fields.setdefault("means", means)
    fields.setdefault(
        "identity", {part: {"name": fields[part], "version": 1} for part in ("method", "dataset", "mask")}
    )
    parts = (fields[name] for name in ("method", "dataset", "mask", "seed", "limit"))
    fields.setdefault("key", f"{hash_of(parts):016x}")
    record = CellRecord(**fields)
    where = Store(folder).folder(record.method, record.dataset, record.mask, record.key)
    writer = CellWriter(where).open()
    try:
        if images:
            writer.append(list(images))
        writer.seal(record)
    finally:
        writer.close()
    stored = Store(folder).read(where)
    assert stored is not None
    return stored


def hash_of(parts: Iterator[object]) -> int:
    """Return a number that depends on the parts alone."""
    number = 0
    for letter in "/".join(map(str, parts)):
        number = (number * 1000003 + ord(letter)) % 2**64
    return number


def _mean(values: Sequence[float]) -> float | None:
    known = [value for value in values if not math.isnan(value)]
    return math.fsum(known) / len(known) if known else None


@pytest.fixture(scope="session")
def make_site_cell() -> MakeCell:
    """Return `store_cell`."""
    return store_cell


@pytest.fixture(scope="session")
def make_rows() -> MakeRows:
    """Return `rows_of`."""
    return rows_of


class Document(HTMLParser):
    """What a page says, read by the standard library.

    Attributes:
        text: all of it.
        rows: of each table, by its id or else by its number on the page: the text and the class of each cell.
        links: where it leads, and what it loads.
        tags: every element, with its attributes.
    """

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.text = ""
        self.rows: dict[str, list[list[tuple[str, str]]]] = {}
        self.links: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self._cell: list[str] | None = None
        self._class = ""
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.tags.append((tag, given))
        self.links += [link for name in ("href", "src") if (link := given.get(name)) is not None]
        if tag == "table":
            self.rows[given.get("id") or str(len(self.rows))] = []
        elif tag == "tr":
            list(self.rows.values())[-1].append([])
        elif tag in ("td", "th"):
            self._cell, self._class = [], given.get("class") or ""

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th") and self._cell is not None:
            list(self.rows.values())[-1][-1].append((" ".join(self._cell), self._class))
            self._cell = None

    def handle_data(self, data: str) -> None:
        self.text += data
        if self._cell is not None and data.strip():
            self._cell.append(data.strip())


@pytest.fixture(scope="session")
def read_page() -> Callable[[Path], Document]:
    """Return a function that reads a page."""
    return Document


@pytest.fixture(scope="session")
def results(tmp_path_factory: pytest.TempPathFactory) -> tuple[StoredCell, ...]:
    """Return cells: `sharp` and `crisp` cannot be told apart, `soft[width=9]` and `soft[width=10]` are worse by 3 dB.

    Under `dots`, `crisp` has failed; a limited run of `sharp` stands in a group of its own.
    """
    folder = tmp_path_factory.mktemp("results")
    cells = []
    for dataset in ("photos", "faces"):
        for mask, easier in (("half", 0.0), ("dots", 6.0)):
            for method, psnr, ripple in (
                ("sharp", 24.0, 0.9),
                ("crisp", 24.01, 0.8),
                ("soft[width=9]", 21.0, 0.7),
                ("soft[width=10]", 20.9, 0.05),
            ):
                where = {"dataset": dataset, "mask": mask}
                if (method, mask) == ("crisp", "dots"):
                    error = {"type": "ValueError", "message": "no <b>dots</b>", "advice": "draw & wait"}
                    failure = {"status": "failed", "scored": 0, "expected": IMAGES, "error": error}
                    cells.append(store_cell(folder, method, [], **where, **failure))
                else:
                    cells.append(store_cell(folder, method, rows_of(psnr + easier, ripple), **where))
    cells.append(store_cell(folder, "sharp", rows_of(24.0, 0.9, 6), limit=6))
    return tuple(cells)


@pytest.fixture(scope="session")
def contents(results: tuple[StoredCell, ...]) -> Contents:
    """Return what the report shows."""
    return Contents.of("tried", results, ["cells/x/cell.json is damaged: no JSON."])


@pytest.fixture(scope="session")
def site(contents: Contents, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of the report."""
    folder = tmp_path_factory.mktemp("report") / "site"
    build_site(contents, folder)
    return folder


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
        page.on("requestfailed", self._note_failure)
        page.on("request", self._note)

    def _note_failure(self, request: Request) -> None:
        if request.failure != "net::ERR_ABORTED":  # which is what happens to a page that is left while it loads
            self.errors.append(f"failed: {request.url}")

    def _note(self, request: Request) -> None:
        if not request.url.startswith(("file:", "data:", "blob:")):
            self.requests.append(request.url)

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
