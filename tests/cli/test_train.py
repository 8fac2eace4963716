"""`mulbudget train`."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from mulbudget.train.recipe import DenseRecipe, ImageRecipe, settings
from mulbudget.train.recipes import RECIPES
from tests.cli.conftest import Command
from tests.train.conftest import TINY

SETTINGS = [word for assignment in TINY for word in ("--set", assignment)]


def test_it_trains_and_says_what_came_out(command: Command, tmp_path: Path) -> None:
    out = tmp_path / "deep" / "out"
    result = command("train", "digits", *SETTINGS, "--multipliers", 8, "--seed", 3, "--out", out)
    assert result.returncode == 0, result.stderr
    metrics = json.loads((out / "metrics.json").read_text())
    assert (metrics["multiplications"], metrics["seed"]) == (8, 3)
    assert f"{metrics['test_accuracy']:.2%}" in result.stdout
    assert "frozen: 2 epochs, accuracy" in result.stdout
    shown = command("show", out / "network.spn", "--json")
    assert json.loads(shown.stdout)["provenance"]["seed"] == 3


def test_an_interrupt_keeps_a_checkpoint_and_says_how_to_go_on(tmp_path: Path) -> None:
    out = tmp_path / "out"
    words = [*SETTINGS, "--set", "teacher_epochs=1000000", "--out", str(out)]
    command = [sys.executable, "-m", "mulbudget.cli.main", "train", "digits", *words]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    try:
        end = time.monotonic() + 100
        while not (out / "checkpoint.pt").exists() and time.monotonic() < end:
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == 130, errors
    assert "checkpoint.pt is kept, and the same command continues from it" in errors
    assert "Traceback" not in errors
    assert [path.name for path in out.iterdir()] == ["checkpoint.pt"]


def test_help_names_the_recipes_and_fields_lists_their_fields(command: Command) -> None:
    text = command("train", "--help").stdout
    assert all(recipe in text for recipe in RECIPES)
    assert "--fields" in text
    for recipe, kind in (("mnist", DenseRecipe), ("mnist-cnn", ImageRecipe)):
        fields = command("train", recipe, "--fields", "--set", "copies=7")
        assert fields.returncode == 0
        words = [line.split() for line in fields.stdout.splitlines()[3:] if line]
        lines = {first: rest[0] for first, *rest in words if rest}
        assert set(lines) >= set(settings(kind))
        assert lines["copies"] == "7"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["digitz", "--out", "out"], "no recipe 'digitz': did you mean digits?"),
        (["digits"], "--out is missing"),
        (["digits", "--out", "out", "--multipliers", "0"], "a budget of 0"),
        (["digits", "--out", "out", "--r", "18;10"], "is no list of integers"),
        (["digits", "--out", "out", "--set", "bach=3"], "did you mean batch?"),
    ],
)
def test_bad_options_are_one_sentence_and_leave_nothing(
    command: Command,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    sentence: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    result = command("train", *arguments)
    assert result.returncode == 2
    assert sentence in result.stderr.replace("\n", " ")
    assert "Traceback" not in result.stderr
    assert not (tmp_path / "out").exists()
