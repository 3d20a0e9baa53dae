"""The loop that drives a trainer: what it stores, what ends it, and that it goes on where it was stopped."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from inpaintbench.api import Lesson
from inpaintbench.checkpoints import Card, Checkpoint
from inpaintbench.checkpoints.weights import read_weights
from inpaintbench.errors import CheckpointError
from inpaintbench.training.loop import LOOK_EVERY, Course, train

pytestmark = pytest.mark.usefixtures("quick_charts")

FILES = {"card.json", "weights.safetensors", "losses.png", "samples.png"}


@pytest.fixture
def course(build: Any, lessons_of: Any, card: Card) -> Callable[..., Course]:
    """Return a function that makes a course of twelve steps, unless told otherwise."""

    def course(lessons: dict[str, Any] | None = None, reduced: bool = False, **changes: Any) -> Course:
        return Course(
            lambda generator: build(generator, **changes), lessons_of(**{"steps": 12} | (lessons or {})), card, reduced
        )

    return course


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_what_a_training_leaves(course: Any, tmp_path: Path) -> None:
    told: list[int] = []
    card = train(course(), tmp_path / "deep/folder", told.append)
    checkpoint = Checkpoint.at(tmp_path / "deep/folder")

    assert checkpoint is not None
    assert checkpoint.card == card
    assert names(checkpoint.folder) == FILES
    assert (card.status, card.error, card.warnings, card.steps, card.images) == ("complete", "", (), 12, 7)
    assert card.epochs == 6.86  # 12 · 4 / 7
    # 4·3·9 + 3 + 2·3 + 3·3·9 + 3 of the network; 192 + 1 of what only its training needs
    assert card.parameters == {"net": 201, "critic": 193}
    assert set(card.losses) == {"mse", "discriminator"}
    assert card.losses["mse"]["steps"] == [float(step) for step in range(12)]
    assert card.seconds > 0
    assert card.finished.endswith("+00:00")
    assert card.method == "learner"
    assert told == [0, 12]
    assert set(read_weights(checkpoint).networks) == {"net"}
    assert json.loads((checkpoint.folder / "card.json").read_text(), parse_constant=pytest.fail)


def test_a_training_learns(course: Any, tmp_path: Path) -> None:
    card = train(course({"steps": 60}, dropout=0.0), tmp_path)
    means = card.losses["mse"]["means"]

    assert sum(means[-10:]) < 0.5 * sum(means[:5])  # type: ignore[arg-type, operator]


def test_the_same_seed_gives_the_same_weights_whatever_torchs_own_generator_does(course: Any, tmp_path: Path) -> None:
    hashes = []
    for number, seed in enumerate((0, 0, 1)):
        torch.manual_seed(number)
        before = torch.get_rng_state()
        hashes.append(train(course({"seed": seed}), tmp_path / str(number)).weights["sha256"])
        assert torch.equal(torch.get_rng_state(), before)

    assert hashes[0] == hashes[1] != hashes[2]


def test_progress_is_told_now_and_then(course: Any, tmp_path: Path) -> None:
    told: list[int] = []
    train(course({"batch": 1, "steps": 2 * LOOK_EVERY + 5}), tmp_path, told.append)

    assert told == [0, LOOK_EVERY, 2 * LOOK_EVERY, 2 * LOOK_EVERY + 5]


class Stop:
    """Interrupts a trainer in the middle of a step."""

    def __init__(self, course: Course, step: int) -> None:
        self.build, self.at = course.build, step

    def __call__(self, generator: torch.Generator) -> Any:
        trainer: Any = self.build(generator)
        take = trainer.step

        def step(lesson: Lesson) -> Any:
            losses = take(lesson)
            if lesson.step == self.at:
                raise KeyboardInterrupt
            return losses

        trainer.step = step
        return trainer


@pytest.mark.parametrize("step", [0, 1, 6, 11])
@pytest.mark.parametrize("save_seconds", [0.0, 60.0])
def test_an_interrupted_training_ends_as_another(course: Any, tmp_path: Path, step: int, save_seconds: float) -> None:
    expected = train(course(), tmp_path / "expected")
    given = course()
    stopped = Course(Stop(given, step), given.lessons, given.card)
    with pytest.raises(KeyboardInterrupt):
        train(stopped, tmp_path / "stopped", save_seconds=save_seconds)
    kept = step if save_seconds == 0 else 0
    assert names(tmp_path / "stopped") == ({"progress.safetensors"} if kept else set())

    told: list[int] = []
    card = train(course(), tmp_path / "stopped", told.append)
    assert told == [kept, 12]
    assert card.weights == expected.weights
    assert card.losses == expected.losses
    assert names(tmp_path / "stopped") == FILES
    assert (tmp_path / "stopped/samples.png").read_bytes() == (tmp_path / "expected/samples.png").read_bytes()


def test_all_attempts_count_for_the_time(course: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ticks = iter(range(10_000))
    monkeypatch.setattr("inpaintbench.training.loop.time.perf_counter", lambda: float(next(ticks)))
    expected = train(course(), tmp_path / "expected", save_seconds=0).seconds
    given = course()
    with pytest.raises(KeyboardInterrupt):
        train(Course(Stop(given, 9), given.lessons, given.card), tmp_path / "stopped", save_seconds=0)

    assert train(course(), tmp_path / "stopped").seconds > 0.6 * expected


@pytest.mark.parametrize(
    ("fault", "error", "steps"),
    [
        ("diverges", "The loss mse is inf in step 7: the training has diverged", 12),
        ("raises", "ValueError: the trainer is broken", 7),
        ("exits", "SystemExit: 0", 7),
        ("shape", "RuntimeError: ", 12),
        ("constructor", "ValueError: the trainer cannot be built", 0),
    ],
)
def test_what_a_trainer_does_wrong_costs_its_training(
    course: Any, tmp_path: Path, fault: str, error: str, steps: int
) -> None:
    card = train(course(fault=fault), tmp_path)

    assert card == Card.read(tmp_path)
    assert (card.status, card.steps, card.weights, card.warnings) == ("failed", steps, {}, ())
    assert card.error.startswith(error)
    json.loads((tmp_path / "card.json").read_text(), parse_constant=pytest.fail)
    assert names(tmp_path) == {"card.json", "log.txt"}
    assert f"Error: {error.rpartition('Error: ')[2]}" in (tmp_path / "log.txt").read_text() or fault == "exits"


def test_pictures_that_cannot_be_drawn_cost_no_weights(course: Any, tmp_path: Path) -> None:
    card = train(course(fault="show"), tmp_path)

    assert card == Card.read(tmp_path)
    assert (card.status, card.steps, card.error) == ("complete", 12, "")
    assert card.warnings == ("The pictures of this training could not be drawn: ValueError: nothing can be shown",)
    assert card.weights == train(course(), tmp_path / "expected").weights
    assert names(tmp_path) == FILES - {"samples.png"} | {"expected"}


def test_the_log_holds_the_traceback_of_each_failure(course: Any, tmp_path: Path) -> None:
    for attempt in (1, 2):
        train(course(fault="raises"), tmp_path)
        log = (tmp_path / "log.txt").read_text()

        assert log.count("Traceback (most recent call last):") == attempt
        assert log.count('raise ValueError("the trainer is broken")') == attempt
        assert log.endswith("\nValueError: the trainer is broken\n")


def test_the_log_of_failures_goes_once_a_training_has_succeeded(course: Any, tmp_path: Path) -> None:
    train(course(fault="raises"), tmp_path)
    assert "log.txt" in names(tmp_path)

    assert train(course(), tmp_path).status == "complete"
    assert names(tmp_path) == FILES


def test_networks_that_share_weights_are_stored_and_taken_up(course: Any, tmp_path: Path) -> None:
    given = course()

    def build(generator: torch.Generator) -> Any:
        trainer = given.build(generator)
        trainer.networks = {**trainer.networks, "again": trainer.net}
        return trainer

    card = train(Course(build, given.lessons, given.card), tmp_path, save_seconds=0.0)
    checkpoint = Checkpoint.at(tmp_path)

    assert (card.status, card.error) == ("complete", "")
    assert checkpoint is not None
    networks = read_weights(checkpoint).networks
    assert networks["net"].keys() == networks["again"].keys()
    assert all(torch.equal(weight, networks["again"][name]) for name, weight in networks["net"].items())


PARTS = ("networks", "auxiliaries", "optimizers", "step", "show")


@pytest.mark.parametrize("missing", PARTS)
def test_a_trainer_that_lacks_a_part_is_refused_before_its_first_step(
    course: Any, tmp_path: Path, missing: str
) -> None:
    given = course()
    told: list[int] = []

    def build(generator: torch.Generator) -> Any:
        trainer = given.build(generator)
        return SimpleNamespace(**{part: getattr(trainer, part) for part in PARTS if part != missing})

    card = train(Course(build, given.lessons, given.card), tmp_path, told.append)
    assert (card.status, card.steps, told) == ("failed", 0, [])
    assert card.error == f"SimpleNamespace has no {missing}, which a trainer must have."


def spoilt(course: Course, at: int, of: Callable[[Any], torch.Tensor], value: float) -> Course:
    """Return a course whose trainer puts this value into a part of one of its tensors at the end of a step."""

    def build(generator: torch.Generator) -> Any:
        trainer: Any = course.build(generator)
        take = trainer.step

        def step(lesson: Lesson) -> Any:
            losses = take(lesson)
            if lesson.step == at:
                of(trainer).data[0] = value
            return losses

        trainer.step = step
        return trainer

    return Course(build, course.lessons, course.card)


@pytest.mark.parametrize("value", [math.nan, -math.inf])
@pytest.mark.parametrize("network", ["net", "critic"])
def test_weights_that_are_no_numbers_after_the_last_step_are_not_kept(
    course: Any, tmp_path: Path, network: str, value: float
) -> None:
    card = train(spoilt(course(), 11, lambda trainer: next(getattr(trainer, network).parameters()), value), tmp_path)

    assert (card.status, card.steps, card.weights) == ("failed", 12, {})
    assert card.error.startswith(f"Weights of the network {network} are no numbers after step 12: the training has div")
    assert all(None not in loss["means"] for loss in card.losses.values())
    assert names(tmp_path) == {"card.json", "log.txt"}


@pytest.mark.parametrize(("save_seconds", "steps"), [(0.0, 6), (60.0, 12)])
def test_weights_that_are_no_numbers_are_not_saved(
    course: Any, tmp_path: Path, save_seconds: float, steps: int
) -> None:
    # batch normalisation does not look at its running mean while it is trained: every loss stays a number
    card = train(
        spoilt(course(), 5, lambda trainer: trainer.net[1].running_mean, math.nan), tmp_path, save_seconds=save_seconds
    )

    assert (card.status, card.steps) == ("failed", steps)
    assert f"are no numbers after step {steps}: " in card.error
    assert all(None not in loss["means"] for loss in card.losses.values())
    if save_seconds == 0:  # what was saved last is sound, and the next attempt goes on from there
        told: list[int] = []
        assert train(course(), tmp_path, told.append).status == "complete"
        assert told[0] == 5


def test_torchs_own_generator_gives_other_numbers_than_those_of_weights_and_lessons(
    course: Any, tmp_path: Path
) -> None:
    given = course()
    drawn: list[list[float]] = []

    def draw(generator: torch.Generator) -> None:
        for one in (generator, torch.default_generator):
            state = one.get_state()
            drawn.append(torch.rand(4, generator=one).tolist())
            one.set_state(state)

    def build(generator: torch.Generator) -> Any:
        draw(generator)
        trainer: Any = given.build(generator)
        take = trainer.step

        def step(lesson: Lesson) -> Any:
            draw(lesson.generator)
            return take(lesson)

        trainer.step = step
        return trainer

    train(Course(build, given.lessons, given.card), tmp_path)
    assert len(drawn) == 2 + 2 * 12
    assert len({tuple(numbers) for numbers in drawn}) == len(drawn)


def test_a_training_diverges_before_its_state_is_saved(course: Any, tmp_path: Path) -> None:
    assert train(course(fault="diverges"), tmp_path, save_seconds=0).steps == 8  # and not at the next look
    told: list[int] = []
    assert train(course(fault="diverges"), tmp_path, told.append).status == "failed"
    assert told == [7]


@pytest.mark.parametrize(("fault", "said"), [("collapses", "tells nothing apart"), ("wins", "has won")])
def test_a_collapsed_discriminator_is_reported_and_ends_nothing(
    course: Any, tmp_path: Path, fault: str, said: str
) -> None:
    card = train(course({"batch": 1, "steps": 200}, fault=fault), tmp_path)

    assert card.status == "complete"
    (warning,) = card.warnings
    assert said in warning


def test_networks_are_trained_in_bfloat16_only_where_that_was_allowed(course: Any, tmp_path: Path) -> None:
    plain, reduced, again = (
        train(course(reduced=reduced), tmp_path / str(number)) for number, reduced in enumerate((False, True, False))
    )

    assert plain.weights["sha256"] == again.weights["sha256"] != reduced.weights["sha256"]
    assert reduced.status == "complete"
    assert reduced.weights["dtype"] == "float32"


def test_the_state_of_another_training_is_refused(course: Any, tmp_path: Path) -> None:
    given = course()
    with pytest.raises(KeyboardInterrupt):
        train(Course(Stop(given, 5), given.lessons, given.card), tmp_path, save_seconds=0)

    with pytest.raises(CheckpointError, match="holds no state of this training"):
        train(course(width=5), tmp_path)
    assert names(tmp_path) == {"progress.safetensors"}


def test_a_state_that_was_half_written_is_passed_over(course: Any, tmp_path: Path) -> None:
    (tmp_path / ".progress.safetensors.partial").write_bytes(b"half")
    card = train(course(), tmp_path)

    assert card.status == "complete"
    assert names(tmp_path) == FILES


def test_trainers_are_shown_their_networks_in_training(course: Any, tmp_path: Path) -> None:
    given = course()
    seen: list[tuple[bool, bool]] = []

    def build(generator: torch.Generator) -> Any:
        trainer: Any = given.build(generator)
        trainer.net.eval()
        take = trainer.step

        def step(lesson: Lesson) -> Any:
            weight = trainer.net[0].weight
            seen.append((trainer.net.training, weight.is_contiguous(memory_format=torch.channels_last)))
            return take(lesson)

        trainer.step = step
        return trainer

    train(Course(build, given.lessons, given.card), tmp_path)
    assert set(seen) == {(True, True)}
