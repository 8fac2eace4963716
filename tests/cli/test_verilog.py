"""`mulbudget verilog` writes NAME.v and NAME.json, and prints what NAME.json says."""

from pathlib import Path

import pytest

from mulbudget.hw.sidecar import load
from tests.cli.conftest import Command


def test_the_files_and_the_table(command: Command, network: Path, tmp_path: Path) -> None:
    out = tmp_path / "verilog"
    result = command("verilog", network, "--out", out)
    assert result.returncode == 0
    assert sorted(each.name for each in out.iterdir()) == ["example.json", "example.v"]
    sidecar = load(out / "example.json")
    clocks = f"latency {sidecar.latency} clocks, a sample every 1 clock"
    assert f"{sidecar.multipliers} hardware multipliers, {clocks}" in result.stdout
    rows = {line.split()[0]: line.split() for line in result.stdout.splitlines() if line.strip()}
    for layer in sidecar.layers:
        assert rows[layer.name][1] == layer.operator
        assert rows[layer.name][-1] == str(layer.latency)
    assert rows["total"][-1] == str(sidecar.latency)
    assert "module example(" in (out / "example.v").read_text()


def test_the_styles_are_told(command: Command, network: Path, tmp_path: Path) -> None:
    result = command("verilog", network, "--style", "serial:2", "--out", tmp_path / "out")
    assert "styles: " in result.stdout
    assert "serial:2" in result.stdout
    assert "styles: " not in command("verilog", network, "--out", tmp_path / "plain").stdout


def test_two_folders_hold_the_same_bytes(command: Command, network: Path, tmp_path: Path) -> None:
    first, second = (tmp_path / name for name in ("first", "second"))
    for out in (first, second):
        assert command("verilog", network, "--out", out).returncode == 0
    for name in ("example.v", "example.json"):
        assert (first / name).read_bytes() == (second / name).read_bytes()


def test_dsp_caps_the_hardware_multipliers(command: Command, network: Path, tmp_path: Path) -> None:
    assert command("verilog", network, "--dsp", 0, "--out", tmp_path / "none").returncode == 0
    assert load(tmp_path / "none" / "example.json").multipliers == 0
    assert command("verilog", network, "--dsp", 1, "--out", tmp_path / "one").returncode == 0
    assert load(tmp_path / "one" / "example.json").multipliers == 1


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--dsp", "-1"], "-1 hardware multipliers are not possible: use 0 or more"),
        (["--levels-per-stage", "0"], "0 levels per stage are not possible: use 1 or more"),
        (
            ["--board", "ulx3s-25f", "--levels-per-stage", "0"],
            "0 levels per stage are not possible: use 1 or more",
        ),
        (["--family", "ecp6"], "ecp5"),
    ],
)
def test_options_that_make_no_sense(
    command: Command, network: Path, tmp_path: Path, options: list[str], message: str
) -> None:
    result = command("verilog", network, "--out", tmp_path / "out", *options)
    assert result.returncode == 2
    assert message in result.stderr
    assert result.stderr.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_a_folder_that_cannot_be_made(command: Command, network: Path) -> None:
    result = command("verilog", network, "--out", network)
    assert result.returncode == 2
    assert result.stderr == f"error: cannot make folder {network}: File exists\n"
