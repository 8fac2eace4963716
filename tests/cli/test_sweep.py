"""`mulbudget sweep`."""

import csv
import json
import os
import pty
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.cli.conftest import Command, chunks
from tests.train.conftest import TINY

SETTINGS = [word for assignment in TINY for word in ("--set", assignment)]


def words(out: Path, *more: object, budgets: str = "7,4", seeds: int = 2) -> list[str]:
    """Arguments of a sweep of networks that train in a moment."""
    named = ["--budgets", budgets, "--seeds", str(seeds), "--board", "ulx3s-25f"]
    return ["sweep", "digits", *SETTINGS, *named, "--out", str(out), *map(str, more)]


def test_it_trains_plans_and_draws_the_front(command: Command, tmp_path: Path) -> None:
    out = tmp_path / "deep" / "sweep"
    result = command(*words(out))
    assert result.returncode == 0, result.stderr
    assert "4 of 4, " in result.stdout
    assert "* no other budget beats it" in result.stdout
    rows = list(csv.DictReader((out / "sweep.csv").open()))
    assert [(row["budget"], row["runs"]) for row in rows] == [("4", "2"), ("7", "2")]
    for row in rows:
        for seed in "01":
            stored = json.loads((out / f"{row['budget']}-{seed}" / "ulx3s-25f.json").read_text())
            assert float(row["accuracy_min"]) <= stored["accuracy"] <= float(row["accuracy_max"])
        assert f"{float(row['accuracy']):.2%}" in result.stdout
    outputs = {path: path.read_bytes() for path in out.iterdir() if path.is_file()}
    assert {path.name for path in outputs} == {"sweep.json", "sweep.svg", "sweep.csv", "runs.csv"}

    again = command(*words(out, "--jobs", 1))
    assert "4 of 4 runs are there already" in again.stdout
    assert {path: path.read_bytes() for path in outputs} == outputs
    other = command(*words(out, "--set", "batch=64"))
    assert other.returncode == 2
    assert "holds another sweep: it sets batch=256, and this command sets batch=64" in (
        other.stderr.replace("\n", " ")
    )


def test_an_interrupt_keeps_what_is_stored_and_the_same_command_goes_on(
    command: Command, tmp_path: Path
) -> None:
    out = tmp_path / "sweep"
    arguments = words(out, "--jobs", 1, "--set", "ternary_epochs=300", seeds=1)
    process = subprocess.Popen(
        [sys.executable, "-m", "mulbudget.cli.main", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        end = time.monotonic() + 200
        while not (out / "7-0" / "checkpoint.pt").exists() and time.monotonic() < end:
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == 130, errors
    assert f"interrupted: {out} has 1 of 2 runs, and the same command continues" in errors
    assert "Traceback" not in errors
    kept = (out / "4-0" / "network.spn").stat().st_mtime_ns
    assert [path.name for path in (out / "7-0").iterdir()] == ["checkpoint.pt"]

    result = command(*arguments)
    assert result.returncode == 0, result.stderr
    assert "1 of 2 runs are there already" in result.stdout
    assert "7-0: continues after epoch" in result.stdout
    assert (out / "4-0" / "network.spn").stat().st_mtime_ns == kept
    assert (out / "sweep.svg").exists()


def test_runs_that_fail_are_named_at_the_end(command: Command, tmp_path: Path) -> None:
    out = tmp_path / "sweep"
    assert command(*words(out, budgets="4", seeds=1)).returncode == 0
    (out / "7-0").touch()
    result = command(*words(out, seeds=1))
    assert result.returncode == 2
    assert "1 run failed:" in result.stderr
    assert f"7-0: cannot make folder {out / '7-0'}" in result.stderr.replace("\n", "")
    assert (out / "sweep.svg").exists()


def test_a_terminal_shows_the_grid(tmp_path: Path) -> None:
    """Where each run is, then its accuracy; the phase lasts for some refreshes of the screen."""
    parent, child = pty.openpty()
    arguments = words(tmp_path / "sweep", "--set", "ternary_epochs=50", seeds=1)
    command = [sys.executable, "-m", "mulbudget.cli.main", *arguments]
    environment = os.environ | {"COLUMNS": "100", "TERM": "xterm"}
    with subprocess.Popen(command, stdout=child, stderr=child, env=environment) as process:
        os.close(child)
        text = b"".join(chunks(parent)).decode()
    os.close(parent)
    assert process.returncode == 0, text
    for part in ("0 of 2 runs", "seed 0", "ternary ", "1 of 2, ", "2 of 2, "):
        assert part in text, part


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["digitz", "--budgets", "8"], "no recipe 'digitz': did you mean digits?"),
        (["digits", "--budgets", "8,x"], "'x' is no positive integer"),
        (["digits", "--budgets", ","], "names no budget"),
        (["digits", "--budgets", "8", "--seeds", "0"], "--seeds 0 leaves nothing to train"),
        (["digits", "--budgets", "8", "--jobs", "0"], "--jobs 0 leaves nothing to work with"),
        (["digits", "--budgets", "8", "--board", "arty-a7-35"], "sweep for another board"),
        (["digits", "--budgets", "8", "--board", "nano"], "there is no board 'nano'"),
        (["digits", "--budgets", "8", "--set", "bach=3"], "did you mean batch?"),
        (["digits", "--budgets", "9999,8,99999"], "cannot have 2 of the budgets"),
        (["digits", "--budgets", "8", "--device", "tpu"], "no device 'tpu'"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_trained(
    command: Command, tmp_path: Path, arguments: list[str], sentence: str
) -> None:
    board = [] if "--board" in arguments else ["--board", "icebreaker"]
    result = command("sweep", *arguments, *board, "--out", tmp_path / "out")
    assert result.returncode == 2
    assert sentence in result.stderr.replace("\n", " ")
    assert "Traceback" not in result.stderr
    assert not (tmp_path / "out").exists()


def test_a_file_where_the_folder_should_be_is_refused(command: Command, tmp_path: Path) -> None:
    (tmp_path / "out").touch()
    result = command(*words(tmp_path / "out"))
    assert result.returncode == 2
    assert "out is a file: name a folder" in result.stderr.replace("\n", " ")
