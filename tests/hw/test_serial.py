# amaranth: UnusedElaboratable=no
"""Layers digit by digit: exact for every digit, a sample a word."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mulbudget.hw.datapath import Datapath
from mulbudget.hw.digits import word_bits
from mulbudget.hw.families import FAMILIES
from mulbudget.hw.lower import lower_graph, lower_sum_product
from mulbudget.hw.serial import SerialLayer
from mulbudget.spn import Range
from tests.hw.graphs import graphs
from tests.hw.simulate import run
from tests.hw.test_circuit import GRAPH, X
from tests.networks import corners, layers, ranges

Expected = Callable[[npt.NDArray[np.int64]], npt.NDArray[np.int64]]


@st.composite
def datapaths(draw: st.DrawFn) -> tuple[Datapath, Range, Expected]:
    """Of an adder graph or a sum-product layer, with what it gives."""
    if draw(st.booleans()):
        graph = draw(graphs())
        x = draw(ranges(graph.n_in, bits=7))
        return lower_graph(graph, x), x, graph
    n_in = draw(st.integers(1, 5))
    layer = draw(layers(n_in, st.integers(1, 5)))
    x = draw(ranges(n_in, bits=7))
    return lower_sum_product(layer, x, dsp=()), x, layer.evaluate


@settings(max_examples=60)
@given(st.data())
def test_results_are_exact_for_every_digit(data: st.DataObject) -> None:
    datapath, x, expected = data.draw(datapaths())
    digit = data.draw(st.integers(1, word_bits(datapath)))
    levels = data.draw(st.integers(1, 4))
    family = data.draw(st.sampled_from([None, *FAMILIES.values()]))
    layer = SerialLayer("layer", datapath, digit=digit, levels_per_stage=levels, family=family)
    samples = corners(x, 6)
    stalls = data.draw(st.sampled_from([0.0, 0.4]))
    results, clocks = run(layer, samples, stalls=stalls)
    assert np.array_equal(results, expected(samples))
    if not stalls:
        assert set(np.diff(clocks)) == {layer.interval}
        assert clocks[0] >= layer.interval - 1 + layer.latency


@pytest.mark.parametrize("digit", range(1, 10))
def test_the_interval_is_the_digits_of_a_word(digit: int) -> None:
    datapath = lower_graph(GRAPH, X)
    assert word_bits(datapath) == 9
    layer = SerialLayer("layer", datapath, digit=digit, levels_per_stage=2)
    assert layer.interval == -(-9 // digit)


@pytest.mark.parametrize("digit", [0, 10, -1])
def test_a_digit_has_one_bit_to_a_word(digit: int) -> None:
    with pytest.raises(ValueError, match=f"digit must be 1 to 9 bits, not {digit}"):
        SerialLayer("layer", lower_graph(GRAPH, X), digit=digit, levels_per_stage=2)


def test_no_level_in_a_stage_is_refused() -> None:
    with pytest.raises(ValueError, match="levels_per_stage must be at least 1, not 0"):
        SerialLayer("layer", lower_graph(GRAPH, X), digit=1, levels_per_stage=0)
