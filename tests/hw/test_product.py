"""Cores and tiled products give A B, in the clocks that they say."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mulbudget.hw.accelerator import Accelerator
from mulbudget.hw.plan import make_plan
from mulbudget.hw.streams import Port
from mulbudget.hw.verilog import convert
from mulbudget.spn import (
    Add,
    ArgMax,
    Bilinear,
    Network,
    Node,
    Range,
    Requantize,
    Scheme,
    Tensor,
    UserError,
    nest,
    product_network,
    standard,
)
from tests.algorithms import STRASSEN
from tests.hw.simulate import run_streams

OPTIONS: list[dict[str, Any]] = [
    {"levels_per_stage": 1},
    {"levels_per_stage": 2, "dsp": 3},
    {"levels_per_stage": 1, "dsp": 1},
    {"levels_per_stage": 3, "dsp": 0},
    {"levels_per_stage": 1, "family": "ice40-hx"},
]
"""A product a clock, shared multipliers, and products in logic."""

SCHEMES = [STRASSEN, standard(1, 2, 3), standard(2, 1, 1), nest(STRASSEN, standard(1, 2, 1))]


@pytest.mark.parametrize("options", OPTIONS)
@settings(max_examples=6)
@given(
    scheme=st.sampled_from(SCHEMES),
    size=st.none() | st.tuples(*[st.integers(1, 5)] * 3),
    seed=st.integers(0, 99),
)
def test_equals_the_network_under_random_stalls(
    options: dict[str, Any], scheme: Scheme, size: tuple[int, int, int] | None, seed: int
) -> None:
    network = product_network(scheme, name="product", bits=4, size=size)
    y, *_ = multiply(network, options, 4, stalls=0.3, seed=seed)
    assert (y == network.run(inputs(network, 4, seed))).all()


@pytest.mark.parametrize("options", OPTIONS)
@pytest.mark.parametrize("size", [None, (4, 6, 2), (1, 2, 5), (3, 3, 1), (2, 2, 4)])
def test_latency_and_interval_are_what_it_says(
    options: dict[str, Any], size: tuple[int, int, int] | None
) -> None:
    network = product_network(STRASSEN, name="product", bits=4, size=size)
    y, clocks, accelerator = multiply(network, options, 5)
    assert (y == network.run(inputs(network, 5, 0))).all()
    beats = len(clocks) // 5
    ends = clocks[beats - 1 :: beats]
    assert ends[0] == accelerator.latency
    assert set(np.diff(ends)) == {accelerator.interval}


@pytest.mark.parametrize(("dsp", "interval", "used"), [(7, 1, 7), (6, 2, 4), (3, 3, 3), (1, 7, 1)])
def test_products_share_no_more_multipliers_than_they_need(
    dsp: int, interval: int, used: int
) -> None:
    network = product_network(STRASSEN, name="product")
    plan = make_plan(network, dsp=dsp)
    assert (plan.layers[0].datapath.interval, plan.dsp) == (interval, used)


def test_ranges_of_inputs_that_are_not_symmetric_close() -> None:
    low = (0, 3, -7, -1, 0, 0, 5, -2)
    x = Tensor((8,), 0, Range(low, tuple(end + 4 for end in low)))
    network = Network("product", x, [Node("product", Bilinear(STRASSEN, (2, 2, 2)), "x")])
    y, *_ = multiply(network, {}, 40)
    assert (y == network.run(inputs(network, 40, 0))).all()
    assert make_plan(network).layers[0].datapath.ends == network.output.range.ends


def test_a_product_of_zeros_takes_no_multiplier() -> None:
    wa, wb = (np.pad(each, ((0, 1), (0, 0))) for each in (STRASSEN.wa, STRASSEN.wb))
    wc = np.pad(STRASSEN.wc, ((0, 0), (0, 1)), constant_values=1)
    scheme = Scheme(2, 2, 2, wa, wb, wc)
    assert make_plan(product_network(scheme, name="product")).dsp == 7


def test_requantization_may_follow_a_core() -> None:
    core = product_network(STRASSEN, name="product")
    act = Node("act", Requantize(3, 0, 255), "product")
    network = Network("product", core.input, [*core.nodes, act])
    y, *_ = multiply(network, {"dsp": 2}, 9)
    assert (y == network.run(inputs(network, 9, 0))).all()


def test_what_hardware_is_not_built_for_is_refused() -> None:
    tiled = product_network(STRASSEN, name="product", size=(4, 4, 4))
    behind = Network("product", tiled.input, [*tiled.nodes, Node("argmax", ArgMax(), "product")])
    with pytest.raises(UserError, match=r"operator argmax: behind .* tiled one none at all"):
        make_plan(behind)
    act = Node("act", Requantize(0, -9, 9), "x")
    product = Node("product", Bilinear(STRASSEN, (2, 2, 2)), "act")
    core = product_network(STRASSEN, name="product")
    double = Network(
        "product", core.input, [*core.nodes, Node("sum", Add((0, 0)), *["product"] * 2)]
    )
    with pytest.raises(UserError, match="operator sum: behind a product of matrices"):
        make_plan(double)
    with pytest.raises(UserError, match="operator product: a product of matrices must come first"):
        make_plan(Network("product", core.input, [act, product]))


def test_factors_that_are_too_wide_for_the_block_are_refused() -> None:
    make_plan(product_network(STRASSEN, name="product", bits=17), family="ecp5")
    network = product_network(STRASSEN, name="product", bits=18)
    with pytest.raises(
        UserError, match=r"layer product: a factor of product m\d .* 18 signed bits"
    ):
        make_plan(network, family="ecp5")
    make_plan(network, family="ecp5", dsp=0)


def inputs(network: Network, samples: int, seed: int) -> npt.NDArray[np.int64]:
    random = np.random.default_rng(seed)
    x = network.input.range
    return random.integers(x.low, x.high, (samples, x.channels), endpoint=True)


def multiply(
    network: Network, options: dict[str, Any], samples: int, *, stalls: float = 0.0, seed: int = 0
) -> tuple[npt.NDArray[np.int64], list[int], Accelerator]:
    """Results (samples, entries of C) of random matrices, and the clocks of the beats of C."""
    accelerator = Accelerator(network, make_plan(network, **options))
    product = network.nodes[0].operator
    assert isinstance(product, Bilinear)
    matrices = product.split(inputs(network, samples, seed))
    beats = {
        port.name: cut(matrix, port)
        for port, matrix in zip(accelerator.inputs, matrices, strict=True)
    }
    blocks = product.blocks
    results, clocks = run_streams(
        accelerator, beats, samples * blocks[0] * blocks[2], stalls=stalls, seed=seed
    )
    (rows, _, columns), k, n = product.size, product.scheme.k, product.scheme.n
    whole = results.reshape(samples, blocks[0], blocks[2], k, n).swapaxes(2, 3)
    whole = whole.reshape(samples, blocks[0] * k, blocks[2] * n)[:, :rows, :columns]
    return whole.reshape(samples, -1), clocks, accelerator


def cut(matrices: npt.NDArray[np.int64], port: Port) -> npt.NDArray[np.int64]:
    """The beats of matrices (samples, rows, columns): their blocks, one by one."""
    height, width = port.block
    return np.array(
        [
            np.pad(block, [(0, height - block.shape[0]), (0, width - block.shape[1])]).ravel()
            for matrix in matrices
            for row in range(0, port.shape[0], height)
            for column in range(0, port.shape[1], width)
            for block in [matrix[row : row + height, column : column + width]]
        ]
    )


@pytest.mark.parametrize(("dsp", "products"), [(0, 7), (None, 0)])
def test_a_product_in_logic_is_kept_out_of_dsp_blocks(dsp: int | None, products: int) -> None:
    network = product_network(STRASSEN, name="product")
    text = convert(Accelerator(network, make_plan(network, dsp=dsp)), "product")
    assert text.count('(* use_dsp = "no" *)') == products
