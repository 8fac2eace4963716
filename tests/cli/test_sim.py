"""`mulbudget sim` says how many samples were bit-exact, and exits 1 where some were not."""

from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from mulbudget.cli.app import app
from mulbudget.cli.proof import Proof
from mulbudget.hw import verilog
from mulbudget.hw.plan import Plan
from mulbudget.hw.sidecar import Sidecar
from mulbudget.sim.batch import BatchSimulator
from mulbudget.sim.result import SimulationError
from mulbudget.spn import (
    ArgMax,
    Network,
    Node,
    Range,
    SumProduct,
    Tensor,
    digest,
    product_network,
    save,
)
from mulbudget.spn.files import read_json
from tests.algorithms import STRASSEN
from tests.cli.conftest import Command
from tests.networks import example


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
    report = network.parent / "sim.json"
    options = ("--gate-level", "--family", "ice40-up", "--report", report)
    result = command("sim", network, *options)
    assert result.returncode == 0, result.stderr
    proof = read_json(report, Proof)
    assert (proof.hardware, proof.samples) == ("netlist", "random inputs")
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
    report = tmp_path / "sim.json"
    whole = command("sim", tmp_path / "digits.spn", "--report", report)
    assert whole.returncode == 0, whole.stderr
    assert "the test set of recipe digits: 360 samples" in whole.stdout
    assert "accuracy" in whole.stdout
    assert whole.stdout.splitlines()[-1] == "360 of 360 bit-exact"
    assert read_json(report, Proof) == Proof(
        network=digest(digits),
        hardware="RTL",
        samples="test set",
        exact=360,
        total=360,
        passed=True,
    )
    part = command("sim", tmp_path / "digits.spn", "--samples", 50, "--report", report)
    assert read_json(report, Proof).samples == "first samples of the test set"
    assert "the first samples of the test set of recipe digits: 50 samples" in part.stdout
    assert part.stdout.splitlines()[-1] == "50 of 50 bit-exact"


def test_a_core_and_its_benches(command: Command, tmp_path: Path) -> None:
    save(product_network(STRASSEN, name="core", bits=4), tmp_path / "core.spn")
    result = command("sim", tmp_path / "core.spn", "--dsp", 4, "--samples", 100, "--benches")
    assert result.returncode == 0, result.stderr
    assert "all 256 pairs of extreme entries, and 100 random pairs of matrices" in result.stdout
    assert result.stdout.splitlines()[-1] == "356 of 356 bit-exact"


def test_a_tiled_product_as_a_netlist(command: Command, tmp_path: Path) -> None:
    tiles = product_network(STRASSEN, name="tiles", bits=4, size=(3, 8, 2))
    save(tiles, tmp_path / "tiles.spn")
    words = ["--gate-level", "--family", "ecp5", "--samples", 20, "--stalls", 0.3]
    result = command("sim", tmp_path / "tiles.spn", *words)
    assert result.returncode == 0, result.stderr
    assert result.stdout.splitlines()[-1] == "20 of 20 bit-exact"


@pytest.mark.usefixtures("broken")
def test_wrong_hardware(network: Path) -> None:
    report = network.parent / "sim.json"
    arguments = ["sim", str(network), "--samples", "100", "--report", str(report)]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 1
    assert "first difference: sample" in result.stderr
    assert "output 0: expected 0, got 1" in result.stderr
    exact = int(result.stdout.splitlines()[-1].split()[0])
    assert 0 < exact < 100
    assert result.stdout.splitlines()[-1] == f"{exact} of 100 bit-exact"
    proof = read_json(report, Proof)
    assert (proof.exact, proof.total, proof.passed) == (exact, 100, False)


def test_hardware_that_hangs(network: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def hang(*_: object, **__: object) -> None:
        raise SimulationError("it hangs")

    monkeypatch.setattr(BatchSimulator, "run", hang)
    report = network.parent / "sim.json"
    result = CliRunner().invoke(app, ["sim", str(network), "--report", str(report)])
    assert result.exit_code == 1
    assert result.stderr == "the hardware is wrong: it hangs\n"
    proof = read_json(report, Proof)
    assert (proof.exact, proof.passed) == (0, False)


@pytest.fixture
def of_mnist(tmp_path: Path) -> Path:
    """A network of a recipe whose data set is not at hand."""
    net = example()
    provenance = {"recipe": "mnist", "seed": 0, "input_bits": 4}
    save(Network(net.name, net.input, net.nodes, provenance), tmp_path / "mnist.spn")
    return tmp_path / "mnist.spn"


def test_named_data_that_cannot_be_read(command: Command, of_mnist: Path, tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    result = command("sim", of_mnist, "--data", folder)
    assert result.returncode == 2
    assert f"{folder} does not have it" in result.stderr
    (folder / "train-images-idx3-ubyte").write_bytes(b"damaged")
    result = command("sim", of_mnist, "--data", folder)
    assert result.returncode == 2
    assert f"error: {folder}/train-images-idx3-ubyte is no idx file" in result.stderr


def test_data_that_are_not_at_hand(
    command: Command, of_mnist: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MULBUDGET_DATA", raising=False)
    monkeypatch.setenv("SCIKIT_LEARN_DATA", str(tmp_path / "none"))
    result = command("sim", of_mnist, "--samples", 50)
    assert result.returncode == 0, result.stderr
    assert "50 random inputs over the whole input range, seed 0 (recipe mnist" in result.stdout


def test_damaged_data_are_no_reason_for_random_inputs(
    command: Command, of_mnist: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MULBUDGET_DATA", raising=False)
    monkeypatch.setenv("SCIKIT_LEARN_DATA", str(tmp_path))
    folder = tmp_path / "mulbudget-mnist"
    folder.mkdir()
    (folder / "train-images-idx3-ubyte").write_bytes(b"damaged")
    result = command("sim", of_mnist)
    assert result.returncode == 2
    assert f"error: {folder}/train-images-idx3-ubyte is no idx file" in result.stderr
    assert f"delete {folder}, and training fetches all again" in result.stderr


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
