"""What stands in the page, and in what it loads."""

from __future__ import annotations

import json
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np

from inpaintbench.stored import StoredCell

Hang = Callable[..., StoredCell]
Publish = Callable[..., str]

HOSTILE = '"><img src=x onerror=alert(1)>'


class Reader(HTMLParser):
    """Keeps the tags and the text of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


def data(site: Path, group: str = "g1") -> dict[str, Any]:
    text = (site / "data" / f"gallery-{group}.js").read_text(encoding="ascii")
    head, _, rest = text.partition(" = ")
    assert head == f'globalThis.galleryData["{group}"]'
    found: dict[str, Any] = json.loads(rest.removesuffix(";\n"))
    return found


def test_names_from_plugins_are_text(hang: Hang, publish: Publish, tmp_path: Path) -> None:
    failed = hang(HOSTILE, {"psnr": []}, status="oom", error={"message": "<script>no</script>\x1b[1m"}, scored=0)
    page = publish([hang("alpha", {"psnr": [20]}, mask=HOSTILE), failed, hang(f"m{HOSTILE}", {"psnr": [20]})])
    reader = Reader(page)
    assert all("onerror" not in attributes for _, attributes in reader.tags)
    assert HOSTILE in reader.text
    assert "<script>no</script>\\x1b[1m" in reader.text
    assert [one["name"] for one in data(tmp_path / "site", "g2")["methods"]] == [f"m{HOSTILE}"]


def test_data_of_a_group(hang: Hang, publish: Publish, tmp_path: Path) -> None:
    publish(
        [
            hang("alpha", {"psnr": [20.123456, float("inf")]}, images=[{"class": "cat"}, {}]),
            hang("beta", {"l1": [1, 2]}),
        ]
    )
    found = data(tmp_path / "site")
    assert [one["scores"] for one in found["rows"]] == [[[20.1235, None], [None, 1.0]], [["inf", None], [None, 2.0]]]
    assert [one["class"] for one in found["rows"]] == ["cat", None]
    assert [one["id"] for one in found["rows"]] == ["0", "1"]
    assert sorted(one["chance"] for one in found["rows"]) == [0, 1]
    assert found["rows"][0]["ratio"] == 0.25
    assert [(one["label"], one["higher"], one["decimals"]) for one in found["metrics"]] == [
        ("PSNR", True, 2),
        ("L1", False, 1),
    ]
    assert found["notices"] == []


def test_two_rows_of_one_position_have_names_of_their_own(hang: Hang, publish: Publish, tmp_path: Path) -> None:
    publish(
        [hang("alpha", {"psnr": [20]}), hang("beta", {"psnr": [22]}, picture=lambda i, s: np.full((s, s, 3), 9, "u1"))]
    )
    found = data(tmp_path / "site")
    assert [one["id"] for one in found["rows"]] == ["0", "0.2"]
    assert sorted([name is None for name in one["completions"]] for one in found["rows"]) == [
        [False, True],
        [True, False],
    ]


def test_it_says_how_many_pictures_were_saved(hang: Hang, publish: Publish, tmp_path: Path) -> None:
    page = publish([hang("alpha", {"psnr": [20, 30, 40]}, saved=2)])
    assert data(tmp_path / "site")["notices"] == [
        "Pictures of 2 of 3 images were saved; `bench run --samples all --rerun all` saves all."
    ]
    assert "Pictures are lossless." in Reader(page).text
    assert "2 2 3 1" in Reader(page).text  # shown, saved, images, methods


def test_it_says_what_a_budget_has_cost(hang: Hang, publish: Publish, tmp_path: Path) -> None:
    def noise(index: int, size: int) -> np.ndarray:
        return np.random.default_rng(index).integers(0, 256, (size, size, 3), dtype=np.uint8)

    page = publish([hang("alpha", {"psnr": [20, 30, 40, 10]}, picture=noise)], megabytes=0.005)
    shown = len(data(tmp_path / "site")["rows"])
    assert 0 < shown < 4
    assert f"there was no room for {4 - shown} row" in Reader(page).text
    assert "Pictures are WebP of quality 80, for all to take at most 0.005 MB" in Reader(page).text
    are = "is" if shown == 1 else "are"
    assert f"{shown} of the 4 images with saved pictures {are} shown" in data(tmp_path / "site")["notices"][0]
    assert (
        "kept are in turns the worst, the best, those on which methods disagree most, and some at random."
        in Reader(page).text
    )


def test_without_scores_what_is_kept_is_a_matter_of_chance(hang: Hang, publish: Publish, tmp_path: Path) -> None:
    def noise(index: int, size: int) -> np.ndarray:
        return np.random.default_rng(index).integers(0, 256, (size, size, 3), dtype=np.uint8)

    page = publish([hang("alpha", {"psnr": [None] * 4}, metrics=(), picture=noise)], megabytes=0.004)
    assert len(data(tmp_path / "site")["rows"]) == 1
    assert data(tmp_path / "site")["notices"] == ["1 of the 4 images with saved pictures is shown; see below why."]
    assert "there was no room for 3 rows: kept are some at random." in Reader(page).text


def test_it_names_what_cannot_be_read(hang: Hang, publish: Publish, tmp_path: Path) -> None:
    cell = hang("alpha", {"psnr": [20, 30]})
    (cell.folder / "samples" / "00000-hole.png").unlink()
    page = publish([cell])
    assert "00000-hole.png is missing" in Reader(page).text
    assert [one["id"] for one in data(tmp_path / "site")["rows"]] == ["1"]


def test_without_pictures_it_says_how_to_get_some(hang: Hang, publish: Publish, tmp_path: Path) -> None:
    page = publish([hang("alpha", {"psnr": [20]}, saved=0)])
    assert "There are no pictures to show" in Reader(page).text
    assert "bench run --samples all --rerun all" in Reader(page).text
    assert not any(attributes.get("id") == "group" for _, attributes in Reader(page).tags)
    assert list((tmp_path / "site" / "data").iterdir()) == []
