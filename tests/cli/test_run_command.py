"""`bench run`: the leaderboard on stdout, everything else on stderr."""

import json
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import inpaintbench


def test_the_leaderboard_is_printed_and_progress_goes_to_stderr(bench: Any, small: list[str]) -> None:
    outcome = bench("run", *small, "-m", "slow")

    assert outcome.code == 0
    assert outcome.out.startswith("Leaderboard: 2 methods")
    assert "6/6" in outcome.out
    lines = outcome.err.splitlines()
    assert lines[0] == "2 cells: 2 to run, 0 stored in results/embedded."
    assert lines[1].startswith("[1/2] noise × drawn × dots: 6 of 6 images, ")
    assert lines[2].startswith("[2/2] slow × drawn × dots: 6 of 6 images, ")
    assert len(lines) == 3
    assert "\x1b" not in outcome.out + outcome.err


def test_a_second_run_only_prints(bench: Any, small: list[str]) -> None:
    first = bench("run", *small)
    second = bench("run", *small)

    assert second.code == 0
    assert second.out == first.out
    assert second.err == "1 cell: 0 to run, 1 stored in results/embedded.\n"


def test_the_leaderboard_shows_all_methods_of_the_same_question(bench: Any, small: list[str]) -> None:
    bench("run", *small)
    other = bench("run", *small[:2], "-m", "slow", *small[4:])

    assert "  noise " in other.out
    assert "  slow " in other.out
    assert "  noise " not in bench("run", *small[:2], "-m", "slow", *small[4:], "--seed", "1").out


CONSTANT = """
import torch
from inpaintbench import hookimpl
from inpaintbench.api import MethodSpec

class Constant:
    def complete(self, batch):
        return torch.full_like(batch.corrupted, {value})

@hookimpl
def register_methods():
    return [MethodSpec(name="constant", target=__name__ + ":Constant", summary="")]
"""


def test_code_that_is_reverted_is_shown_with_its_own_result(bench: Any, small: list[str], tmp_path: Path) -> None:
    plugin = tmp_path / "constant.py"
    arguments = ["--plugin", str(plugin), *small[:2], "-m", "constant", *small[4:]]

    def run(value: float, *more: str) -> Any:
        plugin.write_text(CONSTANT.format(value=value), encoding="utf-8")
        return bench("run", *arguments, *more)

    def mean(outcome: Any) -> float:
        ((result,),) = (group["results"] for group in json.loads(outcome.out)["groups"])
        value = result["scores"]["psnr"]["mean"]
        assert isinstance(value, float)
        return value

    half, black = run(0.5), run(0.0)
    reverted = run(0.5)
    assert half.code == black.code == reverted.code == 0
    assert reverted.err.startswith("1 cell: 0 to run, 1 stored in ")
    (row,), (before,), (other,) = (
        [line for line in one.out.splitlines() if line.startswith("  constant")] for one in (reverted, half, black)
    )
    assert row == before != other
    assert mean(run(0.5, "--json")) != mean(run(0.0, "--json"))
    assert "1 result of the same methods in other versions is not shown." in reverted.out

    plugin.write_text(CONSTANT.format(value=0.5), encoding="utf-8")
    results = inpaintbench.run(
        methods="constant",
        datasets="drawn",
        masks="dots",
        metrics=["psnr", "ssim"],
        size=16,
        plugins=[str(plugin), small[1]],
        out="results/embedded",
    )
    (entry,) = results.leaderboard().entries
    assert {entry.record.key} == results.keys


def test_json_is_nothing_but_json(bench: Any, small: list[str]) -> None:
    outcome = bench("run", *small, "--json")
    document = json.loads(outcome.out)
    (group,) = document["groups"]

    assert outcome.code == 0
    assert outcome.err.startswith("1 cell: 1 to run")
    assert [result["method"] for result in group["results"]] == ["noise"]
    (cell,) = inpaintbench.run(
        methods=["noise"],
        datasets=["drawn"],
        masks=["dots"],
        metrics=["psnr", "ssim"],
        size=16,
        plugins=[small[1]],
        out="results/embedded",
    ).cells
    assert group["results"][0]["scores"]["psnr"]["mean"] == cell.record.means["psnr"]


def test_json_of_a_failed_run_is_json_too(bench: Any, small: list[str]) -> None:
    outcome = bench("run", *small[:2], "-m", "broken[how=raises]", *small[4:], "--json")

    assert outcome.code == 1
    assert json.loads(outcome.out)["groups"][0]["results"][0]["status"] == "failed"


def test_a_repetition_that_fails_is_no_success(bench: Any, small: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    bench("run", *small)

    def refuse(*_: object) -> None:
        raise ValueError("no such luck")

    monkeypatch.setattr("inpaintbench.execution.evaluating.loader.hash_of", refuse)
    outcome = bench("run", *small, "--rerun", "all")

    assert outcome.code == 1
    assert "failed. ValueError: no such luck" in outcome.err
    assert "6/6" in outcome.out  # the result that was there
    assert outcome.err.endswith("Some cells could not be run again; the results that they had are kept.\n")


def test_a_suite_file_and_options_above_it(bench: Any, small: list[str], tmp_path: Path) -> None:
    lines = [
        'methods = ["noise"]',
        'datasets = ["drawn"]',
        'masks = ["dots", "circle"]',
        'metrics = ["psnr"]',
        "size = 16",
    ]
    (tmp_path / "mine.toml").write_text("\n".join(lines), encoding="utf-8")
    outcome = bench("run", "--suite", "mine.toml", *small[:2], "-k", "circle[diameter=4]", "--limit", "2")

    assert outcome.code == 0
    assert outcome.err.splitlines()[0] == "1 cell: 1 to run, 0 stored in results/mine."
    assert "noise × drawn × circle[diameter=4]: 2 of 2 images" in outcome.err


def test_samples(bench: Any, small: list[str], tmp_path: Path) -> None:
    bench("run", *small, "--samples", "0", "--out", "none")
    bench("run", *small, "--samples", "all", "--out", "all")

    assert not list(tmp_path.glob("none/cells/*/*/*/*/samples/*"))
    assert len(list(tmp_path.glob("all/cells/*/*/*/*/samples/*.png"))) == 4 * 6


@pytest.fixture
def silent_server() -> Iterator[str]:
    """Yield the address of a server that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


@pytest.mark.parametrize("answer", ["refused", "silence"])
def test_without_weights_the_run_goes_on(
    bench: Any,
    small: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    silent_server: str,
    answer: str,
) -> None:
    proxy = {"refused": "http://127.0.0.1:9", "silence": silent_server}[answer]
    for name in ("https_proxy", "HTTPS_PROXY"):
        monkeypatch.setenv(name, proxy)
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    start = time.monotonic()
    outcome = bench("run", *small, "--metric", "lpips")
    seconds = time.monotonic() - start

    assert outcome.code == 0
    assert seconds < 5
    (message,) = (line for line in outcome.err.splitlines() if line.startswith("lpips[net=squeeze] is not scored: "))
    assert str(tmp_path / "torch" / "hub" / "checkpoints" / "squeezenet1_1-b8a52dc0.pth") in message
    assert "put it there" in message
    assert "LPIPS (squeeze) was not scored: squeezenet1_1-b8a52dc0.pth is not at" in " ".join(outcome.out.split())
    assert "Fetching squeezenet1_1-b8a52dc0.pth (5 MB)." in outcome.err
    left = [path.name for path in (tmp_path / "torch").rglob("*.p*")]
    assert set(left) <= {".squeezenet1_1-b8a52dc0.pth.lock"}


@pytest.mark.realdata
def test_with_weights_lpips_is_scored(
    bench: Any, small: list[str], real_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TORCH_HOME", str(real_data / "weights"))
    arguments = [
        "-d",
        f"image_folder[path={real_data / 'celeba' / 'img_align_celeba'}]",
        "--limit",
        "2",
        "--size",
        "64",
    ]
    outcome = bench("run", *small, *arguments, "--metric", "lpips", "--json")

    (metric,) = (entry for entry in json.loads(outcome.out)["metrics"] if entry["plugin"] == "lpips")
    assert outcome.code == 0
    assert metric["unavailable"] == ""


def test_finished_cells_are_tracked(bench: Any, small: list[str], tmp_path: Path) -> None:
    arguments = ["run", *small, "-m", "broken[how=raises]", "--track", "jsonl", "--track", "tensorboard"]
    first, second = bench(*arguments), bench(*arguments)

    assert first.code == second.code == 1
    lines = (tmp_path / "results/embedded/tracking/cells.jsonl").read_text().splitlines()
    found = [json.loads(line) for line in lines]  # of the first run alone: the second has run nothing
    assert [(one["method"], one["status"]) for one in found] == [
        ("noise", "complete"),
        ("broken[how=raises]", "failed"),
    ]
    assert all((tmp_path / "results/embedded" / one["folder"] / "cell.json").is_file() for one in found)
    methods = {path.parents[1].name for path in tmp_path.rglob("events.out.tfevents.*")}
    assert methods == {"noise", "broken[how=raises]"}


@pytest.mark.parametrize("command", ["run", "plan"])
def test_an_unknown_tracker_is_refused(bench: Any, small: list[str], tmp_path: Path, command: str) -> None:
    outcome = bench(command, *small, "--track", "jsnl")

    assert (outcome.code, outcome.out) == (2, "")
    assert outcome.err == "bench: There is no tracker called 'jsnl'. Did you mean jsonl? Known: jsonl, tensorboard.\n"
    assert not list(tmp_path.iterdir())


def test_a_tracker_without_its_package_is_refused_before_the_run(
    bench: Any, small: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("inpaintbench.trackers.tensorboard.find_spec", lambda name: None)
    outcome = bench("run", *small, "--track", "tensorboard")

    assert (outcome.code, outcome.out) == (2, "")
    assert "pip install 'inpaintbench[tensorboard]'" in outcome.err
    assert not list(tmp_path.iterdir())


FAILING = """
from inpaintbench import hookimpl

@hookimpl
def on_cell_finished(record):
    raise ValueError("no\\x1b[2J\\nluck with " + record.method)
"""


def test_a_plugin_that_fails_to_hear_is_named_once_and_harms_nothing(
    bench: Any, small: list[str], tmp_path: Path
) -> None:
    (tmp_path / "failing.py").write_text(FAILING)
    outcome = bench("run", *small, "-m", "slow", "--plugin", "failing.py")

    assert outcome.code == 0
    assert "6/6" in outcome.out
    (line,) = [line for line in outcome.err.splitlines() if "failing" in line]
    assert line.startswith(r"failing (failing.py): on_cell_finished raised ValueError: no\x1b[2J luck with noise (")
    assert "That was about noise × drawn × dots." in line
