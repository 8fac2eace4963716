"""Simulated annealing by ruin and recreate. Compiled.

Kirkpatrick et al., "Optimization by simulated annealing", 1983.
"""

from typing import Any, NamedTuple

import numpy as np

from mulbudget.hw.adders.chance import below, draw
from mulbudget.hw.adders.compiled import compiled
from mulbudget.hw.adders.inject import inject
from mulbudget.hw.adders.ruin import ruin, ruin_tree
from mulbudget.hw.adders.share import share
from mulbudget.hw.adders.state import Integers, State
from mulbudget.hw.adders.sums import keep, undo

_INJECTIONS = 85
"""Iterations of a hundred that begin with an injection; the others only ruin."""
_RUINED, _RUINED_TREE = 32, 8
"""Adders that are dissolved at most, in an iteration of each kind."""
_CALM, _WILD = 0.2, 6.0
"""By how much gains are overrated at random, one or the other each time."""


class Best(NamedTuple):
    """The best sums so far."""

    cost: Integers
    """One element."""
    here: Any
    """One element: whether the state still is the best; if not, it was copied."""
    ends: Integers
    """Of each sum, where its terms end in `terms`."""
    terms: Integers


def best_of(state: State) -> Best:
    """The state as it is, with room for a copy."""
    return Best(
        cost=state.now["cost"].copy(),
        here=np.ones(1, np.bool_),
        ends=np.zeros(len(state.values), np.int64),
        terms=np.zeros(len(state.cells), np.int64),
    )


@compiled
def anneal(
    s: State, best: Best, candidates: Integers, hot: float, cold: float, iterations: int
) -> int:
    """Change the sums so many times, the temperature falling from `hot` to `cold`.

    Gives how many iterations were done: fewer where the table got too full.
    """
    for iteration in range(iterations):
        before = s.now[0].cost
        keep(s)
        _ruin(s, candidates)
        s.now[0].noise = _WILD if draw(s.random) < 0.5 else _CALM
        if not share(s):
            undo(s)
            return iteration + 1
        now = s.now[0].cost
        temperature = hot * (cold / hot) ** (iteration / iterations)
        if now < best.cost[0]:
            best.cost[0], best.here[0] = now, True
        elif now > before and draw(s.random) >= np.exp((before - now) / temperature):
            undo(s)
        elif now > before and best.here[0]:  # the best comes first; another time, perhaps
            undo(s)
            copy(s, best)
            best.here[0] = False
    return iterations


@compiled
def _ruin(s: State, candidates: Integers) -> None:
    if below(s.random, 100) >= _INJECTIONS:
        ruin(s, candidates, _RUINED)
        return
    total = inject(s)
    if total >= 0:
        ruin_tree(s, candidates, total, _RUINED_TREE)


@compiled
def copy(s: State, best: Best) -> None:
    """Copy the terms of every row and adder, sum after sum."""
    number = 0
    for total in range(s.now[0].rows_from, s.now[0].adders_to):
        cell = s.values[total].first_term
        while cell >= 0:
            best.terms[number] = s.cells[cell].term
            number += 1
            cell = s.cells[cell].next_term
        best.ends[total] = number
