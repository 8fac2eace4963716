"""`mulbudget summary` says what the files of a folder say."""

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Command

REPORT = {
    "bitstream": "example.bit",
    "lut": {"used": 1200, "available": 24288},
    "ff": {"used": 340, "available": 24288},
    "dsp": {"used": 3, "available": 28},
    "clock_mhz": 25.0,
    "fmax_mhz": 40.5,
    "latency": 7,
    "samples_per_second": 25e6,
}


@pytest.fixture
def results(network: Path) -> Path:
    """A folder as `make demo` leaves it, with the example network."""
    folder = network.parent
    (folder / "metrics.json").write_text('{"test_accuracy": 0.975}')
    (folder / "sim.txt").write_text("a table\n360 of 360 bit-exact\n")
    (folder / "ulx3s").mkdir()
    (folder / "ulx3s" / "report.json").write_text(json.dumps(REPORT))
    (folder / "ulx3s" / "example.bit").touch()
    return folder


def lines(text: str) -> list[str]:
    return [" ".join(line.split()) for line in text.splitlines()]


def test_the_whole_way(command: Command, results: Path) -> None:
    result = command("summary", results, "--board", "ulx3s")
    assert result.returncode == 0
    assert lines(result.stdout)[0] == "example on ulx3s"
    assert {
        "test accuracy of the integers 97.50%",
        "multiplications 4, 73.3% fewer than dense",
        "simulated hardware, test set 360 of 360 bit-exact",
        "multipliers 3 of 28",
        "LUTs 1,200 of 24,288",
        "clock 25 MHz, at most 40.5 MHz",
        "samples per second 25,000,000, 7 clocks each",
        f"network {results}/network.spn",
        f"bitstream {results}/ulx3s/example.bit",
    } <= set(lines(result.stdout))
    assert "Verilog" not in result.stdout


def test_without_a_board_and_before_a_simulation(command: Command, results: Path) -> None:
    (results / "sim.txt").unlink()
    result = command("summary", results)
    assert result.returncode == 0
    assert "simulated" not in result.stdout
    assert "LUTs" not in result.stdout


def test_what_is_missing_or_damaged_is_named(command: Command, results: Path) -> None:
    result = command("summary", results, "--board", "icebreaker")
    assert result.returncode == 2
    assert f"cannot read {results}/icebreaker/report.json: No such file" in result.stderr
    (results / "metrics.json").write_text("{")
    result = command("summary", results)
    assert result.returncode == 2
    assert f"{results}/metrics.json is no JSON file" in result.stderr
