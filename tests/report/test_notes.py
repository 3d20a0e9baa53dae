from __future__ import annotations

from collections.abc import Callable, Iterable

from inpaintbench.leaderboard import Leaderboard
from inpaintbench.records import MetricColumn
from inpaintbench.report.options import TableOptions
from inpaintbench.report.views import build_sheet
from inpaintbench.stored import StoredCell

MakeCell = Callable[..., StoredCell]
MakeMetric = Callable[..., MetricColumn]


def notes(cells: Iterable[StoredCell]) -> list[str]:
    return [
        f"{one.mark} {one.text}".strip() for one in build_sheet(Leaderboard.from_cells(cells), TableOptions()).notes
    ]


def marks(cells: Iterable[StoredCell]) -> dict[str, tuple[str, str]]:
    """Return the marks of each method's name and of its number of images."""
    block = build_sheet(Leaderboard.from_cells(cells), TableOptions()).blocks[0]
    images = [heading.label for heading in block.headings].index("images")
    return {row[0].text: (row[0].marks, row[images].marks) for row in block.rows}


def test_a_clean_leaderboard_has_no_notes(make_cell: MakeCell) -> None:
    assert notes([make_cell("a", {"psnr": 20.0}), make_cell("b", {"psnr": 21.0})]) == []


def test_a_failure_says_where_and_why(make_cell: MakeCell) -> None:
    error = {"type": "ValueError", "message": "the completion has\nshape (3, 8, 8).", "advice": ""}
    cells = [make_cell("a", mask=mask, status="invalid-output", error=error) for mask in ("m1", "m2", "m3", "m4", "m5")]
    assert notes(cells) == [
        "! a: invalid-output on photos · m1 · 64 × 64; photos · m2 · 64 × 64; photos · m3 · 64 × 64 and 2 more"
        " (ValueError: the completion has shape (3, 8, 8))."
    ]
    assert marks(cells) == {"a": ("!", "")}


def test_unreadable_files_are_named_once(make_cell: MakeCell) -> None:
    unreadable = tuple({"item": f"{name}.jpg", "reason": "truncated"} for name in "abcde")
    cells = [
        make_cell(method, {"psnr": 20.0}, mask=mask, scored=59, unreadable=unreadable)
        for method in ("x", "y")
        for mask in ("m1", "m2")
    ]
    assert notes(cells) == ["† photos: 5 of 64 files could not be decoded: a.jpg, b.jpg, c.jpg and 2 more."]
    assert marks(cells) == {"x": ("", "†"), "y": ("", "†")}


def test_an_incomplete_cell_is_not_taken_for_a_ranked_one(make_cell: MakeCell) -> None:
    cells = [make_cell("a", {"psnr": 20.0}, scored=60), make_cell("b", {"psnr": 19.0}), make_cell("c", {"psnr": 18.0})]
    assert "† a: incomplete, not ranked: 60 of 64 images on photos · center_square[side=20] · 64 × 64." in notes(cells)
    assert marks(cells)["a"] == ("", "†")


def test_a_limit_is_marked_in_the_title_and_explained(make_cell: MakeCell) -> None:
    sheet = build_sheet(
        Leaderboard.from_cells([make_cell("a", {"psnr": 20.0}, limit=8, expected=8, scored=8)]), TableOptions()
    )
    assert [block.title for block in sheet.blocks] == ["photos · center_square[side=20] · 64 × 64 · first 8 images §"]
    assert [(note.mark, note.text) for note in sheet.notes] == [
        ("§", "Only the first images were taken (--limit); not ranked.")
    ]


def test_an_unconverged_method_is_marked_with_its_count_over_all_cells(make_cell: MakeCell) -> None:
    cells = [make_cell("tv", {"psnr": 20.0}, mask=mask, unconverged=n) for mask, n in [("m1", 3), ("m2", 1), ("m3", 0)]]
    assert notes(cells) == ["‡ tv stopped at its limit before it had converged on 4 of 192 images."]
    assert marks(cells) == {"tv": ("‡", "")}


def test_a_stale_result_says_how_the_newer_version_ended(make_cell: MakeCell) -> None:
    cells = [make_cell("a", {"psnr": 20.0}), make_cell("a", key="new", status="oom", finished="2027")]
    assert notes(cells) == [
        "¶ a: an older result, not ranked; its newer version ended as oom on photos · center_square[side=20] · 64 × 64."
    ]
    assert marks(cells) == {"a": ("¶", "")}


def test_the_result_of_other_code_is_no_answer_for_code_that_has_failed(make_cell: MakeCell) -> None:
    cells = [make_cell("a", {"psnr": 20.0}, key="other"), make_cell("a", key="asked", status="oom", finished="2025")]
    board = Leaderboard.from_cells(cells, {"asked"})
    assert [one.text for one in build_sheet(board, TableOptions()).notes] == [
        "a: a result of other code, pictures or holes, not ranked; the present version ended as oom on"
        " photos · center_square[side=20] · 64 × 64."
    ]


def test_a_very_long_message_is_cut_and_its_log_named(make_cell: MakeCell) -> None:
    error = {"type": "ValueError", "message": "a" * 200_000}
    (note,) = notes([make_cell("a", status="failed", error=error)])
    assert note.endswith(f"(ValueError: {'a' * 288}… (see log.txt)).")


def test_an_unavailable_metric_says_why_and_for_whom(make_cell: MakeCell, make_metric: MakeMetric) -> None:
    name = "lpips[net=squeeze]"
    absent = make_metric(name, weights="", unavailable="its weights are\nnot in the cache.")
    lacking = make_cell("a", {name: None}, metrics=(absent,))
    assert notes([lacking]) == ["LPIPS (squeeze) was not scored: its weights are not in the cache."]
    having = make_cell("b", {name: 0.1})
    assert "LPIPS (squeeze) was not scored for a: its weights are not in the cache." in notes([lacking, having])


def test_the_lack_of_a_mean_rank_is_explained(make_cell: MakeCell) -> None:
    cells = [
        make_cell("a", {"psnr": 20.0}),
        make_cell("b", {"psnr": 21.0}),
        make_cell("b", {"psnr": 1.0}, mask="other"),
    ]
    assert notes(cells) == ["No mean rank for a: not ranked everywhere that another method is."]


def test_times_of_different_devices_are_said_not_to_compare(make_cell: MakeCell) -> None:
    devices = [{"type": "cpu", "name": "Xeon", "threads": n} for n in (1, 2)] + [{"type": "cuda", "name": "H200"}]
    cells = [make_cell(f"m{i}", {"psnr": 20.0}, environment={"device": one}) for i, one in enumerate(devices)]
    assert notes(cells) == [
        "Times were measured on different devices and cannot be compared:"
        " H200, Xeon with 1 thread, Xeon with 2 threads."
    ]
    assert notes(cells[:1]) == []


def test_weights_and_superseded_results_are_told(make_cell: MakeCell) -> None:
    name = "lpips[net=squeeze]"
    cells = [make_cell("a", {name: 0.1}), make_cell("a", {name: 0.2}, key="old", finished="2025")]
    assert notes(cells) == [
        "Weights (SHA-256): LPIPS (squeeze): ab12cd000000.",
        "1 result of the same methods in other versions is not shown.",
    ]
