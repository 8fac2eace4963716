"""Ranges are exact: nothing leaves them, and a layer attains both ends of each."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mulbudget.spn import Range, UserError, width
from tests.networks import ranges, ternary


@given(st.data())
def test_a_linear_map_attains_exactly_its_range(data: st.DataObject) -> None:
    channels = data.draw(st.integers(1, 5))
    box = data.draw(ranges(channels, bits=6))
    rng = np.random.default_rng(data.draw(st.integers(0, 99)))
    matrix, offset = ternary(rng, 3, channels, 0.7), rng.integers(-9, 10, 3)
    corners = np.array(list(itertools.product(*zip(box.low, box.high, strict=True))))
    values = corners @ matrix.T + offset
    result = box.linear(matrix, offset)
    assert result.low == tuple(values.min(axis=0))
    assert result.high == tuple(values.max(axis=0))


@given(st.data())
def test_a_product_attains_exactly_its_range(data: st.DataObject) -> None:
    channels = data.draw(st.integers(1, 5))
    box = data.draw(ranges(channels, bits=6))
    factors = np.array(data.draw(st.lists(st.integers(-9, 9), min_size=channels)))[:channels]
    ends = np.array([box.low, box.high]) * factors
    result = box.scaled(factors)
    assert result.low == tuple(ends.min(axis=0))
    assert result.high == tuple(ends.max(axis=0))


def test_a_linear_map_is_exact_beyond_the_integers_of_numpy() -> None:
    wide = Range.uniform(-(2**62) + 1, 2**62 - 1, 2)
    assert wide.linear(np.array([[1, 0]])).high == (2**62 - 1,)
    with pytest.raises(UserError, match=r"channel 0 ranges from .* beyond 62 bits"):
        wide.linear(np.array([[1, 1]]))


@pytest.mark.parametrize(
    ("low", "high", "message"),
    [
        ((1,), (0,), "channel 0 has the empty range 1 to 0"),
        ((0, 5), (9, 4), "channel 1 has the empty range 5 to 4"),
        ((), (), "a range of 0 lows and 0 highs is none"),
        ((0,), (1, 2), "a range of 1 lows and 2 highs is none"),
        ((0,), (2**62,), "beyond 62 bits"),
        ((-(2**62),), (0,), "beyond 62 bits"),
    ],
)
def test_what_is_no_range_is_refused(
    low: tuple[int, ...], high: tuple[int, ...], message: str
) -> None:
    with pytest.raises(UserError, match=message):
        Range(low, high)


def test_contains_and_magnitude_go_by_channel() -> None:
    box = Range((-3, 1), (2, 4))
    assert box.channels == 2
    assert box.magnitude == 4
    assert Range((-5,), (-4,)).magnitude == 5
    assert box.contains(np.array([[-3, 4], [3, 0]])).tolist() == [[True, True], [False, False]]


@given(st.integers(-(2**62), 2**62), st.integers(0, 2**62))
def test_width_is_the_fewest_bits(low: int, span: int) -> None:
    high = low + span
    bits, signed = width(low, high)
    assert signed == (low < 0)
    first, last = (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) if signed else (0, 2**bits - 1)
    assert first <= low <= high <= last
    halved = (first // 2, last // 2)
    assert bits == 1 or not (halved[0] <= low <= high <= halved[1])


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0, 0, (1, False)),
        (0, 1, (1, False)),
        (0, 16, (5, False)),
        (-1, -1, (1, True)),
        (-1, 0, (1, True)),
        (-1, 1, (2, True)),
        (-4, -4, (3, True)),
        (-128, 127, (8, True)),
        (-129, 0, (9, True)),
    ],
)
def test_width_of_some_ranges(low: int, high: int, expected: tuple[int, bool]) -> None:
    assert width(low, high) == expected
