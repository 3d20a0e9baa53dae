from __future__ import annotations

import dataclasses
import gc
import json
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any, get_args

import pytest
from PIL import Image

from inpaintbench import plugins
from inpaintbench.atomic import write_json
from inpaintbench.cell_writer import CellWriter
from inpaintbench.errors import UsageError
from inpaintbench.execution.planning.cells import Cell
from inpaintbench.execution.planning.plan import RERUNS, Plan, Rerun, State, make_plan
from inpaintbench.integrity import sealed
from inpaintbench.plugins import Registry, load_registry
from inpaintbench.records import CellRecord
from inpaintbench.store import Store
from inpaintbench.suite import Suite

FAKES = Path(__file__).parent.parent / "plugins" / "fakes.py"


@pytest.fixture
def registry() -> Registry:
    return load_registry([str(FAKES)])


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "results")


SUITE = Suite(name="s", methods=("fill1",), datasets=("drawn",), masks=("full1",), metrics=("psnr",), size=16)

Look = Callable[..., Plan]


@pytest.fixture
def look(registry: Registry, store: Store) -> Look:
    """Return a function that plans `SUITE` with changes."""

    def look(**changes: Any) -> Plan:
        return make_plan(SUITE.replace(**changes), registry, store)

    return look


def record(cell: Cell, status: str = "complete", **changes: Any) -> CellRecord:
    method, dataset, mask = cell.names
    given: dict[str, Any] = {
        "key": cell.key,
        "status": status,
        "method": method,
        "dataset": dataset,
        "mask": mask,
        "size": cell.size,
        "seed": cell.seed,
        "limit": cell.limit,
        "protocol": 1,
        "identity": cell.identity,
        "metrics": tuple(score.column for score in cell.metrics),
        "expected": len(cell.dataset.items),
        "scored": len(cell.dataset.items),
    }
    return CellRecord(**(given | changes))


def put(plan: Plan, status: str = "complete", **changes: Any) -> None:
    """Store every cell of a plan with this status."""
    for planned in plan:
        planned.folder.mkdir(parents=True, exist_ok=True)
        (planned.folder / "images.parquet").touch()
        write_json(planned.folder / "cell.json", record(planned.cell, status, **changes).to_json())


def states(plan: Plan) -> list[State]:
    return [planned.state for planned in plan]


def only(plan: Plan) -> tuple[State, str]:
    (planned,) = plan
    return planned.state, planned.why


def test_cells_come_data_set_by_data_set_and_mask_by_mask(look: Look, store: Store) -> None:
    plan = look(methods=("fill1", "fill2"), datasets=("drawn", "drawn[count=2]"), masks=("full1", "full2"))

    assert [planned.cell.names for planned in plan] == [
        (method, dataset, mask)
        for dataset in ("drawn", "drawn[count=2]")
        for mask in ("full1", "full2")
        for method in ("fill1", "fill2")
    ]
    assert not store.root.exists()


def test_what_is_not_stored_is_missing(look: Look) -> None:
    assert only(look()) == ("missing", "")


def test_what_is_complete_is_cached(look: Look) -> None:
    put(look())

    assert only(look()) == ("cached", "")


def test_what_was_begun_is_interrupted_and_counted(look: Look) -> None:
    (planned,) = look()
    writer = CellWriter(planned.folder).open()
    writer.begin(record(planned.cell, "incomplete", scored=0))
    assert only(look()) == ("interrupted", "0 of 3 images are stored")

    writer.append([{"item": "0", "index": 0}, {"item": "1", "index": 1}])
    assert only(look()) == ("interrupted", "2 of 3 images are stored")
    writer.append([{"item": "2", "index": 2}])
    writer.seal(record(planned.cell))
    writer.close()
    assert only(look()) == ("cached", "")


@pytest.mark.parametrize("status", ["failed", "oom", "timeout", "invalid-output"])
def test_what_failed_says_how(look: Look, status: str) -> None:
    put(look(), status, error={"type": "ValueError", "message": "no luck"})

    assert only(look()) == ("failed", f"{status}: no luck")


def test_a_folder_that_must_not_be_searched_is_missing_and_says_why(
    look: Look, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path, **_: bool) -> bool:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "exists", refuse)
    state, why = only(look())
    assert state == "missing"
    assert "cannot be read: [Errno 13] Permission denied" in why


def test_a_folder_with_nothing_but_a_lock_is_missing(look: Look) -> None:
    (planned,) = look()
    CellWriter(planned.folder).open().close()

    assert only(look()) == ("missing", "")


def test_what_is_damaged_is_missing_and_says_why(look: Look) -> None:
    (planned,) = look()
    put(look())
    (planned.folder / "cell.json").write_text("{")

    state, why = only(look())
    assert state == "missing"
    assert f"{planned.folder}/cell.json is damaged" in why


def test_a_changed_plugin_file_is_stale(look: Look, store: Store, tmp_path: Path) -> None:
    put(look())
    copy = tmp_path / "fakes.py"
    copy.write_bytes(FAKES.read_bytes())
    assert only(make_plan(SUITE, load_registry([str(copy)]), store)) == ("cached", "")

    copy.write_bytes(FAKES.read_bytes() + b"# a remark\n")
    changed = make_plan(SUITE, load_registry([str(copy)]), store)
    assert only(changed) == ("stale", "differs in method code, dataset code, mask code")


def test_another_version_of_a_plugin_is_stale(look: Look, registry: Registry) -> None:
    put(look())
    entry = registry.entries["method"]["fill1"]
    registry.entries["method"]["fill1"] = dataclasses.replace(entry, spec=dataclasses.replace(entry.spec, version=2))

    assert only(look()) == ("stale", "differs in method version")


def test_other_metrics_are_named(look: Look) -> None:
    put(look())

    assert only(look(metrics=("psnr", "ssim"))) == ("stale", "differs in metrics ssim")


def test_the_most_alike_result_is_compared(look: Look, registry: Registry) -> None:
    put(look(metrics=("psnr", "ssim", "l1")))
    put(look(metrics=("psnr", "ssim")))

    assert only(look()) == ("stale", "differs in metrics ssim")


@pytest.mark.parametrize("changes", [{"size": 17}, {"seed": 1}, {"limit": 2}, {"methods": ("fill1[gain=2]",)}])
def test_another_question_is_missing_not_stale(look: Look, changes: dict[str, Any]) -> None:
    put(look())

    assert only(look(**changes)) == ("missing", "")


def test_only_complete_results_can_be_stale(look: Look) -> None:
    put(look(), "failed")

    assert only(look(metrics=("ssim",))) == ("missing", "")


@pytest.mark.parametrize("content", ["", "[]", '{"identity": [1], "status": "complete"}', '{"status": "complete"}'])
def test_damaged_neighbours_are_passed_over(look: Look, content: str) -> None:
    (planned,) = look()
    neighbour = planned.folder.with_name("neighbour")
    neighbour.mkdir(parents=True)
    (neighbour / "cell.json").write_text(content)

    assert only(look()) == ("missing", "")


RUN_BY: dict[Rerun, set[State]] = {
    "missing": {"missing", "interrupted"},
    "stale": {"missing", "interrupted", "stale"},
    "failed": {"missing", "interrupted", "stale", "failed"},
    "all": {"missing", "interrupted", "stale", "failed", "cached"},
}


@pytest.mark.parametrize("rerun", get_args(Rerun))
def test_what_is_run_again(look: Look, rerun: Rerun) -> None:
    put(look(masks=("full1",)))
    put(look(masks=("full2",)), "failed", error={"type": "E", "message": "m"})
    put(look(masks=("full3",)), "incomplete")
    put(look(masks=("full4",), metrics=("ssim",)))
    plan = look(masks=("full0", "full1", "full2", "full3", "full4"))

    assert states(plan) == ["missing", "cached", "failed", "interrupted", "stale"]
    assert {planned.state for planned in plan.to_run(rerun)} == RUN_BY[rerun] == RERUNS[rerun]


def test_the_stored_identity_is_that_of_the_cell(look: Look, store: Store) -> None:
    (planned,) = look(metrics=("psnr", "ssim"))
    put(look(metrics=("psnr", "ssim")))

    assert json.loads((planned.folder / "cell.json").read_bytes())["identity"] == planned.cell.identity
    assert planned.cell.identity["method"]["parameters"] == {"gain": 1.0}
    assert list(planned.cell.identity["metrics"]) == ["psnr", "ssim"]


def paint(folder: Path, *levels: int) -> str:
    folder.mkdir(parents=True)
    for index, level in enumerate(levels):
        Image.new("RGB", (20, 20), (level, 0, 0)).save(folder / f"{index}.png")
    return f"image_folder[path={folder}]"


def test_a_changed_picture_is_stale(look: Look, tmp_path: Path) -> None:
    selector = paint(tmp_path / "pictures", 1, 2)
    put(look(datasets=(selector,)))
    assert only(look(datasets=(selector,))) == ("cached", "")

    Image.new("RGB", (400, 300)).save(tmp_path / "pictures/1.png")
    assert only(look(datasets=(selector,))) == ("stale", "differs in dataset fingerprint")


def test_a_picture_beyond_the_limit_does_not_count(look: Look, tmp_path: Path) -> None:
    selector = paint(tmp_path / "pictures", 1, 2)
    put(look(datasets=(selector,), limit=1))
    Image.new("RGB", (400, 300)).save(tmp_path / "pictures/1.png")

    assert only(look(datasets=(selector,), limit=1)) == ("cached", "")


def test_weights_that_have_come_make_results_stale(look: Look, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    put(look(metrics=("psnr", "lpips")))
    file = tmp_path / "hub/checkpoints/squeezenet1_1-b8a52dc0.pth"
    file.parent.mkdir(parents=True)
    file.write_bytes(b"weights")
    (planned,) = plan = look(metrics=("psnr", "lpips"))

    assert only(plan) == (
        "stale",
        "differs in metrics lpips[net=squeeze] weights, metrics lpips[net=squeeze] available",
    )
    # printf weights | sha256sum
    assert planned.cell.metrics[1].weights == "9a129038d9a00aed0cf6a7ea059ca50a813449061ab87848cf1a13eafdf33b2c"


def timed(plan: Callable[[], Plan], limit: float) -> tuple[Plan, float]:
    """Plan up to three times, until it takes the processor fewer seconds than the limit; return them.

    The machine's other work only ever adds some.
    """
    for _ in range(3):
        gc.collect()
        start = time.process_time()
        found = plan()
        seconds = time.process_time() - start
        if seconds < limit:
            break
    return found, seconds


def test_ten_thousand_cells_are_planned_in_two_seconds(look: Look) -> None:
    def plan() -> Plan:
        return look(methods=("fill*",), masks=("full*",), metrics=("psnr", "ssim", "l1", "lpips"))

    missing, seconds = timed(plan, limit=2)
    assert states(missing) == 10_000 * ["missing"]
    assert seconds < 2

    document = record(missing.cells[0].cell).to_json()
    for planned in missing:
        planned.folder.mkdir(parents=True)
        own = {"key": planned.cell.key, "identity": planned.cell.identity}
        (planned.folder / "images.parquet").touch()
        (planned.folder / "cell.json").write_text(json.dumps(sealed(document | own)))
    cached, seconds = timed(plan, limit=2)
    assert states(cached) == 10_000 * ["cached"]
    assert seconds < 2


def test_planning_imports_no_torch(tmp_path: Path) -> None:
    """A plan hashes the code of methods and metrics, and must not import it for that."""
    program = f"""
        import sys
        from pathlib import Path
        from inpaintbench.execution.planning.plan import make_plan
        from inpaintbench.plugins import load_registry
        from inpaintbench.store import Store
        from inpaintbench.suite import Suite

        plan = make_plan(Suite.load("embedded"), load_registry(), Store(Path({str(tmp_path)!r})))
        print(len(plan.cells), sorted({{"torch", "pandas", "torchvision"}} & set(sys.modules)))
    """
    command = [sys.executable, "-c", textwrap.dedent(program)]
    bundled = [import_module(name) for name in plugins.BUNDLED if "." not in name]
    folders = [str(Path(str(module.__file__)).parents[1]) for module in bundled]
    environment = {"PYTHONPATH": ":".join([str(Path(plugins.__file__).parents[1]), *folders]), "PATH": ""}
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)

    assert done.stdout == "60 []\n"


def refusing(registry: Registry, **sides: int) -> Registry:
    """Let a method take pictures of certain sides alone."""
    entry = registry.of("method")["fill1"]
    registry.entries["method"]["fill1"] = dataclasses.replace(entry, spec=dataclasses.replace(entry.spec, **sides))
    return registry


@pytest.mark.parametrize(
    ("sides", "said"),
    [
        ({"least_side": 17}, "fill1 completes pictures of at least 17 pixels a side, not of 16."),
        ({"multiple_of": 5}, "fill1 completes pictures whose side is a multiple of 5 pixels, not of 16."),
    ],
)
def test_a_method_that_takes_no_such_pictures_is_refused_before_anything_runs(
    registry: Registry, store: Store, sides: dict[str, int], said: str
) -> None:
    with pytest.raises(UsageError, match=f"^{said}$"):
        make_plan(SUITE, refusing(registry, **sides), store)
    assert [planned.cell.size for planned in make_plan(SUITE.replace(size=20), registry, store)] == [20]


def test_a_suites_own_method_that_takes_no_such_pictures_is_left_out(registry: Registry, store: Store) -> None:
    methods = ("fill1", "mean_fill")
    suite = dataclasses.replace(SUITE, methods=methods, adapted=True)
    plan = make_plan(suite, refusing(registry, least_side=17), store)

    assert [planned.cell.names[0] for planned in plan] == ["mean_fill"]
    assert plan.left_out == {"fill1 completes pictures of at least 17 pixels a side, not of 16.": ("fill1",)}
