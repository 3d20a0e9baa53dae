"""The page on how the numbers were made: protocol, statistics, and where everything comes from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest

from inpaintbench.site import build_site
from inpaintbench.site.contents import Contents
from inpaintbench.stored import StoredCell

MakeCell = Callable[..., StoredCell]
MakeRows = Callable[..., list[dict[str, Any]]]


@pytest.fixture
def about(tmp_path: Path, read_page: Callable[[Path], Any]) -> Callable[..., Any]:
    """Return a function that reads the page of a report of these cells."""

    def about(*cells: StoredCell, meanings: Mapping[tuple[str, int], str] = MappingProxyType({})) -> Any:
        build_site(Contents.of("tried", cells, meanings=meanings), tmp_path / "site")
        return read_page(tmp_path / "site/about.html")

    return about


def test_it_counts_what_was_run(site: Path, read_page: Callable[[Path], Any]) -> None:
    page = read_page(site / "about.html")

    counted = {row[0][0]: row[1][0] for row in page.rows["0"][1:]}
    assert counted == {"complete": "15", "failed": "2", "ranked": "14"}
    assert "17 results in 5 groups" in page.text
    assert "2026-01-01 10:00 UTC" in page.text


def test_metrics_are_told_with_unit_direction_version_and_weights(site: Path, read_page: Callable[[Path], Any]) -> None:
    page = read_page(site / "about.html")

    psnr, lpips = ([text for text, _ in row] for row in page.rows["1"][1:])
    assert psnr[0] == "PSNR psnr"
    assert psnr[2:] == ["dB", "higher", "yes", "1", "–"]
    assert lpips[0] == "LPIPS (squeeze) lpips[net=squeeze]"
    assert lpips[2:] == ["–", "lower", "yes", "1", "ab12cd" + 58 * "0"]


def test_one_of_a_kind_is_called_one(about: Any, tmp_path: Path, make_site_cell: MakeCell, make_rows: MakeRows) -> None:
    page = about(make_site_cell(tmp_path, "alone", make_rows(20.0, 0.5)))

    assert "1 result in 1 group." in page.text


def test_a_metric_is_described_by_the_plugin_of_its_version_alone(
    about: Any, tmp_path: Path, make_site_cell: MakeCell, make_rows: MakeRows
) -> None:
    meanings = {("psnr", 1): "Of the first <version>.", ("lpips", 2): "Of the second version."}

    page = about(make_site_cell(tmp_path / "results", "one", make_rows(20, 1)), meanings=meanings)

    psnr, lpips = (row[1][0] for row in page.rows["1"][1:])
    assert psnr == "Of the first <version>."
    assert lpips.startswith("Not described: no plugin that is installed here")


def test_what_is_certain_takes_the_interval_and_counts_sources(
    about: Any, tmp_path: Path, make_site_cell: MakeCell, make_rows: MakeRows
) -> None:
    text = about(make_site_cell(tmp_path / "results", "one", make_rows(20, 1))).text

    assert "a difference with p ≤ 0.05 in the paired permutation test" in text
    assert "whose 95 % interval does not hold zero" in text
    assert "Images of one source count as one" in text
    assert "in each group methods are ranked by their mean rank over PSNR, LPIPS (squeeze)" in text


def test_a_metric_or_protocol_that_is_not_known_is_not_described_wrongly(
    about: Any, tmp_path: Path, make_site_cell: MakeCell, make_rows: MakeRows
) -> None:
    page = about(make_site_cell(tmp_path / "results", "one", make_rows(20, 1), protocol=9))

    assert "Scoring protocol 9" in page.text
    assert "nearest of 256 levels" not in page.text


def test_machines_are_told_apart(about: Any, tmp_path: Path, make_site_cell: MakeCell, make_rows: MakeRows) -> None:
    cells = [
        make_site_cell(
            tmp_path / "results", method, make_rows(20, 1), environment={"device": {"name": device}, "commit": "feed"}
        )
        for method, device in (("one", "slow box"), ("two", "fast box"), ("three", "fast box"))
    ]

    text = about(*cells).text

    assert text.index("fast box") < text.index("slow box")
    assert "2 results" in text


def test_plugins_stand_with_source_version_and_every_fingerprint(
    about: Any, tmp_path: Path, make_site_cell: MakeCell, make_rows: MakeRows
) -> None:
    cells = [
        make_site_cell(
            tmp_path / "results",
            method,
            make_rows(20, 1),
            identity={"method": {"code": f"code-of-{method}"}, "dataset": {"fingerprint": "f00d"}},
            environment={"plugins": {"method": "someone-elses 2.1", "dataset": "bundled"}},
        )
        for method in ("one", "two")
    ]

    text = about(*cells).text

    for said in ("someone-elses 2.1, 1 result", "bundled, 2 results", "code-of-one", "code-of-two", "f00d"):
        assert said in text


def test_records_that_say_nothing_of_their_origin_are_no_trouble(
    about: Any, tmp_path: Path, make_site_cell: MakeCell, make_rows: MakeRows
) -> None:
    blank = {"environment": {}, "identity": {}, "timing": {}, "memory": {}, "started": "", "finished": ""}

    text = about(make_site_cell(tmp_path / "results", "one", make_rows(20, 1), **blank)).text

    assert "Not recorded." in text
    assert "First started –, last finished –." in " ".join(text.split())
