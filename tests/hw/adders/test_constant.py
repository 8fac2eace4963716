from collections import Counter
from itertools import pairwise, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mulbudget.hw.adders import multiply_by
from mulbudget.hw.adders.constant import signed_digits
from mulbudget.spn import Range

CONSTANTS = st.integers(-(2**20), 2**20)


@given(CONSTANTS)
def test_digits_add_up_and_no_two_are_neighbours(constant: int) -> None:
    digits = signed_digits(constant)
    assert sum(digit << shift for shift, digit in digits) == constant
    shifts = [shift for shift, _ in digits]
    assert all(second - first > 1 for first, second in pairwise(shifts))


@given(CONSTANTS | st.integers(-(2**60), 2**60))
def test_the_graph_multiplies_with_fewer_adders_than_digits(constant: int) -> None:
    graph = multiply_by(constant)
    assert graph.matrix().tolist() == [[constant]]
    assert graph.adders <= max(len(signed_digits(constant)) - 1, 0)


@pytest.mark.parametrize("constant", [0, 1, -1, 64, -1024])
def test_powers_of_two_are_wires(constant: int) -> None:
    assert multiply_by(constant).adders == 0


@pytest.mark.parametrize(
    ("constant", "adders"), [(3, 1), (11, 2), (43, 3), (683, 4), (14709, 5), (699829, 6)]
)
def test_the_least_constants_of_each_count_have_it(constant: int, adders: int) -> None:
    assert multiply_by(constant).adders == adders
    assert multiply_by(-constant << 3).adders == adders


def test_no_graph_has_fewer_adders() -> None:
    possible = fewest_adders(bits=10)
    odd = range(1, 1 << 10, 2)
    assert {c: multiply_by(c).adders for c in odd} == {c: possible.get(c, 4) for c in odd}


def test_twelve_bits_take_four_adders_at_most_and_no_depth_beyond_that_of_their_digits() -> None:
    graphs = {constant: multiply_by(constant) for constant in range(1, 1 << 12, 2)}
    counts = Counter(graph.adders for graph in graphs.values())
    assert counts == {0: 1, 1: 21, 2: 224, 3: 1290, 4: 512}
    for constant, graph in graphs.items():
        assert graph.matrix().tolist() == [[constant]]
        # A value of depth d has at most 2^d digits.
        assert graph.depth == (len(signed_digits(constant)) - 1).bit_length()


@given(st.integers(-(2**12), -1))
def test_a_negative_product_is_negated_only_where_that_saves_an_adder(constant: int) -> None:
    graph, digits = multiply_by(constant), signed_digits(constant)
    negated = all(digit < 0 for _, digit in digits)
    assert graph.adders + graph.outputs[0].negative <= len(digits) - 1 + negated


def test_of_equal_graphs_the_narrow_one_is_taken() -> None:
    assert multiply_by(85).ranges(Range.uniform(0, 1, 1)).high == (1, 5, 85)  # not 17 before 85


def fewest_adders(bits: int) -> dict[int, int]:
    """The adders of all odd constants of so many bits that three can make, by trying all graphs."""
    fewest = {1: 0}
    graphs = [(1,)]
    for adders in (1, 2, 3):
        graphs = [(*graph, value) for graph in graphs for value in following(graph, bits + 2)]
        for graph in graphs:
            fewest.setdefault(graph[-1], adders)
    return {constant: adders for constant, adders in fewest.items() if constant < 1 << bits}


def following(graph: tuple[int, ...], bits: int) -> set[int]:
    """What one adder makes of the values of a graph, without the factors of two."""
    return {
        total // (total & -total)
        for left, right in product(graph, repeat=2)
        for shift in range(bits)
        for total in ((left << shift) + right, abs((left << shift) - right))
        if 0 < total < 1 << bits
    }
