import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mulbudget.hw.datapath import Datapath, Sum
from mulbudget.hw.plan import LayerPlan, make_plan
from mulbudget.spn import (
    Add,
    Bilinear,
    Convolution,
    Geometry,
    Network,
    Node,
    Range,
    Requantize,
    SumProduct,
    Tensor,
    UserError,
    product_network,
)
from tests.algorithms import STRASSEN
from tests.images import image_network
from tests.networks import append, example, networks


def layer(a: list[int], high: int = 15) -> Network:
    """Inputs 0 to `high`, each multiplied by its own of `a`."""
    eye = np.eye(len(a), dtype=np.int8)
    operator = SumProduct(eye, np.array(a), eye, np.zeros(len(a), np.int64), 0)
    tensor = Tensor((len(a),), 0, Range.uniform(0, high, len(a)))
    return Network("net", tensor, [Node("fc", operator, "x")])


def test_every_live_product_has_a_multiplier() -> None:
    assert make_plan(layer([3, 0, 8, -5])).dsp == 3


def test_a_cap_leaves_the_multipliers_to_what_costs_most() -> None:
    plan = make_plan(layer([3, 64, 85, 1]), dsp=1)
    assert plan.layers[0].datapath.figures["dsp"] == 1
    assert plan.layers[0].datapath.figures["adders_products"] == 1  # of 3; 64 and 1 are wires


def test_none_at_all_is_possible() -> None:
    assert make_plan(example(), dsp=0).dsp == 0


def test_a_family_without_dsp_blocks_gets_none() -> None:
    assert make_plan(example(), family="ice40-hx").dsp == 0
    with pytest.raises(UserError, match=r"iCE40 HX has no hardware multipliers, .* use --dsp 0"):
        make_plan(example(), family="ice40-hx", dsp=1)


@pytest.mark.parametrize(
    ("a", "high", "message"),
    [([3], 2**16, "layer fc: the sum of product 0"), ([2**15], 1, "layer fc: the multiplicand")],
)
def test_an_operand_that_is_too_wide_is_refused(a: list[int], high: int, message: str) -> None:
    with pytest.raises(UserError, match=message):
        make_plan(layer(a, high), family="ice40-up")
    assert make_plan(layer(a, high), family="ice40-up", dsp=0).dsp == 0
    assert make_plan(layer(a, high), family="ecp5").dsp == 1


def test_the_rounding_of_a_requantization_is_in_the_bias_before_it() -> None:
    plan = make_plan(append(layer([3]), "act", Requantize(3, 0, 7)))
    assert plan.layers[0].datapath.ends == [(4, 49)]
    assert plan.layers[1].datapath.ends == [(0, 6)]


def test_options_out_of_range_are_refused() -> None:
    with pytest.raises(UserError, match="-1 hardware multipliers"):
        make_plan(example(), dsp=-1)
    with pytest.raises(UserError, match="0 levels per stage"):
        make_plan(example(), levels_per_stage=0)
    with pytest.raises(UserError, match="choose from ecp5"):
        make_plan(example(), family="ecp6")


def test_what_nothing_takes_is_refused() -> None:
    network = layer([3, 5])
    branch = Node("again", network.nodes[0].operator, "x")
    forked = Network("net", network.input, [*network.nodes, branch])
    with pytest.raises(UserError, match="operator fc: nothing takes what it makes"):
        make_plan(forked)


@pytest.mark.parametrize(("a", "products"), [(4, 0), (21, 2)])
def test_a_mean_takes_multipliers_only_where_it_multiplies(a: int, products: int) -> None:
    pool = Convolution(
        np.ones((2, 1, 2, 2), np.int8),
        np.full(2, a),
        np.eye(2, dtype=np.int8).reshape(2, 2, 1, 1),
        np.zeros(2, np.int64),
        4,
        Geometry.plain((2, 2), (2, 2)),
        2,
    )
    x = Tensor((2, 4, 4), 0, Range.uniform(0, 7, 2))
    assert make_plan(Network("net", x, [Node("mean", pool, "x")])).dsp == products


@settings(max_examples=20)
@given(st.one_of(networks(), st.builds(image_network, st.integers(6, 8), st.integers(0, 99))))
def test_graph_additions_are_the_sums_of_each_window(network: Network) -> None:
    for layer in make_plan(network).layers:
        assert layer.graph_additions == windows(layer) * sums(layer)


def windows(layer: LayerPlan) -> int:
    """Or pixels of a residual sum, or pairs of blocks."""
    x = layer.inputs[0]
    match layer.node.operator:
        case Convolution(geometry=geometry):
            return math.prod(geometry.positions(x.shape[1:]))
        case Add():
            return math.prod(x.shape[1:])
        case Bilinear(blocks=blocks):
            return math.prod(blocks)
        case _:
            return 1


def sums(layer: LayerPlan) -> int:
    """Adders of the hardware but those of biases: with all products in multipliers the graphs'."""
    assert isinstance(layer.datapath, Datapath)
    return sum(isinstance(op, Sum) for op in layer.datapath.ops)


def test_graph_additions_of_a_matrix_product() -> None:
    core, tiled = (
        make_plan(product_network(STRASSEN, name="product", size=size)).layers[0]
        for size in (None, (4, 6, 8))
    )
    assert core.graph_additions == sums(core)
    assert tiled.graph_additions == windows(tiled) * sums(core) + 2 * 4 * 2 * 4


def test_a_layer_of_zeros_has_no_graph_additions() -> None:
    zeros, two = np.zeros((2, 2), np.int8), np.ones(2, np.int64)
    tensor = Tensor((2,), 0, Range.uniform(0, 7, 2))
    node = Node("fc", SumProduct(zeros, two, zeros, two, 0), "x")
    assert make_plan(Network("net", tensor, [node])).layers[0].graph_additions == 0


def test_progress_names_each_layer_before_it_is_planned() -> None:
    told: list[tuple[str, int]] = []
    network = example()
    make_plan(network, progress=lambda name, done: told.append((name, done)))
    assert told == [(node.name, number) for number, node in enumerate(network.nodes)]
