"""What the tracker writes, as TensorBoard's own reader reads it."""

from __future__ import annotations

import io
import re
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from inpaintbench.trackers.tensorboard import SAMPLES, TensorBoard, part

RUN = Path("tracking/tensorboard/tv/64px-seed0")
WHERE = "photos/circle[diameter=20]"


def read(folder: Path) -> Any:
    """Return TensorBoard's reader of a run, which has read all of it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

        reader = EventAccumulator(str(folder), dict.fromkeys(("scalars", "images", "tensors"), 0))
        return reader.Reload()


def scalars(reader: Any) -> dict[str, list[tuple[int, float]]]:
    return {tag: [(one.step, one.value) for one in reader.Scalars(tag)] for tag in reader.Tags()["scalars"]}


def test_numbers_stand_under_metric_data_set_and_mask(cell: Any, tmp_path: Path) -> None:
    tracker = TensorBoard(tmp_path)
    tracker.on_cell_finished(*cell())
    tracker.on_run_finished()

    assert scalars(read(tmp_path / RUN)) == {
        f"psnr/{WHERE}": [(0, 25.5)],
        f"lpips[net=squeeze]/{WHERE}": [(0, 0.25)],
        f"cost/seconds_per_image/{WHERE}": [(0, 0.125)],
        f"cost/peak_gigabytes/{WHERE}": [(0, 2.0)],
    }


def test_what_was_not_measured_is_not_drawn(cell: Any, tmp_path: Path) -> None:
    tracker = TensorBoard(tmp_path)
    tracker.on_cell_finished(*cell(means={"psnr": float("inf"), "ssim": None, "l1": 0.0}, timing={}, memory={}))
    tracker.on_run_finished()

    assert scalars(read(tmp_path / RUN)) == {f"l1/{WHERE}": [(0, 0.0)]}


def test_samples_are_strips_of_image_corrupted_and_composite(cell: Any, tmp_path: Path) -> None:
    tracker = TensorBoard(tmp_path)
    tracker.on_cell_finished(*cell())
    tracker.on_run_finished()

    reader = read(tmp_path / RUN)
    assert reader.Tags()["images"] == [f"samples/{WHERE}/0000{index}" for index in range(2)]
    for index in range(2):
        (event,) = reader.Images(f"samples/{WHERE}/0000{index}")
        strip = np.asarray(Image.open(io.BytesIO(event.encoded_image_string)))
        assert strip.shape == (64, 192, 3)
        for position in range(3):
            assert (strip[:, 64 * position : 64 * position + 64] == 10 * (position + 1) + 100 * index).all()


def test_of_many_samples_the_first_are_taken(cell: Any, tmp_path: Path) -> None:
    tracker = TensorBoard(tmp_path)
    tracker.on_cell_finished(*cell(samples=SAMPLES + 3))
    tracker.on_run_finished()

    expected = [f"samples/{WHERE}/{index:05d}" for index in range(SAMPLES)]
    assert read(tmp_path / RUN).Tags()["images"] == expected


def test_a_failed_cell_has_its_message_and_no_numbers(cell: Any, tmp_path: Path) -> None:
    tracker = TensorBoard(tmp_path)
    error = {"type": "ValueError", "message": "no <script>\nluck"}
    tracker.on_cell_finished(*cell(status="failed", error=error))
    tracker.on_run_finished()

    reader = read(tmp_path / RUN)
    assert scalars(reader) == {}
    assert reader.Tags()["images"] == []
    (event,) = reader.Tensors(f"failures/{WHERE}/failed/text_summary")
    assert event.tensor_proto.string_val == [b"    ValueError: no <script>\n    luck"]  # indented: no Markdown, no HTML


def test_the_step_counts_runs_and_each_run_has_one_file_a_method(cell: Any, tmp_path: Path) -> None:
    for mean in (20.0, 30.0):
        tracker = TensorBoard(tmp_path)
        tracker.on_cell_finished(*cell(means={"psnr": mean}))
        tracker.on_cell_finished(*cell(means={"psnr": mean + 1}, mask="half"))
        tracker.on_run_finished()

    found = scalars(read(tmp_path / RUN))
    # Files that one process makes within a second are read in any order; runs of `bench` are processes of their own.
    assert sorted(found[f"psnr/{WHERE}"]) == [(0, 20.0), (1, 30.0)]
    assert sorted(found["psnr/photos/half"]) == [(0, 21.0), (1, 31.0)]
    assert len(list((tmp_path / RUN).iterdir())) == 2


def test_sizes_seeds_limits_and_methods_are_runs_of_their_own(cell: Any, tmp_path: Path) -> None:
    tracker = TensorBoard(tmp_path)
    for changes in ({}, {"size": 128}, {"seed": 1}, {"limit": 4}, {"method": "noise[gain=0.5]"}):
        tracker.on_cell_finished(*cell(**changes))
    tracker.on_run_finished()

    runs = {path.parent.relative_to(tmp_path / RUN.parents[1]).as_posix() for path in tmp_path.rglob("*tfevents*")}
    assert runs == {
        "tv/64px-seed0",
        "tv/128px-seed0",
        "tv/64px-seed1",
        "tv/64px-seed0-limit4",
        "noise[gain=0.5]/64px-seed0",
    }


def test_a_cell_is_on_the_disk_before_the_run_is_over(cell: Any, tmp_path: Path) -> None:
    tracker = TensorBoard(tmp_path)
    tracker.on_cell_finished(*cell())

    assert scalars(read(tmp_path / RUN))[f"psnr/{WHERE}"] == [(0, 25.5)]
    tracker.on_run_finished()


def test_an_error_in_closing_one_file_closes_the_others(
    cell: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from torch.utils.tensorboard import SummaryWriter

    tracker = TensorBoard(tmp_path)
    for seed in range(3):
        tracker.on_cell_finished(*cell(seed=seed))
    close, closed = SummaryWriter.close, []

    def failing(self: SummaryWriter) -> None:
        close(self)
        closed.append(self)
        raise OSError("no space")

    monkeypatch.setattr(SummaryWriter, "close", failing)
    with pytest.raises(OSError, match="no space"):
        tracker.on_run_finished()
    assert len(set(map(id, closed))) == 3


def test_hostile_names_become_plain_tags(cell: Any, tmp_path: Path) -> None:
    tracker = TensorBoard(tmp_path)
    names = {"method": "../../x", "dataset": "<script>alert(1)</script>", "mask": "a\n\x1b[2J/b"}
    tracker.on_cell_finished(*cell(**names, means={"p/s\x1bnr": 1.0}))
    tracker.on_run_finished()

    (file,) = tmp_path.rglob("*tfevents*")
    assert file.parents[2] == tmp_path / "tracking/tensorboard"
    reader = read(file.parent)
    tags = [*reader.Tags()["scalars"], *reader.Tags()["images"]]
    assert all(re.fullmatch(r"[\w.,=\[\]/-]+", tag, re.ASCII) for tag in tags)
    assert [tag.count("/") for tag in tags] == [2, 3, 3, 3, 3]


@given(st.text(max_size=120), st.text(max_size=120))
def test_different_names_have_different_parts(one: str, other: str) -> None:
    assert (part(one) == part(other)) == (one == other)
    assert "/" not in part(one)
    assert len(part(one)) <= 100
