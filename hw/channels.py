"""Channels as the payload of a stream."""

from collections.abc import Iterable

from amaranth import Cat, Const, Shape, Value
from amaranth.lib import data

from mulbudget.spn import width


def shape(low: int, high: int) -> Shape:
    """The narrowest shape that holds every integer from `low` to `high`."""
    return Shape(*width(low, high))


def layout(ends: Iterable[tuple[int, int]]) -> data.StructLayout:
    """Payload of one sample: fields c0, c1, … packed, each for the range of its channel."""
    return data.StructLayout({f"c{index}": shape(*each) for index, each in enumerate(ends)})


def resized(x: Value, bits: int) -> Value:
    """`x` in so many bits, two's complement; the lowest of them where it has more."""
    sign = x[-1] if x.shape().signed else Const(0, 1)
    return Cat(x, sign.replicate(max(bits - len(x), 0)))[:bits]
