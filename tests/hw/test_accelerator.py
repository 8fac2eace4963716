# amaranth: UnusedElaboratable=no
"""The accelerator gives the network's integers; one that it refuses to be is never elaborated."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mulbudget.hw.accelerator import Accelerator
from mulbudget.hw.plan import make_plan
from mulbudget.spn import Network, Node, Range, SumProduct, Tensor
from tests.hw.simulate import run
from tests.networks import example, networks, samples

OPTIONS: list[dict[str, Any]] = [
    {"levels_per_stage": 1},
    {"levels_per_stage": 2, "dsp": 1},
    {"levels_per_stage": 3, "dsp": 0},
    {"levels_per_stage": 8, "family": "ice40-hx"},
    {"levels_per_stage": 1, "family": "ice40-hx"},
]
"""Portable hardware, shift-and-add, and the chains of complements that iCE40 prefers."""


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
