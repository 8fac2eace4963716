"""Sums with a term that is there or not, or negative, as a ternary entry says."""

from typing import NamedTuple

from amaranth import Const, Instance, Module, Signal, Value

from mulbudget.hw.channels import resized
from mulbudget.hw.families import Family


class Entry(NamedTuple):
    """A ternary entry as two bits: whether it is not zero, and whether it is -1."""

    there: Value
    negative: Value


def masked(x: Value, entry: Entry) -> Value:
    """Signed: x, 0 or -1 - x, where the entry is 1, 0 or -1."""
    bits = len(x) + (not x.shape().signed)
    kept = resized(x, bits) & entry.there.replicate(bits)
    return (kept ^ entry.negative.replicate(bits)).as_signed()


def add_masked(
    m: Module, name: str, a: Value, x: Value, entry: Entry, bits: int, family: Family | None
) -> Value:
    """The lowest `bits` bits of a + `masked(x, entry)`.

    A carry cell of ECP5 does it with the LUTs of the adder alone, which synthesis does not see.
    """
    if family is None or family.carry_cell is None:
        return (a + masked(x, entry))[:bits]
    a, x = resized(a, bits + 1), resized(x, bits + 1)
    total, carry = Signal(bits, name=name), Const(0, 1)
    for low in range(0, bits, 2):
        above, high = Signal(name=f"{name}_carry{low}"), Signal(name=f"{name}_high{low}")
        both = low + 1 < bits
        m.submodules[f"{name}_cell{low}"] = Instance(
            "CCU2C",
            p_INIT0=Const(_ADD_MASKED, 16),
            p_INIT1=Const(_ADD_MASKED if both else 0, 16),
            p_INJECT1_0="NO",
            p_INJECT1_1="NO",
            i_CIN=carry,
            i_A0=a[low],
            i_B0=x[low],
            i_C0=entry.there,
            i_D0=entry.negative,
            i_A1=a[low + 1] if both else Const(0, 1),
            i_B1=x[low + 1] if both else Const(0, 1),
            i_C1=entry.there if both else Const(0, 1),
            i_D1=entry.negative if both else Const(0, 1),
            o_S0=total[low],
            o_S1=total[low + 1] if both else high,
            o_COUT=above,
        )
        carry = above
    return total


_ADD_MASKED = sum(
    ((index & 1) ^ ((index >> 1 & index >> 2 & 1) ^ (index >> 3))) << index for index in range(16)
)
"""A ^ ((B & C) ^ D). Where C and D are 0 it is A: what a bit carries on that does not propagate."""
