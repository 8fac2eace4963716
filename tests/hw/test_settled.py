from pathlib import Path

import numpy as np
import pytest

from mulbudget.boards.catalogue import BOARDS
from mulbudget.boards.planning import plan_board
from mulbudget.hw.accelerator import Accelerator
from mulbudget.hw.plan import make_plan
from mulbudget.hw.settled import layer_of, requantization_of
from mulbudget.hw.styles import Folded, Parallel, Serial, Style
from mulbudget.hw.verilog import write
from mulbudget.sim.batch import BatchSimulator
from mulbudget.sim.compare import compare
from mulbudget.sim.inputs import random_inputs
from mulbudget.spn import Network, Node, Range, Requantize, SumProduct, Tensor

EYE = np.eye(4, dtype=np.int8)


def network(bias: list[int]) -> Network:
    """Four inputs 0 to 15, three times each and a bias, to 0 … 15, and sums of pairs of those."""
    first = SumProduct(EYE, np.full(4, 3), EYE, np.array(bias), 0)
    last = SumProduct(EYE, np.ones(4, int), np.abs(EYE - EYE[::-1]), np.zeros(4, int), 0)
    tensor = Tensor((4,), 0, Range.uniform(0, 15, 4))
    nodes = [Node("fc", first, "x"), Node("act", Requantize(2, 0, 15), "fc")]
    return Network("net", tensor, [*nodes, Node("out", last, "act")])


SETTLED = network([0, -44, 62, -48])
"""act gives 0 to 11, 0, 15 (of 15.5 and more) and 0."""


def test_an_output_that_is_always_clamped_takes_no_product() -> None:
    plan = make_plan(SETTLED)
    assert plan.layers[0].datapath.figures["dsp"] == 1
    assert make_plan(network([0, -43, 57, 0])).layers[0].datapath.figures["dsp"] == 4


def test_it_is_the_value_nearest_to_zero_that_the_output_can_be() -> None:
    layer, _ = layer_of(SETTLED, SETTLED.nodes[0], SETTLED.input)
    assert layer.bias.tolist() == [2, 0, 64, -1]  # half a unit, 2, is added to all
    assert np.flatnonzero(layer.wc.any(axis=1)).tolist() == [0]


def test_what_is_not_settled_stays() -> None:
    free = network([0, 0, 0, 0])
    layer, _ = layer_of(free, free.nodes[0], free.input)
    assert np.array_equal(layer.wc, EYE)
    assert layer.bias.tolist() == [2, 2, 2, 2]


def test_the_requantization_must_be_the_only_one_that_takes_it() -> None:
    both = Network(
        "net", SETTLED.input, [*SETTLED.nodes[:2], Node("more", Requantize(0, -99, 99), "fc")]
    )
    assert requantization_of(both, both.nodes[0]) is None
    assert layer_of(both, both.nodes[0], both.input)[0] is both.nodes[0].operator


@pytest.mark.parametrize("style", [Parallel(), Serial(2), Folded(2, 2)])
def test_the_hardware_gives_the_results_of_the_network(style: Style, tmp_path: Path) -> None:
    plan = make_plan(SETTLED, styles={"fc": style, "out": style})
    sidecar = write(SETTLED, plan, tmp_path)
    x = random_inputs(SETTLED.input, 200, 0)
    assert compare(SETTLED, BatchSimulator(tmp_path / "net.v", sidecar), x).passed


def test_a_plan_counts_its_multipliers_alike() -> None:
    choice = plan_board(SETTLED, BOARDS["ulx3s-25f"], ["parallel"])
    plan = make_plan(SETTLED, family="ecp5", dsp=choice.dsp, styles=choice.styles)
    assert plan.dsp == choice.total.dsp
    assert plan.layers[0].datapath.figures["dsp"] == choice.pieces[0].dsp == 1


@pytest.mark.parametrize("bias", [[0, -44, 62, -48], [-48] * 4])
def test_a_plan_knows_how_long_its_words_are(bias: list[int]) -> None:
    made = network(bias)
    choice = plan_board(made, BOARDS["ulx3s-25f"], ["serial:1"])
    accelerator = Accelerator(made, make_plan(made, family="ecp5", styles=choice.styles))
    assert choice.total.interval == accelerator.interval
