"""What holds for every verb: help, version, exit codes, no traceback for what the user did."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Command

VERBS = (
    *("show", "run", "verilog", "sim", "boards", "bitstream", "program", "infer", "summary"),
    "adders",
)


def test_without_arguments_it_prints_its_verbs(command: Command) -> None:
    text = command().stdout + command().stderr
    assert all(verb in text for verb in VERBS)


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_help(command: Command, verb: str) -> None:
    result = command(verb, "--help")
    assert result.returncode == 0
    assert f"Usage: mulbudget {verb} " in result.stdout


def test_version(command: Command) -> None:
    result = command("--version")
    assert (result.returncode, result.stdout) == (0, "mulbudget 0.1.0\n")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["shw"], "Did you mean 'show'?"),
        (["show"], "Missing argument"),
        (["show", "--jsn"], "No such option: --jsn"),
        (["run", "network.spn"], "Missing option '--output'"),
        (["verilog", "network.spn", "--out", "x", "--dsp", "many"], "Invalid value for '--dsp'"),
    ],
)
def test_wrong_usage_exits_with_2(command: Command, arguments: list[str], message: str) -> None:
    result = command(*arguments)
    assert result.returncode == 2
    assert message in result.stderr


@pytest.mark.parametrize(
    "arguments",
    [["show"], ["run", "--input", "x.npy", "--output", "y.npy"], ["verilog", "--out", "out"]],
    ids=("show", "run", "verilog"),
)
def test_what_the_user_can_put_right_is_one_sentence(
    command: Command, tmp_path: Path, arguments: list[str]
) -> None:
    path = tmp_path / "none.spn"
    result = command(arguments[0], path, *arguments[1:])
    assert result.returncode == 2
    assert result.stdout == ""
    assert result.stderr == f"error: cannot read {path}: No such file or directory\n"


def test_a_closed_pipe_is_quiet(network: Path) -> None:
    words = [sys.executable, "-m", "mulbudget.cli.main", "show", str(network)]
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as pipe:
        result = subprocess.run(words, stdout=pipe, stderr=subprocess.PIPE, check=False)
    assert result.stderr == b""


def test_an_interrupt_exits_with_130(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    words = [sys.executable, "-m", "mulbudget.cli.main", "show", str(pipe)]
    # The pipe opens once the command reads from it, which then waits for content.
    with subprocess.Popen(words, stderr=subprocess.PIPE) as process, pipe.open("wb"):
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert b"Traceback" not in errors


def test_an_interrupt_while_it_starts_exits_with_130() -> None:
    script = (
        "import sys\n"
        "class Interrupt:\n"
        "    def find_spec(self, name, *_):\n"
        "        if name == 'typer':\n"
        "            raise KeyboardInterrupt\n"
        "sys.meta_path.insert(0, Interrupt())\n"
        "from mulbudget.cli.main import main\n"
        "main()\n"
    )
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, check=False)
    assert (result.returncode, result.stderr) == (130, b"")
