"""Cells on a Ray cluster: two worker nodes of this machine, each in processes of its own, as on a real one."""

from __future__ import annotations

import dataclasses
import json
import os
import platform
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Self

import psutil
import pyarrow.parquet as pq
import pytest
import torch

from inpaintbench.errors import PluginError, UsageError
from inpaintbench.execution.devices.leases import Lease
from inpaintbench.execution.engines.clusters.ray import node as ray_node
from inpaintbench.execution.engines.clusters.ray.node import WANTS_WEIGHTS, Errand, do_errand
from inpaintbench.execution.engines.clusters.remote import Brief
from inpaintbench.execution.engines.clusters.shipping import Token
from inpaintbench.execution.jobs.job import CellJob, Job, TrainingJob
from inpaintbench.execution.options import Options
from inpaintbench.execution.workers.limits import Limits
from inpaintbench.store import Store

pytest.importorskip("ray", reason="the extra `ray` is not installed")
from inpaintbench.execution.engines.clusters.ray import address as ray_address
from inpaintbench.execution.engines.clusters.ray.cluster import Cluster

pytestmark = pytest.mark.workers

SPECIMENS = Path(__file__).parent.parent / "plugins" / "specimens.py"
LEARNERS = SPECIMENS.with_name("learners.py")
MASKS = ("dots", "center_square[side=6]", "circle[diameter=6]")
MEASURED = {"seconds"}


class RayCluster:
    """A head without processors, and nodes with one each. Only what was started here is ever ended."""

    def __init__(self, folder: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.address = f"127.0.0.1:{port}"
        # The ports of a cluster are open to the network: nobody else knows this token.
        token = {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": secrets.token_hex(32)}
        self.environment = os.environ | token | {"RAY_USAGE_STATS_ENABLED": "0"}
        # A node that is lost is noticed after seconds, in place of half a minute.
        self.environment |= {"RAY_health_check_period_ms": "500", "RAY_health_check_failure_threshold": "4"}
        self.environment["INPAINTBENCH_CACHE"] = str(folder / "cache-of-nodes")
        self.environment["INPAINTBENCH_CHECKPOINTS"] = str(folder / "checkpoints-of-nodes")
        self._folder = folder
        head = ("--head", f"--port={port}", "--num-cpus=0", "--include-dashboard=false", f"--temp-dir={folder}/ray")
        self._processes = [self._start(*head)]
        self._wait()
        self.nodes = [self.add_node(), self.add_node()]

    def add_node(self) -> subprocess.Popen[bytes]:
        started = self._start(f"--address={self.address}", "--num-cpus=1")
        self._processes.append(started)
        self._wait()
        return started

    def kill(self, node: subprocess.Popen[bytes]) -> None:
        """End a node as a power failure would."""
        everyone = psutil.Process(node.pid).children(recursive=True)
        for process in everyone:
            process.kill()
        psutil.wait_procs(everyone)

    def close(self) -> None:
        for started in reversed(self._processes):
            everyone = psutil.Process(started.pid).children(recursive=True) if started.poll() is None else []
            started.kill()
            for process in everyone:
                if process.is_running():
                    process.kill()
            started.wait()

    def _start(self, *arguments: str) -> subprocess.Popen[bytes]:
        command = [str(Path(sys.executable).with_name("ray")), "start", "--block", "--disable-usage-stats"]
        with (self._folder / "log.txt").open("a") as log:
            return subprocess.Popen(
                [*command, "--object-store-memory=80000000", *arguments],
                env=self.environment,
                cwd=self._folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def _wait(self) -> None:
        """Wait until all that was started is up: two nodes that come at once may choose the same ports."""
        log = self._folder / "log.txt"
        wait_for(lambda: log.read_text().count("Ray runtime started.") == len(self._processes))


def wait_for(condition: Callable[[], object], seconds: float = 90.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it does not happen"
        time.sleep(0.05)


BRIEF = Brief(plugins=(), path=(), folder="/", variables={}, threads="1", limits=Limits(), deterministic=False)


def cell_job(**changes: Any) -> CellJob:
    given: dict[str, Any] = {"number": 0, "method": "m", "dataset": "d", "mask": "k", "metrics": (), "size": 8}
    given |= {"seed": 0, "limit": None, "key": "k", "folder": "/nowhere", "checkpoint": "", "shipped": False}
    given |= {"batch_size": 4, "exhausted": (), "samples": 0, "strict": False, "anew": False}
    return CellJob(**given | changes)


def errand_of(job: Job, folder: Path, **changes: Any) -> Errand:
    """Return an errand of which nothing can be seen: its token says something else."""
    given = {"token": Token(folder / "none", "text"), "lease": Lease("cpu"), "hashes": {}, "weights": {}}
    return Errand(jobs=(job,), brief=BRIEF, **given | changes)


@pytest.fixture(scope="module")
def cluster() -> Iterator[RayCluster]:
    with tempfile.TemporaryDirectory(prefix="r") as folder:  # names of sockets must not be long
        found = RayCluster(Path(folder))
        yield found
        found.close()


class Driver:
    """`bench run --engine ray` as a process of its own, in a folder that its nodes are not in."""

    def __init__(self, cluster: RayCluster, folder: Path, *arguments: str, **environment: str) -> None:
        folder.mkdir(exist_ok=True)
        command = [sys.executable, "-c", "from inpaintbench.cli import main; main()", "run", *arguments]
        engine = ["--engine", "ray", "--address", cluster.address, "--isolation", "process", "--json"]
        self.process = subprocess.Popen(
            [*command, *engine],
            cwd=folder,
            env=cluster.environment | environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.process.kill()
        self.process.communicate()

    def wait_for(self, condition: Callable[[], object]) -> None:
        try:
            wait_for(lambda: condition() or self.process.poll() is not None)
        except AssertionError:
            self.process.kill()
            raise AssertionError(self.end()) from None
        assert self.process.poll() is None, self.end()

    def end(self) -> tuple[int, str, str]:
        out, err = self.process.communicate(timeout=120)
        return self.process.returncode, out, err


def selectors(method: str, *masks: str) -> list[str]:
    chosen = [word for mask in masks for word in ("-k", mask)]
    rest = ["--metric", "psnr", "--metric", "ssim", "--size", "16", "--batch-size", "4", "--device", "cpu"]
    return ["--plugin", str(SPECIMENS), "-m", method, "-d", "drawn", *chosen, *rest]


def tables(out: Path) -> dict[tuple[str, ...], list[dict[str, Any]]]:
    """Return the records of all cells that lie in a results folder, without what was measured of time."""
    found = {}
    for cell in Store(out).scan():
        assert cell.record.status == "complete", cell.record.error
        rows = pq.read_table(cell.folder / "images.parquet").to_pylist()
        kept = [{name: value for name, value in row.items() if name not in MEASURED} for row in rows]
        found[(*cell.folder.relative_to(out / "cells").parts,)] = kept
    return found


def names(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.name != ".lock"}


def test_a_node_that_dies_costs_no_cell_and_changes_no_number(cluster: RayCluster, run: Any, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    gate.mkdir()
    method, out = f"gated[path={gate}]", tmp_path / "out"
    given = [*selectors(method, *MASKS), "--deterministic", "--out", str(out)]
    with Driver(cluster, tmp_path / "driver", *given) as driver:
        driver.wait_for(lambda: len(list(out.glob("cells/*/*/*/*/journal.jsonl"))) == 2)

        cluster.kill(cluster.nodes[0])
        (gate / "open").touch()
        code, _, err = driver.end()

    assert code == 0, err
    assert err.count("tried again, with batches of 4. Its node was lost") == 1
    run(methods=[method], masks=MASKS, out=tmp_path / "expected", deterministic=True)
    assert tables(out) == tables(tmp_path / "expected")
    assert [cell.record.environment["deterministic"] for cell in Store(out).scan()] == [True] * 3
    assert not list(out.glob(".seen-*"))


@pytest.mark.slow
def test_ctrl_c_ends_all_tasks_and_keeps_what_was_scored(cluster: RayCluster, tmp_path: Path) -> None:
    gate, out = tmp_path / "gate", tmp_path / "out"
    gate.mkdir()
    with Driver(cluster, tmp_path / "driver", *selectors(f"gated[path={gate}]", "dots"), "--out", str(out)) as driver:
        driver.wait_for((gate / "arrived").exists)

        driver.process.send_signal(signal.SIGINT)
        code, _, err = driver.end()

    assert code == 130, err
    [cell] = Store(out).scan()
    assert (cell.record.status, cell.record.scored) == ("incomplete", 4)
    (gate / "arrived").unlink()  # whoever lives and waits at the gate writes it anew
    time.sleep(0.5)
    assert not (gate / "arrived").exists()


@pytest.mark.slow
def test_nodes_that_see_neither_results_nor_checkpoints_are_sent_what_they_need(
    cluster: RayCluster, learn: Any, tmp_path: Path
) -> None:
    driver_folder = tmp_path / "driver"
    driver_folder.mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("INPAINTBENCH_CHECKPOINTS", str(driver_folder / "checkpoints"))
        learn(out=tmp_path / "expected")

    # Of each process, this is another folder.
    here = Path("/proc/self/cwd")
    arguments = ["-m", "tiny", "-d", "pictures", "-k", "center_square[side=6]", "--metric", "psnr", "--size", "16"]
    given = ["--plugin", str(LEARNERS), *arguments, "--device", "cpu", "--out", str(here / "out")]
    with Driver(cluster, driver_folder, *given, INPAINTBENCH_CHECKPOINTS=str(here / "checkpoints")) as driver:
        code, out, err = driver.end()

    assert code == 0, err
    assert json.loads(out)["groups"][0]["results"][0]["status"] == "complete"
    assert tables(driver_folder / "out") == tables(tmp_path / "expected")
    [cell], [expected] = Store(driver_folder / "out").scan(), Store(tmp_path / "expected").scan()
    assert names(cell.folder) == names(expected.folder)
    sha256 = json.loads(next((driver_folder / "checkpoints").rglob("card.json")).read_text())["weights"]["sha256"]
    library = Path(cluster.environment["INPAINTBENCH_CHECKPOINTS"])
    assert [path.name for path in (library / "received").iterdir()] == [sha256]


def test_a_node_without_the_weights_asks_for_them(tmp_path: Path) -> None:
    errand = errand_of(cell_job(checkpoint="/nowhere"), tmp_path, hashes={"/nowhere": "ab"})

    assert list(do_errand(errand)) == [[{"is": WANTS_WEIGHTS}]]


def test_a_node_that_does_not_see_the_checkpoints_trains_nothing(tmp_path: Path) -> None:
    training = {"number": 3, "method": "m", "dataset": "d", "mask": "", "size": 8, "key": "k", "title": "m on d"}
    errand = errand_of(TrainingJob(**training, library=str(tmp_path)), tmp_path)

    [[message]] = do_errand(errand)

    assert message["job"] == 3
    assert "Train first, with `bench train`" in message["refused"]["arguments"][0]


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA device here")
def test_a_node_without_the_device_that_it_offers_says_so_and_takes_no_other_task(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stayed: list[bool] = []
    monkeypatch.setattr(ray_node, "_occupy", lambda: stayed.append(True))
    [[said]] = do_errand(errand_of(cell_job(), tmp_path, lease=Lease("cuda:0")))
    ray_node._forget_nursery()

    assert said["is"] == "unfit"
    assert said["message"].endswith(f"(On {platform.node()}.)")
    assert stayed


def test_a_nursery_sees_the_gpu_of_its_task(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0")
    first = ray_node._nursery(BRIEF)
    assert ray_node._nursery(BRIEF) is first
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "1")
    assert ray_node._nursery(BRIEF) is not first
    ray_node._forget_nursery()


def test_a_file_of_plugins_that_a_node_lacks_is_named() -> None:
    brief = dataclasses.replace(BRIEF, plugins=("/nowhere/mine.py",))

    with pytest.raises(PluginError, match=r"/nowhere/mine\.py is not there\. Put it into the same place on every node"):
        brief.hello(Lease("cpu"))


def test_the_variables_of_a_node_win(monkeypatch: pytest.MonkeyPatch) -> None:
    brief = dataclasses.replace(BRIEF, variables={"INPAINTBENCH_DATA": "/theirs", "TORCH_HOME": "/weights"})
    monkeypatch.setenv("INPAINTBENCH_DATA", "/mine")
    monkeypatch.delenv("TORCH_HOME", raising=False)

    environment = brief.hello(Lease("cpu"))["environment"]

    assert environment == {"INPAINTBENCH_DATA": "/mine", "TORCH_HOME": "/weights"}


def test_an_address_where_nothing_answers_is_refused() -> None:
    options = Options(engine="ray", address="127.0.0.1:1", isolation="process")
    with pytest.raises(UsageError, match=r"There is no Ray cluster at 127\.0\.0\.1:1"):
        Cluster(options)


def test_what_answers_and_is_no_ray_is_refused_at_once() -> None:
    def answer() -> None:
        with listening.accept()[0] as connection:
            connection.recv(1000)
            connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    with socket.create_server(("127.0.0.1", 0)) as listening:
        threading.Thread(target=answer, daemon=True).start()
        address = f"127.0.0.1:{listening.getsockname()[1]}"
        with pytest.raises(UsageError, match="what answers there speaks another protocol"):
            Cluster(Options(engine="ray", address=address, isolation="process"))


def test_what_listens_and_never_answers_is_refused_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ray_address, "_ANSWER_SECONDS", 0.05)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        address = f"127.0.0.1:{listening.getsockname()[1]}"
        with pytest.raises(UsageError, match=f"There is no Ray cluster at {address}: timed out"):
            Cluster(Options(engine="ray", address=address, isolation="process"))


def test_the_server_for_clients_is_no_place_for_a_run() -> None:
    with pytest.raises(UsageError, match="Run `bench` on a node of the cluster, with --address auto"):
        Cluster(Options(engine="ray", address="ray://127.0.0.1:10001", isolation="process"))


@pytest.mark.parametrize("address", ["", "auto", "127.0.0.1:6379", "localhost:6379"])
def test_the_cluster_that_is_connected_already_is_taken(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ray_address.ray, "get_runtime_context", lambda: SimpleNamespace(gcs_address="127.0.0.1:6379"))
    ray_address.refuse_other(address)


@pytest.mark.parametrize("address", ["10.9.9.9:6379", "127.0.0.1:6380", "other"])
def test_another_cluster_than_the_connected_one_is_refused(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ray_address.ray, "get_runtime_context", lambda: SimpleNamespace(gcs_address="127.0.0.1:6379"))
    with pytest.raises(UsageError, match=f"connected to the Ray cluster at 127.0.0.1:6379 already, .* at {address}"):
        ray_address.refuse_other(address)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"engine": "ray", "isolation": "none"}, "--isolation none runs cells in this process"),
        ({"engine": "ray", "gpus": (0,)}, "--gpus chooses among the GPUs of this machine"),
        ({"address": "auto"}, "it needs --engine ray"),
        ({"engine": "ray", "slurm": {"partition": "gpu"}}, "--slurm needs --engine slurm"),
        ({"engine": "cloud"}, "expected local, ray or slurm"),
    ],
)
def test_options_that_contradict_each_other_are_refused(given: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        Options(**{"isolation": "process"} | given)
