"""What a plan says of the trainings that its cells need, and how the keys of cells depend on them."""

from __future__ import annotations

import dataclasses
import re
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

import inpaintbench.training
from inpaintbench.api import TrainingSpec
from inpaintbench.checkpoints import Card, Checkpoint
from inpaintbench.checkpoints.library import PROGRESS, WEIGHTS
from inpaintbench.checkpoints.weights import write_weights
from inpaintbench.errors import UnknownNameError, UsageError
from inpaintbench.execution.chosen import ChosenTraining
from inpaintbench.execution.chosen.training import _ENGINE
from inpaintbench.execution.planning.learning import PlannedTraining
from inpaintbench.execution.planning.plan import Plan, make_plan
from inpaintbench.plugins import load_registry
from inpaintbench.store import Store
from inpaintbench.suite import Suite

LEARNERS = Path(__file__).parent.parent / "plugins" / "learners.py"
SQUARE, CIRCLE = "center_square[side=6]", "circle[diameter=8]"

Look = Callable[..., Plan]


@pytest.fixture
def look(look_at_learners: Look) -> Look:
    return look_at_learners


def only(plan: Plan) -> PlannedTraining:
    (planned,) = plan.trainings
    return planned


def finish(planned: PlannedTraining, folder: Path | None = None, scale: float = 1.0, **changes: Any) -> Path:
    """Put a checkpoint where a training would have left it, and return its folder."""
    place = folder or planned.folder
    place.mkdir(parents=True, exist_ok=True)
    weights = write_weights(place / WEIGHTS, {"net": {"scale": torch.tensor(scale)}})
    blank: dict[str, Any] = dict.fromkeys((field.name for field in dataclasses.fields(Card)), "")
    identity = planned.training.identity
    given = {"status": "complete", "weights": weights, "identity": identity, "warnings": (), "size": 16}
    given |= dict.fromkeys(("steps", "images", "epochs", "seconds"), 1)
    given |= {"parameters": {}, "losses": {}, "environment": {}}
    Card(**blank | given | changes).write(place)
    return place


def test_a_method_that_learns_nothing_needs_no_training(look: Look, tmp_path: Path) -> None:
    plan = look(methods=("mean_fill",))

    assert plan.trainings == ()
    assert plan.cells[0].cell.training is None
    assert "checkpoint" not in plan.cells[0].cell.identity


def test_what_is_not_trained_is_missing(look: Look, tmp_path: Path) -> None:
    planned = only(look())

    assert (planned.state, planned.why, planned.checkpoint) == ("missing", "", None)
    assert planned.training.title == "tiny × pictures"
    assert not planned.folder.exists()


def test_what_was_begun_is_interrupted(look: Look) -> None:
    folder = only(look()).folder
    folder.mkdir(parents=True)
    (folder / PROGRESS).touch()

    assert only(look()).state == "interrupted"


def test_what_was_trained_is_trained(look: Look) -> None:
    folder = finish(only(look()))
    planned = only(look())

    assert (planned.state, planned.folder) == ("trained", folder)
    assert planned.checkpoint is not None
    assert planned.checkpoint.folder == folder


def test_what_failed_says_why(look: Look) -> None:
    finish(only(look()), status="failed", error="it has diverged")
    planned = only(look())

    assert (planned.state, planned.why, planned.checkpoint) == ("failed", "it has diverged", None)


@pytest.mark.parametrize(
    ("damage", "why"),
    [
        (lambda folder: (folder / "card.json").write_text("{"), "card.json is no card of a checkpoint"),
        (lambda folder: (folder / WEIGHTS).unlink(), "has a card and no weights.safetensors"),
    ],
)
def test_what_cannot_be_read_is_damaged(look: Look, damage: Callable[[Path], object], why: str) -> None:
    folder = finish(only(look()))
    damage(folder)
    plan = look()
    planned = only(plan)

    assert (planned.state, planned.checkpoint, planned.folder) == ("damaged", None, folder)
    assert why in planned.why
    assert plan.to_train(plan.cells, "all") == ()  # nobody but `bench train --anew` overwrites it
    assert [one.state for one in plan] == ["missing"]  # it is run, fails, and says why


def test_what_came_with_the_plugin_is_shipped(look: Look, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "site/shipping_learners"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    monkeypatch.syspath_prepend(tmp_path / "site")
    copy = tmp_path / "learners.py"
    source = LEARNERS.read_text().replace('SHIPPED = ""', 'SHIPPED = "shipping_learners:trained"')
    copy.write_text(source + "\n# other code\n")
    finish(only(look()), package / "trained/tiny")
    registry = load_registry([str(copy)])
    suite = Suite(name="s", datasets=("pictures",), masks=(SQUARE,), metrics=("psnr",), size=16, methods=("tiny",))

    def state(*methods: str, **changes: Any) -> str:
        return only(make_plan(suite.replace(methods=methods, **changes), registry, Store(tmp_path / "out"))).state

    assert state("tiny") == "shipped"
    assert state("tiny[gain=2]") == "shipped"
    assert (
        state("tiny[width=9]") == state("tiny", size=17) == state("tiny", datasets=("pictures[count=3]",)) == "missing"
    )


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"datasets": ("pictures[fault=no_train]",)}, "These pictures are for tests alone."),
        ({"datasets": ("pictures[fault=broken]",)}, "ValueError: the data set cannot be listed"),
        ({"methods": ("sized",), "size": 17}, "sized can be trained at 16, 32 pixels, not at 17."),
        (
            {"methods": ("unmasked",)},
            "The holes to train with cannot be drawn: There is no mask called 'no_such_mask'.",
        ),
        ({"size": 7, "masks": ("center_square[side=3]",)}, "The holes to train with cannot be drawn: .*diameter=8"),
    ],
)
def test_what_cannot_be_trained_says_why(look: Look, changes: dict[str, Any], why: str) -> None:
    plan = look(**changes)

    assert only(plan).state == "impossible"
    assert re.match(why, only(plan).why)
    assert only(plan).checkpoint is None
    assert plan.to_train(plan.cells, "all") == ()
    assert plan.cells[0].state == "missing"  # it is run, fails, and says why


def test_methods_that_only_the_suite_named_are_left_out_where_they_cannot_learn(tmp_path: Path) -> None:
    registry = load_registry([str(LEARNERS)])
    learners = ("tiny", "mean_fill", "sized")
    suite = Suite(name="s", methods=learners, datasets=("pictures",), masks=(SQUARE,), metrics=("psnr",), size=16)

    def titles(**changes: Any) -> tuple[list[str], list[str], dict[str, tuple[str, ...]]]:
        plan = make_plan(suite.replace(**changes), registry, Store(tmp_path))
        return [one.cell.names[0] for one in plan], [one.training.name for one in plan.trainings], dict(plan.left_out)

    no_train = "pictures[fault=no_train]"
    assert titles() == (["tiny", "mean_fill", "sized"], ["tiny", "sized"], {})
    assert titles(datasets=(no_train,)) == (
        ["mean_fill"],
        [],
        {"These pictures are for tests alone.": ("tiny", "sized")},
    )
    assert titles(size=17) == (
        ["tiny", "mean_fill"],
        ["tiny"],
        {"sized can be trained at 16, 32 pixels, not at 17.": ("sized",)},
    )
    # whoever names them is told by failures
    assert titles(datasets=(no_train,), methods=learners) == ([*learners], ["tiny", "sized"], {})


def test_a_suite_of_which_nothing_could_be_run_is_run_as_it_is(look: Look) -> None:
    plan = look(datasets=("pictures[fault=no_train]",))

    assert plan.left_out == {}
    assert [one.state for one in plan.trainings] == ["impossible"]
    assert len(plan.cells) == 1


def test_a_plugin_whose_shipped_checkpoints_are_nowhere_costs_its_own_cells(tmp_path: Path) -> None:
    copy = tmp_path / "learners.py"
    copy.write_text(LEARNERS.read_text().replace('SHIPPED = ""', 'SHIPPED = "no_such_plugin:trained"'))
    suite = Suite(name="s", datasets=("pictures",), masks=(SQUARE,), size=16, methods=("tiny", "mean_fill"))
    plan = make_plan(suite, load_registry([str(copy)]), Store(tmp_path))

    assert len(plan.cells) == 2
    assert only(plan).state == "impossible"
    assert "there is no package no_such_plugin" in only(plan).why


def keys(plan: Plan) -> list[str]:
    return [planned.cell.key for planned in plan]


def test_cells_of_one_data_set_share_a_training(look: Look) -> None:
    plan = look(masks=(SQUARE, CIRCLE), datasets=("pictures", "pictures[count=5]"), methods=("tiny", "mean_fill"))

    assert len(plan.cells) == 8
    assert [planned.training.title for planned in plan.trainings] == ["tiny × pictures", "tiny × pictures[count=5]"]


def test_parameters_that_shape_nothing_share_a_training(look: Look) -> None:
    plan = look(methods=("tiny", "tiny[gain=2]", "tiny[gain=3]", "tiny[preset=wide,width=3,gain=0.1,steps=30]"))

    assert len(set(keys(plan))) == 4
    assert only(plan).training.name == "tiny"
    assert {planned.cell.training.wanted.key for planned in plan if planned.cell.training} == {
        only(plan).training.wanted.key
    }


@pytest.mark.parametrize(
    "changes",
    [
        {"methods": ("tiny[width=7]",)},
        {"methods": ("tiny[dropout=0.5]",)},
        {"methods": ("tiny[steps=31]",)},
        {"methods": ("tiny[batch=5]",)},
        {"methods": ("tiny[train_seed=1]",)},
        {"methods": ("tiny[preset=quick]",)},
        {"datasets": ("pictures[count=7]",)},
        {"size": 17},
    ],
)
def test_what_shapes_the_weights_makes_another_training(look: Look, changes: dict[str, Any]) -> None:
    usual, other = only(look()), only(look(**changes))

    assert other.training.wanted.key != usual.training.wanted.key
    assert other.folder != usual.folder


def test_neither_the_suites_seed_nor_its_limit_nor_its_masks_count(look: Look) -> None:
    usual = only(look()).training.wanted.key

    assert only(look(seed=5)).training.wanted.key == usual
    assert only(look(limit=2)).training.wanted.key == usual
    assert only(look(masks=(CIRCLE,))).training.wanted.key == usual
    training = only(look(limit=2)).training
    assert training.dataset is not None
    assert len(training.dataset.items) == 6
    assert training.dataset.items[0] == "train-0"


@pytest.mark.parametrize("change", [{"version": 2}, {"masks": (CIRCLE,)}])
def test_the_spec_of_the_training_counts(training_of: Any, change: dict[str, Any]) -> None:
    training: ChosenTraining = training_of()
    masks = training.masks[1:] if "masks" in change else training.masks
    version = change.get("version", 1)
    spec: TrainingSpec = dataclasses.replace(training.spec, version=version)

    assert dataclasses.replace(training, spec=spec, masks=masks).wanted.key != training.wanted.key


@pytest.mark.parametrize(("path", "changed"), [("trainer", "class Net"), ("engine", ""), ("dataset", "class Pictures")])
def test_code_counts(look: Look, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str, changed: str) -> None:
    before = only(look()).training.identity
    copy = tmp_path / "learners.py"
    copy.write_text(LEARNERS.read_text() + ("# a remark\n" if changed else ""))
    if not changed:
        monkeypatch.setattr("inpaintbench.execution.chosen.training._ENGINE", ("inpaintbench.training.loop",))
    suite = Suite(name="s", datasets=("pictures",), masks=(SQUARE,), metrics=("psnr",), size=16, methods=("tiny",))
    after = only(make_plan(suite, load_registry([str(copy)]), Store(tmp_path))).training.identity

    def part(identity: Any) -> object:
        return identity["dataset"]["code"] if path == "dataset" else identity["code"][path]

    assert part(before) != part(after)


@pytest.mark.parametrize(("epochs", "batch", "steps"), [(3, 4, 5), (1, 6, 1), (0.1, 4, 1), (2.5, 1, 15), (0, 4, 30)])
def test_epochs_in_place_of_steps(training_of: Any, epochs: float, batch: int, steps: int) -> None:
    assert training_of(methods=(f"tiny[epochs={epochs},batch={batch}]",)).steps == steps  # of six pictures


def test_epochs_that_make_as_many_steps_are_the_same_training(training_of: Any) -> None:
    assert (
        training_of(methods=("tiny[epochs=2,batch=3]",)).identity
        == training_of(methods=("tiny[steps=4,batch=3]",)).identity
    )


def test_a_method_that_is_trained_per_mask(look: Look) -> None:
    plan = look(methods=("tailored", "tailored[holes=own]"), masks=(SQUARE, CIRCLE))
    both, square, circle = sorted((planned.training for planned in plan.trainings), key=lambda one: one.title)[:3]

    assert len(plan.trainings) == 3
    assert [one.title for one in (both, square, circle)] == [
        "tailored × pictures",
        f"tailored[holes=own] × pictures × {SQUARE}",
        f"tailored[holes=own] × pictures × {CIRCLE}",
    ]
    assert [[mask.selection.name for mask in one.masks] for one in (both, square, circle)] == [
        [SQUARE, CIRCLE],
        [SQUARE],
        [CIRCLE],
    ]
    assert len({one.wanted.key for one in (both, square, circle)}) == 3
    assert {one.wanted.name for one in (both, square, circle)} == {"tailored"}


def test_what_to_type_to_train_it(look: Look) -> None:
    plan = look(methods=("tiny[preset=quick,gain=2]", "tailored[holes=own]"), size=20)

    assert [planned.training.command for planned in plan.trainings] == [
        "bench train 'tiny[width=2,steps=10]' -d 'pictures' --size 20",
        f"bench train 'tailored[holes=own]' -d 'pictures' -k '{SQUARE}' --size 20",
    ]


@pytest.mark.parametrize(
    "method", ["tiny", "tiny[preset=wide]", "tiny[width=2]", "tailored", "tailored[holes=own]", "sized[epochs=0.5]"]
)
def test_what_is_typed_trains_the_same(look: Look, method: str) -> None:
    planned = only(look(methods=(method,)))
    _, _, name, _, dataset, *mask, _, size = shlex.split(planned.training.command)
    again = only(look(methods=(name,), datasets=(dataset,), masks=mask[1:] or (CIRCLE,), size=int(size)))

    assert again.folder == planned.folder


def test_a_cells_key_holds_the_hash_of_the_weights(look: Look) -> None:
    (untrained,) = keys(look())
    finish(only(look()))
    (trained,) = keys(look())
    finish(only(look()), scale=2.0)
    (otherwise,) = keys(look())
    finish(only(look()), scale=1.0)

    assert len({untrained, trained, otherwise}) == 3
    assert keys(look()) == [trained]
    cell = look().cells[0].cell
    checkpoint = cell.checkpoint
    assert checkpoint is not None
    assert set(cell.identity["checkpoint"]) == {"sha256", "code"}
    assert cell.identity["checkpoint"]["sha256"] == checkpoint.sha256


def test_a_cells_key_holds_the_training_until_there_are_weights(look: Look) -> None:
    cell = look().cells[0].cell

    assert cell.training is not None
    assert cell.identity["checkpoint"] == {"training": cell.training.wanted.key}


@pytest.mark.parametrize("trained", [True, False])
def test_the_engines_code_counts_only_until_there_are_weights(
    look: Look, monkeypatch: pytest.MonkeyPatch, trained: bool
) -> None:
    def see() -> tuple[str, list[str]]:
        if trained:
            finish(only(look()))
        plan = look()
        return only(plan).training.wanted.key, keys(plan)

    training, cells = see()
    monkeypatch.setattr("inpaintbench.execution.chosen.training._ENGINE", ("inpaintbench.training.loop",))
    other, after = see()
    assert other != training
    assert (after == cells) is trained


def test_the_code_that_weights_run_through_counts(look: Look, monkeypatch: pytest.MonkeyPatch) -> None:
    finish(only(look()))
    before = keys(look(methods=("tiny", "mean_fill")))
    monkeypatch.setattr("inpaintbench.execution.planning.cells._RUN_THROUGH", ("inpaintbench.training.networks",))
    after = keys(look(methods=("tiny", "mean_fill")))

    assert after[0] != before[0]
    assert after[1] == before[1]


@pytest.mark.parametrize("name", inpaintbench.training.__all__)
def test_the_engine_is_all_that_trainers_share(name: str) -> None:
    assert getattr(inpaintbench.training, name).__module__ in _ENGINE


def test_a_checkpoint_that_was_given_is_used_whatever_made_it(look: Look, tmp_path: Path) -> None:
    planned = only(look())
    made = {"method": "tiny", "parameters": planned.training.shape, "steps": 7, "code": {}}
    given = finish(planned, tmp_path / "given", scale=3.0, identity=made)
    plan = look(methods=(f"tiny[checkpoint={given}]", f"tiny[gain=9,steps=8,checkpoint={given}]"), size=17)

    assert plan.trainings == ()
    for each in plan:
        assert each.cell.training is None
        assert each.cell.checkpoint == Checkpoint.at(given)
    before = keys(plan)
    moved = tmp_path / "moved"
    given.rename(moved)
    assert (
        keys(look(methods=(f"tiny[checkpoint={moved}]", f"tiny[gain=9,steps=8,checkpoint={moved}]"), size=17)) == before
    )
    finish(planned, moved, scale=4.0)
    assert keys(look(methods=(f"tiny[checkpoint={moved}]",), size=17)) != before[:1]


@pytest.mark.parametrize(
    ("made_by", "asked"),
    [("tailored", "tiny"), ("tiny", "watched"), ("tiny[width=5]", "tiny"), ("tiny", "tiny[dropout=0.5]")],
)
def test_a_checkpoint_of_another_network_is_refused(look: Look, tmp_path: Path, made_by: str, asked: str) -> None:
    planned = only(look(methods=(made_by,)))
    given = finish(planned, tmp_path / "given", method=planned.training.name)
    name, _, others = asked.removesuffix("]").partition("[")
    others = others or (f"path={tmp_path}" if name == "watched" else "")

    with pytest.raises(UsageError) as caught:
        look(methods=(f"{name}[{','.join(filter(None, (others, f'checkpoint={given}')))}]",))
    assert str(caught.value).startswith(f"{given} holds what {made_by} has learned, which {name}[")
    assert str(caught.value).endswith(f"cannot use; write {made_by} with checkpoint=… beside its parameters.")


def test_a_checkpoint_that_is_none_is_refused(look: Look, tmp_path: Path) -> None:
    planned = only(look())
    finish(planned, tmp_path / "failed", status="failed")
    (finish(planned, tmp_path / "without") / WEIGHTS).unlink()
    (finish(planned, tmp_path / "damaged") / "card.json").write_text("{")
    for name, message in [
        ("nowhere", "holds no finished checkpoint; expected a folder with card.json and its weights"),
        ("failed", "holds no finished checkpoint"),
        ("without", "has a card and no weights.safetensors"),
        ("damaged", "is no card of a checkpoint"),
    ]:
        with pytest.raises(UsageError, match=message):
            look(methods=(f"tiny[checkpoint={tmp_path / name}]",))


def test_which_trainings_are_run(look: Look) -> None:
    finish(only(look(methods=("tiny[width=1]",))))
    finish(only(look(methods=("tiny[width=2]",))), status="failed")
    begun = only(look(methods=("tiny[width=4]",))).folder
    begun.mkdir(parents=True)
    (begun / PROGRESS).touch()
    plan = look(methods=tuple(f"tiny[width={width}]" for width in range(1, 6)))

    def trained(rerun: Any, cells: slice = slice(None)) -> list[str]:
        return [one.training.name for one in plan.to_train(plan.cells[cells], rerun)]

    assert [one.state for one in plan.trainings] == ["trained", "failed", "missing", "interrupted", "missing"]
    assert trained("missing") == trained("stale") == ["tiny", "tiny[width=4]", "tiny[width=5]"]
    assert trained("failed") == trained("all") == ["tiny[width=2]", "tiny", "tiny[width=4]", "tiny[width=5]"]
    assert trained("all", slice(3, 4)) == ["tiny[width=4]"]  # what no cell needs is not trained
    assert trained("all", slice(0)) == []


def test_a_parameter_that_is_not_there_is_named(look: Look) -> None:
    with pytest.raises(UnknownNameError, match="preset of the method tiny called 'slow'"):
        look(methods=("tiny[preset=slow]",))
