"""Running a plan: what is stored is not run again, failures harm nothing, and runs do not disturb each other."""

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import torch

import inpaintbench
import inpaintbench.execution.evaluating.evaluate as evaluate_module
from inpaintbench.errors import DatasetError, DeviceError, PluginError, UnknownNameError, UsageError
from inpaintbench.leaderboard import Leaderboard
from inpaintbench.records import SCHEMA
from inpaintbench.report import assess, to_frame
from inpaintbench.results import Results


def digest_of(results: Results) -> dict[str, bytes]:
    """Return the content of every file of the cells but their logs and locks."""
    return {
        str(path.relative_to(results.store.root)): path.read_bytes()
        for path in sorted(results.store.cells_folder.rglob("*"))
        if path.is_file() and path.name not in (".lock", "log.txt")
    }


def numbers(results: Results) -> pd.DataFrame:
    """Return all records but the times that were measured."""
    return results.records().drop(columns="seconds").astype({"converged": object})


def statuses(results: Results) -> list[str]:
    return [cell.record.status for cell in results.cells]


def test_the_python_api_returns_records_and_a_table(run: Any, tmp_path: Path) -> None:
    results = run(methods=["noise", "noise[gain=0.5]"], masks=["dots", "center_square[side=8]"])
    records, table = results.records(), results.table()

    assert isinstance(results, inpaintbench.Results)
    assert results.complete
    assert results.store.root == tmp_path / "out"
    assert len(results.cells) == 4
    assert len(records) == 4 * 6
    assert list(records.columns[:4]) == ["method", "dataset", "mask", "item"]
    assert len(table) == 4
    for row in table.itertuples():
        chosen = records[(records["method"] == row.method) & (records["mask"] == row.mask)]
        assert row.psnr == pytest.approx(chosen["psnr"].mean(), abs=1e-12)
        assert (row.images, row.expected) == (6, 6)


def test_what_is_stored_is_not_run_again(run: Any) -> None:
    first = run(methods=["noise", "slow"])
    before = digest_of(first)
    second = run(methods=["noise", "slow"])

    assert digest_of(second) == before
    assert second.complete
    pd.testing.assert_frame_equal(second.records(), first.records())


def test_one_more_method_runs_alone(run: Any) -> None:
    before = digest_of(run())
    results = run(methods=["noise", "slow"])

    assert len(results.cells) == 2
    assert before.items() <= digest_of(results).items()


def test_results_depend_neither_on_other_cells_nor_on_the_order_of_selectors(run: Any, tmp_path: Path) -> None:
    methods = ["noise", "broken[how=raises]", "talkative"]
    masks = ["dots", "center_square[side=8]", "dots[fault=draw]"]
    everything = run(methods=methods, masks=masks, datasets=["drawn", "drawn[count=3]"])
    backwards = run(
        methods=methods[::-1], masks=masks[::-1], datasets=["drawn[count=3]", "drawn"], out=tmp_path / "backwards"
    )
    alone = run(methods=["talkative"], out=tmp_path / "alone")

    order = ["dataset", "mask", "method", "index"]
    pd.testing.assert_frame_equal(
        numbers(everything).sort_values(order, ignore_index=True),
        numbers(backwards).sort_values(order, ignore_index=True)[numbers(everything).columns],
    )
    (single,) = alone.cells
    (same,) = (cell for cell in everything.cells if cell.record.key == single.record.key)
    pd.testing.assert_frame_equal(same.images().drop(columns="seconds"), single.images().drop(columns="seconds"))
    assert {cell.record.key for cell in everything.cells} == {cell.record.key for cell in backwards.cells}


def test_other_seeds_and_sizes_lie_side_by_side(run: Any) -> None:
    first = run()
    before = digest_of(first)
    other_seed, other_size = run(seed=1), run(size=20)

    assert before.items() <= digest_of(other_size).items()
    assert len({cell.record.key for results in (first, other_seed, other_size) for cell in results.cells}) == 3
    assert numbers(other_seed)["psnr"].tolist() != numbers(first)["psnr"].tolist()


def test_a_failure_is_retried_on_request_only(run: Any) -> None:
    methods = ["broken[how=raises]"]
    first = run(methods=methods)
    log = first.cells[0].folder / "log.txt"
    attempts = [log.read_text(encoding="utf-8").count("Traceback")]
    for rerun in ("missing", "stale", "failed", "all"):
        results = run(methods=methods, rerun=rerun)
        assert statuses(results) == ["failed"]
        attempts.append(log.read_text(encoding="utf-8").count("Traceback"))

    assert attempts == [1, 1, 1, 2, 3]


def test_a_failed_attempt_goes_on_from_where_it_failed(run: Any) -> None:
    # two calls are answered: one to warm up, and the batch of items 0 … 3
    failing = {"methods": ["broken[how=raises,calls=2]"], "rerun": "failed"}
    (first,) = run(**failing).cells
    (second,) = run(**failing).cells  # its two calls are enough for what is left

    assert (first.record.status, first.record.scored) == ("failed", 4)
    assert (second.record.status, second.record.scored) == ("complete", 6)
    assert second.images()["item"].tolist() == [f"test-{number}" for number in range(6)]
    expected = run(methods=["noise"]).records()
    assert second.images()["psnr"].tolist() == expected["psnr"].tolist()


def test_a_failing_attempt_harms_no_complete_result(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    complete = run()
    before = digest_of(complete)

    def interrupt(*_: object) -> None:
        raise OSError("no such luck")

    monkeypatch.setattr("inpaintbench.execution.evaluating.loader.hash_of", interrupt)
    again = run(rerun="all")
    after = digest_of(again)

    failures = [name for name in after if name not in before]
    assert [Path(name).name for name in failures] == ["failure.json"]
    assert {name: content for name, content in after.items() if name not in failures} == before
    pd.testing.assert_frame_equal(again.records(), complete.records())
    assert complete.complete
    assert not again.complete
    assert "no such luck" in " ".join(again.failures)


def test_a_late_failure_harms_no_sample(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    complete = run(samples=None)
    before = {path: path.read_bytes() for path in complete.folders[0].glob("samples/*.png")}
    original = evaluate_module.save_samples

    def save_black(folder: Path, indices: Sequence[int], *pictures: torch.Tensor) -> None:
        original(folder, indices, *(torch.zeros_like(picture) for picture in pictures))
        raise OSError("too late")

    monkeypatch.setattr(evaluate_module, "save_samples", save_black)
    assert not run(rerun="all", samples=None).complete
    assert {path: path.read_bytes() for path in complete.folders[0].glob("samples/*.png")} == before
    monkeypatch.setattr(evaluate_module, "save_samples", original)
    assert run(rerun="all", samples=1).complete
    left = sorted(path.name for path in complete.folders[0].glob("samples*/*"))
    assert left == ["00000-composite.png", "00000-corrupted.png", "00000-hole.png", "00000-image.png"]


def test_a_cell_that_was_carried_on_says_of_how_many_makings_it_is(run: Any) -> None:
    failing = {"methods": ["broken[how=raises,calls=2]"], "rerun": "failed"}
    run(**failing)
    (cell,) = run(**failing, batch_size=2).cells

    timing = cell.record.timing
    assert (cell.record.status, timing["batch_sizes"], timing["batch_size"]) == ("complete", [4, 2], 2)
    assert timing["environments"] == 1


def test_a_table_ranks_the_cells_once(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    results = run(methods=["noise"])
    made: list[Leaderboard] = []
    leaderboard = Results.leaderboard
    monkeypatch.setattr(Results, "leaderboard", lambda self: (made.append(leaderboard(self)), made[-1])[1])

    pd.testing.assert_frame_equal(results.table(), to_frame(made[0], certainty=assess(made[0], made[0].columns)))
    assert len(made) == 1


def test_a_cell_that_cannot_be_read_hides_no_other(run: Any) -> None:
    both = {"methods": ["noise", "noise[gain=0.5]"]}
    path = run(**both).folders[0] / "cell.json"
    path.write_text(json.dumps(json.loads(path.read_bytes()) | {"schema": SCHEMA + 1}))
    results = run(**both)

    (cell,) = results.cells
    assert cell.record.method == "noise[gain=0.5]"
    (problem,) = results.problems
    assert "was written by a newer inpaintbench" in str(problem)
    assert not results.complete
    assert results.table()["method"].tolist() == ["noise[gain=0.5]"]


def test_one_selector_needs_no_list(run: Any) -> None:
    assert [cell.record.method for cell in run(methods="noise").cells] == ["noise"]


def test_a_repeated_run_gives_the_same_numbers_and_takes_the_old_ones_place(run: Any) -> None:
    first = run()
    started = first.cells[0].record.started
    again = run(rerun="all")

    pd.testing.assert_frame_equal(numbers(again), numbers(first))
    assert again.cells[0].record.started > started


def test_fail_fast_ends_at_the_first_failure(run: Any) -> None:
    methods = ["noise", "broken[how=raises]", "slow"]
    results = run(methods=methods, fail_fast=True)

    assert statuses(results) == ["complete", "failed"]
    assert not results.complete
    assert statuses(run(methods=methods)) == ["complete", "failed", "complete"]


@pytest.mark.parametrize("below", [".", "out", "deep/out"])
def test_a_file_cannot_hold_results(run: Any, tmp_path: Path, below: str) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(UsageError, match=r"file is a file; results need a folder. Choose another --out"):
        run(out=tmp_path / "file" / below)


def test_a_folder_that_cannot_be_written_is_said_of_each_cell(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def read_only(self: Path, *_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "mkdir", read_only)
        results = run(methods=["noise", "slow"])
    assert not results.complete
    assert len(results.failures) == 2
    assert all("Permission denied" in sentence for sentence in results.failures)


@pytest.mark.parametrize("file", ["cell.json", "log.txt", "00000-hole.png", "journal.jsonl", "images.parquet.new"])
def test_a_disk_that_fails_is_not_the_methods_fault(run: Any, monkeypatch: pytest.MonkeyPatch, file: str) -> None:
    open_path = Path.open

    def full(self: Path, mode: str = "r", *arguments: Any, **others: Any) -> Any:
        if file in self.name and mode not in ("r", "rb"):
            raise OSError(28, "No space left on device")
        return open_path(self, mode, *arguments, **others)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "open", full)
        results = run(methods=["noise", "slow"])
        assert "No space left on device" in " ".join(results.failures)
        assert "failed" not in statuses(results)
    assert len(results.failures) == 2
    assert run(methods=["noise", "slow"]).complete


def test_a_damaged_cell_is_written_anew(run: Any) -> None:
    (cell,) = run().cells
    expected = numbers(run())
    (cell.folder / "cell.json").write_text("{")

    pd.testing.assert_frame_equal(numbers(run()), expected)


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"methods": ["nois"]}, UnknownNameError, r"no method called 'nois'. Did you mean noise"),
        ({"datasets": ["drawn[fault=absent]"]}, DatasetError, "the data set is not there"),
        ({"datasets": ["drawn[fault=empty]"]}, DatasetError, "no test item"),
        ({"device": "nonsense"}, DeviceError, "'nonsense' is no device"),
        ({"plugins": ["absent.py"]}, PluginError, "absent.py"),
        ({"suite": "embeded"}, UnknownNameError, "Did you mean embedded"),
    ],
)
def test_what_cannot_be_done_is_said_before_anything_is_written(
    run: Any, tmp_path: Path, changes: dict[str, Any], error: type[UsageError], message: str
) -> None:
    with pytest.raises(error, match=message):
        run(**changes)
    assert not (tmp_path / "out").exists()


def test_results_lie_below_the_current_folder_by_default(
    run: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    run(out=None)

    assert sorted(os.listdir(tmp_path / "results" / "embedded")) == ["cells", "runs"]  # noqa: PTH208
