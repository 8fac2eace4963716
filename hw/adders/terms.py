"""Matrices and adder graphs as terms of sums, and back.

A term is value << 8 | shift << 1 | negative; see `state`.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from mulbudget.hw.adders.graph import Add, AdderGraph, Term, add_up, as_output
from mulbudget.hw.adders.state import Integers


def terms_of_matrix(matrix: npt.NDArray[Any]) -> tuple[Integers, Integers]:
    """For every non-zero signed digit of a matrix, (n_out, n_in), its row and its term.

    The digits are those of the non-adjacent form (Reitwiesner, 1960), of which there are fewest.
    """
    columns = matrix.shape[1]
    rest, shift = matrix.astype(np.int64), 0
    totals, terms = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
    while rest.any():
        digit = np.where(rest & 1, 2 - (rest & 3), 0)
        row, column = np.nonzero(digit)
        totals.append(columns + row)
        terms.append(column << 8 | shift << 1 | (digit[row, column] < 0))
        rest, shift = (rest - digit) >> 1, shift + 1
    return np.concatenate(totals), np.concatenate(terms)


def digits_of_rows(matrix: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
    """How many signed digits the entries of each row of a matrix have, (n_out,)."""
    totals, _ = terms_of_matrix(matrix)
    rows, columns = matrix.shape
    return np.bincount(totals, minlength=columns + rows)[columns:]


def terms_of_graph(graph: AdderGraph) -> tuple[Integers, Integers]:
    """For every output and every operand of an adder, the sum that it is in, and its term."""
    rows = len(graph.outputs)
    found = [
        (graph.n_in + row, output.node, output.shift, output.negative)
        for row, output in enumerate(graph.outputs)
        if output.node is not None
    ]
    for number, add in enumerate(graph.adds, graph.n_in + rows):
        found.append((number, add.left, add.left_shift, False))
        found.append((number, add.right, add.right_shift, add.subtract))
    total, value, shift, negative = np.array(found, np.int64).reshape(-1, 4).T.copy()
    value = np.where(value < graph.n_in, value, value + rows)
    return total, value << 8 | shift << 1 | negative


def graph_of_terms(ends: Integers, terms: Integers, rows: int, columns: int) -> AdderGraph:
    """The graph of rows and adders as `anneal.copy` leaves them."""
    return _Writer(ends, terms, columns).graph(rows)


class _Writer:
    """Adds up sums, each after those that it needs."""

    def __init__(self, ends: Integers, terms: Integers, columns: int) -> None:
        self._ends, self._terms, self._columns = ends.tolist(), terms.tolist(), columns
        self._adds: list[Add] = []
        self._made: dict[int, Term | None] = {
            value: Term(0, value, False) for value in range(columns)
        }

    def graph(self, rows: int) -> AdderGraph:
        """The rows, and the adders that they need."""
        sums = [self._make(row) for row in range(self._columns, self._columns + rows)]
        outputs = tuple(as_output(total) for total in sums)
        return AdderGraph(self._columns, tuple(self._adds), outputs)

    def _make(self, wanted: int) -> Term | None:
        waiting = [wanted]
        while waiting:
            value = waiting[-1]
            terms = [] if value in self._made else self._terms_of(value)
            missing = [term >> 8 for term in terms if term >> 8 not in self._made]
            if missing:
                waiting += missing
                continue
            if value not in self._made:
                parts = [part for part in map(self._part, terms) if part is not None]
                self._made[value] = add_up(parts, self._columns, self._adds)
            waiting.pop()
        return self._made[wanted]

    def _terms_of(self, value: int) -> list[int]:
        start = self._ends[value - 1] if value > self._columns else 0
        return self._terms[start : self._ends[value]]

    def _part(self, term: int) -> Term | None:
        made = self._made[term >> 8]
        if made is None:
            return None
        shift, negative = made.shift + ((term >> 1) & 127), made.negative != bool(term & 1)
        return Term(made.depth, made.value, negative, shift)
