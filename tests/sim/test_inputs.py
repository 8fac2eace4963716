"""Random inputs reach the corners."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from mulbudget.sim.inputs import random_inputs
from mulbudget.spn import Range, Tensor
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
