"""`mulbudget plan`."""

from pathlib import Path

import pytest

from bench.random_networks import dense
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
    for word in ("fc1", "fc2", "argmax", "UART link", "total", "available", "samples per second"):
        assert word in result.stdout


def test_a_style_can_be_given(command: Command, file: Path) -> None:
    result = command("plan", file, "--board", "ulx3s-25f", "--style", "fc1=serial")
    assert "serial:1" in result.stdout


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--reserve", "much"), "--reserve 'much' is no percentage"),
        (("--reserve", "95%"), "a reserve of 95% is not possible"),
        (("--samples-per-second", "1e9"), "samples per second are the most"),
        (("--style", "fc9=serial"), "no sum-product layer 'fc9'"),
    ],
)
def test_what_cannot_be_is_refused(
    command: Command, file: Path, words: tuple[str, ...], message: str
) -> None:
    result = command("plan", file, "--board", "ulx3s-25f", *words)
    assert result.returncode == 2
    assert message in result.stderr
