"""What one adder takes of a device, by the structure of its carry chain."""

from mulbudget.hw.families import Family
from mulbudget.spn import width

Ends = tuple[int, int]
"""The lowest and the highest value."""

_LOGIC = (0, 1, 1, 1, 1, 2, 4, 5, 8)
"""LUT4 of a function of so many bits that is one bit of a sum; wider ones join two or more."""

SHORTEST_CCU2C, SHORTEST_CARRY = 5, 3
"""Bits from which on Yosys takes a carry chain instead of plain logic (its `arith_map`)."""


def adder_luts(
    family: Family,
    left: Ends,
    right: Ends,
    result: Ends,
    *,
    subtract: bool = False,
    left_shift: int = 0,
    right_shift: int = 0,
) -> int:
    """Four-input lookup tables of (left << left_shift) + (right << right_shift), or of `-`.

    With W the bits of the result, n = W - p of them are computed. The p lowest are those of one
    operand, and only wires: p is the larger shift of a sum, and `right_shift` of a difference. A
    sum whose shifted operand begins above the other, where that is not negative, is only wires.

    - Gowin: n, one ALU for each bit.
    - ECP5: n rounded up to a multiple of 2, as a CCU2C is two bits. Up to 4 bits are plain logic
      instead: 1, 2, 4, 5 or 8 for a bit that depends on up to 4, 5, 6, 7 or 8 bits of the operands.
    - iCE40: n; one less where the highest bit is the carry out, that is in a sum of two operands
      without sign, both narrower than W; one less where the lowest bit is that of `right`, that is
      in a difference with left_shift > right_shift. The rows of inverters that differences need
      belong to values, not to adders, and are not in here: see `mulbudget.hw.cost`.

    Parameters
    ----------
    family : Family
    left, right : (int, int)
        Exact range of each operand, before its shift.
    result : (int, int)
        Exact range of the result, which may be narrower than the operands' ranges make it.
    subtract : bool
    left_shift, right_shift : int
        At least 0.
    """
    (left_bits, left_signed), (right_bits, right_signed) = width(*left), width(*right)
    left_end, right_end = left_bits + left_shift, right_bits + right_shift
    bits, signed = width(*result)
    wires = right_shift if subtract else max(left_shift, right_shift)
    apart = (left_end <= right_shift and not left_signed) or (
        right_end <= left_shift and not right_signed
    )
    chain = bits - wires
    if chain <= 0 or (apart and not subtract):
        return 0
    match family.cells:
        case "ecp5" if chain < SHORTEST_CCU2C:
            operands = ((left_shift, left_end), (right_shift, right_end))
            return sum(
                _LOGIC[sum(_reach(bit, *each, wires) for each in operands)]
                for bit in range(wires, bits)
            )
        case "ecp5":
            return chain + chain % 2
        case "ice40" if chain >= SHORTEST_CARRY:
            carry_out = not (subtract or signed) and bits > max(left_end, right_end)
            return chain - carry_out - (subtract and left_shift > right_shift)
    return chain


def _reach(bit: int, start: int, end: int, wires: int) -> int:
    """How many bits of an operand, from the first that is computed with, a bit depends on."""
    return max(min(bit + 1, end) - max(start, wires), 0)


def negation_luts(family: Family, result: Ends) -> int:
    """Four-input lookup tables of 0 - x, inverters aside as in `adder_luts`.

    All W bits of the result on Gowin, rounded up to a multiple of 2 on ECP5; on iCE40, and where
    ECP5 takes plain logic, all but the lowest, which is that of x.
    """
    bits, _ = width(*result)
    match family.cells:
        case "ecp5" if bits >= SHORTEST_CCU2C:
            return bits + bits % 2
        case "ecp5" | "ice40":
            return bits - 1
    return bits
