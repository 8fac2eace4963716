import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from mulbudget.spn import (
    Convolution,
    Geometry,
    Network,
    Node,
    Range,
    Tensor,
    UserError,
    convolution_counts,
    dumps,
    loads,
)
from tests.images import convolution, convolutions


@given(st.integers(1, 2).flatmap(convolutions), st.integers(1, 6), st.integers(1, 6))
def test_it_is_a_layer_of_every_window(layer: Convolution, height: int, width: int) -> None:
    image = (height, width)[: layer.geometry.axes]
    sizes = zip(image, layer.geometry.padding, layer.geometry.kernel, strict=True)
    assume(all(n + 2 * pad >= size for n, pad, size in sizes))
    x = Tensor((layer.channels, *image), 3, Range.uniform(-3, 9, layer.channels))
    values = np.random.default_rng(0).integers(-3, 10, (3, *x.shape))
    y, out = layer.evaluate(values), layer.output(x)
    assert y.shape == (3, *out.shape)
    assert (y == by_hand(layer, values)).all()
    assert out.range.contains(np.moveaxis(y, 1, -1)).all()
    assert out.fraction == 5


def by_hand(layer: Convolution, x: np.ndarray) -> np.ndarray:
    """Window by window, product by product."""
    geometry, image = layer.geometry, x.shape[2:]
    y = np.zeros((len(x), layer.n_out, *geometry.outputs(image)), np.int64)
    taken, each = layer.wb.shape[1], layer.r // layer.groups
    for place in np.ndindex(*geometry.outputs(image)):
        at = [i // p for i, p in zip(place, geometry.patch, strict=True)]
        inside = tuple(i % p for i, p in zip(place, geometry.patch, strict=True))
        for product in range(layer.r):
            u = np.zeros(len(x), np.int64)
            for channel, *offset in np.ndindex(*layer.wb.shape[1:]):
                parts = zip(at, geometry.step, offset, geometry.padding, strict=True)
                entry = tuple(i * step + k - pad for i, step, k, pad in parts)
                if all(0 <= e < n for e, n in zip(entry, image, strict=True)):
                    source = x[(slice(None), product // each * taken + channel, *entry)]
                    u += layer.wb[(product, channel, *offset)] * source
            for out in range(layer.n_out):
                y[(slice(None), out, *place)] += (
                    layer.wc[(out, product, *inside)] * layer.a[product] * u
                )
    return y + layer.bias.reshape(-1, *(1,) * geometry.axes)


def test_each_output_of_a_patch_can_have_a_bias_of_its_own() -> None:
    geometry = Geometry((3,), (2,), (1,), (2,))
    plain = convolution(1, 2, 2, geometry)
    bias = np.array([[1, 20], [300, 4000]])
    layer = Convolution(plain.wb, plain.a, plain.wc, bias, 2, geometry)
    without = Convolution(plain.wb, plain.a, plain.wc, np.zeros(2, np.int64), 2, geometry)
    x = np.random.default_rng(0).integers(-9, 9, (3, 1, 9))
    added = layer.evaluate(x) - without.evaluate(x)
    assert (added == [[1, 20, 1, 20, 1], [300, 4000, 300, 4000, 300]]).all()
    tensor = Tensor((1, 9), 0, Range((-9,), (8,)))
    assert layer.output(tensor).range.contains(np.moveaxis(layer.evaluate(x), 1, -1)).all()
    network = Network("net", tensor, [Node("conv", layer, "x")])
    assert (loads(dumps(network)).run(x) == network.run(x)).all()


def test_the_range_is_reached_at_the_edge_and_inside() -> None:
    geometry = Geometry.plain((2,), padding=(1,))
    one = Convolution(
        np.ones((1, 1, 2), np.int8),
        np.array([1]),
        np.ones((1, 1, 1), np.int8),
        np.array([0]),
        0,
        geometry,
    )
    out = one.output(Tensor((1, 4), 0, Range((3,), (5,))))
    assert out.range.ends == [(0, 10)]  # beyond the edges it is 0
    assert one.evaluate(np.array([[[3, 5, 5, 4]]])).tolist() == [[[3, 8, 10, 9, 4]]]


def test_nothing_beyond_the_edges_needs_no_zero() -> None:
    layer = convolution(1, 1, 1, Geometry.plain((1, 1)))
    assert layer.window_range(Tensor((1, 3, 3), 0, Range((3,), (5,)))).ends == [(3, 5)]


def test_samples_are_taken_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    layer = convolution(2, 3, 4, Geometry((3, 3), (1, 1), (1, 1), (2, 2)))
    x = np.random.default_rng(0).integers(-9, 9, (11, 2, 5, 6))
    whole = layer.evaluate(x)
    monkeypatch.setattr("mulbudget.spn.convolution._AT_ONCE", 1000)
    assert (layer.evaluate(x) == whole).all()
    assert layer.evaluate(x[:0]).shape == (0, 4, 5, 6)


def test_counts() -> None:
    x = Tensor((4, 8, 8), 0, Range.uniform(0, 1, 4))
    plain = convolution(4, 6, 5, Geometry.plain((3, 3), padding=(1, 1)))
    counts = convolution_counts(plain, x)
    assert counts.multiplications == 64 * 6
    assert counts.dense_multiplications == 64 * 5 * 4 * 9
    patched = convolution(4, 6, 5, Geometry((3, 3), (1, 1), (1, 1), (2, 2)))
    assert convolution_counts(patched, x).multiplications == 16 * 6
    grouped = convolution(4, 4, 4, Geometry.plain((3, 3), padding=(1, 1)), groups=4)
    assert convolution_counts(grouped, x).dense_multiplications == 64 * 4 * 4 * 9
    wc = np.eye(4, dtype=np.int8).reshape(4, 4, 1, 1)
    depthwise = Convolution(grouped.wb, grouped.a, wc, grouped.bias, 2, grouped.geometry, 4)
    assert depthwise.wc_is_grouped and not grouped.wc_is_grouped
    assert convolution_counts(depthwise, x).dense_multiplications == 64 * 4 * 9
    assert convolution_counts(depthwise, x).bits == 2 * grouped.wb.size + 4 * 4 + 4 * 6


@pytest.mark.parametrize(("a", "products"), [(1, 0), (21, 16 * 4)])
def test_an_average_pooling_counts_only_what_it_takes(a: int, products: int) -> None:
    wc = np.eye(4, dtype=np.int8).reshape(4, 4, 1, 1)
    pool = Convolution(
        np.ones((4, 1, 2, 2), np.int8),
        np.full(4, a),
        wc,
        np.zeros(4, np.int64),
        2,
        Geometry.plain((2, 2), (2, 2)),
        4,
    )
    counts = convolution_counts(pool, Tensor((4, 8, 8), 0, Range.uniform(0, 1, 4)))
    assert pool.averages
    assert (counts.multiplications, counts.dense_multiplications) == (products, 0)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"wb": np.zeros((3, 2, 2, 2), np.int8)}, r"wb has shape \(3, 2, 2, 2\), and with kernel"),
        ({"wc": np.zeros((4, 3, 2, 1), np.int8)}, r"wc has shape \(4, 3, 2, 1\)"),
        ({"wb": np.full((3, 2, 3, 3), 2, np.int8)}, r"wb\[0, 0\] is 2, not -1, 0 or 1"),
        ({"a": np.zeros(2, np.int64)}, "a has 2 entries"),
        ({"bias": np.zeros(3, np.int64)}, r"bias has shape \(3,\), and wc has 4 outputs"),
        ({"groups": 2}, "3 products do not make 2 groups"),
        ({"geometry": Geometry.plain((3, 3, 3))}, "there are 3 spatial axes"),
    ],
)
def test_what_does_not_fit_is_refused(change: dict, message: str) -> None:
    layer = convolution(2, 3, 4, Geometry.plain((3, 3)))
    parts = {
        name: getattr(layer, name)
        for name in ("wb", "a", "wc", "bias", "fraction", "geometry", "groups")
    }
    with pytest.raises(UserError, match=message):
        Convolution(**parts | change)


def test_images_that_do_not_fit_are_refused() -> None:
    layer = convolution(2, 3, 4, Geometry.plain((3, 3)))
    for shape in ((3, 5, 5), (2, 5), (2,)):
        with pytest.raises(UserError, match=r"takes 2 channels and 2 spatial axes, and is given"):
            layer.output(Tensor(shape, 0, Range.uniform(0, 1, shape[0])))
    with pytest.raises(UserError, match="smaller than the kernel"):
        layer.output(Tensor((2, 2, 5), 0, Range.uniform(0, 1, 2)))


@given(st.integers(1, 2).flatmap(convolutions))
def test_a_file_keeps_it(layer: Convolution) -> None:
    x = Tensor(
        (layer.channels, *(6,) * layer.geometry.axes), 1, Range.uniform(0, 3, layer.channels)
    )
    network = Network("net", x, [Node("conv", layer, "x")])
    content = dumps(network)
    again = loads(content)
    assert dumps(again) == content
    samples = np.random.default_rng(0).integers(0, 4, (2, math.prod(x.shape)))
    assert (again.run(samples) == network.run(samples.reshape(2, *x.shape))).all()
