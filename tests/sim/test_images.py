"""Networks of images through Verilator, bit for bit and to the clock."""

from pathlib import Path

import pytest

from mulbudget.hw.plan import make_plan
from mulbudget.hw.styles import styles_of
from mulbudget.hw.verilog import write
from mulbudget.sim.batch import BatchSimulator
from mulbudget.sim.compare import compare
from mulbudget.sim.gate import gate_level_simulator
from mulbudget.sim.inputs import random_inputs
from tests.images import image_network, small_image_network


@pytest.mark.parametrize(
    ("size", "family", "dsp", "style"),
    [
        (9, None, None, []),
        (8, "ecp5", 3, []),
        (7, None, 5, ["serial:2", "conv2=parallel"]),
        (8, None, None, ["folded"]),
        (7, "ecp5", 3, ["folded:3:2", "conv3=serial", "fc=folded:1:3"]),
    ],
)
def test_every_sample_is_exact_and_in_time(
    tmp_path: Path, size: int, family: str | None, dsp: int | None, style: list[str]
) -> None:
    network = image_network(size, alone=bool(style))
    plan = make_plan(network, family=family, dsp=dsp, styles=styles_of(network, style))
    sidecar = write(network, plan, tmp_path)
    simulator = BatchSimulator(tmp_path / "images.v", sidecar)
    x = random_inputs(network.input, 400, seed=0)
    result = compare(network, simulator, x)
    assert result.passed, (result, result.difference, result.timing)
    stalled = compare(network, simulator, x[:100], stalls=0.4)
    assert stalled.passed, stalled.difference


def test_its_netlist_gives_the_same(tmp_path: Path) -> None:
    network = small_image_network()
    sidecar = write(network, make_plan(network, family="ice40-up", dsp=1), tmp_path)
    simulator = gate_level_simulator(tmp_path / "images.v", sidecar, "ice40-up")
    result = compare(network, simulator, random_inputs(network.input, 20, seed=0))
    assert result.passed, (result, result.difference, result.timing)
