"""What is expected of cells, worked by hand from what is stored; and that an engine hands out the longest first."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Generator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from inpaintbench.execution.cell_jobs import run_cells
from inpaintbench.execution.engines import Outcome, Watch
from inpaintbench.execution.engines.backlog import Backlog
from inpaintbench.execution.jobs.job import CellJob, Job
from inpaintbench.execution.options import Options
from inpaintbench.execution.planning import forecast
from inpaintbench.execution.planning.forecast import Forecast, expected
from inpaintbench.execution.planning.plan import Plan, PlannedCell
from inpaintbench.execution.telling.listener import Listener

Look = Callable[..., Plan]


def put(planned: PlannedCell, seconds: Any, key: str = "0" * 16, **changes: Any) -> None:
    """Store a cell of the same selectors, of an earlier version."""
    folder = planned.folder.with_name(key)
    folder.mkdir(parents=True, exist_ok=True)
    document = {"status": "complete", "size": 16, "timing": {"seconds_per_image": seconds}} | changes
    (folder / "cell.json").write_text(json.dumps(document))


def test_nothing_is_known_where_nothing_is_stored(look: Look) -> None:
    plan = look(masks=("full1", "full2"))

    assert expected(plan.cells) == {}
    assert not plan.store.root.exists()


def test_the_same_cell_of_earlier_versions_tells(look: Look) -> None:
    (planned,) = look()  # three pictures of 16 pixels
    put(planned, 2.0)
    put(planned, 4.0, key="1" * 16)

    assert expected([planned]) == {0: pytest.approx(9.0)}


def test_time_grows_with_pictures_and_pixels(look: Look) -> None:
    (small,) = look()
    put(small, 2.0)
    (large,) = look(size=32, datasets=("drawn",))
    (many,) = look(datasets=("drawn[count=30]",))

    assert expected([small, large, many]) == pytest.approx({0: 6.0, 1: 24.0, 2: 60.0})


def test_other_pictures_and_holes_tell_of_the_method_where_nothing_else_does(look: Look) -> None:
    plan = look(methods=("fill1", "fill2"), masks=("full1", "full2", "full3"))
    by_names = {planned.cell.names: number for number, planned in enumerate(plan.cells)}
    put(plan.cells[by_names["fill1", "drawn", "full1"]], 1.0)
    put(plan.cells[by_names["fill1", "drawn", "full2"]], 3.0)

    assert expected(plan.cells) == pytest.approx(
        {
            by_names["fill1", "drawn", "full1"]: 3.0,
            by_names["fill1", "drawn", "full2"]: 9.0,
            by_names["fill1", "drawn", "full3"]: 6.0,
        }
    )


@pytest.mark.parametrize(
    "changes",
    [{"status": "failed"}, {"timing": {}}, {"timing": None}, {"size": 0}, {"size": "x"}],
)
def test_what_tells_nothing_is_passed_over(look: Look, changes: dict[str, Any]) -> None:
    (planned,) = look()
    put(planned, 2.0, **changes)
    assert expected([planned]) == {}

    put(planned, 4.0, key="1" * 16)
    assert expected([planned]) == {0: pytest.approx(12.0)}


@pytest.mark.parametrize("content", ["", "[]", "{", "null", '{"status": "complete", "size": 16, "timing": 3}'])
def test_damaged_files_are_passed_over(look: Look, content: str) -> None:
    (planned,) = look()
    put(planned, 2.0)
    (planned.folder.with_name("0" * 16) / "cell.json").write_text(content)

    assert expected([planned]) == {}


@pytest.mark.parametrize("seconds", [None, "soon", float("nan"), float("inf")])
def test_what_is_no_time_is_passed_over(look: Look, seconds: Any) -> None:
    (planned,) = look()
    put(planned, seconds)

    assert expected([planned]) == {}


def test_of_thousands_of_other_cells_few_are_read(look: Look, monkeypatch: pytest.MonkeyPatch) -> None:
    plan = look(masks=tuple(f"full{number}" for number in range(50)))
    for planned in plan.cells[:40]:
        put(planned, 1.0)
    read: list[Path] = []
    read_bytes = Path.read_bytes

    def noted(self: Path) -> bytes:
        read.append(self)
        return read_bytes(self)

    monkeypatch.setattr(Path, "read_bytes", noted)

    assert expected(plan.cells[40:]) == pytest.approx(dict.fromkeys(range(10), 3.0))
    assert len(read) == 20


def test_nothing_is_read_before_somebody_asks(look: Look, monkeypatch: pytest.MonkeyPatch) -> None:
    (planned,) = look()
    put(planned, 2.0)
    asked: list[Sequence[PlannedCell]] = []

    def noted(cells: Sequence[PlannedCell]) -> dict[int, float]:
        asked.append(cells)
        return expected(cells)

    monkeypatch.setattr(forecast, "expected", noted)
    given = Forecast([planned])
    assert not asked

    assert dict(given) == {0: pytest.approx(6.0)}
    assert len(given) == 1
    assert len(asked) == 1


class Foreseeing:
    """An engine that keeps what it is told, and does nothing."""

    def __init__(self) -> None:
        self.expected: Mapping[int, float] = {}
        self.jobs: Sequence[Job] = ()

    def run(self, jobs: Sequence[Job], watch: Watch) -> Generator[Outcome, None, None]:
        self.jobs = jobs
        yield from ()


def test_an_engine_that_asks_is_told(look: Look) -> None:
    plan = look(masks=("full1", "full2"))
    put(plan.cells[1], 2.0)
    engine = Foreseeing()

    run_cells(plan.cells, {}, engine, None, 4, Options(), Listener())

    assert dict(engine.expected) == pytest.approx({0: 6.0, 1: 6.0})
    assert [job.number for job in engine.jobs] == [0, 1]


JOB = CellJob(
    number=0, method="a", dataset="d", mask="m", metrics=(), size=16, seed=0, limit=None, key="k", folder="f",
    checkpoint="", shipped=False, batch_size=4, exhausted=(), samples=0, strict=False, anew=False,
)  # fmt: skip


def jobs(methods: str) -> list[Job]:
    return [dataclasses.replace(JOB, number=number, method=method) for number, method in enumerate(methods)]


def test_an_unknown_job_counts_as_an_average_one() -> None:
    alike = Backlog(jobs("aaa"), {0: 1.0, 1: 4.0})  # the mean is 2.5: before job 0, behind job 1
    assert [job.number for _ in range(3) if (job := alike.take("a"))] == [1, 2, 0]

    shared = Backlog(jobs("abb"), {0: 1.5, 1: 1.0})  # 1 + 1.25 of b is more than 1.5
    assert [job.number for method in ("", "b", "b") if (job := shared.take(method))] == [2, 1, 0]
