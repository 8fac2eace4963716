"""Injection: an adder or a row comes into a sum that has one of its terms; its others leave again.

The sum stays what it is, by terms that cancel; so pairs come about that no way of splitting up the
sum has. Compiled.
"""

from mulbudget.hw.adders.chance import below
from mulbudget.hw.adders.compiled import compiled
from mulbudget.hw.adders.state import State
from mulbudget.hw.adders.sums import (
    depth_needed,
    has_room,
    highest_shift,
    lower,
    new_adder,
    put,
    take,
)

_STEPS = 200
_HIGHEST = 40
"""Shift of what comes into a sum: terms that cancel again and again could go up without end."""


@compiled
def inject(s: State) -> int:
    """Put a random adder or row into a sum; gives the sum, or -1 where it may not have it."""
    start = s.now[0].rows_from
    value = start + below(s.random, s.now[0].adders_to - start)
    if s.values[value].length < 2:
        return -1
    term = s.cells[
        _step(s, s.values[value].first_term, below(s.random, s.values[value].length))
    ].term
    use = s.values[term >> 8].first_use
    for _ in range(below(s.random, s.values[term >> 8].uses)):
        use = s.cells[use].next_use
    total = s.cells[use].total
    over = ((s.cells[use].term >> 1) & 127) - ((term >> 1) & 127)
    low = over >= 0 and over + highest_shift(s, value) <= _HIGHEST
    if total == value or not low or not _may_have(s, total, use, value):
        return -1
    if value < s.now[0].adders_from:
        value = _as_adder(s, value)
    sign = (s.cells[use].term ^ term) & 1
    take(s, use)
    cell = s.values[value].first_term
    while cell >= 0:
        if s.cells[cell].term != term:
            put(s, total, (s.cells[cell].term + 2 * over) ^ sign ^ 1)
        cell = s.cells[cell].next_term
    put(s, total, value << 8 | over << 1 | sign)
    return total


@compiled
def _as_adder(s: State, row: int) -> int:
    """Make a row an adder that the row has as its only term."""
    depth, weight = 0, 0
    if s.now[0].limited:
        depth = depth_needed(s, row)
    cell = s.values[row].first_term
    while cell >= 0:
        weight += s.values[s.cells[cell].term >> 8].weight << ((s.cells[cell].term >> 1) & 127)
        cell = s.cells[cell].next_term
    value = new_adder(s, depth, weight)
    while s.values[row].length > 0:
        cell = s.values[row].first_term
        term = s.cells[cell].term
        take(s, cell)
        put(s, value, term)
    put(s, row, value << 8)
    return value


@compiled
def _step(s: State, cell: int, steps: int) -> int:
    """The cell so many terms after another of its sum."""
    for _ in range(steps):
        cell = s.cells[cell].next_term
    return cell


@compiled
def _may_have(s: State, total: int, use: int, value: int) -> bool:
    """Whether a sum may have an adder and all but one of its terms in the place of a term."""
    length = s.values[value].length
    if not has_room(s, 2 * length, length * (2 * length + s.values[total].length)):
        return False
    if not s.now[0].limited:
        return total < s.now[0].adders_from or not _needs(s, value, total)
    # What is too deep for the sum to have also has no slack to be had.
    if value >= s.now[0].adders_from:
        lower(s, value)
    need = (1 << depth_needed(s, value)) - (2 << s.values[s.cells[use].term >> 8].depth)
    cell = s.values[value].first_term
    while cell >= 0:
        need += 1 << s.values[s.cells[cell].term >> 8].depth
        cell = s.cells[cell].next_term
    return s.values[total].slack >= need


@compiled
def _needs(s: State, value: int, other: int) -> bool:
    """Whether an adder needs another; True as well where that takes long to find out."""
    s.found[0], number = value, 1
    for _ in range(_STEPS):
        if number == 0:
            return False
        number -= 1
        value = s.found[number]
        if value == other:
            return True
        cell = s.values[value].first_term
        while cell >= 0 and number < len(s.found):
            if s.cells[cell].term >> 8 >= s.now[0].adders_from:
                s.found[number] = s.cells[cell].term >> 8
                number += 1
            cell = s.cells[cell].next_term
    return True
