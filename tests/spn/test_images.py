import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mulbudget.spn import (
    Add,
    Concatenate,
    Flatten,
    Geometry,
    MaxPool,
    Network,
    Node,
    Range,
    Tensor,
    UserError,
    dumps,
    loads,
    network_counts,
)
from tests.images import image_network

X = Tensor((2, 4, 5), 1, Range((-3, 0), (5, 9)))


@given(st.integers(5, 9), st.integers(0, 99))
def test_a_network_stays_in_its_ranges_and_comes_back_from_its_file(size: int, seed: int) -> None:
    network = image_network(size, seed)
    random = np.random.default_rng(seed)
    x = random.integers([0, -8], [16, 8], (6, size, size, 2)).transpose(0, 3, 1, 2)
    tensors = network.run_all(x)
    for name, values in tensors.items():
        tensor = network.tensors[name]
        assert values.shape == (6, *tensor.shape)
        assert tensor.range.contains(np.moveaxis(values, 1, -1)).all()
    assert dumps(loads(dumps(network))) == dumps(network)
    assert (loads(dumps(network)).run(x.reshape(6, -1)) == network.run(x)).all()


def test_the_largest_of_each_window() -> None:
    pool = MaxPool(Geometry.plain((2, 2), (2, 2), (1, 1)))
    x = np.arange(-20, 20).reshape(1, 2, 4, 5)
    assert pool.output(X).shape == (2, 3, 3)
    assert pool.output(X).range == X.range
    assert pool.evaluate(x)[0, 0].tolist() == [[-20, -18, -16], [-10, -8, -6], [-5, -3, -1]]


def test_a_sum_has_the_larger_fraction() -> None:
    y = Tensor((2, 4, 5), 3, Range((0, -1), (1, 1)))
    out = Add((2, 0)).output(X, y)
    assert (out.fraction, out.range.ends) == (3, [(-12, 21), (-1, 37)])
    one, other = np.full((1, 2, 4, 5), 3), np.full((1, 2, 4, 5), -1)
    assert (Add((2, 0)).evaluate(one, other) == 11).all()
    counts = network_counts(Network("net", X, [Node("sum", Add((0, 0)), "x", "x")]))
    assert counts.additions == 40


def test_channels_are_put_one_behind_the_other() -> None:
    y = Tensor((1, 4, 5), 0, Range((0,), (7,)))
    out = Concatenate((0, 1, 0)).output(X, y, X)
    assert (out.shape, out.fraction) == ((5, 4, 5), 1)
    assert out.range.ends == [(-3, 5), (0, 9), (0, 14), (-3, 5), (0, 9)]
    images = np.ones((1, 2, 4, 5), int), np.full((1, 1, 4, 5), 3), np.zeros((1, 2, 4, 5), int)
    values = Concatenate((0, 1, 0)).evaluate(*images)
    assert values[0, :, 0, 0].tolist() == [1, 1, 6, 0, 0]


def test_flattening_is_channel_by_channel() -> None:
    out = Flatten().output(X)
    assert out.shape == (40,) and out.range.ends[19:21] == [(-3, 5), (0, 9)]
    assert Flatten().evaluate(np.arange(80).reshape(2, 2, 4, 5))[1].tolist() == [*range(40, 80)]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: MaxPool(Geometry((2,), (1,), (0,), (2,))), r"patch is \(2,\): pooling has none"),
        (lambda: MaxPool(Geometry.plain((3,), padding=(2,))), "more than half of the kernel"),
        (lambda: MaxPool(Geometry.plain((2,))).output(X), "takes channels and 1 spatial axes"),
        (lambda: Add((1, 1)), r"shifts are \(1, 1\), not one for each"),
        (lambda: Add((0, 62)), r"shifts are \(0, 62\)"),
        (lambda: Concatenate((0,)), "of two or more tensors"),
        (lambda: Add((0, 1)).output(X, X), "do not have the same places"),
        (
            lambda: Add((0, 0)).output(X, Tensor((2, 4, 4), 1, X.range)),
            r"adds tensors of one shape, and is given \(2, 4, 5\) and \(2, 4, 4\)",
        ),
        (
            lambda: Concatenate((0, 0)).output(X, Tensor((2, 4, 4), 1, X.range)),
            r"joins channels of images of one size",
        ),
        (lambda: Network("net", X, [Node("sum", Add((0, 0)), "x")]), "it takes 2 tensors, not 1"),
        (lambda: Network("net", X, [Node("f", Flatten(), "x", "y")]), "input 'y' does not exist"),
        (
            lambda: Network("net", X, [Node("f", Flatten(), "x")]).run(np.zeros((1, 2, 5, 4), int)),
            "takes shape",
        ),
    ],
)
def test_what_does_not_fit_is_refused(call, message: str) -> None:
    with pytest.raises(UserError, match=message):
        call()
