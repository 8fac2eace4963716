"""Greedy sharing: the pair of terms that most rows have in common becomes an adder, and so on.

Hartley, "Subexpression sharing in filters using canonic signed digit multipliers", 1996.
"""

import heapq
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from mulbudget.hw.adders.graph import Add, AdderGraph, Output


@dataclass
class _Column:
    """The rows that use a value, as bit sets: with a plus sign, and with a minus sign."""

    plus: int = 0
    minus: int = 0
    depth: int = 0


@dataclass
class _State:
    n_in: int
    columns: list[_Column]
    adds: list[Add] = field(default_factory=list)
    heap: list[tuple[int, int, int, int, bool]] = field(default_factory=list)

    def shared(self, left: int, right: int, subtract: bool) -> tuple[int, int]:
        """Rows with left ± right, and rows with its negative, as bit sets."""
        a, b = self.columns[left], self.columns[right]
        if subtract:
            return a.plus & b.minus, a.minus & b.plus
        return a.plus & b.plus, a.minus & b.minus

    def offer(self, left: int, right: int) -> None:
        """Put both pairs of two values on the heap, where at least two rows share them."""
        for subtract in (False, True):
            plus, minus = self.shared(left, right, subtract)
            count = plus.bit_count() + minus.bit_count()
            if count > 1:
                depth = max(self.columns[left].depth, self.columns[right].depth)
                heapq.heappush(self.heap, (-count, depth, left, right, subtract))

    def add(self, left: int, right: int, subtract: bool) -> int:
        """A new adder; gives its value's number."""
        depth = 1 + max(self.columns[left].depth, self.columns[right].depth)
        self.adds.append(Add(left, right, subtract))
        self.columns.append(_Column(depth=depth))
        return len(self.columns) - 1


def share_pairs(matrix: npt.NDArray[Any]) -> AdderGraph:
    """A graph for a ternary matrix (n_out, n_in) that shares its most frequent pairs.

    Ties go to the shallower pair, then to the lower numbers, so that the same matrix gives the
    same graph. What no two rows share is added up row by row, shallowest terms first.
    """
    columns = [_Column(_bits(column == 1), _bits(column == -1)) for column in np.asarray(matrix).T]
    state = _State(matrix.shape[1], columns)
    _offer_all(state, np.asarray(matrix, np.int64))
    while state.heap:
        count, depth, left, right, subtract = heapq.heappop(state.heap)
        plus, minus = state.shared(left, right, subtract)
        now = plus.bit_count() + minus.bit_count()
        if now != -count:
            if now > 1:
                heapq.heappush(state.heap, (-now, depth, left, right, subtract))
            continue
        _extract(state, left, right, subtract)
    outputs = [_sum_row(state, row) for row in range(matrix.shape[0])]
    return AdderGraph(state.n_in, tuple(state.adds), tuple(outputs))


def _bits(mask: npt.NDArray[np.bool_]) -> int:
    return int.from_bytes(np.packbits(mask, bitorder="little").tobytes(), "little")


def _offer_all(state: _State, matrix: npt.NDArray[np.int64]) -> None:
    """Offer each pair of columns that two rows have in common."""
    used = np.abs(matrix).astype(np.float64)
    together = np.triu(used.T @ used, 1)
    for left, right in np.argwhere(together > 1):
        state.offer(int(left), int(right))


def _extract(state: _State, left: int, right: int, subtract: bool) -> None:
    """Replace a pair by an adder in every row that has it, and offer the pairs of the adder."""
    plus, minus = state.shared(left, right, subtract)
    node = state.add(left, right, subtract)
    state.columns[node].plus, state.columns[node].minus = plus, minus
    for value in (left, right):
        column = state.columns[value]
        column.plus &= ~(plus | minus)
        column.minus &= ~(plus | minus)
    rows = plus | minus
    for other, column in enumerate(state.columns[:node]):
        if ((column.plus | column.minus) & rows).bit_count() > 1:
            state.offer(other, node)


def _sum_row(state: _State, row: int) -> Output:
    """Add up what is left of a row, the two shallowest terms first."""
    bit = 1 << row
    terms = [
        (column.depth, value, bool(column.minus & bit))
        for value, column in enumerate(state.columns)
        if (column.plus | column.minus) & bit
    ]
    heapq.heapify(terms)
    while len(terms) > 1:
        (_, left, left_minus), (_, right, right_minus) = heapq.heappop(terms), heapq.heappop(terms)
        if left_minus and not right_minus:
            left, right, left_minus, right_minus = right, left, False, True
        node = state.add(left, right, left_minus != right_minus)
        heapq.heappush(terms, (state.columns[node].depth, node, left_minus))
    if not terms:
        return Output(None)
    return Output(terms[0][1], terms[0][2])
