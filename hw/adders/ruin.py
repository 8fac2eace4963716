"""Ruin: some adders are dissolved into the sums that use them. `share` recreates.

Schrimpf et al., "Record breaking optimization results using the ruin and recreate principle", 2000.
Compiled.
"""

from mulbudget.hw.adders.chance import below
from mulbudget.hw.adders.compiled import compiled
from mulbudget.hw.adders.state import Integers, State
from mulbudget.hw.adders.sums import dissolve

_ANYWHERE = 3
_TRIES = 16


@compiled
def ruin(s: State, candidates: Integers, most: int) -> None:
    """Dissolve up to `most` adders in the trees of one or two random rows, or a few anywhere."""
    rows = s.now[0].adders_from - s.now[0].rows_from
    chosen, number = below(s.random, 3), 0
    for _ in range(chosen):
        number = _add_terms(s, candidates, number, s.now[0].rows_from + below(s.random, rows))
    if chosen:
        _dissolve_some(s, candidates, number, 1 + below(s.random, most))
        return
    for _ in range(1 + below(s.random, _ANYWHERE)):
        value = any_adder(s)
        if value >= 0:
            dissolve(s, value)


@compiled
def ruin_tree(s: State, candidates: Integers, total: int, most: int) -> None:
    """Dissolve less than `most` adders in the tree of a sum."""
    number = _add_terms(s, candidates, 0, total)
    _dissolve_some(s, candidates, number, below(s.random, most))


@compiled
def _dissolve_some(s: State, candidates: Integers, number: int, dissolved: int) -> None:
    """Dissolve random ones of `number` candidates; their terms become candidates too."""
    for _ in range(dissolved):
        if number == 0:
            return
        place = below(s.random, number)
        value = candidates[place]
        number -= 1
        candidates[place] = candidates[number]
        if s.values[value].busy:
            number = _add_terms(s, candidates, number, value)
            dissolve(s, value)


@compiled
def any_adder(s: State) -> int:
    """A random adder, or -1 where none was met."""
    start = s.now[0].adders_from
    if s.now[0].adders_to > start:
        for _ in range(_TRIES):
            value = start + below(s.random, s.now[0].adders_to - start)
            if s.values[value].busy:
                return value
    return -1


@compiled
def _add_terms(s: State, candidates: Integers, number: int, total: int) -> int:
    """Add the adders among the terms of a sum to the candidates, where there is room."""
    cell = s.values[total].first_term
    while cell >= 0 and number < len(candidates):
        value = s.cells[cell].term >> 8
        if value >= s.now[0].adders_from:
            candidates[number] = value
            number += 1
        cell = s.cells[cell].next_term
    return number
