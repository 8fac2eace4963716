# amaranth: UnusedElaboratable=no
"""The top bit that a sum has from its operands' signs is right for all operands there are."""

import numpy as np
import pytest

from mulbudget.hw.adders import Add, AdderGraph, Output
from mulbudget.hw.carry import free_bits, sum_top_apart
from mulbudget.hw.circuit import Circuit
from mulbudget.hw.datapath import Input, Sum
from mulbudget.hw.families import FAMILIES
from mulbudget.hw.verilog import convert_circuit
from mulbudget.spn import Range
from tests.hw.test_circuit import results

ECP5 = FAMILIES["ecp5"]


def one_adder(left: tuple[int, int], right: tuple[int, int], add: Add) -> Circuit:
    graph = AdderGraph(2, (add,), (Output(2),))
    x = Range((left[0], right[0]), (left[1], right[1]))
    return Circuit("one", graph, x, family=ECP5)


@pytest.mark.parametrize(
    ("left", "right", "add"),
    [
        ((-32, 31), (-32, 31), Add(0, 1)),
        ((-32, 31), (-32, 31), Add(0, 1, subtract=True)),
        ((0, 63), (0, 63), Add(0, 1)),
        ((0, 63), (0, 63), Add(0, 1, subtract=True)),
        ((-32, 31), (0, 31), Add(0, 1)),
        ((0, 31), (-32, 31), Add(0, 1, subtract=True)),
        ((-32, 31), (-16, 15), Add(0, 1, left_shift=1)),
        ((-16, 15), (-32, 31), Add(0, 1, subtract=True, right_shift=1)),
        ((-50, 40), (-8, 7), Add(0, 1)),
        ((-50, 40), (0, 7), Add(0, 1, subtract=True)),
        ((0, 9), (-50, 40), Add(0, 1, subtract=True)),
        ((0, 100), (0, 20), Add(0, 1)),
        ((0, 20), (20, 100), Add(0, 1)),
        ((-2, 1), (0, 120), Add(0, 1, left_shift=1)),
    ],
)
def test_every_pair_of_operands_gives_its_sum(
    left: tuple[int, int], right: tuple[int, int], add: Add
) -> None:
    circuit = one_adder(left, right, add)
    pairs = np.stack(
        np.meshgrid(np.arange(left[0], left[1] + 1), np.arange(right[0], right[1] + 1)), -1
    ).reshape(-1, 2)
    graph = AdderGraph(2, (add,), (Output(2),))
    assert np.array_equal(results(circuit, pairs), graph(pairs))


@pytest.mark.parametrize(
    ("ends", "apart"),
    [
        ((-32, 31), True),  # a chain of 6 and the top bit
        ((-64, 63), False),  # 8 bits fill 4 cells
        ((-16, 15), False),  # plain logic takes what is so short
    ],
)
def test_the_top_bit_is_apart_where_a_cell_would_be_half_empty(
    ends: tuple[int, int], apart: bool
) -> None:
    assert ("lower" in convert_circuit(one_adder(ends, ends, Add(0, 1)))) == apart


def test_only_a_sum_wider_than_one_operand_has_it_apart() -> None:
    wide = Input(name="x", low=-64, high=63, channel=0)
    narrow = Input(name="y", low=-32, high=31, channel=1)
    total = Sum(name="s", low=-64, high=62, operands=(0, 1))
    assert sum_top_apart(ECP5, total, [narrow, narrow])
    assert sum_top_apart(ECP5, total, [wide, narrow])
    assert not sum_top_apart(ECP5, total, [wide, wide])
    assert not sum_top_apart(FAMILIES["ice40-up"], total, [narrow, narrow])
    assert not sum_top_apart(None, total, [narrow, narrow])


@pytest.mark.parametrize(
    ("subtract", "shifts", "bits"),
    [(False, (2, 0), 2), (False, (0, 2), 2), (True, (0, 2), 2), (True, (2, 0), 0)],
)
def test_low_bits_of_the_operand_that_is_not_shifted_are_free(
    subtract: bool, shifts: tuple[int, int], bits: int
) -> None:
    assert free_bits(subtract, *shifts) == bits
