"""Exact ranges: an inclusive interval of integers per channel, by interval arithmetic.

Widths of hardware are derived from these ranges, so nothing can overflow.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from mulbudget.spn.errors import UserError

LIMIT = 2**62
"""No value of a network may reach this magnitude, so that int64 sums of two never overflow."""

EXACT_FLOAT = 2**53
"""Below this magnitude float64 holds every integer, and its matrix products are exact."""


@dataclass(frozen=True)
class Range:
    """What the channels of a tensor can be.

    Parameters
    ----------
    low, high : tuple of int
        The smallest and largest value of each channel, inclusive; `low[i] <= high[i]`, and
        magnitudes below 2**62.

    Raises
    ------
    UserError
        When the two do not describe intervals, or a bound is too large.
    """

    low: tuple[int, ...]
    high: tuple[int, ...]

    def __post_init__(self) -> None:
        if len(self.low) != len(self.high) or not self.low:
            raise UserError(f"a range of {len(self.low)} lows and {len(self.high)} highs is none")
        for channel, (low, high) in enumerate(self.ends):
            if low > high:
                raise UserError(f"channel {channel} has the empty range {low} to {high}")
            if max(-low, high) >= LIMIT:
                raise UserError(
                    f"channel {channel} ranges from {low} to {high}, beyond 62 bits: "
                    "use narrower weights or activations"
                )

    @classmethod
    def uniform(cls, low: int, high: int, channels: int) -> "Range":
        """Every one of `channels` channels from `low` to `high`."""
        return cls((low,) * channels, (high,) * channels)

    @property
    def channels(self) -> int:
        """How many channels."""
        return len(self.low)

    @property
    def ends(self) -> list[tuple[int, int]]:
        """The lowest and the highest value of each channel."""
        return list(zip(self.low, self.high, strict=True))

    @property
    def magnitude(self) -> int:
        """The largest absolute value of any channel."""
        return max(max(-min(self.low), max(self.high)), 0)

    def part(self, first: int, end: int) -> "Range":
        """The channels from `first` to before `end`."""
        return Range(self.low[first:end], self.high[first:end])

    def linear(self, matrix: npt.NDArray[Any], offset: npt.NDArray[Any] | None = None) -> "Range":
        """Range of `matrix @ x + offset` for x in this range; exact where channels are independent.

        Parameters
        ----------
        matrix : integers, (n_out, channels)
        offset : integers, (n_out,), optional
        """
        constant = np.zeros(1, np.int64) if offset is None else offset
        bound = self.channels * largest(matrix) * self.magnitude + largest(constant)
        exact = np.int64 if bound < 1 << 63 else object
        matrix, constant = matrix.astype(exact), constant.astype(exact)
        positive, negative = np.maximum(matrix, 0), np.minimum(matrix, 0)
        low, high = np.array(self.low, exact), np.array(self.high, exact)
        lows = positive @ low + negative @ high + constant
        highs = positive @ high + negative @ low + constant
        return Range(tuple(map(int, lows)), tuple(map(int, highs)))

    def scaled(self, factors: npt.NDArray[Any]) -> "Range":
        """Range of `factors * x`, channel by channel; factors: integers, (channels,)."""
        ends = [
            sorted((low * int(factor), high * int(factor)))
            for low, high, factor in zip(self.low, self.high, factors, strict=True)
        ]
        return Range(tuple(low for low, _ in ends), tuple(high for _, high in ends))

    def checked(self, samples: npt.ArrayLike, taker: str) -> npt.NDArray[np.int64]:
        """`samples` as int64, (samples, channels), each inside this range.

        Raises
        ------
        UserError
            When they are no integers, have another shape or leave the range; names `taker`.
        """
        given = np.asarray(samples)
        if not np.issubdtype(given.dtype, np.integer):
            raise UserError(
                f"{taker} takes integers, and is given {given.dtype}: quantize the input first"
            )
        if given.ndim != 2 or given.shape[1] != self.channels:
            raise UserError(
                f"{taker} takes shape (samples, {self.channels}), and is given {given.shape}"
            )
        wrong = np.argwhere(~self.contains(given))
        if len(wrong):
            sample, channel = map(int, wrong[0])
            raise UserError(
                f"input {channel} of sample {sample} is {given[sample, channel]}, outside "
                f"{self.low[channel]} to {self.high[channel]}"
            )
        return given.astype(np.int64)

    def contains(self, values: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
        """Which of `values` (…, channels) lie inside."""
        return (values >= np.array(self.low)) & (values <= np.array(self.high))


def largest(values: npt.NDArray[Any]) -> int:
    """The largest absolute value of integers, 0 of none."""
    return max(int(values.max(initial=0)), -int(values.min(initial=0)))


def width(low: int, high: int) -> tuple[int, bool]:
    """Bits that hold every integer from `low` to `high`, and whether they are signed.

    Unsigned where `low` is not negative, else two's complement; at least one bit.
    """
    if low >= 0:
        return max(high.bit_length(), 1), False
    return max((~low).bit_length(), max(high, 0).bit_length()) + 1, True
