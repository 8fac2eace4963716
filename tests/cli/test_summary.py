"""`mulbudget summary` says what the files of a folder say."""

import json
from pathlib import Path

import pytest
from msgspec.structs import replace

from mulbudget.cli.proof import Proof, write_proof
from mulbudget.spn import Network, digest, load, save
from tests.cli.conftest import Command
from tests.networks import example

REPORT = {
    "name": "example",
    "network": digest(example()),
    "board": "ulx3s",
    "family": "ecp5",
    "levels_per_stage": 8,
    "bitstream": "example.bit",
    "lut": {"used": 1200, "available": 24288},
    "ff": {"used": 340, "available": 24288},
    "dsp": {"used": 3, "available": 28},
    "bram": {"used": 0, "available": 56},
    "clock_mhz": 25.0,
    "fmax_mhz": 40.5,
    "latency": 7,
    "interval": 1,
    "samples_per_second": 25e6,
    "baud": 1000000,
    "link_samples_per_second": 12000.0,
    "seconds": 30.0,
}


def proof(network: Path) -> Proof:
    return Proof(
        network=digest(load(network)),
        hardware="RTL",
        samples="test set",
        exact=360,
        total=360,
        passed=True,
    )


@pytest.fixture
def results(network: Path) -> Path:
    """A folder as `make demo` leaves it, with the example network."""
    folder = network.parent
    (folder / "metrics.json").write_text('{"test_accuracy": 0.975}')
    write_proof(folder / "sim.json", proof(network))
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
        "simulated RTL, test set 360 of 360 bit-exact",
        "multipliers 3 of 28",
        "LUTs 1,200 of 24,288",
        "clock 25 MHz, at most 40.50 MHz",
        "samples per second 25,000,000",
        "latency 7 clocks",
        f"network {results}/network.spn",
        f"bitstream {results}/ulx3s/example.bit",
    } <= set(lines(result.stdout))
    assert "Verilog" not in result.stdout


def test_a_clock_by_pll_is_told_with_the_oscillator(command: Command, results: Path) -> None:
    faster = {**REPORT, "clock_mhz": 39.0625, "oscillator_mhz": 25.0}
    (results / "ulx3s" / "report.json").write_text(json.dumps(faster))
    text = lines(command("summary", results, "--board", "ulx3s").stdout)
    assert "clock 39.0625 MHz from 25 MHz by PLL, at most 40.50 MHz" in text


def test_without_a_board_and_before_a_simulation(command: Command, results: Path) -> None:
    (results / "sim.json").unlink()
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
    assert f"error: {results}/metrics.json is truncated" in result.stderr


@pytest.mark.parametrize("name", ["metrics.json", "sim.json", "ulx3s/report.json"])
@pytest.mark.parametrize("content", ["{}", "[]", "null", '{"dsp": 3, "test_accuracy": "high"}'])
def test_json_of_another_form_is_one_sentence(
    command: Command, results: Path, name: str, content: str
) -> None:
    (results / name).write_text(content)
    result = command("summary", results, "--board", "ulx3s")
    assert result.returncode == 2
    assert result.stderr.startswith(f"error: {results}/{name} is truncated or not what mulbudget")
    assert result.stderr.count("\n") == 1


def test_the_proof_of_another_network_is_none(command: Command, results: Path) -> None:
    network = example()
    save(Network("example", network.input, network.nodes), results / "network.spn")
    result = command("summary", results)
    assert result.returncode == 0
    assert "simulated" not in result.stdout


def test_the_bitstream_of_another_network_is_none(command: Command, results: Path) -> None:
    network = example()
    save(Network("example", network.input, network.nodes), results / "network.spn")
    text = lines(command("summary", results, "--board", "ulx3s").stdout)
    assert "bitstream of another network: build it again" in text
    assert "LUTs" not in "".join(text)
    assert "example.bit" not in "".join(text)


def test_vivado_has_figures_of_its_own(command: Command, results: Path) -> None:
    none = dict.fromkeys(["lut", "ff", "dsp", "bram", "fmax_mhz"])
    (results / "ulx3s" / "report.json").write_text(json.dumps(REPORT | none))
    text = lines(command("summary", results, "--board", "ulx3s").stdout)
    sentence = "Vivado's own reports say, after `vivado -mode batch -source example.tcl`"
    assert f"resources, timing {sentence}" in text
    assert "clock 25 MHz" in text


def test_what_was_simulated_is_named(command: Command, results: Path) -> None:
    path = results / "sim.json"
    right = proof(results / "network.spn")
    write_proof(path, replace(right, hardware="netlist", samples="random inputs", total=361))
    text = lines(command("summary", results).stdout)
    assert "simulated netlist, random inputs 360 of 361 bit-exact" in text
    write_proof(path, replace(right, exact=2, passed=False))
    text = lines(command("summary", results).stdout)
    assert "simulated RTL, test set failed, 2 of 360 bit-exact" in text


def test_a_build_without_a_path_between_registers(command: Command, results: Path) -> None:
    (results / "ulx3s" / "report.json").write_text(json.dumps(REPORT | {"fmax_mhz": None}))
    assert "clock 25 MHz" in lines(command("summary", results, "--board", "ulx3s").stdout)
