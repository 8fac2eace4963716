"""The stages of a pipeline in which its values wait in few flip-flops.

Stages are potentials and registers their differences, so that the best is a linear program whose
solutions are integers: Leiserson and Saxe, "Retiming synchronous circuitry", 1991, section 8.
Shifts, which are wires, are counted as values of their own.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import csr_array

from mulbudget.hw.datapath import Constant, Datapath, Input, Product

_BEHIND_LOGIC = 0.1
"""What a flip-flop counts in the cell of the LUT that makes its bit, where others count 1."""


@dataclass(frozen=True)
class Soonest:
    """Every operation as soon as possible.

    Parameters
    ----------
    stages : list of int
        As in `Schedule`.
    levels : list of int
        Adders from the registers before a value to it.
    latency : int
    blocks : mapping
        As in `Schedule`.
    """

    stages: list[int]
    levels: list[int]
    latency: int
    blocks: Mapping[int, int]


def few_registers(datapath: Datapath, soonest: Soonest, bits: Sequence[int]) -> list[int]:
    """The stage of each value, with the latency of `soonest`.

    A value stays behind as many adders as there: so no chain of them becomes longer. Products that
    share multipliers stay where they are.

    Parameters
    ----------
    datapath : Datapath
    soonest : Soonest
    bits : sequence of int
        Of a register of each value.
    """
    moving = [value for value, op in enumerate(datapath.ops) if not isinstance(op, Constant)]
    if not moving:
        return list(soonest.stages)
    program = _Program(len(datapath.ops), soonest.latency, max(soonest.stages))
    for value in moving:
        _constrain(program, datapath, soonest, value)
        logic = datapath.ops[value].levels > 0
        program.charge(value, bits[value], first=_BEHIND_LOGIC if logic else 1.0)
    for value in set(datapath.outputs) & set(moving):
        program.taken_at_end(value)
    return program.solve()


def _constrain(program: "_Program", datapath: Datapath, soonest: Soonest, value: int) -> None:
    """A value comes behind its operands, and in time for the end."""
    op, levels, stage = datapath.ops[value], soonest.levels, soonest.stages[value]
    if isinstance(op, Input) or (isinstance(op, Product) and datapath.interval > 1):
        program.bound(value, stage, stage)
    else:
        latest = max(soonest.latency - (levels[value] > 0), stage)  # `stage` where nothing takes it
        program.bound(value, 0, latest)
    for each in op.operands:
        if not isinstance(datapath.ops[each], Constant):
            full = op.levels > 0 and levels[value] <= levels[each]
            program.take(value, each, clocks=op.clocks, later=full)


class _Program:
    """Of each value it finds the stage, that of its second register and that of its last use."""

    def __init__(self, values: int, latency: int, latest: int) -> None:
        self._values, self._latency = values, latency
        self._bounds = np.tile([0, max(latency, latest)], (3 * values, 1))
        self._costs = np.zeros(3 * values)
        self._pairs: list[tuple[int, int, int]] = []

    def bound(self, value: int, low: int, high: int) -> None:
        """The stage of a value is one of these."""
        self._bounds[value] = low, high

    def take(self, value: int, operand: int, *, clocks: int, later: bool) -> None:
        """A value is made, in so many clocks, of an operand, a stage `later` at least or not."""
        self._pairs.append((value, operand, clocks + later))
        self._pairs.append((self._last(operand), value, -clocks))

    def taken_at_end(self, value: int) -> None:
        """An output."""
        self._bounds[self._last(value), 0] = self._latency

    def charge(self, value: int, bits: int, *, first: float) -> None:
        """A value's registers cost so many bits each, the first one `first` of that."""
        second = self._values + value
        self._pairs += [(second, value, 0), (second, self._last(value), -1)]
        self._pairs.append((self._last(value), value, 0))
        self._costs[self._last(value)] += first * bits
        self._costs[second] += (1 - first) * bits
        self._costs[value] -= bits

    def _last(self, value: int) -> int:
        return 2 * self._values + value

    def solve(self) -> list[int]:
        """The stages."""
        after, before, least = np.array(self._pairs).T
        count = len(self._pairs)
        rows = np.tile(np.arange(count), 2)
        entries = np.repeat([-1.0, 1.0], count)
        differences = csr_array(
            (entries, (rows, np.concatenate([after, before]))), (count, 3 * self._values)
        )
        found = linprog(
            self._costs, A_ub=differences, b_ub=-least, bounds=self._bounds, method="highs-ds"
        )
        stages = np.rint(found.x).astype(int) if found.success else None
        if stages is None or (stages[after] - stages[before] < least).any():
            raise RuntimeError(f"a pipeline has no stages: {found.message}; please report this")
        return stages[: self._values].tolist()
