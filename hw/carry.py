"""What of a sum is in the carry chain: not its lowest bits, perhaps, nor its top bit.

A carry cell of ECP5 makes two bits of a sum, and costs as much where only one is needed. The top
bit of a sum follows from the two highest bits of its operands and from its own second highest: one
LUT, where one of the operands at least has no top bit of its own but a sign there, or a zero.
"""

from collections.abc import Sequence

from mulbudget.hw.datapath import Op, Sum
from mulbudget.hw.families import Family
from mulbudget.spn import width

_SHORTEST = 6
"""Bits of a carry chain: Yosys makes up to 4 of LUTs, and more of them than bits."""

Ends = tuple[int, int]
"""The lowest and the highest value."""


def free_bits(subtract: bool, left_shift: int, right_shift: int) -> int:
    """The low bits of a sum that are those of one operand, since the other is shifted."""
    return right_shift if subtract else max(left_shift, right_shift)


def top_apart(family: Family | None, left: Ends, right: Ends, result: Ends, free: int) -> bool:
    """Whether the top bit of a sum is made apart: where a carry cell would be half empty.

    Parameters
    ----------
    family : Family or None
    left, right, result : (int, int)
        Of the operands, shifted, and of the sum or difference.
    free : int
        Its low bits that are wires; see `free_bits`.
    """
    if family is None or family.carry_bits == 1:
        return False
    chain = width(*result)[0] - free
    operands = width(*left), width(*right)
    narrower = min(operands)[0] < chain + free
    overlap = all(signed or bits > free for bits, signed in operands)
    return chain % family.carry_bits == 1 and chain > _SHORTEST and narrower and overlap


def sum_top_apart(family: Family | None, op: Sum, ops: Sequence[Op]) -> bool:
    """`top_apart` of an operation of a datapath."""
    left, right = ((ops[each].low, ops[each].high) for each in op.operands)
    free = free_bits(op.subtract, op.left_shift, op.right_shift)
    ends = shifted(left, op.left_shift), shifted(right, op.right_shift), (op.low, op.high)
    return top_apart(family, *ends, free)


def shifted(ends: Ends, shift: int) -> Ends:
    """The ends of x << shift."""
    return ends[0] << shift, ends[1] << shift
