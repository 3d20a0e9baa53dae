"""What the Ray engine makes of tasks' words and ends, with a cluster that the test writes."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from inpaintbench.errors import BusyError, StoreError, WorkerError
from inpaintbench.execution.devices.leases import Lease
from inpaintbench.execution.engines import Failure, Outcome, Watch
from inpaintbench.execution.engines.clusters import ledger
from inpaintbench.execution.engines.clusters.ledger import LOSSES
from inpaintbench.execution.engines.clusters.remote import Brief, describe_outcome
from inpaintbench.execution.jobs.job import CellJob, Job
from inpaintbench.execution.options import Options
from inpaintbench.execution.workers.limits import Limits

pytest.importorskip("ray", reason="the extra `ray` is not installed")
from ray.exceptions import OutOfMemoryError, RaySystemError, RayTaskError

from inpaintbench.execution.engines.clusters.ray import cluster as ray_cluster
from inpaintbench.execution.engines.clusters.ray import engine
from inpaintbench.execution.engines.clusters.ray.cluster import Cluster
from inpaintbench.execution.engines.clusters.ray.ears import Ears, Heard
from inpaintbench.execution.engines.clusters.ray.engine import WAITING, RayEngine

pytestmark = pytest.mark.workers

BRIEF = Brief(plugins=(), path=(), folder="/", variables={}, threads="1", limits=Limits(), deterministic=False)


def cell_job(number: int, method: str = "m") -> CellJob:
    given: dict[str, Any] = {"dataset": "d", "mask": "k", "metrics": (), "size": 8, "seed": 0, "limit": None}
    given |= {"key": "k", "folder": "/nowhere", "checkpoint": "", "shipped": False, "batch_size": 4}
    return CellJob(number=number, method=method, exhausted=(), samples=0, strict=False, anew=False, **given)


def word(kind: str, number: int, **more: Any) -> dict[str, Any]:
    return {"is": kind, "job": number, "batch_size": 4, "exhausted": []} | more


def done(number: int) -> dict[str, Any]:
    return describe_outcome(Outcome(cell_job(number), StoreError("done")))


def busy(number: int) -> dict[str, Any]:
    return describe_outcome(Outcome(cell_job(number), BusyError("held")))


class FakeCluster(Watch):
    """Stands for a cluster, and for whoever hears of the run. Its tasks are numbers, in the order of their start."""

    slots = 1
    lack = "No node has a GPU."
    lease = Lease("cpu")

    def __init__(self) -> None:
        self.tasks: list[list[int]] = []
        self.cancelled: list[tuple[list[int], bool]] = []
        self.words: list[str] = []
        self.script: Iterator[list[Heard]] = iter(())

    def start(self, function: object, given: Any, name: str) -> int:
        self.tasks.append([job.number for job in given.jobs])
        return len(self.tasks) - 1

    def heard(self, seconds: float) -> list[Heard]:
        return next(self.script)

    def cancel(self, tasks: Sequence[int], *, at_once: bool = False) -> None:
        self.cancelled += [(list(tasks), at_once)] if tasks else []

    def ended(self, tasks: Sequence[int], seconds: float) -> list[int]:
        return list(tasks)

    def retried(self, job: Job, why: str) -> None:
        self.words.append(f"{job.number}: {why}")

    def held(self, why: str) -> None:
        self.words.append(why)


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> FakeCluster:
    monkeypatch.setattr(ledger, "_PAUSE_SECONDS", 0.0)
    return FakeCluster()


@pytest.fixture
def do(fake: FakeCluster, tmp_path: Path) -> Callable[..., list[Outcome]]:
    """Return a function that does jobs, while tasks say what the test has written."""

    def do(jobs: Sequence[Job], *script: list[Heard]) -> list[Outcome]:
        fake.script = iter(script)
        return list(RayEngine(fake, BRIEF, tmp_path).run(jobs, fake))  # type: ignore[arg-type]

    return do


def says(task: int, *words: dict[str, Any]) -> list[Heard]:
    return [Heard(task, list(words), ended=False)]


def ends(task: int, error: Exception | None = None) -> list[Heard]:
    return [Heard(task, error, ended=True)]


def test_a_job_that_another_task_does_now_is_not_blamed_for_the_end_of_its_former_one(
    fake: FakeCluster, do: Callable[..., list[Outcome]]
) -> None:
    jobs = [cell_job(number) for number in range(8)]  # two of them make a task
    others = [says(task, *map(done, [2 * task, 2 * task + 1])) for task in (1, 2, 3)]
    outcomes = do(
        jobs,
        *others,
        says(0, word("started", 0)),
        ends(0, RaySystemError("gone")),
        says(4, word("started", 0), busy(0)),
        [],
        says(5, word("started", 0)),
        says(4, word("started", 1), done(1)),
        ends(4),
        says(5, done(0)),
    )

    assert fake.tasks == [[0, 1], [2, 3], [4, 5], [6, 7], [1, 0], [0]]
    assert len([line for line in fake.words if line.startswith("0:")]) == 1
    assert [outcome.job.number for outcome in outcomes] == [2, 3, 4, 5, 6, 7, 1, 0]


def test_memory_that_runs_out_before_anything_is_done_is_a_loss(
    fake: FakeCluster, do: Callable[..., list[Outcome]]
) -> None:
    [outcome] = do([cell_job(0)], *[ends(task, OutOfMemoryError("Full.")) for task in range(LOSSES)])

    assert isinstance(outcome.ended, Failure)
    assert str(outcome.ended.error) == "Ray ended its task for want of memory: Full. That was 3 times."


@pytest.mark.parametrize(
    ("cause", "again", "message"),
    [
        (WorkerError("It has died."), True, "It has died."),
        (
            OSError("No space left on device"),
            True,
            r"Its node \(.*\) could not do it: OSError: No space left on device",
        ),
        (ImportError("No module named 'inpaintbench'"), False, "Is the same version of inpaintbench installed there?"),
    ],
)
def test_only_what_other_nodes_could_not_do_either_has_failed_at_once(
    fake: FakeCluster, do: Callable[..., list[Outcome]], cause: Exception, again: bool, message: str
) -> None:
    error = RayTaskError("do_errand", f"Traceback:\n{type(cause).__name__}: {cause}", cause, ip="10.0.0.7")
    lost = [says(0, word("started", 0)), ends(0, error), says(1, done(0))]
    [outcome] = do([cell_job(0)], *lost[: 3 if again else 2])

    assert len(fake.tasks) == 1 + again
    said = fake.words[0] if again else str(getattr(outcome.ended, "error", ""))
    assert re.search(message, said)


def test_a_place_without_its_device_is_given_nothing_more_while_others_work(
    fake: FakeCluster, do: Callable[..., list[Outcome]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "PLACE_SECONDS", 0.0)
    unfit = {"is": "unfit", "message": "There is no CUDA device. (On node7.)", "node": ""}
    jobs = [cell_job(0), cell_job(1, "other")]
    do(jobs, says(0, word("started", 0)), says(1, unfit), [], says(2, word("started", 1), done(1)), says(0, done(0)))

    assert fake.tasks == [[0], [1], [1]]
    assert fake.words == ["There is no CUDA device. (On node7.) It is given nothing more while others work."]
    assert fake.cancelled == [([1], False)]  # at the end


def test_a_cluster_all_of_whose_places_lack_their_device_fails_its_jobs(
    fake: FakeCluster, do: Callable[..., list[Outcome]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "PLACE_SECONDS", 0.0)
    unfit = {"is": "unfit", "message": "There is no CUDA device. (On node7.)", "node": ""}
    script = [step for task in range(LOSSES) for step in (says(task, unfit), ends(task))]
    [outcome] = do([cell_job(0)], *script)

    assert "On node7" in str(getattr(outcome.ended, "error", ""))
    assert ([0], False) in fake.cancelled


def test_what_a_cluster_lacks_is_told_once(
    fake: FakeCluster, do: Callable[..., list[Outcome]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "PLACE_SECONDS", 0.0)
    do([cell_job(0)], [], [], says(0, done(0)))

    assert fake.words == ["No node has a GPU."]


def test_no_more_tasks_are_with_ray_than_find_a_place_soon(fake: FakeCluster, do: Callable[..., list[Outcome]]) -> None:
    jobs = [cell_job(number, f"method_{number}") for number in range(100)]
    script = [says(number, done(number)) for number in range(100)]
    most = 0

    class Counting(list[Heard]):
        def __iter__(self) -> Iterator[Heard]:
            nonlocal most
            most = max(most, len(fake.tasks))
            return super().__iter__()

    do(jobs, Counting(script[0]), *[[*step, *ends(number)] for number, step in enumerate(script) if number])

    assert most == fake.slots + WAITING


def test_a_second_interruption_ends_tasks_at_once(fake: FakeCluster, tmp_path: Path) -> None:
    def interrupt(*_: object) -> Any:
        raise KeyboardInterrupt

    fake.heard = fake.ended = interrupt  # type: ignore[method-assign]
    with pytest.raises(KeyboardInterrupt):
        next(RayEngine(fake, BRIEF, tmp_path).run([cell_job(0)], fake))  # type: ignore[arg-type]

    assert fake.cancelled == [([0], False), ([0], True)]


class FakeTask:
    """A generator of references as Ray has it."""

    def __init__(self, *said: Any) -> None:
        self._said = iter(said)

    def __aiter__(self) -> FakeTask:
        return self

    async def __anext__(self) -> Any:
        try:
            said = next(self._said)
        except StopIteration:
            raise StopAsyncIteration from None
        return _reference(said)


async def _reference(said: Any) -> Any:
    if isinstance(said, Exception):
        raise said
    return said


def test_what_tasks_say_is_heard_in_its_order_up_to_their_ends() -> None:
    ears, error = Ears(), OSError("gone")
    tasks = [FakeTask(1, 2), FakeTask(3, error)]
    for task in tasks:
        ears.listen_to(task)
    heard: list[Heard] = []
    while sum(one.ended for one in heard) < 2:
        heard += ears.heard(1.0)
    ears.close()

    assert [tuple(one)[1:] for one in heard if one.task is tasks[0]] == [(1, False), (2, False), (None, True)]
    assert [tuple(one)[1:] for one in heard if one.task is tasks[1]] == [(3, False), (error, True)]


@pytest.fixture
def nodes(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Cluster]:
    """Return a function that connects to a cluster of such nodes."""

    def nodes(*resources: dict[str, float], **options: Any) -> Cluster:
        found = [{"Alive": True, "Resources": one} for one in resources]
        monkeypatch.setattr(ray_cluster.ray, "is_initialized", lambda: True)
        monkeypatch.setattr(ray_cluster, "refuse_other", lambda address: None)
        monkeypatch.setattr(ray_cluster.ray, "nodes", lambda: found)
        monkeypatch.setattr(ray_cluster.ray, "available_resources", dict)
        return Cluster(Options(engine="ray", isolation="process", **options))

    return nodes


def test_places_are_counted_node_by_node(nodes: Callable[..., Cluster]) -> None:
    with nodes({"CPU": 5.0}, {"CPU": 3.0}, {"CPU": 5.0}) as cluster:
        assert (cluster.lease, cluster.slots) == (Lease("cpu", 3), 3)


def test_gpus_need_no_processors(nodes: Callable[..., Cluster]) -> None:
    with nodes({"CPU": 1.0, "GPU": 4.0}, {"GPU": 4.0}) as cluster:
        assert cluster.slots == 8
        assert cluster._resources == {"num_gpus": 1, "num_cpus": 0}


@pytest.mark.parametrize(
    ("there", "why"),
    [
        ({"memory": 1e9}, "each task needs 1 CPU, and no node of the Ray cluster offers that"),
        ({"CPU": 2.0}, "each task needs 2 CPUs, and others use all that the Ray cluster has"),
    ],
)
def test_what_a_cluster_lacks_is_named(nodes: Callable[..., Cluster], there: dict[str, float], why: str) -> None:
    with nodes(there) as cluster:
        assert why in cluster.lack
