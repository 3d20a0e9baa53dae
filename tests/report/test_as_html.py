from __future__ import annotations

from collections.abc import Callable
from html.parser import HTMLParser

import pytest

from inpaintbench.leaderboard import Leaderboard
from inpaintbench.records import MetricColumn
from inpaintbench.report import render
from inpaintbench.stored import StoredCell

MakeCell = Callable[..., StoredCell]
StoreCell = Callable[..., StoredCell]
MakeMetric = Callable[..., MetricColumn]


class Page(HTMLParser):
    """What a browser would see: elements that are open, texts by element, classes of cells."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.cells: list[tuple[str, str]] = []
        self.text = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        if tag in ("td", "th"):
            self.cells.append((dict(attrs).get("class") or "", ""))

    def handle_data(self, data: str) -> None:
        self.text += data
        if self.cells and data.strip():
            classes, before = self.cells[-1]
            self.cells[-1] = (classes, before + data.strip())


@pytest.fixture
def hostile(make_cell: MakeCell, make_metric: MakeMetric) -> str:
    evil = "<script>alert(1)</script>"
    odd = make_metric("psnr", label=f"{evil}&amp;", unit="<b>")
    cells = [
        make_cell(f"{evil}{i}", {"psnr": 20.0 + i}, metrics=(odd,), dataset=evil, mask='"><img src=x>') for i in (1, 2)
    ]
    failed = make_cell("c", dataset=evil, mask=evil, status="failed", error={"type": evil, "message": evil})
    return render(Leaderboard.from_cells([*cells, failed]), "html")


def test_names_are_text_and_never_markup(hostile: str) -> None:
    page = Page(hostile)
    assert not {"script", "img", "b"} & set(page.tags)
    assert not [name for name, _ in page.attributes if name.startswith("on")]
    assert "<script>alert(1)</script>&amp; (<b>) ↑" in page.text
    assert '"><img src=x>' in page.text


def test_the_page_asks_no_other_file(hostile: str) -> None:
    page = Page(hostile)
    assert not {"link", "img", "iframe", "script"} & set(page.tags)
    assert not {"src", "href"} & {name for name, _ in page.attributes}
    assert "url(" not in hostile


def test_best_and_second_have_their_class(make_cell: MakeCell) -> None:
    board = Leaderboard.from_cells(
        [make_cell("a", {"psnr": 20.0}), make_cell("b", {"psnr": 21.0}), make_cell("c", {"psnr": 19.0})]
    )
    cells = {text: classes.split() for classes, text in Page(render(board, "html")).cells}
    assert "best" in cells["21.00"]
    assert "second" in cells["20.00"]
    assert not {"best", "second"} & set(cells["19.00"])


def test_it_is_the_same_each_time(make_cell: MakeCell) -> None:
    board = Leaderboard.from_cells([make_cell("a", {"psnr": 20.0})])
    assert render(board, "html") == render(board, "html")


def test_long_names_are_not_cut(make_cell: MakeCell) -> None:
    name = "method[" + "x" * 200 + "]"
    assert name in render(Leaderboard.from_cells([make_cell(name, {"psnr": 20.0})]), "html")


def test_a_class_is_text_whatever_it_is_called(store_cell: StoreCell) -> None:
    cells = [
        store_cell(method, [{"psnr": number, "hole_ratio": 0.25, "class": "<b>cat"}])
        for method, number in [("a", 20.0), ("c", 10.0)]
    ]
    page = Page(render(Leaderboard.from_cells(cells), "html", by="class"))
    assert "b" not in page.tags
    head, row, whole = page.cells[:4], page.cells[4:8], page.cells[8:11]
    assert [text for _, text in head] == ["class", "images", "a", "c"]
    assert [text for _, text in row] == ["<b>cat", "1", "20.00", "10.00"]
    assert [[name for name in ("best", "second") if name in classes.split()] for classes, _ in row] == [
        [],
        [],
        ["best"],
        ["second"],
    ]
    assert [text for _, text in whole] == ["all", "1/1", "20.00"]
