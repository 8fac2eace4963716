"""A tensor as the payload of a stream."""

from amaranth import Shape
from amaranth.lib import data

from mulbudget.spn import Tensor, width


def shape(low: int, high: int) -> Shape:
    """The narrowest shape that holds every integer from `low` to `high`."""
    return Shape(*width(low, high))


def layout(tensor: Tensor) -> data.StructLayout:
    """Payload of one sample: fields c0, c1, … in the order of the channels, packed."""
    ends = zip(tensor.range.low, tensor.range.high, strict=True)
    return data.StructLayout({f"c{index}": shape(*each) for index, each in enumerate(ends)})
