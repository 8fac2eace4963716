"""`mulbudget sim` says how many samples were bit-exact, and exits 1 where some were not."""

from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from mulbudget.cli.app import app
from mulbudget.hw import verilog
from mulbudget.hw.plan import Plan
from mulbudget.hw.sidecar import Sidecar
from mulbudget.spn import ArgMax, Network, Node, Range, SumProduct, Tensor, save
from tests.cli.conftest import Command


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hardware whose second output bit is stuck."""
    right = verilog.write

    def wrong(network: Network, plan: Plan, folder: Path) -> Sidecar:
        sidecar = right(network, plan, folder)
        path = folder / f"{sidecar.name}.v"
        text = path.read_text()
        old = "module example(i__valid, o__ready, clk, rst, i__ready, o__payload,"
        assert old in text
        text = text.replace("module example(", "module example_right(", 1)
        outer = """
            module example(input clk, input rst, input [8:0] i__payload, input i__valid,
                output i__ready, output o__payload, output o__valid, input o__ready);
              wire payload;
              assign o__payload = 1'b1;
              example_right inner(.clk(clk), .rst(rst), .i__payload(i__payload),
                .i__valid(i__valid), .i__ready(i__ready), .o__payload(payload),
                .o__valid(o__valid), .o__ready(o__ready));
            endmodule
        """
        path.write_text(text + outer)
        return sidecar

    monkeypatch.setattr(verilog, "write", wrong)


@pytest.mark.parametrize(
    "options", [[], ["--dsp", "0"], ["--family", "ecp5"], ["--stalls", "0.4"], ["--seed", "3"]]
)
def test_right_hardware(command: Command, network: Path, options: list[str]) -> None:
    result = command("sim", network, "--samples", 100, *options)
    assert result.returncode == 0, result.stderr
    assert "100 random inputs over the whole input range" in result.stdout
    assert result.stdout.splitlines()[-1] == "100 of 100 bit-exact"


def test_the_netlist(command: Command, network: Path) -> None:
    result = command("sim", network, "--gate-level", "--family", "ice40-up")
    assert result.returncode == 0, result.stderr
    assert result.stdout.splitlines()[-1] == "64 of 64 bit-exact"


def test_the_benches(command: Command, network: Path) -> None:
    result = command("sim", network, "--samples", 10, "--benches")
    assert result.returncode == 0, result.stderr
    assert "reset_in_the_middle" in result.stdout
    assert result.stdout.count("passed") >= 9


def test_the_recipes_test_set(command: Command, tmp_path: Path) -> None:
    wb = np.zeros((2, 64), np.int8)
    wb[0, 20:30], wb[1, 35:45] = 1, -1
    layer = SumProduct(wb, np.array([5, 3]), np.eye(2, dtype=np.int8), np.array([0, 9]), 0)
    nodes = [Node("fc", layer, "x"), Node("argmax", ArgMax(), "fc")]
    provenance = {"recipe": "digits", "seed": 0, "input_bits": 4}
    digits = Network("digits", Tensor((64,), 0, Range.uniform(0, 15, 64)), nodes, provenance)
    save(digits, tmp_path / "digits.spn")
    whole = command("sim", tmp_path / "digits.spn")
    assert whole.returncode == 0, whole.stderr
    assert "the test set of recipe digits: 360 samples" in whole.stdout
    assert "accuracy" in whole.stdout
    assert whole.stdout.splitlines()[-1] == "360 of 360 bit-exact"
    part = command("sim", tmp_path / "digits.spn", "--samples", 50)
    assert "the first samples of the test set of recipe digits: 50 samples" in part.stdout
    assert part.stdout.splitlines()[-1] == "50 of 50 bit-exact"


@pytest.mark.usefixtures("broken")
def test_wrong_hardware(network: Path) -> None:
    result = CliRunner().invoke(app, ["sim", str(network), "--samples", "100"])
    assert result.exit_code == 1
    assert "first difference: sample" in result.stderr
    assert "output 0: expected 0, got 1" in result.stderr
    exact = int(result.stdout.splitlines()[-1].split()[0])
    assert 0 < exact < 100
    assert result.stdout.splitlines()[-1] == f"{exact} of 100 bit-exact"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--gate-level"], "choose one with --family"),
        (["--family", "ecp6"], "there is no device family 'ecp6'"),
        (["--dsp", "-1"], "-1 hardware multipliers are not possible"),
        (["--samples", "0"], "--samples"),
        (["--stalls", "1"], "--stalls"),
    ],
)
def test_options_that_make_no_sense(
    command: Command, network: Path, options: list[str], message: str
) -> None:
    result = command("sim", network, *options)
    assert result.returncode == 2
    assert message in result.stderr
    assert "Traceback" not in result.stderr


def test_a_file_that_is_no_network(command: Command, tmp_path: Path) -> None:
    (tmp_path / "x.spn").write_text("no")
    result = command("sim", tmp_path / "x.spn")
    assert result.returncode == 2
    assert result.stderr.count("\n") == 1
