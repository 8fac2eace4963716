"""What one adder takes of a device, by the structure of the family's carry chain.

The formula is that of Yosys's `arith_map.v` for the family, and of what it does around it. A search
can minimise its sum over a graph; `mulbudget.hw.cost` counts a whole graph.
"""

from mulbudget.hw.families import Family
from mulbudget.spn import width

LOGIC_LUTS = (0, 0, 1, 1, 1, 2, 4, 5, 8)
"""LUT4 of a bit of a short sum that depends on so many bits of its operands."""

SHORTEST_CCU2C, SHORTEST_CARRY = 5, 3
"""Bits from which on Yosys makes carry chains on ECP5 and on iCE40, instead of plain logic."""

Ends = tuple[int, int]
"""The lowest and the highest value."""


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

    The result has W bits. Its p lowest are those of one operand, and only wires: p is the larger
    shift of a sum, and `right_shift` of a difference. The other n = W - p take:

    - Gowin: n, as an ALU is one bit.
    - ECP5: n rounded up to a multiple of 2, as a CCU2C is two bits and as large as two LUT4. Up to
      n = 4 Yosys makes plain logic instead: a bit that depends on 1, up to 4, 5, 6, 7 or 8 bits of
      the operands takes 0, 1, 2, 4, 5 or 8.
    - iCE40: n. From n = 3 on, one less where the highest bit is the carry out: in a sum without
      sign that is wider than both operands, shifted. One less where the lowest bit is that of
      `right` alone, in a difference. The inverters that differences need belong to values, which
      share them, and are not in here.

    A sum takes nothing where one operand is shifted beyond the end of the other, unsigned one.

    Parameters
    ----------
    family : Family
    left, right : (int, int)
        Exact range of each operand, before its shift.
    result : (int, int)
        Exact range of the result, which may be narrower than those of the operands make it.
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
            operands = (
                (left_shift, max(left_end, wires + left_signed)),  # a sign goes on above the end
                (right_shift, max(right_end, wires + right_signed)),
            )
            return sum(
                LOGIC_LUTS[sum(_reach(bit, *each, wires) for each in operands)]
                for bit in range(wires, bits)
            )
        case "ecp5":
            return chain + chain % 2
        case "ice40":
            carry_out = not (subtract or signed) and bits > max(left_end, right_end)
            alone = left_shift > right_shift or (left_end <= right_shift and not left_signed)
            return chain - (carry_out and chain >= SHORTEST_CARRY) - (subtract and alone)
    return chain


def _reach(bit: int, start: int, end: int, wires: int) -> int:
    """Bits of an operand, of those that are no wires, on which a bit of the result depends."""
    return max(min(bit + 1, end) - max(start, wires), 0)
