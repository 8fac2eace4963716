"""Which sums to keep as their complement, where a subtraction costs inverters.

A carry chain on iCE40 adds what is wired to it: x + y from x and y, ~(x + y) from ~x and ~y, and
x - y from x and ~y. The complement of a sum is free. So a value costs a row of inverters only where
some uses want it plain and others complemented.
"""

from mulbudget.hw.datapath import Datapath, Offset, Sum
from mulbudget.hw.families import Family
from mulbudget.spn import width

_PASSES = 20


def complemented(datapath: Datapath, family: Family | None) -> frozenset[int]:
    """The values to store as complements, by local search over what each adder asks for.

    None where the family's carry chain inverts an operand by itself, or there is no family. Every
    subtraction asks for one operand plain and one complemented, and every sum for both alike;
    each adder is turned to what leaves the fewest bits of inverters, until nothing improves.
    """
    if family is None or family.free_subtraction:
        return frozenset()
    ops = datapath.ops
    search = _Search(datapath)
    adders = [value for value, op in enumerate(ops) if isinstance(op, Sum)]
    for _ in range(_PASSES):
        if not sum(search.improve(adder) for adder in adders):
            break
    return frozenset(
        value
        for value, op in enumerate(ops)
        if isinstance(op, Sum) and search.uses[value][1] > search.uses[value][0]
    )


class _Search:
    """How often each value is asked for plain and complemented."""

    def __init__(self, datapath: Datapath) -> None:
        self._ops = datapath.ops
        self._turned = [False] * len(self._ops)
        self.uses = [[0, 0] for _ in self._ops]
        for value in datapath.outputs:
            self.uses[value][0] += 1
        for value, op in enumerate(self._ops):
            if isinstance(op, Sum):
                self._count(value, 1)
            elif not isinstance(op, Offset):
                for operand in op.operands:
                    self.uses[operand][0] += 1
            elif op.negative:  # and where it is not, either is free
                self.uses[op.operands[0]][1] += 1

    def improve(self, adder: int) -> bool:
        """Turn an adder around where that saves inverters."""
        before = self._cost(adder)
        self._turn(adder)
        if self._cost(adder) < before:
            return True
        self._turn(adder)
        return False

    def _turn(self, adder: int) -> None:
        self._count(adder, -1)
        self._turned[adder] = not self._turned[adder]
        self._count(adder, 1)

    def _count(self, adder: int, step: int) -> None:
        op = self._ops[adder]
        turned = self._turned[adder]
        wanted = (turned, turned != (isinstance(op, Sum) and op.subtract))
        for operand, complement in zip(op.operands, wanted, strict=True):
            self.uses[operand][complement] += step

    def _cost(self, adder: int) -> int:
        """Bits of inverters at the operands of an adder."""
        total = 0
        for operand in set(self._ops[adder].operands):
            op, (plain, complement) = self._ops[operand], self.uses[operand]
            mixed = plain and complement if isinstance(op, Sum) else complement
            total += width(op.low, op.high)[0] if mixed else 0
        return total
