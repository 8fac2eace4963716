import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mulbudget.hw.adders import Add, AdderGraph, Output, optimize
from mulbudget.hw.adders.cost import adder_luts
from mulbudget.hw.cost import Cost
from mulbudget.hw.families import FAMILIES
from mulbudget.hw.lower import lower_graph
from mulbudget.hw.schedule import schedule
from mulbudget.spn import Range, UserError, width
from tests.hw.graphs import digit_graph
from tests.networks import ranges, ternary


@pytest.mark.parametrize("name", FAMILIES)
@given(x=ranges(2, bits=8), subtract=st.booleans(), shift=st.integers(-4, 4))
def test_one_adder_takes_what_the_formula_says(
    name: str, x: Range, subtract: bool, shift: int
) -> None:
    x = Range(tuple(min(low, 0) for low in x.low), tuple(max(high, 1) for high in x.high))
    add = Add(0, 1, subtract, max(shift, 0), max(-shift, 0))
    graph = AdderGraph(2, (add,), (Output(2),))
    left, right, result = graph.ranges(x).ends
    luts = adder_luts(
        FAMILIES[name],
        left,
        right,
        result,
        subtract=subtract,
        left_shift=add.left_shift,
        right_shift=add.right_shift,
    )
    bits = width(*result)[0]
    inverters = 0
    if subtract and not FAMILIES[name].free_subtraction and bits - add.right_shift > 2:
        inverters = min(width(*right)[0], bits - add.right_shift)
    assert graph.cost(name, x) == Cost(luts + inverters, 0)


def test_a_value_is_inverted_once_for_all_that_subtract_it() -> None:
    graph = AdderGraph(3, (Add(0, 2, True), Add(1, 2, True)), (Output(3), Output(4)))
    x = Range.uniform(0, 255, 3)
    assert graph.cost("ice40-up", x).luts == 2 * 9 + 8
    assert graph.cost("ecp5", x).luts == 2 * 9


def test_equal_low_bits_of_two_adders_are_the_same_cells() -> None:
    sevenfold, fifteenfold = Add(0, 0, True, 3, 0), Add(0, 0, True, 4, 0)
    x = Range((0,), (255,))
    alone = [
        AdderGraph(1, (add,), (Output(1),)).cost("gw1n", x).luts for add in (sevenfold, fifteenfold)
    ]
    both = AdderGraph(1, (sevenfold, fifteenfold), (Output(1), Output(2)))
    assert both.cost("gw1n", x).luts == sum(alone) - 3


def test_flip_flops_are_the_bits_that_wait() -> None:
    matrix = ternary(np.random.default_rng(0), 12, 9, 0.6)
    graph, x = optimize(matrix, iterations=50), Range.uniform(-128, 127, 9)
    assert graph.cost("ecp5", x).flip_flops == 0
    for levels in (1, 2, 3):
        plan = schedule(lower_graph(graph, x), levels)
        assert graph.cost("ecp5", x, levels_per_stage=levels).flip_flops == plan.register_bits


def test_low_bits_that_an_adder_only_passes_wait_once() -> None:
    graph = AdderGraph(2, (Add(0, 1, right_shift=3),), (Output(0), Output(2)))
    x = Range.uniform(0, 15, 2)
    assert graph.cost("ecp5", x, levels_per_stage=1).flip_flops == 8 + 4 - 3


@given(st.integers(0, 2**32 - 1))
def test_registers_hardly_change_the_luts(seed: int) -> None:
    rng = np.random.default_rng(seed)
    graph = digit_graph(rng.integers(-20, 20, (3, 4)))
    x = Range.uniform(-8, 7, 4)
    for name in FAMILIES:
        without, with_them = (graph.cost(name, x, levels_per_stage=n) for n in (None, 2))
        assert with_them.luts == pytest.approx(without.luts, rel=0.3)


def test_wires_are_free() -> None:
    graph = AdderGraph(2, (), (Output(1, shift=3), Output(None)))
    assert graph.cost("ice40-hx", Range.uniform(0, 7, 2)) == Cost(0, 0)
    assert graph.cost("ice40-hx", Range.uniform(0, 7, 2), levels_per_stage=2) == Cost(0, 3)


def test_an_unknown_family() -> None:
    with pytest.raises(UserError, match="there is no device family 'ecp6'"):
        AdderGraph(1, (), (Output(0),)).cost("ecp6", Range((0,), (1,)))
