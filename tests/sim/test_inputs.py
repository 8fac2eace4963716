"""Random inputs reach the corners."""

from itertools import product

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from mulbudget.sim.inputs import corner_inputs, extreme_operands, random_inputs
from mulbudget.spn import Range, Tensor, find_product, product_network
from tests.algorithms import STRASSEN
from tests.networks import ranges


@given(st.integers(1, 6).flatmap(lambda n: ranges(n, bits=61)), st.integers(1, 40))
def test_they_lie_in_the_range_and_begin_with_its_ends(given_range: Range, count: int) -> None:
    tensor = Tensor((given_range.channels,), 0, given_range)
    x = random_inputs(tensor, count, 3)
    assert x.shape == (count, tensor.range.channels)
    assert tensor.range.contains(x).all()
    assert tuple(x[0].tolist()) == tensor.range.low
    assert count == 1 or tuple(x[1].tolist()) == tensor.range.high
    assert np.array_equal(x, random_inputs(tensor, count, 3))


def test_corners_are_all_of_them_or_none() -> None:
    tensor = Tensor((3,), 0, Range((-2, 0, 5), (1, 0, 9)))
    corners = corner_inputs(tensor)
    assert corners.shape == (8, 3)
    assert set(map(tuple, corners)) == set(product((-2, 1), (0,), (5, 9)))
    most = corner_inputs(Tensor((18,), 0, Range.uniform(-1, 1, 18)))
    assert len(np.unique(most, axis=0)) == 1 << 18
    assert corner_inputs(Tensor((19,), 0, Range.uniform(-1, 1, 19))).shape == (0, 19)


def test_extreme_operands_take_each_product_to_its_ends() -> None:
    network = product_network(STRASSEN, name="product", bits=5)
    product = find_product(network)
    a, b = product.split(extreme_operands(product, network.input.range))
    for rows, matrix in ((STRASSEN.wa, a), (STRASSEN.wb, b)):
        sums = matrix.reshape(-1, 4) @ rows.T.astype(int)
        ends = Range.uniform(-16, 15, 4).linear(rows)
        assert (sums.min(axis=0) == ends.low).all()
        assert (sums.max(axis=0) == ends.high).all()
