"""From the state of a search to an adder graph."""

import numpy as np

from mulbudget.hw.adders.graph import Add, AdderGraph, Term, add_up, as_output
from mulbudget.hw.adders.values import ACTIVE, Values


class Writer:
    """Turns the state of a search into an adder graph."""

    def __init__(self, v: Values, rows: int, columns: int) -> None:
        self._v, self._rows, self._columns = v, rows, columns
        self._adds: list[Add] = []
        self._number = {value: value for value in range(columns)}
        self._depth = [0] * columns

    def graph(self) -> AdderGraph:
        """The adders in order, then those that add up what is left of the rows."""
        active = sorted(int(value) for value in self._v.active[: self._v.counts[ACTIVE]])
        for value in active:
            self._write(value)
        terms: list[list[Term]] = [[] for _ in range(self._rows)]
        for value in active:
            for bits, negative in ((self._v.plus, False), (self._v.minus, True)):
                unpacked = np.unpackbits(bits[value].view(np.uint8), bitorder="little")
                for row in np.flatnonzero(unpacked[: self._rows]):
                    number = self._number[value]
                    terms[row].append(Term(self._depth[number], number, negative))
        outputs = tuple(as_output(add_up(row, self._columns, self._adds)) for row in terms)
        return AdderGraph(self._columns, tuple(self._adds), outputs)

    def _write(self, value: int) -> None:
        """The adders that a value needs, and its own."""
        v, waiting = self._v, [value]
        while waiting:
            value = waiting[-1]
            operands = [int(v.left[value]), int(v.right[value])]
            missing = [each for each in operands if each not in self._number]
            if value in self._number:
                waiting.pop()
            elif missing:
                waiting += missing
            else:
                left, right = (self._number[each] for each in operands)
                self._number[value] = self._add(left, right, bool(v.subtract[value]))

    def _add(self, left: int, right: int, subtract: bool) -> int:
        self._adds.append(Add(left, right, subtract))
        self._depth.append(1 + max(self._depth[left], self._depth[right]))
        return len(self._depth) - 1
