"""What the Slurm engine makes of tasks' words and ends, with a queue that the test writes."""

from __future__ import annotations

import json
import os
import platform
import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from inpaintbench.errors import BusyError, DeviceError, StoreError, UsageError
from inpaintbench.execution.engines import Outcome, Watch
from inpaintbench.execution.engines.clusters import ledger
from inpaintbench.execution.engines.clusters.ledger import LOSSES
from inpaintbench.execution.engines.clusters.remote import Brief, describe_outcome
from inpaintbench.execution.engines.clusters.slurm import node as slurm_node
from inpaintbench.execution.jobs.job import CellJob, Job
from inpaintbench.execution.options import Options
from inpaintbench.execution.workers.limits import Limits

pytest.importorskip("submitit", reason="the extra `slurm` is not installed")
import submitit

from inpaintbench.execution.engines.clusters.slurm import engine as slurm
from inpaintbench.execution.engines.clusters.slurm.engine import SlurmEngine
from inpaintbench.execution.engines.clusters.slurm.node import PATIENCE_SECONDS, Errand, StoppedError, Vigil
from inpaintbench.execution.engines.clusters.slurm.queue import SlurmQueue, Standing
from inpaintbench.execution.engines.clusters.slurm.settings import executor_for

pytestmark = pytest.mark.workers

BRIEF = Brief(plugins=(), path=(), folder="/", variables={}, threads="1", limits=Limits(), deterministic=False)


def cell_job(number: int, method: str = "m") -> CellJob:
    given: dict[str, Any] = {"dataset": "d", "mask": "k", "metrics": (), "size": 8, "seed": 0, "limit": None}
    given |= {"key": "k", "folder": "/nowhere", "checkpoint": "", "shipped": False, "batch_size": 4}
    return CellJob(number=number, method=method, exhausted=(), samples=0, strict=False, anew=False, **given)


def word(kind: str, number: int, **more: Any) -> dict[str, Any]:
    return {"is": kind, "job": number, "batch_size": 4, "exhausted": []} | more


class FakeTask:
    """A task as submitit would have it, which says and does what the test lets it."""

    def __init__(self, number: int, errand: Any, folder: Path) -> None:
        self.job_id, self.errand, self.printed = f"{number}_0", errand, ""
        self.paths = SimpleNamespace(folder=folder, result_pickle=folder / f"{number}_result.pkl")
        self.standing = Standing("RUNNING")
        self.ends: Any = []

    @property
    def numbers(self) -> list[int]:
        return [job.number for job in self.errand.jobs]

    def say(self, *words: dict[str, Any]) -> None:
        with self.errand.words.open("a") as file:
            for one in words:
                file.write(json.dumps(one) + "\n")
                self.ends += [one] if one["is"] == "outcome" else []

    def end(self, state: str = "") -> None:
        if not state:
            self.paths.result_pickle.write_bytes(b"")
        self.standing = Standing(state, ended=True)

    def result(self) -> Any:
        if isinstance(self.ends, Exception):
            raise self.ends
        return self.ends

    def stderr(self) -> str:
        return self.printed


class FakeSlurm(Watch):
    """Stands for submitit's executor, for the queue, and for whoever hears of the run."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.cluster = folder, "fake"
        self.tasks: list[FakeTask] = []
        self.refusing = 0
        self.excluded: str | None = None
        self.cancelled: list[list[str]] = []
        self.words: list[str] = []
        self.steps: Iterator[Callable[[], object]] = iter(())

    def update_parameters(self, *, slurm_exclude: str | None) -> None:
        self.excluded = slurm_exclude

    def map_array(self, function: object, errands: Sequence[Any]) -> list[FakeTask]:
        if self.refusing:
            self.refusing -= 1
            raise submitit.core.utils.FailedJobError("sbatch: error: Socket timed out")
        new = [FakeTask(len(self.tasks) + number, errand, self.folder) for number, errand in enumerate(errands)]
        self.tasks += new
        return new

    def look(self, seconds: float = 0.0) -> None:
        pass

    def standing(self, task: FakeTask) -> Standing:
        return task.standing

    def cancel(self, tasks: Sequence[FakeTask], *, wait: bool = True) -> None:
        self.cancelled.append([task.job_id for task in tasks])
        for task in tasks:
            task.end("CANCELLED")

    def retried(self, job: Job, why: str) -> None:
        self.words.append(f"{job.number}: {why}")

    def held(self, why: str) -> None:
        self.words.append(why)

    def ticked(self) -> None:
        next(self.steps)()


@pytest.fixture
def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeSlurm:
    for name in ("LOOK_SECONDS", "LATE_SECONDS", "STOP_SECONDS", "PLACE_SECONDS"):
        monkeypatch.setattr(slurm, name, 0)
    monkeypatch.setattr(ledger, "_PAUSE_SECONDS", 0.0)
    return FakeSlurm(tmp_path)


@pytest.fixture
def do(fake: FakeSlurm, tmp_path: Path) -> Callable[..., list[Outcome]]:
    """Return a function that does jobs, with steps that are gone one after each look."""

    def do(jobs: Sequence[Job], *steps: Callable[[], object]) -> list[Outcome]:
        fake.steps = iter(steps)
        options = Options(engine="slurm", isolation="process", device="cpu", slurm={"exclude": "old"})
        return list(SlurmEngine(fake, fake, tmp_path / "run", BRIEF, options).run(jobs, fake))

    return do


def done(number: int) -> dict[str, Any]:
    return describe_outcome(Outcome(cell_job(number), StoreError("done")))


def busy(number: int) -> dict[str, Any]:
    return describe_outcome(Outcome(cell_job(number), BusyError("held")))


def test_a_job_that_another_task_does_now_is_not_blamed_for_the_end_of_its_former_one(
    fake: FakeSlurm, do: Callable[..., list[Outcome]]
) -> None:
    outcomes = do(
        [cell_job(0), cell_job(1)],
        lambda: fake.tasks[0].say(word("started", 0)),
        lambda: fake.tasks[0].end("NODE_FAIL"),
        lambda: fake.tasks[1].say(word("started", 0), busy(0)),
        lambda: None,
        lambda: fake.tasks[2].say(word("started", 0)),
        lambda: fake.tasks[1].say(word("started", 1), done(1)),
        lambda: fake.tasks[1].end(),  # its result repeats that job 0 was busy
        lambda: None,
        lambda: fake.tasks[2].say(done(0)),
        lambda: None,
    )

    assert [task.numbers for task in fake.tasks] == [[0, 1], [0, 1], [0]]
    assert fake.words == ["0: Its Slurm task has vanished (node_fail)."]
    assert [outcome.job.number for outcome in outcomes] == [1, 0]


def test_a_task_that_was_preempted_has_ended(fake: FakeSlurm, do: Callable[..., list[Outcome]]) -> None:
    def preempt() -> None:
        fake.tasks[0].printed = "starting\nslurmstepd: error: *** CANCELLED DUE TO PREEMPTION ***\n"
        fake.tasks[0].end("PREEMPTED")

    do(
        [cell_job(0)],
        lambda: fake.tasks[0].say(word("started", 0)),
        preempt,
        lambda: fake.tasks[1].say(done(0)),
        lambda: None,
    )

    [said] = fake.words
    assert said.endswith("has vanished (preempted). slurmstepd: error: *** CANCELLED DUE TO PREEMPTION ***")


def test_memory_that_runs_out_before_anything_is_done_is_a_loss(
    fake: FakeSlurm, do: Callable[..., list[Outcome]]
) -> None:
    ends = [lambda: fake.tasks[-1].end("OUT_OF_MEMORY")] * LOSSES
    [outcome] = do([cell_job(0)], *ends, lambda: None)

    assert len(fake.tasks) == LOSSES
    assert "out_of_memory" in str(getattr(outcome.ended, "error", ""))


def test_what_a_task_has_raised_is_told_and_not_where_its_log_lies(
    fake: FakeSlurm, do: Callable[..., list[Outcome]]
) -> None:
    def fail() -> None:
        dashes, trace = "-" * 22, "Traceback:\n  File x\ninpaintbench.errors.WorkerError: It has died.\n"
        text = (
            f"Job (task=0) failed during processing with trace:\n{dashes}\n{trace}\n{dashes}\nSee /logs\n  - /log.err"
        )
        fake.tasks[0].ends = submitit.core.utils.FailedJobError(text)
        fake.tasks[0].end()

    steps = [lambda: fake.tasks[0].say(word("started", 0)), fail, lambda: fake.tasks[1].say(done(0)), lambda: None]
    do([cell_job(0)], *steps)

    assert fake.words == ["0: Its Slurm task has failed: WorkerError: It has died."]


def test_a_task_says_itself_why_it_had_to_end(fake: FakeSlurm, do: Callable[..., list[Outcome]]) -> None:
    def stop() -> None:
        fake.tasks[0].say({"is": "stopped", "why": "Its Slurm task has ended: SIGUSR2 told it to."})
        fake.tasks[0].end()

    steps = [lambda: fake.tasks[0].say(word("started", 0)), stop, lambda: fake.tasks[1].say(done(0)), lambda: None]
    do([cell_job(0)], *steps)

    assert fake.words == ["0: Its Slurm task has ended: SIGUSR2 told it to."]


def test_a_refusal_to_take_jobs_again_is_borne_for_a_while(
    fake: FakeSlurm, do: Callable[..., list[Outcome]], monkeypatch: pytest.MonkeyPatch
) -> None:
    pauses: list[float] = []
    put_back = ledger.Ledger.put_back
    monkeypatch.setattr(slurm.Ledger, "put_back", lambda self, job, s=0.0: (pauses.append(s), put_back(self, job))[1])

    def lose() -> None:
        fake.tasks[0].end("NODE_FAIL")
        fake.refusing = 2

    [_, outcome] = do(
        [cell_job(0), cell_job(1, "other")],
        lose,
        *[lambda: None] * 3,
        lambda: fake.tasks[1].say(done(1)),
        lambda: fake.tasks[2].say(done(0)),
        lambda: None,
    )

    assert (outcome.job.number, str(outcome.ended)) == (0, "done")
    assert pauses == [0.0, 5.0, 10.0]
    assert fake.words[0] == "Slurm takes no tasks: sbatch: error: Socket timed out It is asked again in 5 seconds."


def test_a_lasting_refusal_costs_its_jobs_and_not_the_run(
    fake: FakeSlurm, do: Callable[..., list[Outcome]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(slurm, "PAUSE_SECONDS", 0.0)

    def lose() -> None:
        fake.tasks[0].end("NODE_FAIL")
        fake.refusing = 1000

    outcomes = do(
        [cell_job(0), cell_job(1, "other")],
        lose,
        *[lambda: None] * (slurm.REFUSALS + 1),
        lambda: fake.tasks[1].say(done(1)),
        lambda: None,
    )

    assert [outcome.job.number for outcome in outcomes] == [0, 1]
    assert str(outcomes[0].ended) == "Slurm takes no tasks: sbatch: error: Socket timed out"


def test_the_first_refusal_ends_a_run_that_has_not_begun(fake: FakeSlurm, do: Callable[..., list[Outcome]]) -> None:
    fake.refusing = 1
    with pytest.raises(UsageError, match="Slurm takes no tasks: sbatch: error: Socket timed out"):
        do([cell_job(0)])


def test_tasks_are_sent_again_to_other_nodes_than_those_without_a_device(
    fake: FakeSlurm, do: Callable[..., list[Outcome]]
) -> None:
    unfit = {"is": "unfit", "message": "There is no CUDA device. (On node7.)", "node": "n7"}
    assert fake.excluded is None
    do([cell_job(0)], lambda: fake.tasks[0].say(unfit), lambda: None, lambda: fake.tasks[1].say(done(0)), lambda: None)

    assert fake.words == ["There is no CUDA device. (On node7.)"]
    assert fake.excluded == "old,n7"


def test_that_slurm_has_begun_nothing_is_told_once(fake: FakeSlurm, do: Callable[..., list[Outcome]]) -> None:
    def wait() -> None:
        fake.tasks[0].standing = Standing("PENDING", reason="Priority")

    do([cell_job(0)], wait, lambda: None, lambda: None, lambda: fake.tasks[0].say(done(0)), lambda: None)

    assert fake.words == ["Slurm has not begun its task yet, for this reason: Priority."]


def test_a_second_interruption_cancels_again_and_at_once(
    fake: FakeSlurm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    options = Options(engine="slurm", isolation="process", device="cpu")
    run = SlurmEngine(fake, fake, tmp_path / "run", BRIEF, options).run([cell_job(0), cell_job(1, "other")], fake)

    def stubborn(tasks: Sequence[FakeTask], *, wait: bool = True) -> None:
        fake.cancelled.append([task.job_id for task in tasks])
        if wait:
            raise KeyboardInterrupt

    def interrupt() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(fake, "cancel", stubborn)
    fake.steps = iter([interrupt])
    with pytest.raises(KeyboardInterrupt):
        next(run)

    assert fake.cancelled == [["0_0", "1_0"]] * 2


def test_a_task_ends_when_its_run_gives_no_sign_of_life(tmp_path: Path) -> None:
    now, sign = 0.0, tmp_path / "alive"
    vigil = Vigil(sign, lambda: now)
    for beat in range(100):
        now += 10
        sign.write_text(str(beat))
        vigil.look()
    now += PATIENCE_SECONDS
    vigil.look()
    now += 10
    with pytest.raises(StoppedError, match="no sign of life for 120 seconds"):
        vigil.look()
    now += 1000
    vigil.look()  # it is said once


def test_a_run_gives_signs_of_life(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slurm_node, "BEAT_SECONDS", 0.001)
    seen = set()
    with slurm_node.Heart(tmp_path / "run" / "alive"):
        while len(seen) < 3:
            seen |= {path.read_text() for path in (tmp_path / "run").glob("alive")}


def test_a_signal_ends_a_task_between_two_words(tmp_path: Path) -> None:
    vigil = Vigil(tmp_path / "alive")
    vigil.wake(signal.SIGUSR2)

    with pytest.raises(StoppedError, match=r"SIGUSR2 told it to, for its time \(timeout_min\) is over"):
        vigil.look()


@pytest.fixture
def errand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Errand]:
    """Yield an errand that is done here, without a nursery; signals are handled as before afterwards."""
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGUSR2)}
    monkeypatch.setattr(slurm_node, "Nursery", lambda: nullcontext())
    monkeypatch.setattr(slurm_node, "find_leases", lambda options, nursery: ())
    monkeypatch.setenv("OMP_NUM_THREADS", "64")
    options = Options(isolation="process")
    words, alive = tmp_path / "words", tmp_path / "alive"
    yield Errand(jobs=(cell_job(0),), brief=BRIEF, options=options, words=words, alive=alive)
    for number, handler in handlers.items():
        signal.signal(number, handler)


def words_of(errand: Errand) -> list[dict[str, Any]]:
    return [json.loads(line) for line in errand.words.read_text().splitlines()]


def test_a_task_counts_threads_as_its_run_does(errand: Errand, monkeypatch: pytest.MonkeyPatch) -> None:
    counted: list[str] = []
    monkeypatch.setattr(slurm_node, "work", lambda *_: counted.append(os.environ["OMP_NUM_THREADS"]))
    slurm_node.do_errand(errand)

    assert counted == ["1"]


def test_a_task_whose_run_has_been_killed_ends_with_a_word(errand: Errand, monkeypatch: pytest.MonkeyPatch) -> None:
    def work(*given: Any) -> None:
        while True:
            given[-1]()

    for name in ("BEAT_SECONDS", "PATIENCE_SECONDS"):
        monkeypatch.setattr(slurm_node, name, 0.0)
    monkeypatch.setattr(slurm_node, "work", work)
    assert slurm_node.do_errand(errand) == []

    [word] = words_of(errand)
    assert (word["is"], "its run has given no sign of life" in word["why"]) == ("stopped", True)


def test_a_task_that_is_told_to_end_does_so_between_two_words(errand: Errand, monkeypatch: pytest.MonkeyPatch) -> None:
    def work(*given: Any) -> None:
        signal.raise_signal(signal.SIGTERM)
        given[-2]({"is": "started"})
        given[-1]()

    monkeypatch.setattr(slurm_node, "work", work)
    slurm_node.do_errand(errand)

    assert [word["is"] for word in words_of(errand)] == ["started", "stopped"]


@pytest.mark.parametrize(
    ("error", "kind"), [(DeviceError("There is none."), "unfit"), (UsageError("It cannot be."), "fatal")]
)
def test_a_task_says_what_its_node_lacks(
    errand: Errand, monkeypatch: pytest.MonkeyPatch, error: UsageError, kind: str
) -> None:
    def find_leases(*_: object) -> Any:
        raise error

    monkeypatch.setattr(slurm_node, "find_leases", find_leases)
    monkeypatch.setenv("SLURMD_NODENAME", "n7")
    slurm_node.do_errand(errand)

    [word] = words_of(errand)
    assert (word["is"], word.get("node", "n7")) == (kind, "n7")
    assert word["message"] == f"{error} (On {platform.node()}.)"


@pytest.fixture
def commands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put commands named as Slurm's before all others; they do what files of the folder say."""
    folder = tmp_path / "commands"
    folder.mkdir()
    scripts = {
        "squeue": f"cat {folder}/queue || {{ echo 'Unable to contact slurm controller' >&2; exit 1; }}",
        "scancel": f'echo "$@" >> {folder}/cancelled',
        "srun": "exit 1",
    }
    for name, script in scripts.items():
        (folder / name).write_text(f"#!/bin/sh\n{script}\n")
        (folder / name).chmod(0o755)
    (folder / "queue").write_text("")
    monkeypatch.setenv("PATH", str(folder), prepend=os.pathsep)
    return folder


def test_the_queue_tells_how_tasks_stand(commands: Path, tmp_path: Path) -> None:
    queue, tasks = SlurmQueue(), [FakeTask(number, None, tmp_path) for number in range(5)]
    assert queue.standing(tasks[4]) == Standing()
    (commands / "queue").write_text(
        "0_0|PENDING|Resources\n1_0|PREEMPTED|None\n2_0|CANCELLED by 0|None\n3_0|COMPLETING|None\n"
    )
    queue.look(0.0)
    tasks[0].paths.result_pickle.touch()

    assert queue.standing(tasks[0]) == Standing("COMPLETED", ended=True)
    assert queue.standing(tasks[1]).ended
    assert queue.standing(tasks[2]).ended
    assert not queue.standing(tasks[3]).ended
    assert not queue.standing(tasks[4]).ended
    queue.look(0.0)
    assert queue.standing(tasks[4]) == Standing("gone from the queue", ended=True)


def test_a_queue_that_does_not_answer_says_nothing_of_tasks(commands: Path, tmp_path: Path) -> None:
    queue, task = SlurmQueue(), FakeTask(0, None, tmp_path)
    (commands / "queue").write_text("0_0|RUNNING|None\n")
    queue.look(0.0)
    (commands / "queue").unlink()
    for _ in range(3):
        queue.look(0.0)

    assert queue.standing(task) == Standing("RUNNING", reason="None")


def test_a_cluster_whose_queue_cannot_be_asked_is_refused(commands: Path) -> None:
    (commands / "queue").unlink()
    with pytest.raises(UsageError, match=r"its command squeue does not work: .*Unable to contact slurm controller"):
        SlurmQueue()


def test_all_tasks_are_cancelled_by_one_command(commands: Path, tmp_path: Path) -> None:
    SlurmQueue().cancel([FakeTask(number % 2, None, tmp_path) for number in range(1000)])

    assert (commands / "cancelled").read_text() == "0 1\n"


def test_slurm_is_asked_not_to_requeue_by_itself(commands: Path, tmp_path: Path) -> None:
    slurm = {"partition": "gpu", "exclusive": "true", "setup": "module load cuda", "srun_args": ("-v", "-v")}
    executor = executor_for(Options(engine="slurm", isolation="process", slurm=slurm), tmp_path)

    script = executor._executor._make_submission_file_text("true", "id")
    assert "#SBATCH --no-requeue\n" in script
    assert "#SBATCH --exclusive\n" in script
    assert "\nmodule load cuda\n" in script
    assert "-v -v true" in script


@pytest.mark.parametrize("settings", [{"nodes": 2}, {"tasks_per_node": 4}, {"slurm_ntasks_per_node": "2"}])
def test_what_would_do_the_same_work_twice_is_refused(settings: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="would have each task's work done several times"):
        executor_for(Options(engine="slurm", isolation="process", slurm={"cluster": "local"} | settings), tmp_path)
