"""Runs in processes of their own: what fails, is killed or interrupted."""

import os
import signal
import subprocess
import sys
import time
from contextlib import closing
from multiprocessing import active_children
from pathlib import Path

from mulbudget.sweep.grid import Job
from mulbudget.sweep.local import processes_by_default, run_here
from mulbudget.sweep.work import Done, Event, Failed, Note, Progress
from tests.sweep.conftest import tiny_grid

ENDLESS = ("ternary_epochs=1000000",)


def last_events(jobs: list[Job], processes: int) -> dict[str, Event]:
    return {job.name: event for job, event in run_here(jobs, processes)}


def test_a_run_that_fails_leaves_the_others_alone(tmp_path: Path) -> None:
    first, second = tiny_grid(tmp_path, seeds=1)
    (tmp_path / first.name).write_text("a file where a folder should be")
    events = last_events([first, second], 1)
    assert isinstance(events[second.name], Done)
    failed = events[first.name]
    assert isinstance(failed, Failed)
    assert f"cannot make folder {tmp_path / first.name}" in failed.text


def test_a_process_that_is_killed_fails_its_run(tmp_path: Path) -> None:
    jobs = tiny_grid(tmp_path, budgets=(4,), seeds=1, settings=ENDLESS)
    seen: list[Event] = []
    with closing(run_here(jobs, 1)) as events:
        for _, event in events:
            seen.append(event)
            if isinstance(event, Progress) and event.stage == "ternary":
                [process] = active_children()
                process.kill()
    *_, last = seen
    assert isinstance(last, Failed)
    assert "was killed by SIGKILL" in last.text


def test_no_more_run_at_once_than_are_allowed(tmp_path: Path) -> None:
    running: set[str] = set()
    most = 0
    for job, event in run_here(tiny_grid(tmp_path), 2):
        running.add(job.name)
        most = max(most, len(running))
        if isinstance(event, Done):
            running.remove(job.name)
    assert most == 2
    assert not active_children()


def test_closing_keeps_checkpoints_and_the_next_one_continues(tmp_path: Path) -> None:
    jobs = tiny_grid(tmp_path, budgets=(4,), seeds=2, settings=ENDLESS)
    training = set()
    with closing(run_here(jobs, 2)) as events:
        for job, event in events:
            if isinstance(event, Progress) and event.stage == "ternary" and event.epoch > 3:
                training.add(job.name)
            if len(training) == len(jobs):
                break
    assert not active_children()
    for job in jobs:
        assert [path.name for path in job.folder.iterdir()] == ["checkpoint.pt"]
    with closing(run_here(jobs, 1)) as events:
        _, first = next(events)
    assert isinstance(first, Note)
    assert "continues after epoch" in first.text
    assert "of stage ternary" in first.text


def test_runs_end_with_the_process_that_started_them(tmp_path: Path) -> None:
    """Even when that one is killed: they keep a checkpoint and leave no process behind."""
    script = """
import sys
from pathlib import Path
from tests.sweep.conftest import tiny_grid
from mulbudget.sweep.local import run_here
from multiprocessing import active_children

if __name__ == "__main__":
    jobs = tiny_grid(Path(sys.argv[1]), budgets=(4,), seeds=1, settings=(sys.argv[2],))
    for _, event in run_here(jobs, 1):
        if getattr(event, "stage", "") == "ternary":
            print(active_children()[0].pid, flush=True)
"""
    path = tmp_path / "script.py"
    path.write_text(script)
    root = str(Path(__file__).parents[2])
    command = [sys.executable, str(path), str(tmp_path / "sweep"), *ENDLESS]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([root, *sys.path])}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stdout is not None
        child = int(process.stdout.readline())
        process.send_signal(signal.SIGKILL)
        end = time.monotonic() + 100
        while alive(child) and time.monotonic() < end:
            time.sleep(0.05)
    assert not alive(child)
    assert (tmp_path / "sweep" / "4-0" / "checkpoint.pt").exists()


def alive(pid: int) -> bool:
    """Whether a process runs; one that has ended may not have been waited for."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_each_run_has_its_processors_by_default(tmp_path: Path) -> None:
    count = len(os.sched_getaffinity(0))
    for setting, expected in ((), count), (("threads=2",), max(1, count // 2)):
        [job] = tiny_grid(tmp_path, budgets=(4,), seeds=1, settings=setting)
        assert processes_by_default(job) == expected
