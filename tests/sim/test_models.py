"""The models of DSP primitives do what the generated parameters and signs ask for, no more."""

from pathlib import Path

import numpy as np
import pytest

from mulbudget.hw.plan import make_plan
from mulbudget.hw.verilog import write
from mulbudget.sim.batch import BatchSimulator
from mulbudget.sim.compare import compare
from mulbudget.spn import Network, Node, Range, SumProduct, Tensor
from tests.networks import samples

ONE = np.ones((1, 1), np.int8)
NETWORK = Network(
    "product",
    Tensor((1,), 0, Range((-30_000,), (30_000,))),
    [Node("fc", SumProduct(ONE, np.array([-29_999]), ONE, np.array([5]), 0), "x")],
)

BREAKS = [
    ("ecp5", '.REG_OUTPUT_CLK("CLK0")', '.REG_OUTPUT_CLK("NONE")'),
    ("ecp5", '.REG_INPUTA_CLK("CLK0")', '.REG_INPUTA_CLK("NONE")'),
    ("ecp5", ".SIGNEDA(1'h1)", ".SIGNEDA(1'h0)"),
    ("ecp5", ".SIGNEDB(1'h1)", ".SIGNEDB(1'h0)"),
    ("ice40-up", ".PIPELINE_16x16_MULT_REG2(1'h1)", ".PIPELINE_16x16_MULT_REG2(1'h0)"),
    ("ice40-up", ".TOPOUTPUT_SELECT(2'h3)", ".TOPOUTPUT_SELECT(2'h0)"),
    ("ice40-up", ".A_SIGNED(1'h1)", ".A_SIGNED(1'h0)"),
    ("gw1n", ".AREG(1'h1)", ".AREG(1'h0)"),
    ("gw1n", ".OUT_REG(1'h1)", ".OUT_REG(1'h0)"),
    ("gw1n", ".ASIGN(1'h1)", ".ASIGN(1'h0)"),
    ("gw1n", ".BSIGN(1'h1)", ".BSIGN(1'h0)"),
]


@pytest.mark.parametrize(("family", "right", "wrong"), BREAKS)
def test_a_wrong_parameter_is_noticed(family: str, right: str, wrong: str, tmp_path: Path) -> None:
    sidecar = write(NETWORK, make_plan(NETWORK, family=family), tmp_path)
    verilog = tmp_path / "product.v"
    text = verilog.read_text()
    assert right in text
    verilog.write_text(text.replace(right, wrong))
    result = compare(NETWORK, BatchSimulator(verilog, sidecar), samples(NETWORK, 50))
    assert not result.passed
