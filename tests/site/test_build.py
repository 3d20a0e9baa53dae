"""A report as a folder: written whole, in the place of a former one and of nothing else, and complete in itself."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

from inpaintbench.errors import BusyError, StoreError
from inpaintbench.site import about, build, build_site
from inpaintbench.site.contents import Contents


def _full(*_: object) -> None:
    raise OSError(28, "No space left on device")


def test_everything_that_a_page_links_to_or_loads_is_there(site: Path, read_page: Callable[[Path], Any]) -> None:
    pages = sorted(site.rglob("*.html"))
    identifiers = {page: {given.get("id") for _, given in read_page(page).tags} for page in pages}

    for page in pages:
        for link in read_page(page).links:
            assert not link.startswith(("/", "//", "http", "data:", "javascript:"))
            address, _, place = link.partition("#")
            target = (page.parent / unquote(address)).resolve() if address else page.resolve()
            assert target.is_file(), f"{page.name} links to {link}"
            if place and "=" not in place:
                assert unquote(place) in identifiers[target], f"{page.name} links to {link}"


def test_it_says_how_large_it_is(contents: Contents, tmp_path: Path) -> None:
    built = build_site(contents, tmp_path / "site")

    assert built.start == tmp_path / "site/index.html"
    assert built.pages == len(list((tmp_path / "site").rglob("*.html")))
    files = [file for file in (tmp_path / "site").rglob("*") if file.is_file() and file.name != build.MARKER]
    assert built.bytes == sum(file.stat().st_size for file in files)


def test_the_same_results_give_the_same_files(contents: Contents, site: Path, tmp_path: Path) -> None:
    build_site(contents, tmp_path / "site")

    first, second = (
        {file.relative_to(root): file.read_bytes() for file in root.rglob("*") if file.is_file()}
        for root in (site, tmp_path / "site")
    )
    assert first == second


def test_a_former_report_is_replaced(contents: Contents, tmp_path: Path) -> None:
    build_site(contents, tmp_path / "site")
    (tmp_path / "site/cells/former.html").write_text("old")

    build_site(contents, tmp_path / "site")

    assert not (tmp_path / "site/cells/former.html").exists()


def test_what_is_not_of_the_former_report_stays(contents: Contents, tmp_path: Path) -> None:
    build_site(contents, tmp_path / "site")
    (tmp_path / "site/CNAME").write_text("inpainting.example")

    build_site(contents, tmp_path / "site")

    assert (tmp_path / "site/CNAME").read_text() == "inpainting.example"


def test_a_file_of_somebody_in_the_way_is_left_alone(contents: Contents, tmp_path: Path) -> None:
    site = tmp_path / "site"
    build_site(contents, site)
    shutil.rmtree(site / "cells")
    (site / "cells").write_text("ten years of work")
    marker = site / build.MARKER
    marker.write_text(marker.read_text().replace("cells\n", "../thesis\n"))
    (tmp_path / "thesis").touch()

    with pytest.raises(StoreError, match=r"site/cells is no part of a former report"):
        build_site(contents, site)

    assert (site / "cells").read_text() == "ten years of work"
    assert (tmp_path / "thesis").exists()
    assert (site / "index.html").is_file()


@pytest.mark.parametrize("name", ["..", "", ".", "../thesis", "/", "./cells/..", "CNAME"])
def test_a_marker_that_somebody_has_written_costs_no_file(contents: Contents, tmp_path: Path, name: str) -> None:
    site = tmp_path / "site"
    site.mkdir()
    for file in (tmp_path / "thesis", site / "CNAME"):
        file.write_text("ten years of work")
    (site / build.MARKER).write_text(f"{name}\n\n")

    build_site(contents, site)

    assert (tmp_path / "thesis").read_text() == (site / "CNAME").read_text() == "ten years of work"
    assert (site / "index.html").is_file()


@pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege there")
def test_a_marker_that_leads_elsewhere_is_not_followed(contents: Contents, tmp_path: Path) -> None:
    thesis = tmp_path / "thesis"
    thesis.write_text("cells\n")
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / build.MARKER).symlink_to(thesis)

    build_site(contents, tmp_path / "site")

    assert thesis.read_text() == "cells\n"


def test_a_report_has_no_other_parts_than_those_that_may_be_removed(site: Path) -> None:
    parts = {path.name for path in site.iterdir()} - {build.MARKER, build.LOCK}

    assert parts <= build.PARTS
    assert {path.name for path in site.iterdir() if path.suffix == ".html"} == {
        name for name in build.PARTS if name.endswith(".html")
    }


def test_results_that_have_come_among_the_pages_are_not_removed(contents: Contents, tmp_path: Path) -> None:
    site = tmp_path / "site"
    build_site(contents, site)
    (site / "cells/harmonic").mkdir()

    with pytest.raises(StoreError, match="site/cells holds more than the pages of a report"):
        build_site(contents, site)

    assert (site / "cells/harmonic").is_dir()


def test_of_two_builds_at_a_time_one_gives_way(
    contents: Contents, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused = []

    def write(contents: Contents) -> Any:
        try:
            build_site(contents, tmp_path / "site")
        except BusyError as error:
            refused.append(str(error))
        yield from about.pages(contents)

    monkeypatch.setattr(build, "SECTIONS", (*build.SECTIONS[:-1], write))
    build_site(contents, tmp_path / "site")

    assert refused == [
        f"{tmp_path / 'site'} is being written by another bench report; wait for it, or choose another --out."
    ]
    assert (tmp_path / "site/assets/style.css").is_file()
    assert len(list((tmp_path / "site/cells").iterdir())) == len(contents.leaderboard.entries)


def test_no_limit_of_megabytes(contents: Contents, tmp_path: Path) -> None:
    assert build_site(contents, tmp_path / "site", megabytes=float("inf")).start.is_file()


def test_what_a_kill_has_left_is_replaced(contents: Contents, tmp_path: Path) -> None:
    (tmp_path / "site/.unfinished-abc/cells").mkdir(parents=True)

    assert build_site(contents, tmp_path / "site").start.is_file()
    assert not list((tmp_path / "site").glob(".unfinished*"))


def test_the_current_folder_can_become_the_report(
    contents: Contents, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for _ in range(2):
        assert build_site(contents, Path()).start.is_file()


def test_a_new_folder_goes_again_if_nothing_came_of_it(
    contents: Contents, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(build.Printer, "write", _full)
    with pytest.raises(StoreError, match="cannot be written"):
        build_site(contents, tmp_path / "site")

    assert list(tmp_path.iterdir()) == []


def test_an_empty_folder_becomes_the_report(contents: Contents, tmp_path: Path) -> None:
    (tmp_path / "site").mkdir()

    assert build_site(contents, tmp_path / "site").start.is_file()


def test_nothing_else_is_ever_replaced(contents: Contents, tmp_path: Path) -> None:
    (tmp_path / "site").mkdir()
    (tmp_path / "site/thesis.tex").write_text("ten years of work")

    with pytest.raises(StoreError, match=r"is there already and is no former report; choose another --out"):
        build_site(contents, tmp_path / "site")

    assert (tmp_path / "site/thesis.tex").read_text() == "ten years of work"


def test_a_report_that_cannot_be_written_leaves_the_former_one(
    contents: Contents, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    build_site(contents, tmp_path / "site")
    before = (tmp_path / "site/index.html").read_bytes()

    monkeypatch.setattr(build.Printer, "write", _full)
    with pytest.raises(StoreError, match="cannot be written: No space left on device"):
        build_site(contents, tmp_path / "site")

    assert (tmp_path / "site/index.html").read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["site"]
