"""Pooling, joins and flattening: in PyTorch what they are as integers."""

import numpy as np
import pytest
import torch
from hypothesis import assume, given
from hypothesis import strategies as st
from torch import nn

from mulbudget.spn import Convolution, Geometry, MaxPool
from mulbudget.train.images import AveragePool, Dropping, Flat, Join, LargestPool, Sum
from tests.images import geometries

torch.set_num_threads(1)


@given(st.integers(1, 2).flatmap(lambda axes: geometries(axes, patches=False)))
def test_pools_are_their_operators(geometry: Geometry) -> None:
    sizes = zip(geometry.padding, geometry.kernel, strict=True)
    assume(all(2 * pad <= size for pad, size in sizes))
    q = np.random.default_rng(0).integers(-8, 8, (2, 3, *(6,) * geometry.axes))
    x = torch.tensor(q / 4.0)
    largest, average = LargestPool(geometry), AveragePool(geometry, 3)
    assert isinstance(largest.operator(2), MaxPool)
    assert np.array_equal(largest(x).numpy() * 4, largest.operator(2).evaluate(q))
    assert largest.freeze(2) == 2
    operator, places = average.operator(2), average.freeze(2)
    assert isinstance(operator, Convolution) and operator.averages
    assert np.array_equal(average(x).numpy() * 2.0**places, operator.evaluate(q))


@given(geometries(2, patches=False), st.sampled_from([1, 16, 20]), st.booleans())
def test_the_largest_entries_and_their_gradients_are_those_of_pytorch(
    geometry: Geometry, channels: int, flipped: bool
) -> None:
    assume(
        all(2 * pad <= size for pad, size in zip(geometry.padding, geometry.kernel, strict=True))
    )
    generator = torch.Generator().manual_seed(0)
    q = torch.randint(-2, 3, (2, channels, 7, 6), generator=generator).float()  # many are equal
    q = q.transpose(2, 3) if flipped else q
    plain, fast = q.clone().requires_grad_(), q.clone().requires_grad_()
    window = geometry.kernel, geometry.stride, geometry.padding
    expected, found = nn.functional.max_pool2d(plain, *window), LargestPool(geometry)(fast)
    gradient = torch.randn(expected.shape, generator=generator)
    expected.backward(gradient)
    found.backward(gradient)
    assert torch.equal(found, expected)
    assert fast.grad is not None and plain.grad is not None
    assert torch.equal(fast.grad, plain.grad)


@pytest.mark.parametrize(
    ("kernel", "a", "places", "products"),
    [
        ((2, 2), 1, 2, 0),
        ((4,), 1, 2, 0),
        ((1, 1), 1, 0, 0),
        ((7, 7), 167, 13, 3),
        ((3,), 171, 9, 3),
    ],
)
def test_an_average_of_a_power_of_two_takes_no_product(
    kernel: tuple[int, ...], a: int, places: int, products: int
) -> None:
    pool = AveragePool(Geometry.plain(kernel, kernel), 3)
    assert (pool.a, pool.places, pool.multiplications) == (a, places, products)
    assert pool.a / 2**pool.places == pytest.approx(1 / np.prod(kernel), rel=2**-8)


@given(st.integers(-3, 5), st.integers(-3, 5))
def test_joins_bring_their_inputs_to_the_same_places(first: int, second: int) -> None:
    q = np.arange(12).reshape(2, 3, 2)
    x, y = torch.tensor(q * 2.0**-first), torch.tensor(q * 2.0**-second)
    for part in (Sum(), Join()):
        places = part.freeze(first, second)
        expected = part.operator(first, second).evaluate(q, q)
        assert np.array_equal(part(x, y).numpy() * 2.0**places, expected)


def test_flattening_and_dropout() -> None:
    x = torch.arange(12.0).reshape(2, 3, 2)
    flat, dropping = Flat(), Dropping(nn.Dropout(0.5))
    assert np.array_equal(flat(x).numpy(), flat.operator(0).evaluate(x.numpy()))
    assert (flat.freeze(3), dropping.freeze(3), dropping.operator(3)) == (3, 3, None)
    assert bool((dropping(x) != x).any())
    assert torch.equal(dropping.eval()(x), x)
