"""Hardware that is right passes; hardware that is wrong is caught, at the first difference."""

from pathlib import Path

from mulbudget.sim.batch import BatchSimulator
from mulbudget.sim.compare import Difference, compare
from mulbudget.sim.inputs import random_inputs
from tests.sim import leaf

X = random_inputs(leaf.NETWORK.input, 100, 0)


def simulator(folder: Path, *changes: tuple[str, str]) -> BatchSimulator:
    design = leaf.write(folder, *changes)
    return BatchSimulator(design.verilog, design.sidecar)


def test_the_right_design(tmp_path: Path) -> None:
    comparison = compare(leaf.NETWORK, simulator(tmp_path), X)
    assert comparison.passed
    assert str(comparison) == "100 of 100 bit-exact"
    assert comparison.timing == ()


def test_one_wrong_output_for_one_input(tmp_path: Path) -> None:
    wrong = ("negative = -sum1", "negative = sum1 == 14 ? 0 : -sum1")
    comparison = compare(leaf.NETWORK, simulator(tmp_path, wrong), X[[0, 3, 1, 1]])
    assert not comparison.passed
    assert str(comparison) == "2 of 4 bit-exact"
    assert comparison.difference == Difference(sample=2, output=1, expected=-14, got=0)
    assert str(comparison.difference) == "sample 2, output 1: expected -14, got 0"


def test_a_register_that_does_not_stop_is_caught_under_stalls(tmp_path: Path) -> None:
    running = ("if (enable) begin\n      sum0 <= a + b;", "sum0 <= a + b;\n    if (enable) begin")
    hardware = simulator(tmp_path, running)
    assert compare(leaf.NETWORK, hardware, X).passed
    assert not compare(leaf.NETWORK, hardware, X, stalls=0.5).passed
    assert compare(leaf.NETWORK, simulator(tmp_path), X, stalls=0.5).passed


def test_timing_that_is_not_as_promised(tmp_path: Path) -> None:
    design = leaf.write(tmp_path)
    promised = BatchSimulator(design.verilog, leaf.sidecar(latency=3, interval=2))
    comparison = compare(leaf.NETWORK, promised, X)
    assert comparison.difference is None
    assert not comparison.passed
    assert comparison.timing == (
        "latency is 2 clocks, not 3",
        "the interval is 1 clocks from sample to sample, not 2",
    )
    assert compare(leaf.NETWORK, promised, X, stalls=0.5).passed
