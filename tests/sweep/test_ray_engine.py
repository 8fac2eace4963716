"""Sweeps on a Ray cluster; one of this machine alone, where Ray is installed."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from importlib.util import find_spec
from pathlib import Path

import pytest

from mulbudget.spn import UserError
from mulbudget.sweep import ray_engine
from mulbudget.sweep.ray_engine import check_ray, remote_run, run_on_ray, versions
from mulbudget.sweep.run import do, remaining
from mulbudget.sweep.work import Failed, Note, Progress
from tests.sweep.conftest import BOARD, tiny_grid

needs_ray = pytest.mark.skipif(
    find_spec("ray") is None, reason="Ray is not installed: pip install 'mulbudget[ray]'"
)


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a cluster that is there for these tests only."""
    port = free_port()
    command = [
        *(sys.executable, "-m", "ray.scripts.scripts", "start", "--head", "--block"),
        *(f"--port={port}", "--node-ip-address=127.0.0.1", "--num-cpus=2"),
        *(f"--ray-client-server-port={free_port()}", "--include-dashboard=false"),
        "--disable-usage-stats",
        *("--object-store-memory=100000000", "--min-worker-port=0", "--max-worker-port=0"),
    ]
    log = tmp_path_factory.mktemp("ray") / "log"
    # Workers find what this process finds, and yield to others no more than it does.
    environment = os.environ | {
        "PYTHONPATH": os.pathsep.join(sys.path),
        "RAY_worker_niceness": "0",
    }
    with (
        log.open("w") as file,
        subprocess.Popen(command, env=environment, stdout=file, stderr=file) as process,
    ):
        end = time.monotonic() + 200
        while "Ray runtime started" not in log.read_text() and time.monotonic() < end:
            assert process.poll() is None, log.read_text()
            time.sleep(0.1)
        yield f"127.0.0.1:{port}"
        process.send_signal(signal.SIGTERM)


def free_port() -> int:
    """One that nothing listens at."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


@needs_ray
def test_a_cluster_gives_the_same_files(cluster: str, made: Path, tmp_path: Path) -> None:
    jobs = tiny_grid(tmp_path, budgets=(4,))
    failed = [
        event
        for _, event in do(remaining(jobs), processes=1, address=cluster)
        if isinstance(event, Failed)
    ]
    assert not failed
    for job in jobs:
        for name in ("network.spn", "curve.png", f"{BOARD}.json"):
            assert (job.folder / name).read_bytes() == (made / job.name / name).read_bytes()
        assert (job.folder / "metrics.json").exists()


@needs_ray
def test_checkpoints_come_back_and_go_out_again(cluster: str, tmp_path: Path) -> None:
    [job] = tiny_grid(tmp_path, budgets=(4,), seeds=1, settings=("ternary_epochs=1000000",))
    with closing(run_on_ray([job], cluster)) as events:
        for _, event in events:
            if isinstance(event, Progress) and event.stage == "ternary" and event.epoch > 3:
                break
    assert [path.name for path in job.folder.iterdir()] == ["checkpoint.pt"]
    with closing(run_on_ray([job], cluster)) as events:
        _, first = next(events)
    assert isinstance(first, Note)
    assert "continues after epoch" in first.text


@needs_ray
def test_an_address_where_nothing_answers_is_one_sentence() -> None:
    for address in (f"127.0.0.1:{free_port()}", f"ray://{'x' * 64}:10001"):
        with pytest.raises(UserError, match=f"no Ray cluster answers at {address}"):
            check_ray(address)


def test_without_ray_the_cure_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ray_engine, "find_spec", lambda _: None)
    with pytest.raises(UserError, match=r"not installed: pip install 'mulbudget\[ray\]'"):
        check_ray("auto")


@pytest.mark.parametrize("name", ["mulbudget", "torch"])
def test_a_machine_with_other_versions_is_refused(tmp_path: Path, name: str) -> None:
    [job] = tiny_grid(tmp_path, budgets=(4,), seeds=1)
    outcome = remote_run(job, versions() | {name: "0.0.7"}, None, None)
    assert isinstance(outcome, Failed)
    assert f"has {name} {versions()[name]}, and the machine of this command 0.0.7" in outcome.text
    assert not list(tmp_path.iterdir())
