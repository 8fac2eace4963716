from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mulbudget.hw.adders import multiply_by
from mulbudget.hw.adders.constant import signed_digits


@given(st.integers(-(2**20), 2**20))
def test_digits_add_up_and_no_two_are_neighbours(constant: int) -> None:
    digits = signed_digits(constant)
    assert sum(digit << shift for shift, digit in digits) == constant
    shifts = [shift for shift, _ in digits]
    assert all(second - first > 1 for first, second in pairwise(shifts))


@given(st.integers(-(2**20), 2**20))
def test_the_graph_multiplies_with_one_adder_less_than_digits(constant: int) -> None:
    graph = multiply_by(constant)
    assert graph.matrix().tolist() == [[constant]]
    assert graph.adders == max(len(signed_digits(constant)) - 1, 0)


@pytest.mark.parametrize("constant", [0, 1, -1, 64, -1024])
def test_powers_of_two_are_wires(constant: int) -> None:
    assert multiply_by(constant).adders == 0
