"""`bench train`, and what `bench run` and `bench plan` say of trainings."""

from __future__ import annotations

import contextlib
import json
import shlex
import signal
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from inpaintbench.checkpoints import Checkpoint, Library
from inpaintbench.cli.progress import Display, duration

LEARNERS = Path(__file__).parent.parent / "plugins" / "learners.py"
SQUARE = "center_square[side=6]"
CHOICE = ["--plugin", str(LEARNERS), "-d", "pictures", "-k", SQUARE, "--size", "16"]
RUN = [*CHOICE, "--metric", "psnr", "--device", "cpu"]


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let nobody wait for charts of losses, and for thousands of holes, which take longer than a short training."""
    monkeypatch.setattr("inpaintbench.training.loop.draw_losses", lambda folder, *rest: (folder / "losses.png").touch())
    monkeypatch.setattr("inpaintbench.execution.teaching.material.POOL", 64)


def test_it_trains_and_says_where_the_checkpoint_lies(bench: Any, tmp_path: Path) -> None:
    outcome = bench("train", "tiny", *CHOICE, "--device", "cpu")
    (trained,) = Library()

    assert outcome.code == 0
    assert outcome.out == f"tiny × pictures: {trained.folder}\n"
    first, last = outcome.err.splitlines()[0], outcome.err.splitlines()[-1]
    assert first == "Training tiny × pictures: 30 steps of 4 images."
    assert last.startswith("Trained tiny × pictures in ")
    assert trained.card.status == "complete"
    assert not (tmp_path / "results").exists()


def test_what_is_trained_is_left_alone(bench: Any) -> None:
    first = bench("train", "tiny", *CHOICE)
    (before,) = Library()
    again = bench("train", "tiny[gain=2]", *CHOICE)
    (after,) = Library()

    assert (again.code, again.out, again.err) == (0, first.out, "")
    assert after.card == before.card


def test_anew_trains_what_is_trained(bench: Any) -> None:
    bench("train", "tiny", *CHOICE)
    (before,) = Library()
    before.weights.write_bytes(b"damaged")
    again = bench("train", "tiny", *CHOICE, "--anew")
    (after,) = Library()

    assert again.code == 0
    assert "Training tiny × pictures" in again.err
    assert after.sha256 == before.sha256
    assert after.weights.stat().st_size > 100


def test_a_method_that_learns_nothing_cannot_be_trained(bench: Any) -> None:
    outcome = bench("train", "mean_fill", *CHOICE)

    assert outcome.code == 2
    assert outcome.err == (
        "bench: mean_fill learns nothing, and is not trained.\n"
        "bench: There is nothing to train: `bench show NAME` says which methods learn.\n"
    )


def test_what_learns_nothing_is_named_beside_what_does(bench: Any) -> None:
    outcome = bench("train", "tiny", "mean_fill", "mean_*", "t*", *CHOICE)

    assert outcome.code == 0
    assert outcome.out.startswith("tiny × pictures: ")
    assert outcome.err.splitlines()[:2] == [
        "bench: mean_fill learns nothing, and is not trained.",
        "bench: mean_* learns nothing, and is not trained.",
    ]


def test_masks_count_for_what_is_trained_per_mask(bench: Any) -> None:
    arguments = ["train", "tailored[holes=own]", "tailored", *CHOICE, "-k", "circle[diameter=8]"]

    assert [line.partition(": ")[0] for line in bench(*arguments).out.splitlines()] == [
        f"tailored[holes=own] × pictures × {SQUARE}",
        "tailored[holes=own] × pictures × circle[diameter=8]",
        "tailored × pictures",
    ]


def test_masks_that_do_not_fit_count_only_for_what_is_trained_per_mask(bench: Any) -> None:
    large = [*CHOICE[:4], "-k", "center_square[side=20]", "--size", "16"]
    plain, own = bench("train", "tiny", *large), bench("train", "tailored[holes=own]", *large)
    (trained,) = Library()

    assert (plain.code, plain.out) == (0, f"tiny × pictures: {trained.folder}\n")
    assert own.code == 2
    assert "side=20" in own.err


def test_the_suites_masks_need_not_fit(bench: Any) -> None:
    assert bench("train", "tiny", *CHOICE[:4], "--size", "10").code == 0
    assert bench("run", "-m", "tiny", *CHOICE[:4], "--size", "10").code == 2  # those of the default suite are larger


def test_what_cannot_be_read_is_trained_anew(bench: Any) -> None:
    bench("train", "tiny", *CHOICE)
    (before,) = Library()
    (before.folder / "card.json").write_text("{")
    refused = bench("train", "tiny", "tiny[width=4]", *CHOICE)
    again = bench("train", "tiny", *CHOICE, "--anew")

    assert refused.code == 1
    assert "tiny × pictures is not trained. " in refused.err
    assert "card.json is no card of a checkpoint" in refused.err
    assert refused.out.startswith("tiny[width=4] × pictures: ")
    assert (again.code, again.out) == (0, f"tiny × pictures: {before.folder}\n")
    assert Checkpoint.at(before.folder) is not None


def test_one_that_fails_stops_no_other(bench: Any) -> None:
    methods = ["tiny[fault=diverges]", "sized", "tiny", "lost"]
    outcome = bench("train", *methods, "--size", "20", *CHOICE[:-2])

    assert outcome.code == 1
    assert [line.partition(": ")[0] for line in outcome.out.splitlines()] == ["tiny × pictures"]
    for said in (
        "tiny[fault=diverges] × pictures is not trained. The loss mse is inf in step 7: the training has diverged.",
        "sized × pictures is not trained. sized can be trained at 16, 32 pixels, not at 20.",
        "lost × pictures is not trained. PluginError: ",
    ):
        assert said in outcome.err
    assert "Traceback" not in outcome.err


def test_a_test_picture_among_the_training_pictures(bench: Any) -> None:
    outcome = bench("train", "tiny", *CHOICE[:2], "-d", "pictures[fault=leak]", *CHOICE[4:])

    assert outcome.code == 2
    assert "is the test picture test-1, pixel by pixel" in outcome.err


def test_a_folder_that_cannot_be_written(bench: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("INPAINTBENCH_CHECKPOINTS", str(tmp_path / "file"))
    outcome = bench("train", "tiny", *CHOICE)

    assert (outcome.code, outcome.out) == (1, "")
    assert outcome.err.startswith("tiny × pictures is not trained. ")
    assert "cannot be written: Not a directory" in outcome.err
    assert "Traceback" not in outcome.err


@pytest.mark.parametrize(
    "wrong", [["--save-every", "-1"], ["--precision", "float8"], ["--size", "0"], ["--device", "abacus"]]
)
def test_what_cannot_be_asked_for(bench: Any, wrong: list[str]) -> None:
    outcome = bench("train", "tiny", *CHOICE, *wrong)

    assert outcome.code == 2
    assert wrong[1] in outcome.err
    assert list(Library()) == []


@pytest.mark.parametrize(("precision", "expected"), [("auto", "bfloat16"), ("float32", "float32")])
def test_the_precision_is_handed_on(bench: Any, monkeypatch: pytest.MonkeyPatch, precision: str, expected: str) -> None:
    monkeypatch.setattr("inpaintbench.execution.teaching.school.has_quick_bfloat16", lambda device: True)
    bench("train", "tiny", *CHOICE, "--device", "cpu", "--precision", precision)
    (trained,) = Library()

    assert trained.card.environment["precision"] == expected


def test_an_exported_copy_is_found_by_another_version_of_its_plugin(
    bench: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "site/exporting_learners"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text(
        LEARNERS.read_text().replace('SHIPPED = ""', f'SHIPPED = "{package.name}:trained"')
    )
    monkeypatch.syspath_prepend(tmp_path / "site")
    exported = bench("train", "tiny", *CHOICE, "--export", package / "trained")
    full = bench("run", "-m", "tiny", *RUN, "--json")
    place = package / "trained/tiny-pictures-16"
    copy = Checkpoint.at(place)
    assert exported.out == f"tiny × pictures: {place}\n"
    assert copy is not None
    assert copy.card.weights["dtype"] == "float16"

    monkeypatch.setenv("INPAINTBENCH_CHECKPOINTS", str(tmp_path / "none here"))
    shipping = ["--plugin", package.name, *RUN[2:], "--out", "shipped"]
    planned = bench("plan", "-m", "tiny", *shipping)
    found = bench("run", "-m", "tiny", *shipping, "--json", "--no-train")
    assert planned.out.splitlines()[0].split() == ["train", "tiny", "×", "pictures", "shipped", "30", "steps"]
    assert found.code == 0
    ((result,), (expected,)) = (json.loads(one.out)["groups"][0]["results"] for one in (found, full))
    # float16 has 11 bits: no pixel is off by more than a level or so
    assert result["scores"]["psnr"]["mean"] == pytest.approx(expected["scores"]["psnr"]["mean"], abs=0.05)
    (record,) = (json.loads(path.read_bytes()) for path in (tmp_path / "shipped").rglob("cell.json"))
    assert record["environment"]["checkpoint"]["shipped"] is True
    assert record["environment"]["checkpoint"]["sha256"] == copy.sha256
    assert list(Library()) == []


def test_a_run_that_must_not_train_says_what_to_type(bench: Any, tmp_path: Path) -> None:
    arguments = ["-m", "tiny[preset=quick]", "-m", "mean_fill", *RUN, "--size", "32"]
    refused = bench("run", *arguments, "--no-train")
    command = "bench train 'tiny[width=2,steps=10]' -d 'pictures' --size 32"

    assert refused.code == 2
    assert refused.err.endswith(f"bench: Not everything is trained that is to be run. To train it:\n  {command}\n")
    assert not (tmp_path / "results").exists()
    assert bench(*shlex.split(command)[1:], "--plugin", LEARNERS).code == 0
    assert bench("run", *arguments, "--no-train").code == 0


def test_a_plan_lists_trainings_and_trains_nothing(bench: Any) -> None:
    arguments = ["-m", "tiny", "-m", "tiny[gain=2]", "-m", "tiny[fault=raises]", "-m", "mean_fill", *RUN]
    before = bench("plan", *arguments)
    assert list(Library()) == []
    assert not Library().folder.exists()
    bench("run", *arguments)
    after = bench("plan", *arguments)

    first, second, empty, *cells = before.out.splitlines()
    assert first.split() == ["train", "tiny", "×", "pictures", "missing", "30", "steps"]
    assert second.split() == ["train", "tiny[fault=raises]", "×", "pictures", "missing", "30", "steps"]
    assert empty == ""
    assert len(cells) == 5
    first, second, *_ = after.out.splitlines()
    assert first.split()[4] == "trained"
    assert second.split()[4] == "failed"
    assert second.endswith("30 steps  ValueError: the trainer is broken")


def test_a_run_says_which_methods_of_its_suite_it_leaves_out(bench: Any, tmp_path: Path) -> None:
    suite = tmp_path / "learned.toml"
    suite.write_text(f'methods = ["tiny", "mean_fill"]\ndatasets = ["pictures"]\nmasks = ["{SQUARE}"]\nsize = 16\n')
    arguments = ["--suite", suite, "--plugin", LEARNERS, "-d", "pictures[fault=no_train]", "--metric", "psnr"]
    said = "Left out: tiny. These pictures are for tests alone."
    planned, ran = bench("plan", *arguments), bench("run", *arguments)

    assert said in planned.out.splitlines()
    assert planned.out.splitlines()[-1].startswith("1 cell (1 missing); 1 would run. ")
    assert said in ran.err.splitlines()
    assert ran.code == 0
    assert bench("run", *arguments, "-m", "tiny").code == 1


def test_a_plan_counts_what_a_run_would_train(bench: Any) -> None:
    assert "; 2 would run, after 1 training. Results in " in bench("plan", "-m", "tiny", "-m", "mean_fill", *RUN).out


def test_a_plan_without_trainings_says_nothing_of_them(bench: Any) -> None:
    assert bench("plan", "-m", "mean_fill", *RUN).out.startswith("mean_fill × pictures")


def test_a_run_that_trains_says_so(bench: Any) -> None:
    outcome = bench("run", "-m", "tiny[fault=wins,steps=200,batch=1]", "-m", "lost", *RUN)

    assert outcome.code == 1
    lines = outcome.err.splitlines()
    assert lines[0] == "2 cells: 2 to run, 0 stored in results/embedded."
    assert "Training tiny[fault=wins,steps=200,batch=1] × pictures: 200 steps of 1 images." in lines
    assert any(
        line.endswith("× pictures: The discriminator has won: its loss stayed below 1e-06 to the end.")
        for line in lines
    )
    assert any(line.startswith("lost × pictures is not trained. PluginError: ") for line in lines)
    assert any(line.startswith("[1/2] lost × pictures") for line in lines)


def test_a_table_shows_what_was_mended_once(bench: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("inpaintbench.training.loop.write_weights", None)  # so that every training fails
        failed = bench("run", "-m", "tiny", *RUN, "--json")
    mended = bench("run", "-m", "tiny", *RUN, "--rerun", "failed", "--json")
    table = bench("table", "results/embedded", "--format", "json")

    assert (failed.code, mended.code) == (1, 0)
    for outcome in (mended, table):
        (group,) = json.loads(outcome.out)["groups"]
        assert [(result["method"], result["status"]) for result in group["results"]] == [("tiny", "complete")]


@pytest.fixture
def standing(start: Any, tmp_path: Path) -> Any:
    """Have `bench train` stand still in the middle of a training, whose state it saves after each step."""
    (tmp_path / "gate").mkdir()
    (tmp_path / "gate/closed").touch()
    method = f"watched[path={tmp_path / 'gate'}]"
    process = start("train", method, *CHOICE, "--device", "cpu", "--save-every", "0")
    while process.poll() is None and not (tmp_path / "gate/arrived").exists():
        with contextlib.suppress(subprocess.TimeoutExpired):  # a loop that never waits would take its processor away
            process.wait(0.01)
    yield SimpleNamespace(process=process, method=method, gate=tmp_path / "gate")
    process.kill()
    process.communicate()


def steps_taken(standing: Any) -> list[int]:
    return [int(line) for line in (standing.gate / "steps").read_text().split()]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows knows no such signals")
@pytest.mark.parametrize("name", ["SIGINT", "SIGKILL"])
def test_a_training_that_is_stopped_goes_on(standing: Any, bench: Any, name: str) -> None:
    standing.process.send_signal(getattr(signal, name))
    out, err = standing.process.communicate()
    assert standing.process.returncode == (130 if name == "SIGINT" else -signal.SIGKILL)
    assert out == ""
    assert "Traceback" not in err
    if name == "SIGINT":
        assert err.endswith("\nInterrupted. What was saved last is kept; the same command goes on from there.\n")
    planned = bench("plan", "-m", standing.method, *RUN)
    assert planned.out.split()[4] == "interrupted"

    (standing.gate / "closed").unlink()
    assert bench("train", standing.method, *CHOICE).code == 0
    assert steps_taken(standing) == [0, 1, 2, 3, 4, 5, *range(5, 10)]
    (trained,) = Library()
    bench("train", standing.method, *CHOICE, "--anew")
    assert steps_taken(standing)[11:] == list(range(10))
    assert [one.sha256 for one in Library()] == [trained.sha256]


def test_an_interrupted_repetition_says_how_to_go_on(bench: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*arguments: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("inpaintbench.execution.teaching.school.train", interrupt)
    outcome = bench("train", "tiny", *CHOICE, "--anew")

    assert outcome.code == 130
    assert outcome.err.endswith("What was saved last is kept; the same command without --anew goes on from there.\n")


def test_a_run_is_interrupted_in_a_training(bench: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*arguments: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("inpaintbench.execution.teaching.school.train", interrupt)
    outcome = bench("run", "-m", "tiny", *RUN)

    assert outcome.code == 130
    assert "Traceback" not in outcome.err


def test_the_bar_of_a_training_goes_when_it_has_ended() -> None:
    display = Display()
    training: Any = SimpleNamespace(title="tiny × faces", steps=1000, batch=4)
    dataset: Any = SimpleNamespace(items=("a", "b"), selection=SimpleNamespace(name="faces"))
    card: Any = SimpleNamespace(status="complete", seconds=7, warnings=())

    def bars() -> list[tuple[str, float]]:
        return [(task.description, task.completed) for task in display._progress.tasks]

    display.preparing(dataset, 1)
    display.training_started(training)
    display.trained(training, 300)
    assert bars() == [("training tiny × faces", 300)]
    display.training_finished(training, card)
    assert bars() == []
    display.training_started(training)
    display.training_refused(training, "It has diverged.")
    assert bars() == []


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0.2, "0 s"), (89, "89 s"), (90, "2 min"), (5000, "83 min"), (5400, "1.5 h"), (90000, "25.0 h")],
)
def test_times_are_said_in_words_that_fit_them(seconds: float, said: str) -> None:
    assert duration(seconds) == said


def test_the_catalogue_shows_how_a_method_is_trained(bench: Any) -> None:
    shown = bench("show", "tiny", "--plugin", str(LEARNERS))

    assert shown.code == 0
    for word in ("preset", "quick", "standard", "wide", "train_seed", "checkpoint"):
        assert word in shown.out, word
