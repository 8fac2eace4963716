"""`mulbudget plan`."""

from pathlib import Path

import pytest

from bench.random_networks import dense, images
from mulbudget.boards.catalogue import find_board, with_clock
from mulbudget.boards.planning import levels_of
from mulbudget.spn import save
from tests.cli.conftest import Command


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "dense.spn"
    save(dense((64, 24, 10), density=0.4), path)
    return path


def test_it_says_what_each_layer_takes(command: Command, file: Path) -> None:
    result = command("plan", file, "--board", "icebreaker")
    assert result.returncode == 0, result.stderr
    assert "on icebreaker" in result.stdout
    said = ("samples per second", "microseconds from a sample taken to its result")
    for word in ("fc1", "fc2", "argmax", "UART link", "total", "available", *said):
        assert word in result.stdout


def test_a_style_can_be_given(command: Command, file: Path) -> None:
    result = command("plan", file, "--board", "ulx3s-25f", "--style", "fc1=serial")
    assert "serial:1" in result.stdout


def test_a_choice_for_a_goal_can_be_built(command: Command, file: Path) -> None:
    words = ["--board", "ulx3s-25f"]
    result = command("plan", file, *words, "--samples-per-second", "100000")
    (line,) = [each for each in result.stdout.splitlines() if each.startswith("to build it: ")]
    styles = line.removeprefix("to build it: ").split()
    assert [each.partition("=")[0] for each in styles[1::2]] == ["fc1", "fc2"]
    again = command("plan", file, *words, *styles)
    assert again.stdout + line + "\n" == result.stdout


def test_a_clock_too_fast_for_its_registers_is_warned_of(command: Command, file: Path) -> None:
    words = ["plan", file, "--board", "ulx3s-85f", "--clock", "60", "--style", "parallel"]
    few = command(*words, "--levels-per-stage", "8")
    assert few.returncode == 0, few.stderr
    assert "samples per second at 60 MHz" in few.stdout
    assert "warning: Fmax about" in few.stdout
    enough = levels_of(with_clock(find_board("ulx3s-85f"), 60))
    assert f"use fewer adders between registers (--levels-per-stage {enough})" in few.stdout
    many = command(*words, "--levels-per-stage", "1")
    assert "Fmax about" in many.stdout
    assert "warning" not in many.stdout


def test_registers_are_no_cure_for_the_handshake(command: Command, tmp_path: Path) -> None:
    save(images((1, 3, 6), 8, density=0.4), tmp_path / "images.spn")
    words = ["--board", "icebreaker", "--clock", "60", "--levels-per-stage", "2"]
    result = command("plan", tmp_path / "images.spn", *words)
    assert "for the handshake that goes through all layers" in result.stdout
    assert "--levels-per-stage" not in result.stdout


def test_samples_per_second_are_of_the_clock_that_there_is(command: Command, file: Path) -> None:
    words = ["--board", "ice40-hx8k", "--clock", "50", "--style", "folded"]
    result = command("plan", file, *words)
    assert f"about {50.25e6 / 64:,.0f} samples per second at 50.25 MHz" in result.stdout


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--clock", "1000"), "--clock 1000 on ulx3s-25f: a clock of 1000 MHz is not possible"),
        (("--reserve", "much"), "--reserve 'much' is no percentage"),
        (("--reserve", "0.5"), "--reserve 0.5 may be 0.5% or 50%: write the %"),
        (("--reserve", "95%"), "a reserve of 95% is not possible"),
        (("--samples-per-second", "1e9"), "samples per second are the most"),
        (("--max-latency", "0.01"), "gives no result within 0.01 microseconds on ulx3s-25f"),
        (("--style", "fc2=serial:40"), "layer fc2: a digit of 40 bits exceeds its words of"),
        (("--style", "fc9=serial"), "no sum-product layer 'fc9'"),
    ],
)
def test_what_cannot_be_is_refused(
    command: Command, file: Path, words: tuple[str, ...], message: str
) -> None:
    result = command("plan", file, "--board", "ulx3s-25f", *words)
    assert result.returncode == 2
    assert message in result.stderr
