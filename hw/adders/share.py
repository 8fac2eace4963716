"""Greedy sharing: the pair of values that most rows have in common becomes an adder, and so on.

Hartley, "Subexpression sharing in filters using canonic signed digit multipliers", 1996; here with
the best partner of each value kept up to date, and compiled.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from mulbudget.hw.adders.chance import State, draw
from mulbudget.hw.adders.compiled import compiled
from mulbudget.hw.adders.values import (
    ACTIVE,
    NONE,
    ONE,
    WORD,
    Integers,
    Rows,
    Slack,
    Values,
    add,
    count,
    lowest,
    rows_of,
)


class Partners(NamedTuple):
    """For each value the one to add it to or subtract it from, and what that gains."""

    gain: npt.NDArray[np.float64]
    rows: Integers
    """That had both when the partner was found: other pairs may have taken some of them."""
    other: Integers
    opposite: npt.NDArray[np.bool_]
    wide: Integers
    """Room for the values that at least two rows have."""


def partners(capacity: int) -> Partners:
    """Room for the partners of so many values."""
    return Partners(
        np.zeros(capacity),
        np.zeros(capacity, np.int64),
        np.zeros(capacity, np.int64),
        np.zeros(capacity, np.bool_),
        np.zeros(capacity, np.int64),
    )


@compiled
def share(
    v: Values,
    p: Partners,
    touched: Integers,
    number: int,
    limited: bool,
    noise: float,
    state: State,
) -> None:
    """Extract pairs with one of the `number` values in `touched`, until none gains anything.

    `touched` is used up. `noise` is by how much a gain may be overrated at random; without it ties
    go to the value that comes first. `limited` says that rows have a finite slack.
    """
    wide, others = p.wide, 0
    for place in range(v.counts[ACTIVE]):
        if rows_of(v, v.active[place]) > 1:
            wide[others] = v.active[place]
            others += 1
    number = _shared(v, touched, number)
    for place in range(number):
        _find(v, p, touched[place], others, limited, noise, state)
    while True:
        best, left = 0.0, -1
        for place in range(number):
            if p.gain[touched[place]] > best:
                best, left = p.gain[touched[place]], touched[place]
        if left < 0:
            return
        right = p.other[left]
        rows = _common(v, left, right, limited)[1 if p.opposite[left] else 0]
        if rows < p.rows[left]:
            _find(v, p, left, others, limited, noise, state)
            continue
        value = _extract(v, left, right, p.opposite[left], limited)
        if rows_of(v, left) < 2 or rows_of(v, right) < 2:
            number, others = _shared(v, touched, number), _shared(v, wide, others)
        wide[others] = value
        others += 1
        for place in range(number):
            _offer(v, p, touched[place], value, limited, noise, state)
        touched[number] = value
        number += 1
        _find(v, p, value, others, limited, noise, state)


@compiled
def _shared(v: Values, values: Integers, number: int) -> int:
    """Keep what at least two rows have, in order; gives how many."""
    kept = 0
    for place in range(number):
        if rows_of(v, values[place]) > 1:
            values[kept] = values[place]
            kept += 1
    return kept


@compiled
def _find(
    v: Values, p: Partners, value: int, others: int, limited: bool, noise: float, state: State
) -> None:
    """The best partner of a value."""
    p.gain[value] = 0.0
    p.other[value] = -1
    for place in range(others):
        if p.wide[place] != value:
            _offer(v, p, value, p.wide[place], limited, noise, state)


@compiled
def _offer(
    v: Values, p: Partners, value: int, other: int, limited: bool, noise: float, state: State
) -> None:
    """Take `other` as the partner of a value where it gains more than the one so far."""
    alike, opposed = _common(v, value, other, limited)
    for opposite, rows in ((False, alike), (True, opposed)):
        if rows > 1:
            gain = (rows - 1) * (1 + noise * draw(state))
            if gain > p.gain[value]:
                p.gain[value], p.rows[value] = gain, rows
                p.other[value], p.opposite[value] = other, opposite


@compiled
def _common(v: Values, value: int, other: int, limited: bool) -> tuple[int, int]:
    """How many rows have two values with the same sign, and with opposite ones."""
    alike, opposed = 0, 0
    need = _need(v.depth[value], v.depth[other]) if limited else 0
    for word in range(v.plus.shape[1]):
        plus, minus = v.plus[value, word], v.minus[value, word]
        with_, against = v.plus[other, word], v.minus[other, word]
        same, unlike = (plus & with_) | (minus & against), (plus & against) | (minus & with_)
        if need > 0 and same | unlike != NONE:
            same = _allowed(same, word, need, v.slack)
            unlike = _allowed(unlike, word, need, v.slack)
        alike += count(same)
        opposed += count(unlike)
    return alike, opposed


@compiled
def _need(depth: int, other: int) -> int:
    """How much of a row's slack the sum of two of its terms takes."""
    return abs((1 << depth) - (1 << other))


@compiled
def _allowed(rows: Rows, word: int, need: int, slack: Slack) -> Rows:
    """Those of the rows of a word that have the slack."""
    kept, rest = rows, rows
    while rest != NONE:
        row = lowest(rest)
        if slack[row + WORD * word] < need:
            kept &= ~(ONE << np.uint64(row))
        rest &= rest - ONE
    return kept


@compiled
def _extract(v: Values, left: int, right: int, subtract: bool, limited: bool) -> int:
    """Replace a pair by an adder in every row that has it."""
    value = add(v, left, right, subtract)
    need = _need(v.depth[left], v.depth[right]) if limited else 0
    for word in range(v.plus.shape[1]):
        with_, against = v.plus[right, word], v.minus[right, word]
        if subtract:
            with_, against = against, with_
        plus, minus = v.plus[left, word] & with_, v.minus[left, word] & against
        if need > 0:
            plus = _allowed(plus, word, need, v.slack)
            minus = _allowed(minus, word, need, v.slack)
            _use(plus | minus, word, need, v.slack)
        v.plus[value, word], v.minus[value, word] = plus, minus
        others = ~(plus | minus)
        for each in (left, right):
            v.plus[each, word] &= others
            v.minus[each, word] &= others
    return value


@compiled
def _use(rows: Rows, word: int, need: int, slack: Slack) -> None:
    """Take from the slack of the rows of a word."""
    while rows != NONE:
        slack[lowest(rows) + WORD * word] -= need
        rows &= rows - ONE
