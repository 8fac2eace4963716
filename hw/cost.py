"""What an adder graph takes of a device, counted without synthesis."""

from collections.abc import Collection
from dataclasses import dataclass
from itertools import count

from mulbudget.hw.adders import AdderGraph
from mulbudget.hw.adders.cost import LOGIC_LUTS, SHORTEST_CARRY, SHORTEST_CCU2C
from mulbudget.hw.carry import sum_top_apart
from mulbudget.hw.datapath import Datapath, Offset, Shift, Sum
from mulbudget.hw.families import Family, find_family
from mulbudget.hw.lower import lower_graph
from mulbudget.hw.polarity import complemented
from mulbudget.hw.schedule import Schedule, schedule, unregistered
from mulbudget.spn import Range, width


@dataclass(frozen=True)
class Cost:
    """What hardware takes of a device.

    Parameters
    ----------
    luts : int
        Four-input lookup tables as Yosys counts them: LUT4 and twice CCU2C on ECP5, SB_LUT4 on
        iCE40, LUT1 to LUT4 and ALU on Gowin.
    flip_flops : int
    """

    luts: int
    flip_flops: int


def graph_cost(
    graph: AdderGraph, family: Family | str, x: Range, *, levels_per_stage: int | None = None
) -> Cost:
    """What the `Circuit` of a graph takes; `AdderGraph.cost` says more."""
    device = find_family(family) if isinstance(family, str) else family
    datapath = lower_graph(graph, x)
    stages = (
        unregistered(datapath) if levels_per_stage is None else schedule(datapath, levels_per_stage)
    )
    netlist = _Netlist(datapath, stages, complemented(datapath, device), device)
    return Cost(netlist.luts, len(netlist.flip_flops))


Bit = int
"""An even number, and the odd one after it is the complement; 0 and 1 are the constants."""

At = tuple[Bit, int]
"""A bit in a stage."""


class _Netlist:
    """The cells that synthesis makes of a datapath, and the flip-flops.

    Bits that are the same wire are one bit. Adders of a stage that are equal up to some bit share
    their cells up to there, but no flip-flop, since Yosys finds them after it has those.
    """

    def __init__(
        self, datapath: Datapath, stages: Schedule, complements: Collection[int], family: Family
    ) -> None:
        self._ops, self._stages, self._complements = datapath.ops, stages, complements
        self._family, self._new = family, count(2, 2)
        self._bits: list[list[Bit]] = []
        self._chains: dict[tuple[object, ...], Bit] = {}
        self._first: dict[At, Bit] = {}
        self._luts: dict[tuple[Bit, ...], int] = {}
        self._made: set[At] = set()
        self._wanted: set[At] = set()
        self.flip_flops: set[At] = set()
        for value, stage in enumerate(stages.stages):
            self._bits.append(self._make(value, stage))
            self._keep(value, stage)
        for value in datapath.outputs:
            self._wanted |= {(bit, stages.latency) for bit in self._bits[value]}

    @property
    def luts(self) -> int:
        """Four-input lookup tables, inverters included."""
        inverters = {at for at in self._wanted - self._made if at[0] > 1}
        return sum(self._luts.values()) + len(inverters) * (not self._family.free_subtraction)

    def _make(self, value: int, stage: int) -> list[Bit]:
        """The bits of a value, the lowest first."""
        op = self._ops[value]
        bits = width(op.low, op.high)[0]
        stored = [each in self._complements for each in op.operands]
        match op:
            case Shift():
                return self._operand(op.operands[0], op.shift, bits)
            case Sum():
                # As `emit` does it: on complements alone, where that is what is stored.
                turned = stored == ([True, False] if op.subtract else [True, True])
                chain = bits - sum_top_apart(self._family, op, self._ops)
                left = self._operand(op.operands[0], op.left_shift, bits, turned)
                right = self._operand(op.operands[1], op.right_shift, bits, turned != op.subtract)
                inverted = turned != (value in self._complements)
                carry = op.subtract != turned
                total = self._add(left[:chain], right[:chain], carry, stage, inverted)
                if chain < bits:
                    total.append(self._top([*left[-2:], *right[-2:], total[-1]], stage))
                return [bit ^ turned for bit in total]
            case Offset() if stored[0]:
                x = self._operand(op.operands[0], 0, bits, True)
                return self._add(x, [1] + [0] * (bits - 1), False, stage)
            case Offset():
                x = self._operand(op.operands[0], 0, bits, True)
                return self._add([0] * bits, x, True, stage)
        if op.low == op.high == 0:
            return [0] * bits
        made = [next(self._new) for _ in range(bits)]
        self._made |= {(bit, stage) for bit in made}
        return made

    def _keep(self, value: int, stage: int) -> None:
        """The flip-flops that a value passes, as what is stored of it."""
        stored = {bit ^ (value in self._complements) for bit in self._bits[value]} - {0, 1}
        for later in range(stage + 1, self._stages.last[value] + 1):
            self._wanted |= {(bit, later - 1) for bit in stored}
            self._made |= {(bit, later) for bit in stored}
            self.flip_flops |= {(bit, later) for bit in stored}

    def _operand(self, value: int, shift: int, bits: int, invert: bool = False) -> list[Bit]:
        """So many bits of a value << shift, or of its complement."""
        shifted = [0] * shift + self._bits[value]
        sign = shifted[-1] if self._ops[value].low < 0 else 0
        extended = shifted + [sign] * (bits - len(shifted))
        return [bit ^ invert for bit in extended[:bits]]

    def _add(
        self, a: list[Bit], b: list[Bit], carry: bool, stage: int, inverted: bool = False
    ) -> list[Bit]:
        """The bits of a + b + carry: wires at the lower end, cells above; `inverted` where stored.

        A bit of a or b that is the carry into it is the carry out of it as well.
        """
        total: list[Bit] = []
        for pair in zip(a, b, strict=True):
            if carry not in pair:
                break
            total.append(pair[pair[0] == carry])
        a, b = a[len(total) :], b[len(total) :]
        made = [next(self._new) for _ in a]
        firsts: list[Bit] = []
        for bit, *pair in zip(made, a, b, strict=True):
            key = (*(self._found(each, stage) for each in pair), *(firsts[-1:] or (carry, stage)))
            firsts.append(self._chains.setdefault(key, bit))
            self._first[bit, stage] = firsts[-1]
        match self._family.cells:
            case "ecp5" if len(a) >= SHORTEST_CCU2C:
                self._luts |= {tuple(firsts[i : i + 2]): 2 for i in range(0, len(a), 2)}
            case "ecp5":
                for end, bit in enumerate(firsts, 1):
                    support = {each >> 1 for each in a[:end] + b[:end]} - {0}
                    self._luts[bit,] = LOGIC_LUTS[len(support)]
            case "ice40":
                made = self._ice40(a, b, made, firsts, stage, inverted)
            case _:
                self._luts |= {(bit,): 1 for bit in firsts}
        return total + made

    def _top(self, support: list[Bit], stage: int) -> Bit:
        """The top bit of a sum, where it is not of the carry chain but follows from others."""
        bit = next(self._new)
        key = ("top", *(self._found(each, stage) for each in support))
        first = self._chains.setdefault(key, bit)
        self._first[bit, stage] = first
        self._luts[first,] = 1
        return bit

    def _found(self, bit: Bit, stage: int) -> Bit:
        """The first of the bits that are computed alike in a stage."""
        return self._first.get((bit & -2, stage), bit & -2) | bit & 1

    def _ice40(
        self,
        a: list[Bit],
        b: list[Bit],
        made: list[Bit],
        firsts: list[Bit],
        stage: int,
        inverted: bool,
    ) -> list[Bit]:
        """The bits of a sum, whose LUT gives each as it is stored, from operands as they are."""
        chain = len(a) >= SHORTEST_CARRY
        if chain:
            self._wanted |= {(bit, stage) for bit in a + b}
        result = list(made)
        for i, (bit, first) in enumerate(zip(made, firsts, strict=True)):
            constants = [each for each in (a[i], b[i]) if each < 2]
            if i == 0 and constants:  # which is not the carry in: the bit is the other, inverted
                result[0] = a[0] ^ b[0] ^ constants[0] ^ 1
            elif chain and i == len(a) - 1 and len(constants) == 2 and a[i] == b[i]:
                self._made.add((bit, stage))  # the carry out, which takes no LUT
            else:
                self._luts[first ^ inverted,] = 1
                self._made.add((bit ^ inverted, stage))
        return result
