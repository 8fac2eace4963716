"""Operators against plain Python integers, and the sentences for what they refuse."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mulbudget.spn import ArgMax, Range, Requantize, SumProduct, Tensor, UserError
from tests.networks import layers, ranges

INT62 = 2**62 - 1


def sum_product_by_hand(layer: SumProduct, x: list[int]) -> list[int]:
    wb, a, wc, bias = (getattr(layer, key).tolist() for key in ("wb", "a", "wc", "bias"))
    u = [sum(w * value for w, value in zip(row, x, strict=True)) for row in wb]
    z = [factor * value for factor, value in zip(a, u, strict=True)]
    return [
        sum(w * value for w, value in zip(row, z, strict=True)) + constant
        for row, constant in zip(wc, bias, strict=True)
    ]


@given(st.data())
def test_a_sum_product_is_wc_of_a_times_wb_of_x(data: st.DataObject) -> None:
    n_in = data.draw(st.integers(1, 6))
    layer = data.draw(layers(n_in, st.integers(1, 6)))
    box = data.draw(ranges(n_in, bits=data.draw(st.sampled_from([4, 20, 40]))))
    entries = [st.integers(low, high) for low, high in zip(box.low, box.high, strict=True)]
    x = data.draw(st.lists(st.tuples(*entries), min_size=1, max_size=4))
    result = layer.evaluate(np.array(x, np.int64))
    assert result.dtype == np.int64
    assert result.tolist() == [sum_product_by_hand(layer, list(row)) for row in x]
    output = layer.output(Tensor((n_in,), 3, box))
    assert output.range.contains(result).all()
    assert output.fraction == 3 + layer.fraction
    assert output.shape == (layer.n_out,)


@given(st.data())
def test_a_ternary_weight_layer_attains_both_ends_of_its_range(data: st.DataObject) -> None:
    n_in = data.draw(st.integers(1, 6))
    drawn = data.draw(layers(n_in, st.integers(1, 6)))
    layer = SumProduct(
        drawn.wb, drawn.a, np.eye(drawn.r, dtype=np.int8), np.arange(drawn.r), drawn.fraction
    )
    box = data.draw(ranges(n_in, bits=8))
    expected = layer.output(Tensor((n_in,), 0, box)).range
    for output in range(layer.n_out):
        weights = layer.wb[output] * layer.a[output]
        lowest = np.where(weights > 0, box.low, box.high)
        highest = np.where(weights > 0, box.high, box.low)
        values = layer.evaluate(np.stack([lowest, highest]))[:, output]
        assert tuple(values) == (expected.low[output], expected.high[output])


def test_a_sum_product_is_exact_where_float64_is_not() -> None:
    layer = SumProduct(
        np.ones((1, 3), np.int8), np.array([1]), np.ones((1, 1), np.int8), np.array([0]), 0
    )
    x = np.array([[2**53, 1, 2**53]])
    assert layer.evaluate(x).tolist() == [[2**54 + 1]]


@given(
    st.integers(0, 61),
    st.integers(-(2**61), 2**61 - 1),
    st.tuples(st.integers(-1000, 1000), st.integers(-1000, 1000)),
)
def test_requantize_rounds_to_nearest_halves_up_and_clamps(
    shift: int, value: int, ends: tuple[int, int]
) -> None:
    low, high = min(ends), max(ends)
    expected = min(max((2 * value + 2**shift) // (2 * 2**shift) if shift else value, low), high)
    operator = Requantize(shift, low, high)
    assert operator.evaluate(np.array([[value]])).tolist() == [[expected]]
    output = operator.output(Tensor((1,), 5, Range((value,), (value,))))
    assert (output.range.low, output.range.high) == ((expected,), (expected,))
    assert output.fraction == 5 - shift


@pytest.mark.parametrize(("value", "expected"), [(5, 1), (6, 2), (7, 2), (-6, -1), (-7, -2)])
def test_requantize_by_hand(value: int, expected: int) -> None:
    assert Requantize(2, -8, 7).evaluate(np.array([[value]])).item() == expected


def test_a_relu_is_a_requantize_from_zero() -> None:
    relu = Requantize(0, 0, 10)
    assert relu.evaluate(np.array([[-5, 3, 99]])).tolist() == [[0, 3, 10]]
    output = relu.output(Tensor((3,), 0, Range((-9, -9, 4), (-1, 20, 5))))
    assert output.range == Range((0, 0, 4), (0, 10, 5))


@given(st.lists(st.lists(st.integers(-3, 3), min_size=4, max_size=4), min_size=1))
def test_argmax_is_the_first_of_the_largest(x: list[list[int]]) -> None:
    expected = [[row.index(max(row))] for row in x]
    assert ArgMax().evaluate(np.array(x)).tolist() == expected
    output = ArgMax().output(Tensor((4,), 2, Range.uniform(-3, 3, 4)))
    assert output == Tensor((1,), 0, Range((0,), (3,)))


GOOD: dict[str, Any] = {
    "wb": np.ones((2, 3), np.int8),
    "a": np.array([1, 2]),
    "wc": np.ones((4, 2), np.int8),
    "bias": np.zeros(4, np.int64),
    "fraction": 0,
}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"wb": np.full((2, 3), 2, np.int8)}, r"wb\[0, 0\] is 2, not -1, 0 or 1"),
        ({"wc": np.full((4, 2), -128, np.int8)}, r"wc\[0, 0\] is -128, not -1, 0 or 1"),
        ({"wb": np.ones(3, np.int8)}, r"wb has shape \(3,\), not 2 non-empty axes"),
        ({"wb": np.ones((2, 0), np.int8)}, r"wb has shape \(2, 0\), not 2 non-empty axes"),
        ({"a": np.array([1, 2, 3])}, "wb makes 2 products, a has 3 entries and wc takes 2"),
        ({"wc": np.ones((4, 3), np.int8)}, "wb makes 2 products, a has 2 entries and wc takes 3"),
        ({"bias": np.zeros(3, np.int64)}, "bias has 3 entries for 4 outputs"),
        ({"a": np.array([1, 2**62])}, "a has an entry of 4611686018427387904, beyond 62 bits"),
        ({"bias": np.array([0, 0, 0, -(2**63)])}, "bias has an entry of .*, beyond 62 bits"),
    ],
)
def test_a_sum_product_that_does_not_close_is_refused(change: dict[str, Any], message: str) -> None:
    assert SumProduct(**GOOD).r == 2
    with pytest.raises(UserError, match=message):
        SumProduct(**{**GOOD, **change})


def test_other_operators_refuse_what_makes_no_sense() -> None:
    with pytest.raises(UserError, match="shift is -1, not 0 to 61"):
        Requantize(-1, 0, 1)
    with pytest.raises(UserError, match="shift is 62, not 0 to 61"):
        Requantize(62, 0, 1)
    with pytest.raises(UserError, match="empty range 2 to 1"):
        Requantize(0, 2, 1)
    with pytest.raises(UserError, match="beyond 62 bits"):
        Requantize(0, 0, 2**62)


def test_no_intermediate_of_an_allowed_layer_overflows() -> None:
    layer = SumProduct(np.ones((1, 1), np.int8), np.array([1]), np.ones((1, 1), np.int8),
                       np.array([-INT62]), 0)  # fmt: skip
    assert layer.output(Tensor((1,), 0, Range((0,), (INT62,)))).range == Range((-INT62,), (0,))
    assert layer.evaluate(np.array([[INT62]])).tolist() == [[0]]
    widest = Requantize(61, -1, 3)
    assert widest.evaluate(np.array([[INT62], [-INT62]])).tolist() == [[2], [-1]]
