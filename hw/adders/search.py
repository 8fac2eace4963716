"""The search for small adder graphs: greedy sharing, then annealing by ruin and recreate."""

import time
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from mulbudget.hw.adders.chance import State, draw, seeded
from mulbudget.hw.adders.compiled import compiled
from mulbudget.hw.adders.graph import AdderGraph
from mulbudget.hw.adders.ruin import (
    SPARE_ROWS,
    TOUCHED,
    Ruins,
    ruin,
    ruins,
    settle,
)
from mulbudget.hw.adders.share import Partners, partners, share
from mulbudget.hw.adders.values import (
    ACTIVE,
    FREE,
    INPUT,
    SPARE,
    WORD,
    Integers,
    Values,
    copy,
    cost,
    empty,
    top,
)
from mulbudget.hw.adders.writer import Writer

_HOT, _COLD = 1.0, 0.2
"""Temperatures of the annealing, in adders."""

_MOST_DISSOLVED = 32
_DEEPEST = 60  # a deeper limit is none
_CALM, _WILD = 0.2, 1.0
"""By how much gains are overrated at random, one or the other each time."""


@compiled
def _anneal(
    v: Values,
    before: Values,
    best: Values,
    p: Partners,
    r: Ruins,
    rows: int,
    limited: bool,
    hot: float,
    cold: float,
    iterations: int,
    costs: Integers,
    state: State,
) -> None:
    """Ruin and recreate so many times, the temperature falling from `hot` to `cold`.

    `costs` has the cost of `v` and of the best, which `best` holds.
    """
    for iteration in range(iterations):
        temperature = hot * (cold / hot) ** (iteration / iterations)
        end = top(v)
        copy(before, v, end)
        ruin(v, r, rows, _MOST_DISSOLVED, limited, state)
        if r.found[TOUCHED] == 0:
            continue
        noise = _WILD if draw(state) < 0.5 else _CALM
        share(v, p, r.touched, r.found[TOUCHED], limited, noise, state)
        possible = settle(v, r, rows, limited, state)
        now = cost(v) if possible else 0
        if possible and (now <= costs[0] or draw(state) < np.exp((costs[0] - now) / temperature)):
            costs[0] = now
            if now < costs[1]:
                costs[1] = now
                copy(best, v, top(v))
        else:
            for value in range(end, top(v)):
                v.kind[value] = FREE
            copy(v, before, end)


@dataclass(frozen=True)
class Effort:
    """When a search ends: after so many iterations, or so many seconds, whichever is first."""

    iterations: int | None = None
    seconds: float | None = None

    def part(self, share: float) -> "Effort":
        """A part of it."""
        return Effort(
            None if self.iterations is None else round(self.iterations * share),
            None if self.seconds is None else self.seconds * share,
        )


class Search:
    """A matrix with the best graph for it so far.

    Parameters
    ----------
    matrix : integers, (n_out, n_in)
        -1, 0 or 1.
    max_depth : int, optional
    seed : int
    """

    def __init__(
        self,
        matrix: npt.NDArray[Any],
        *,
        max_depth: int | None = None,
        seed: int = 0,
    ) -> None:
        rows, columns = matrix.shape
        # No more than an adder for each entry, and for each term that an open adder can get.
        capacity = columns + int(np.count_nonzero(matrix)) + SPARE_ROWS * (_MOST_DISSOLVED + 2)
        words = -(-(rows + SPARE_ROWS) // WORD)
        self._values, self._before, self._best = (empty(capacity, words) for _ in range(3))
        self._partners, self._ruins = partners(capacity), ruins(capacity)
        self._state = seeded(seed)
        self._limited = max_depth is not None
        self._rows, self._columns = rows, columns
        self._fill(matrix)
        if max_depth is not None:
            terms = np.count_nonzero(matrix, axis=1)
            self._values.slack[:rows] = (1 << min(max_depth, _DEEPEST)) - terms
        self._ruins.touched[:columns] = np.arange(columns)
        share(
            self._values,
            self._partners,
            self._ruins.touched,
            columns,
            self._limited,
            0.0,
            self._state,
        )
        copy(self._best, self._values, capacity)
        first = cost(self._values)
        self._costs = np.array([first, first])

    def _fill(self, matrix: npt.NDArray[Any]) -> None:
        v, columns = self._values, self._columns
        for bits, sign in ((v.plus, 1), (v.minus, -1)):
            packed = np.packbits(sign == matrix.T, axis=1, bitorder="little")
            padded = np.zeros((columns, v.plus.shape[1] * 8), np.uint8)
            padded[:, : packed.shape[1]] = packed
            bits[:columns] = padded.view("<u8")
        v.kind[:columns] = INPUT
        v.active[:columns] = v.place[:columns] = np.arange(columns)
        spare = np.arange(len(v.kind) - 1, columns - 1, -1)
        v.spare[: len(spare)] = spare
        v.counts[ACTIVE], v.counts[SPARE] = columns, len(spare)

    def anneal(self, effort: Effort) -> None:
        """Search on from the graph that is there."""
        if self._values.counts[ACTIVE] == self._columns:
            return  # no two rows have anything in common
        start, done, iterations = time.monotonic(), 0.0, 0
        while done < 1:
            chunk, after = _CHUNK, done
            if effort.iterations is not None:
                chunk = min(chunk, effort.iterations - iterations)
                if chunk < 1:
                    return
                after = (iterations + chunk) / effort.iterations
            _anneal(
                self._values,
                self._before,
                self._best,
                self._partners,
                self._ruins,
                self._rows,
                self._limited,
                _temperature(done),
                _temperature(after),
                chunk,
                self._costs,
                self._state,
            )
            iterations, done = iterations + chunk, after
            if effort.seconds is not None:
                done = max(done, (time.monotonic() - start) / effort.seconds)

    def graph(self) -> AdderGraph:
        """The best graph."""
        return Writer(self._best, self._rows, self._columns).graph()


_CHUNK = 256
"""Iterations between two looks at the clock."""


def _temperature(done: float) -> float:
    """Of the annealing where so much of it is done."""
    return _HOT * (_COLD / _HOT) ** done
