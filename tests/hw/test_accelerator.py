# amaranth: UnusedElaboratable=no
"""The accelerator gives the network's integers; one that it refuses to be is never elaborated."""

import itertools
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mulbudget.hw.accelerator import Accelerator
from mulbudget.hw.plan import make_plan
from mulbudget.hw.verilog import convert
from mulbudget.spn import ArgMax, Network, Node, Range, SumProduct, Tensor
from tests.hw.simulate import run
from tests.networks import example, networks, samples

OPTIONS: list[dict[str, Any]] = [
    {"levels_per_stage": 1},
    {"levels_per_stage": 2, "dsp": 1},
    {"levels_per_stage": 3, "dsp": 0},
    {"levels_per_stage": 8, "family": "ice40-hx"},
    {"levels_per_stage": 1, "family": "ice40-hx"},
    {"levels_per_stage": 1, "family": "ecp5", "dsp": 0},
]
"""Portable hardware, shift-and-add, and the chains that iCE40 and ECP5 prefer."""


@pytest.mark.parametrize("options", OPTIONS)
@settings(max_examples=8)
@given(network=networks(max_width=5), seed=st.integers(0, 99))
def test_equals_the_network_under_random_stalls(
    options: dict[str, Any], network: Network, seed: int
) -> None:
    x = samples(network, 12, seed)
    accelerator = Accelerator(network, make_plan(network, **options))
    results, _ = run(accelerator, x, stalls=0.4, seed=seed)
    assert np.array_equal(results, network.run(x))


@pytest.mark.parametrize("options", OPTIONS)
def test_latency_and_interval_are_what_it_says(options: dict[str, Any]) -> None:
    network = example()
    accelerator = Accelerator(network, make_plan(network, **options))
    _, clocks = run(accelerator, samples(network, 10))
    first = accelerator.latency
    assert clocks == list(range(first, first + 10 * accelerator.interval, accelerator.interval))


@pytest.mark.parametrize(("family", "outlet"), [(None, True), ("ecp5", True), ("ice40-hx", False)])
def test_where_luts_are_memory_a_short_result_waits_and_nothing_stops(
    family: str | None, outlet: bool
) -> None:
    network = example()
    text = convert(Accelerator(network, make_plan(network, family=family, dsp=0)), "top")
    assert (".outlet " in text) == outlet


@pytest.mark.parametrize("family", [None, "ecp5", "ice40-hx"])
def test_the_first_of_the_largest_channels_wins(family: str | None) -> None:
    low, high = (-3, 0, -2, 1), (2, 4, -1, 3)
    network = Network("net", Tensor((4,), 0, Range(low, high)), [Node("argmax", ArgMax(), "x")])
    ends = [range(first, last + 1) for first, last in zip(low, high, strict=True)]
    x = np.array(list(itertools.product(*ends)))
    accelerator = Accelerator(network, make_plan(network, family=family))
    results, _ = run(accelerator, x)
    assert (results[:, 0] == x.argmax(axis=1)).all()


def test_a_plan_for_another_network_is_refused() -> None:
    network = example()
    other = Network("other", network.input, network.nodes[:1])
    with pytest.raises(ValueError, match="plan must be for operators"):
        Accelerator(network, make_plan(other))


def test_a_bias_may_have_more_trailing_zeros_than_its_product_has_bits() -> None:
    one = np.ones((1, 1), np.int8)
    layer = SumProduct(one, np.array([9]), one, np.array([-160]), 0)
    network = Network("net", Tensor((1,), 0, Range((0,), (1,))), [Node("fc", layer, "x")])
    results, _ = run(Accelerator(network, make_plan(network)), np.array([[0], [1]]))
    assert results.tolist() == [[-160], [-151]]
