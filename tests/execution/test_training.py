"""Training what cells need: with which pictures and holes, by whom, and what happens to the cells if it fails."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from inpaintbench.api import MaskSpec
from inpaintbench.checkpoints import Card, Checkpoint, Library
from inpaintbench.checkpoints.library import PROGRESS
from inpaintbench.checkpoints.weights import read_weights
from inpaintbench.errors import CacheError, CheckpointError, DatasetError, TrainingError, UsageError
from inpaintbench.execution.chosen import ChosenTraining
from inpaintbench.execution.teaching import school as school_module
from inpaintbench.execution.teaching.material import gather
from inpaintbench.execution.teaching.school import School, train_all
from inpaintbench.execution.telling.listener import Listener
from inpaintbench.execution.telling.noting import Noting
from inpaintbench.holes import About, draw_hole
from inpaintbench.plugins import load_registry
from inpaintbench.results import Results
from inpaintbench.selectors import select
from inpaintbench.training.lessons import Material

SQUARE, CIRCLE = "center_square[side=6]", "circle[diameter=8]"

Run = Callable[..., Results]
TrainingOf = Callable[..., ChosenTraining]


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let nobody wait for charts of losses, and for thousands of holes, which take longer than a short training."""
    monkeypatch.setattr("inpaintbench.execution.teaching.material.POOL", 64)
    monkeypatch.setattr("inpaintbench.training.loop.draw_losses", lambda folder, *rest: (folder / "losses.png").touch())


class Heard(Listener):
    """Notes what it is told of trainings."""

    def __init__(self) -> None:
        self.said: list[Any] = []

    def training_started(self, training: ChosenTraining) -> None:
        self.said.append(("started", training.title))

    def training_elsewhere(self, training: ChosenTraining) -> None:
        self.said.append(("elsewhere", training.title))

    def trained(self, training: ChosenTraining, steps: int) -> None:
        self.said.append(steps)

    def training_finished(self, training: ChosenTraining, card: Card) -> None:
        self.said.append((card.status, training.title))


def material(school: School, training: ChosenTraining) -> Material:
    """Return what a training is made of."""
    return gather(training, school.shelf, school.listener)


def statuses(results: Results) -> list[str]:
    return [cell.record.status for cell in results.cells]


def message(results: Results, cell: int = 0) -> str:
    error = results.cells[cell].record.error
    assert error is not None
    return f"{error['type']}: {error['message']}"


# what a training is made of


def test_it_learns_from_the_training_split_as_it_is_prepared(school: School, training_of: TrainingOf) -> None:
    training = training_of(size=12, masks=("center_square[side=3]",))
    pictures = material(school, training).pictures
    assert training.dataset is not None
    prepared = school.shelf.obtain(training.dataset.wanted(12)).pictures

    assert training.dataset.split == "train"
    assert pictures.shape == (6, 12, 12, 3)
    assert np.array_equal(pictures, prepared)


@pytest.mark.parametrize("fault", ["none", "unreadable"])
def test_a_damaged_training_picture_is_found_before_anything_is_learned(
    school: School, training_of: TrainingOf, fault: str
) -> None:
    training = training_of(datasets=(f"pictures[fault={fault}]",))
    assert training.dataset is not None
    prepared = school.shelf.obtain(training.dataset.wanted(training.size))
    with (prepared.folder / "pictures.npy").open("r+b") as file:
        file.seek(-1, 2)
        file.write(bytes([255 ^ int(prepared.pictures[-1, -1, -1, -1])]))

    with pytest.raises(CacheError, match="number 5 is not what was written there"):
        school.obtain(training)
    assert school.library.find(training.wanted) is None  # nor is that stored as a failure of the training
    assert school.obtain(training).card.status == "complete"


def test_what_cannot_be_decoded_is_left_out(school: School, training_of: TrainingOf) -> None:
    readable = material(school, training_of()).pictures
    damaged = training_of(datasets=("pictures[fault=unreadable]",))

    assert np.array_equal(material(school, damaged).pictures, readable[[0, 2, 4, 5]])
    assert school.obtain(damaged).card.images == 4


def test_where_nothing_can_be_decoded_nothing_is_trained(school: School, training_of: TrainingOf) -> None:
    with pytest.raises(TrainingError, match=r"No training picture of pictures\[fault=none_readable\] can be decoded"):
        school.obtain(training_of(datasets=("pictures[fault=none_readable]",)))


def test_a_test_picture_among_the_training_pictures_stops_it(school: School, training_of: TrainingOf) -> None:
    with pytest.raises(DatasetError) as caught:
        school.obtain(training_of(datasets=("pictures[fault=leak]",)))

    assert str(caught.value) == (
        "The training picture train-2 of pictures[fault=leak] is the test picture test-1, pixel by pixel: what is "
        "trained on it cannot be tested. Remove one of them."
    )


def test_a_black_picture_is_no_test_picture_that_cannot_be_decoded(school: School, training_of: TrainingOf) -> None:
    assert material(school, training_of(datasets=("pictures[fault=black]",))).pictures.shape[0] == 6


def test_a_leak_ends_the_whole_run(learn: Run) -> None:
    with pytest.raises(UsageError, match="is the test picture test-1"):
        learn(datasets=["pictures", "pictures[fault=leak]"], methods=["mean_fill", "tiny"])


def test_half_of_the_holes_are_of_each_mask(school: School, training_of: TrainingOf) -> None:
    training = training_of(masks=("half",))
    holes = material(school, training).holes
    assert holes is not None
    square, circle = (mask.draw(16, About(0, "", "", "")) for mask in training.masks)

    assert holes.shape == (64, 16, 16)
    assert (holes[0::2] == square).all()
    assert (holes[1::2] == circle).all()


@pytest.mark.parametrize(("steps", "batch", "count"), [(3, 5, 15), (16, 4, 64), (17, 4, 64)])
def test_no_more_holes_are_drawn_than_are_used(
    school: School, training_of: TrainingOf, steps: int, batch: int, count: int
) -> None:
    holes = material(school, training_of(methods=(f"tiny[steps={steps},batch={batch}]",))).holes

    assert holes is not None
    assert len(holes) == count


def test_holes_are_drawn_from_the_seed_of_the_training(school: School, training_of: TrainingOf) -> None:
    registry = load_registry()
    (random,) = select(["random_rectangle"], MaskSpec, registry)
    chosen = type(training_of().masks[0]).open(random, 16)

    def holes(seed: int, count: int) -> Any:
        training = training_of(methods=(f"tiny[train_seed={seed}]",))
        found = material(school, dataclasses.replace(training, masks=(chosen,))).holes
        assert found is not None
        return found[:count]

    first = holes(0, 20)
    assert len({hole.tobytes() for hole in first}) > 10
    assert np.array_equal(first, holes(0, 20))
    assert not np.array_equal(first, holes(1, 20))
    about = [About(0, "training", str(number), chosen.seed_name) for number in range(20)]
    assert not isinstance(chosen.built, Exception)
    assert np.array_equal(first, [draw_hole(chosen.built.draw, 16, 16, one) for one in about])


def test_a_training_that_needs_no_holes_gets_none(school: School, training_of: TrainingOf) -> None:
    assert material(school, training_of(methods=("alone",))).holes is None
    assert school.obtain(training_of(methods=("alone",))).card.status == "complete"


def test_a_method_that_is_trained_per_mask_gets_that_masks_holes(learn: Run) -> None:
    results = learn(methods=["tailored[holes=own]", "tailored"], masks=[SQUARE, CIRCLE])
    cards = {one.card.mask: one.card for one in Library()}

    assert statuses(results) == ["complete"] * 4
    assert set(cards) == {"", SQUARE, CIRCLE}
    square, circle = 36 / 256, 52 / 256
    assert cards[SQUARE].losses["missing"]["means"] == pytest.approx([square] * 10, abs=1e-6)
    assert cards[CIRCLE].losses["missing"]["means"] == pytest.approx([circle] * 10, abs=1e-6)
    assert set(cards[""].losses["missing"]["means"]) > {round((3 * square + circle) / 4, 6)}
    used = [cell.record.environment["checkpoint"]["sha256"] for cell in results.cells]
    assert used[1] == used[3]
    assert len(set(used)) == 3


# a school


def test_what_a_kill_after_the_card_has_left_is_swept_away(school: School, training_of: TrainingOf) -> None:
    folder = school.obtain(training_of()).folder
    for name in ("progress.safetensors", "log.txt", ".card.json.1.partial"):
        (folder / name).touch()
    school.obtain(training_of())

    assert sorted(path.name for path in folder.iterdir()) == [
        *(".lock", "card.json", "losses.png", "samples.png", "weights.safetensors"),
    ]


def test_a_training_happens_once(school: School, training_of: TrainingOf) -> None:
    heard = Heard()
    school = dataclasses.replace(school, listener=heard)
    first = school.obtain(training_of())
    again = school.obtain(training_of(methods=("tiny[gain=2]",)))

    assert heard.said == [("started", "tiny × pictures"), 0, 30, ("complete", "tiny × pictures")]
    assert again == first == school.library.find(training_of().wanted)
    assert first.card.identity == training_of().identity
    assert first.card.key == training_of().wanted.key
    assert (first.card.method, first.card.dataset, first.card.mask, first.card.size) == ("tiny", "pictures", "", 16)
    assert set(first.card.environment) == {"versions", "commit", "device", "precision"}


def test_anew_forgets_what_was_stored(school: School, training_of: TrainingOf) -> None:
    first = school.obtain(training_of())
    first.weights.write_bytes(b"damaged")
    (first.folder / PROGRESS).write_bytes(b"damaged")
    again = school.obtain(training_of(), anew=True)

    assert again.sha256 == first.sha256
    assert again.card.finished >= first.card.finished
    assert read_weights(again).size == 16


def test_an_interrupted_repetition_leaves_no_card_of_other_weights(
    school: School, training_of: TrainingOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*arguments: Any) -> None:
        raise KeyboardInterrupt

    folder = school.obtain(training_of()).folder
    monkeypatch.setattr(school_module, "train", interrupt)
    with pytest.raises(KeyboardInterrupt):
        school.obtain(training_of(), anew=True)

    assert Checkpoint.at(folder) is None
    assert school.library.find(training_of().wanted) is None


def test_what_is_not_possible_is_refused_before_anything_is_written(school: School, training_of: TrainingOf) -> None:
    training = training_of(datasets=("pictures[fault=no_train]",))

    with pytest.raises(TrainingError, match="These pictures are for tests alone"):
        school.obtain(training)
    assert not school.library.folder.exists()


@pytest.mark.parametrize("quick", [True, False])
def test_bfloat16_is_used_where_it_is_quick_and_allowed(
    school: School, training_of: TrainingOf, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, quick: bool
) -> None:
    monkeypatch.setattr(school_module, "has_quick_bfloat16", lambda device: quick)
    found = [
        dataclasses.replace(school, precision=precision, library=Library(tmp_path / precision)).obtain(training_of())
        for precision in ("auto", "float32")
    ]

    assert [one.card.environment["precision"] for one in found] == ["bfloat16" if quick else "float32", "float32"]
    assert (found[0].sha256 != found[1].sha256) is quick
    assert found[0].card.key == found[1].card.key


def test_a_failure_is_stored_and_tried_again(school: School, training_of: TrainingOf) -> None:
    heard = Heard()
    school = dataclasses.replace(school, listener=heard, save_seconds=0)
    training = training_of(methods=("tiny[fault=raises]",))
    for _ in range(2):
        with pytest.raises(TrainingError, match=r"^ValueError: the trainer is broken$"):
            school.obtain(training)

    found = school.library.find(training.wanted)
    assert found is not None
    assert (found.card.status, found.card.steps) == ("failed", 7)
    assert [one for one in heard.said if isinstance(one, int)] == [0, *range(1, 8), 7]  # the second goes on
    assert heard.said[-1] == ("failed", "tiny[fault=raises] × pictures")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"methods": ("lost",)}, "PluginError: .* has no Nowhere"),
        (
            {"methods": ("shaken",)},
            "The pictures or holes .* cannot be had: ValueError: the mask cannot be drawn",
        ),
        ({"datasets": ("pictures[fault=load]",)}, "cannot be had: ValueError: the data set cannot load train-2"),
    ],
)
def test_faults_of_plugins_become_failures_of_the_training(
    school: School, training_of: TrainingOf, changes: dict[str, Any], said: str
) -> None:
    with pytest.raises(TrainingError, match=said):
        school.obtain(training_of(**changes))


def test_a_folder_that_cannot_be_made_is_named(training_of: TrainingOf, tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(CheckpointError, match=r"file/tiny/\w+ cannot be written: Not a directory"):
        School(torch.device("cpu"), Library(tmp_path / "file")).obtain(training_of())


def test_torch_is_left_as_it_was(school: School, training_of: TrainingOf) -> None:
    torch.manual_seed(3)
    state = torch.get_rng_state()
    school.obtain(training_of(methods=("tiny[dropout=0.5]",)))

    assert torch.equal(torch.get_rng_state(), state)
    assert torch.is_grad_enabled()


@pytest.fixture
def standing(learn: Run, training_of: TrainingOf, school: School, tmp_path: Path) -> Any:
    """Have another thread stand still in the middle of a training; return that training and the folder of its gate."""
    (tmp_path / "closed").touch()
    training = training_of(methods=(f"watched[path={tmp_path}]",))
    other = threading.Thread(target=school.obtain, args=(training,))
    other.start()
    try:
        while other.is_alive() and not (tmp_path / "arrived").exists():
            other.join(0.001)
        yield training
    finally:
        (tmp_path / "closed").unlink(missing_ok=True)
        other.join()


def steps_taken(folder: Path) -> list[int]:
    return [int(line) for line in (folder / "steps").read_text().split()]


def test_what_another_process_trains_is_waited_for(standing: ChosenTraining, school: School, tmp_path: Path) -> None:
    class Waiting(Heard):
        def training_elsewhere(self, training: ChosenTraining) -> None:
            super().training_elsewhere(training)
            waits.set()

    waits, heard, found = threading.Event(), Waiting(), []
    second = dataclasses.replace(school, listener=heard)
    other = threading.Thread(target=lambda: found.append(second.obtain(standing)))
    other.start()
    told = waits.wait(60)
    (tmp_path / "closed").unlink()
    other.join()

    assert told
    assert [one.card.status for one in found] == ["complete"]
    assert heard.said == [("elsewhere", standing.title)]
    assert steps_taken(tmp_path) == list(range(10))


# a run


def test_a_run_trains_what_it_needs_and_evaluates(learn: Run) -> None:
    results = learn(methods=["tiny", "tiny[gain=0.5]"], masks=[SQUARE, CIRCLE])
    (trained,) = Library()

    assert statuses(results) == ["complete"] * 4
    assert results.failures == ()
    assert results.cells[0].record.environment["checkpoint"] == {
        "title": "tiny × pictures",
        "size": 16,
        "steps": 30,
        "seconds": trained.card.seconds,
        "sha256": trained.sha256,
        "shipped": False,
        "warnings": [],
    }
    scores = [cell.record.means["psnr"] for cell in results.cells]
    assert scores[0] != scores[1]


def test_a_second_run_neither_trains_nor_evaluates(learn: Run) -> None:
    first = learn()
    (trained,) = Library()
    second = learn(train=False)

    assert [cell.record.finished for cell in second.cells] == [cell.record.finished for cell in first.cells]
    assert [one.card for one in Library()] == [trained.card]


def test_without_its_checkpoint_a_result_is_found_again_after_training(learn: Run) -> None:
    first = learn()
    (trained,) = Library()
    for path in trained.folder.iterdir():
        path.unlink()
    second = learn()

    assert second.cells[0].record.finished == first.cells[0].record.finished  # the weights are the same again
    assert [one.sha256 for one in Library()] == [trained.sha256]


def test_a_run_that_must_not_train_says_what_to_type(learn: Run, tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        learn(methods=["tiny[gain=2]", "tailored[holes=own]", "mean_fill"], train=False)

    assert str(caught.value) == (
        "Not everything is trained that is to be run. To train it:\n"
        "  bench train 'tiny' -d 'pictures' --size 16\n"
        f"  bench train 'tailored[holes=own]' -d 'pictures' -k '{SQUARE}' --size 16"
    )
    assert not (tmp_path / "out").exists()
    assert list(Library()) == []


def test_a_training_that_fails_costs_its_own_cells(learn: Run) -> None:
    results = learn(methods=["tiny[fault=diverges]", "mean_fill", "tiny"], masks=[SQUARE, CIRCLE])

    assert statuses(results) == ["failed", "complete", "complete"] * 2
    assert message(results).startswith(
        "TrainingError: tiny[fault=diverges] × pictures is not trained. The loss mse is inf in step 7: the training"
    )
    assert len(results.failures) == 2
    assert "has diverged" in results.failures[0]
    assert {one.card.status for one in Library()} == {"complete", "failed"}


@pytest.mark.parametrize("fault", ["constructor", "exits", "shape"])
def test_whatever_a_trainer_raises_no_run_ends(learn: Run, fault: str) -> None:
    results = learn(methods=[f"tiny[fault={fault}]", "mean_fill"])

    assert statuses(results) == ["failed", "complete"]
    assert f"tiny[fault={fault}] × pictures is not trained. " in message(results)


def test_pictures_that_cannot_be_drawn_cost_no_cells(learn: Run) -> None:
    results = learn(methods=["tiny[fault=show]"])

    assert statuses(results) == ["complete"]
    assert results.cells[0].record.environment["checkpoint"]["warnings"] == [
        "The pictures of this training could not be drawn: ValueError: nothing can be shown"
    ]


@pytest.mark.parametrize("method", ["lost", "shaken", "unmasked", "stubborn"])
def test_no_plugin_that_is_wrong_ends_a_run(learn: Run, method: str) -> None:
    results = learn(methods=[method, "mean_fill"])
    expected = {
        "lost": "TrainingError: lost × pictures is not trained. PluginError: ",
        "shaken": "TrainingError: shaken × pictures is not trained. The pictures or holes to train with cannot ",
        "unmasked": "TrainingError: unmasked × pictures is not trained. The holes to train with cannot be drawn: ",
        "stubborn": "PluginError: The method stubborn is trained, and has no function load(trained).",
    }

    assert statuses(results) == ["failed", "complete"]
    assert message(results).startswith(expected[method])


def test_pictures_that_are_no_training_pictures(learn: Run) -> None:
    results = learn(datasets=["pictures[fault=no_train]"], methods=["tiny", "mean_fill"])

    assert statuses(results) == ["failed", "complete"]
    assert message(results) == ("TrainingError: tiny × no pictures is not trained. These pictures are for tests alone.")


def test_a_size_at_which_nobody_trains(learn: Run) -> None:
    results = learn(methods=["sized"], size=20)

    assert message(results).endswith("is not trained. sized can be trained at 16, 32 pixels, not at 20.")


def test_a_failure_is_tried_again_only_if_that_is_asked_for(learn: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*arguments: Any) -> None:
        raise ValueError("no luck today")

    taught = school_module.train
    broken = {"build": refuse}
    monkeypatch.setattr(
        school_module,
        "train",
        lambda course, *rest: taught(dataclasses.replace(course, **broken) if broken else course, *rest),
    )
    assert statuses(learn()) == ["failed"]
    broken.clear()

    again = learn()
    assert statuses(again) == ["failed"]
    assert [one.card.status for one in Library()] == ["failed"]
    other = learn(masks=[SQUARE, CIRCLE])  # a new cell of a training that has failed
    assert statuses(other) == ["failed", "failed"]
    assert "is not trained. ValueError: no luck today" in message(other, 1)

    mended = learn(rerun="failed")
    assert statuses(mended) == ["complete"]
    assert [one.card.status for one in Library()] == ["complete"]


def test_fail_fast_ends_at_the_first_training_that_fails(learn: Run) -> None:
    results = learn(methods=["tiny[fault=raises]", "tiny"], fail_fast=True)

    assert [one.card.method for one in Library()] == ["tiny[fault=raises]"]
    assert statuses(results) == ["failed"]


def test_a_damaged_checkpoint_costs_its_cell(learn: Run) -> None:
    learn()
    (trained,) = Library()
    trained.weights.write_bytes(b"damaged")
    results = learn(rerun="all")

    assert len(results.failures) == 1
    assert "is not the file that its card describes" in results.failures[0]


def test_a_damaged_card_costs_its_cells(learn: Run) -> None:
    learn()
    (trained,) = Library()
    (trained.folder / "card.json").write_text("{")
    results = learn(methods=["tiny", "mean_fill", "tiny[width=4]"], rerun="failed")

    assert statuses(results) == ["failed", "complete", "complete"]
    assert "tiny × pictures is not trained. " in message(results)
    assert "card.json is no card of a checkpoint" in message(results)
    assert len(results.failures) == 1
    assert (trained.folder / "card.json").read_text() == "{"


def test_anew_trains_what_is_damaged(school: School, training_of: TrainingOf) -> None:
    first = school.obtain(training_of())
    (first.folder / "card.json").write_text("{")
    with pytest.raises(CheckpointError, match=r"card\.json is no card of a checkpoint"):
        school.obtain(training_of())

    assert school.obtain(training_of(), anew=True).sha256 == first.sha256


def test_two_selectors_of_one_training_share_it(learn: Run) -> None:
    results = learn(methods=["tiny[steps=4,batch=3]", "tiny[epochs=2,batch=3]"])  # twice six pictures by threes
    (trained,) = Library()

    assert statuses(results) == ["complete", "complete"]
    assert {cell.record.environment["checkpoint"]["sha256"] for cell in results.cells} == {trained.sha256}
    assert results.cells[0].record.means == results.cells[1].record.means


@pytest.mark.parametrize("error", [TrainingError("no luck"), CheckpointError("no luck"), OSError("no luck")])
def test_what_ends_one_training_ends_no_other(
    look_at_learners: Any, school: School, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    first, second = look_at_learners(methods=("tiny", "tiny[width=4]")).trainings
    obtain = School.obtain

    def refuse(self: School, training: ChosenTraining, **options: Any) -> Checkpoint:
        if training.wanted.key == first.training.wanted.key:
            raise error
        return obtain(self, training, **options)

    monkeypatch.setattr(School, "obtain", refuse)
    obtained, failed = train_all((first, second), school)
    assert set(obtained) == {second.training.wanted.key}
    assert failed == {first.training.wanted.key: "no luck"}
    assert train_all((first, second), school, fail_fast=True) == ({}, failed)


def test_a_leak_ends_all_trainings(look_at_learners: Any, school: School) -> None:
    trainings = look_at_learners(datasets=("pictures[fault=leak]", "pictures")).trainings

    with pytest.raises(UsageError, match="is the test picture test-1"):
        train_all(trainings, school)
    assert list(school.library) == []


def test_weights_that_were_given_are_used(learn: Run) -> None:
    expected = learn(methods=["tiny[train_seed=5]"])
    (trained,) = Library()
    results = learn(methods=[f"tiny[checkpoint={trained.folder}]"])

    assert results.cells[0].record.means == expected.cells[0].record.means
    assert results.cells[0].record.environment["checkpoint"]["sha256"] == trained.sha256
    assert len(list(Library())) == 1
    with pytest.raises(
        UsageError, match=r"has learned, which tiny\[width=5,checkpoint=.* cannot use; write tiny\[train_"
    ):
        learn(methods=[f"tiny[width=5,checkpoint={trained.folder}]"])


def test_weights_that_do_not_fit_cost_their_cells(learn: Run) -> None:
    learn()
    (trained,) = Library()
    identity = {**trained.card.identity, "parameters": {**trained.card.identity["parameters"], "width": 5}}
    dataclasses.replace(trained.card, identity=identity).write(trained.folder)
    results = learn(methods=[f"tiny[width=5,checkpoint={trained.folder}]", "mean_fill"])

    assert statuses(results) == ["failed", "complete"]
    assert "size mismatch" in message(results)


def test_a_warning_of_the_training_is_kept_with_its_cells(learn: Run) -> None:
    results = learn(methods=["tiny[fault=wins,steps=200,batch=1]"])
    (warning,) = results.cells[0].record.environment["checkpoint"]["warnings"]

    assert warning.startswith("The discriminator has won")


def test_an_interrupted_training_ends_the_run_and_is_taken_up(learn: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = learn().cells[0].record.means
    (trained,) = Library()
    for path in trained.folder.iterdir():
        path.unlink()
    saved = 0

    def interrupt(listener: Listener, training: ChosenTraining, steps: int) -> None:
        nonlocal saved
        saved = steps
        if steps == 12:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Listener, "trained", interrupt)
        patch.setattr(School, "save_seconds", 0.0)
        patch.setattr(School.__init__, "__defaults__", _with_saves(School))
        with pytest.raises(KeyboardInterrupt):
            learn()
    assert saved == 12
    assert (trained.folder / PROGRESS).exists()

    told: list[int] = []
    monkeypatch.setattr(Noting, "trained", lambda listener, training, steps: told.append(steps))
    results = learn()
    assert told == [11, 30]
    assert [one.sha256 for one in Library()] == [trained.sha256]
    assert results.cells[0].record.means == expected


def _with_saves(school: type[School]) -> tuple[Any, ...]:
    """Return the defaults of a school that saves after each step."""
    defaults = school.__init__.__defaults__
    assert defaults is not None
    return tuple(0.0 if value == 60.0 else value for value in defaults)
