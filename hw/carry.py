"""Which sums leave their top bit out of the carry chain.

A carry cell of ECP5 makes two bits of a sum, and costs as much where only one is needed. The top
bit of a sum that is one bit wider than both operands follows from the sign of either and from the
bit below it: one LUT.
"""

from mulbudget.hw.datapath import Op, Sum
from mulbudget.hw.families import Family
from mulbudget.spn import width

_SHORTEST = 6
"""Bits of a carry chain: Yosys makes up to 4 of LUTs, and more of them than bits."""


def top_apart(family: Family | None, op: Sum, left: Op, right: Op) -> bool:
    """Whether the top bit of a sum is made apart: where a carry cell would be half empty."""
    if family is None or family.carry_bits == 1:
        return False
    bits, signed = width(op.low, op.high)
    chain = bits - free_bits(op)
    operands = ((left, op.left_shift), (right, op.right_shift))
    return (
        chain % family.carry_bits == 1
        and chain > _SHORTEST
        and all(_fits(each, shift, bits - 1, signed) for each, shift in operands)
    )


def free_bits(op: Sum) -> int:
    """The low bits of a sum that are those of one operand, since the other is shifted."""
    return op.right_shift if op.subtract else max(op.left_shift, op.right_shift)


def _fits(op: Op, shift: int, bits: int, signed: bool) -> bool:
    """Whether an operand, shifted, has so many bits; with its sign where `signed`."""
    own, own_signed = width(op.low, op.high)
    if own_signed and not signed:
        return False
    return own + shift + (signed and not own_signed) <= bits
