"""The search for small adder graphs: greedy sharing, then annealing."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from threading import Event
from typing import Any

import numpy as np
import numpy.typing as npt

from mulbudget.hw.adders.anneal import anneal, best_of, copy
from mulbudget.hw.adders.chance import seeded
from mulbudget.hw.adders.graph import AdderGraph
from mulbudget.hw.adders.patterns import move_all, offer_all
from mulbudget.hw.adders.share import share
from mulbudget.hw.adders.state import Integers, empty, heap, table
from mulbudget.hw.adders.sums import fill, keep, lower_all, suspect_all
from mulbudget.hw.adders.terms import graph_of_terms, terms_of_graph, terms_of_matrix

_HOT, _WARM, _COLD = 1.0, 0.4, 0.2
"""Temperatures of the annealing, in adders: from the first, or the second for a graph given."""
_CHUNK = 256
"""Iterations between two looks at the clock."""
_TURNS = 8
"""How often the matrix is transposed, where iterations are many."""
_BEFORE_TURN = 8
"""Iterations for each adder before the matrix is transposed again, at least."""
_DEEPEST = 60  # a deeper limit is none

Progress = Callable[[float, int], None]
"""Is told how much of a search is done, from 0 to 1, and how many adders the best graph has."""


@dataclass(frozen=True)
class Effort:
    """When a search ends: after so many iterations, or at a time, whichever is first.

    Parameters
    ----------
    iterations : int, optional
    seconds : float, optional
        From when this was made.
    """

    iterations: int | None = None
    seconds: float | None = None
    _start: float = field(default_factory=time.monotonic, compare=False)

    def done(self, iterations: int) -> float:
        """How much of it is done, 1 or more where all."""
        parts = [0.0]
        if self.iterations is not None:
            parts.append(iterations / self.iterations if self.iterations else 1.0)
        if self.seconds is not None:
            gone = time.monotonic() - self._start
            parts.append(gone / self.seconds if self.seconds else 1.0)
        return max(parts)

    def part(self, number: int, of: int) -> "Effort":
        """One of several equal parts, one after another."""
        iterations = None if self.iterations is None else self.iterations // of
        if self.seconds is None:
            return Effort(iterations)
        seconds = self.seconds / of
        return Effort(iterations, seconds, self._start + number * seconds)

    def chunk(self, iterations: int) -> int:
        """Iterations to do at once after so many."""
        left = _CHUNK if self.iterations is None else self.iterations - iterations
        return min(_CHUNK, left)


@dataclass(frozen=True, kw_only=True)
class Goal:
    """What a search looks for.

    Parameters
    ----------
    max_depth : int, optional
        Adders on the longest way, at most.
    prices : int64, (64,)
        What an adder of a sum of so many bits costs; 1 for all to count adders.
    spans : int64, (n_in,)
        How many numbers each input can be, less one.
    """

    max_depth: int | None
    prices: Integers
    spans: Integers

    @property
    def counts(self) -> bool:
        """Whether all adders cost the same."""
        return bool((self.prices == 1).all())

    @property
    def transposable(self) -> bool:
        """Whether a graph is as good as its transpose: where only adders count."""
        return self.max_depth is None and self.counts


class Search:
    """A matrix with the best graph for it so far.

    Parameters
    ----------
    matrix : integers, (n_out, n_in)
    goal : Goal
    seed : int or integers
    turned : bool
        Whether to start with the transposed matrix; only where the goal is transposable.
    start : AdderGraph, optional
        A graph of the matrix to start from, no deeper than the goal allows.
    """

    def __init__(
        self,
        matrix: npt.NDArray[Any],
        goal: Goal,
        *,
        seed: int | Sequence[int] = 0,
        turned: bool = False,
        start: AdderGraph | None = None,
    ) -> None:
        self._goal, self._turned, self._random = goal, turned, seeded(seed)
        self._hot = _HOT if start is None else _WARM
        self._candidates = np.zeros(1 << 12, np.int64)
        self._rows = np.abs(matrix) @ goal.spans
        first = matrix.T if turned else matrix
        if start is None:
            self._load(first.shape, *terms_of_matrix(first))
        else:
            self._load(first.shape, *terms_of_graph(start), start)
        here = self._graph_here()
        self._scale = self.cost / here.adders if here.adders else 1.0
        self.graph = self._oriented(here)
        """The best graph."""
        self._offset = self.graph.adders - self.cost

    @property
    def lowest(self) -> int:
        """Cost of the best sums since they were loaded."""
        return int(self._best.cost[0])

    @property
    def cost(self) -> int:
        """Of the sums as they are."""
        return int(self._state.now["cost"][0])

    def _load(
        self,
        shape: tuple[int, ...],
        totals: Integers,
        terms: Integers,
        start: AdderGraph | None = None,
    ) -> None:
        """Begin with sums that have these terms, those of a graph perhaps, and share pairs."""
        rows, columns = self._shape = shape
        first, lengths = columns + rows, np.bincount(totals, minlength=columns + rows)
        end = len(lengths)
        shifts = int(((terms >> 1) & 127).max(initial=0))
        pairs, most = int((lengths**2).sum()) // 2, (end - rows) ** 2 * (2 * shifts + 1)
        self._state = s = empty(
            rows,
            columns,
            cells=2 * len(terms) + 4096,
            patterns=min(pairs, most),
            prices=self._goal.prices,
            random=self._random,
        )
        s.values["busy"][first:end] = 1
        s.now["free_adders"] -= end - first
        s.now["adders_to"] += end - first
        s.values["price"][:end] = 1
        if not self._goal.transposable:
            weights = np.concatenate([self._goal.spans, self._rows])
            if start is not None:
                weights = np.concatenate([weights, start.spans(self._goal.spans)[columns:]])
            s.values["weight"][:end] = weights
            bits = [int(weight).bit_length() for weight in weights]
            s.values["price"][:end] = self._goal.prices[np.minimum(bits, 63)]
        if self._goal.max_depth is not None:
            s.now["limited"] = 1
            s.values["depth"][columns:first] = min(self._goal.max_depth, _DEEPEST)
            if start is not None:
                s.values["depth"][first:end] = start.depths[columns:]
            s.values["slack"][columns:end] = 1 << s.values["depth"][columns:end].astype(np.int64)
        fill(s, totals, terms)
        suspect_all(s)
        offer_all(s)
        self._tidy()
        while not share(self._state):
            self._tidy()
        self._tidy()
        self._best = best_of(self._state)

    def _tidy(self) -> None:
        """Make the table and the heap as large as they should be."""
        s = self._state
        keep(s)
        patterns, offers = int(s.now["patterns"][0]), int(s.now["offers"][0])
        new_table, new_heap = table(patterns + 256), heap(max(4 * patterns, offers))
        move_all(s.table, new_table)
        new_heap[:offers] = s.heap[:offers]
        self._state = s._replace(table=new_table, heap=new_heap)

    def _graph_here(self) -> AdderGraph:
        """The graph of the sums as they are."""
        here = best_of(self._state)
        copy(self._state, here)
        return graph_of_terms(here.ends, here.terms, *self._shape)

    def _oriented(self, graph: AdderGraph) -> AdderGraph:
        return graph.transpose() if self._turned else graph

    def _take_best(self) -> None:
        """Take over the best of the sums since they were loaded."""
        if self._best.here[0]:
            copy(self._state, self._best)
        graph = graph_of_terms(self._best.ends, self._best.terms, *self._shape)
        graph = self._oriented(graph)
        if not self._goal.transposable or graph.adders < self.graph.adders:
            self.graph = graph

    def _turn(self) -> None:
        """Search on for the transposed matrix."""
        self._take_best()
        here = self._graph_here()
        other = here.transpose()
        self._offset += here.adders - other.adders
        self._turned = not self._turned
        self._load(self._shape[::-1], *terms_of_graph(other))

    def run(self, effort: Effort, stop: Event, progress: Progress | None = None) -> None:
        """Search on, until the effort is made or `stop` is set."""
        iterations, turns, turned_at = 0, 1, 0
        done = effort.done(0)
        while done < 1 and not stop.is_set():
            chunk = effort.chunk(iterations)
            ends = (self._temperature(done), self._temperature(effort.done(iterations + chunk)))
            number = anneal(self._state, self._best, self._candidates, *ends, chunk)
            if number < chunk:
                self._tidy()
            if self._goal.max_depth is not None:
                lower_all(self._state)
            iterations += number
            done = effort.done(iterations)
            enough = iterations - turned_at > _BEFORE_TURN * self.graph.adders
            if self._goal.transposable and done * _TURNS > turns and enough:
                turns, turned_at = int(done * _TURNS) + 1, iterations
                self._turn()
            if progress is not None:
                progress(min(done, 1.0), self._adders())
        self._take_best()
        if progress is not None:
            progress(min(done, 1.0), self.graph.adders)

    def _adders(self) -> int:
        """Of the best graph so far; of the one before, where adders are not what counts."""
        if not self._goal.counts:
            return self.graph.adders
        return min(self.lowest + self._offset, self.graph.adders)

    def _temperature(self, done: float) -> float:
        """Of the annealing where so much of it is done."""
        return self._scale * self._hot * (_COLD / self._hot) ** min(done, 1.0)
