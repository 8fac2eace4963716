"""Ruin: some adders are dissolved into the rows and adders that use them; then these are settled.

Schrimpf et al., "Record breaking optimization results using the ruin and recreate principle", 2000.
Recreating is `share`. An adder that loses an operand becomes a row of its own for as long, in the
bits behind those of the matrix.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from mulbudget.hw.adders.chance import State, below
from mulbudget.hw.adders.compiled import compiled
from mulbudget.hw.adders.values import (
    ACTIVE,
    ADDER,
    NONE,
    ONE,
    WORD,
    Integers,
    Rows,
    Values,
    add,
    has,
    lowest,
    operate,
    remove,
    takes,
)

SPARE_ROWS = 24
"""Adders that may be open at once."""


class Ruins(NamedTuple):
    """Room for what is dissolved."""

    touched: Integers
    marked: npt.NDArray[np.bool_]
    candidates: Integers
    pending: Integers
    terms: Integers
    found: Integers
    """How many touched, candidate and pending values there are."""


TOUCHED, CANDIDATES, PENDING = 0, 1, 2


def ruins(capacity: int) -> Ruins:
    """Room for so many values."""
    return Ruins(
        touched=np.zeros(capacity, np.int64),
        marked=np.zeros(capacity, np.bool_),
        candidates=np.zeros(4 * capacity, np.int64),
        pending=np.zeros(SPARE_ROWS, np.int64),
        terms=np.zeros(capacity, np.int64),
        found=np.zeros(3, np.int64),
    )


@compiled
def ruin(v: Values, r: Ruins, rows: int, most: int, limited: bool, state: State) -> None:
    """Dissolve up to `most` adders in the trees of one or two random rows, or a few anywhere."""
    for which in (TOUCHED, CANDIDATES, PENDING):
        r.found[which] = 0
    chosen = below(state, 3)
    for _ in range(chosen):
        row = below(state, rows)
        for place in range(v.counts[ACTIVE]):
            value = v.active[place]
            if v.kind[value] == ADDER and has(v, value, row):
                _candidate(r, value)
    for _ in range(1 + below(state, most if chosen else 3)):
        if chosen:
            if r.found[CANDIDATES] == 0:
                break
            place = below(state, r.found[CANDIDATES])
            value = r.candidates[place]
            r.found[CANDIDATES] -= 1
            r.candidates[place] = r.candidates[r.found[CANDIDATES]]
        else:
            value = v.active[below(state, v.counts[ACTIVE])]
        if v.kind[value] == ADDER and not _is_pending(r, value):
            _dissolve(v, r, value, rows, limited)
    for place in range(r.found[TOUCHED]):
        r.marked[r.touched[place]] = False


@compiled
def _candidate(r: Ruins, value: int) -> None:
    if r.found[CANDIDATES] < len(r.candidates):
        r.candidates[r.found[CANDIDATES]] = value
        r.found[CANDIDATES] += 1


@compiled
def _is_pending(r: Ruins, value: int) -> bool:
    found = False
    for place in range(r.found[PENDING]):
        found |= r.pending[place] == value
    return found


@compiled
def _touch(r: Ruins, value: int) -> None:
    if not r.marked[value]:
        r.marked[value] = True
        r.touched[r.found[TOUCHED]] = value
        r.found[TOUCHED] += 1


@compiled
def _dissolve(v: Values, r: Ruins, value: int, rows: int, limited: bool) -> None:
    """Put an adder's operands into all rows and adders that use it, if there are rows to spare."""
    users = 0
    for place in range(v.counts[ACTIVE]):
        user = v.active[place]
        if takes(v, user, value):
            users += 1
    if r.found[PENDING] + users > SPARE_ROWS:
        return
    for operand in (v.left[value], v.right[value]):
        _touch(r, operand)
        if v.kind[operand] == ADDER:
            _candidate(r, operand)
    if limited:
        gained = (1 << v.depth[value]) - (1 << v.depth[v.left[value]])
        gained -= 1 << v.depth[v.right[value]]
        for row in range(rows + r.found[PENDING]):
            if has(v, value, row):
                v.slack[row] += gained
    for word in range(v.plus.shape[1]):
        _spread(v, value, word, v.plus[value, word], v.minus[value, word])
    if users:
        for place in range(v.counts[ACTIVE]):
            user = v.active[place]
            if takes(v, user, value):
                _open(v, r, user, value, rows, limited)
    remove(v, value)
    if r.marked[value]:
        r.marked[value] = False
        for place in range(r.found[TOUCHED]):
            if r.touched[place] == value:
                r.found[TOUCHED] -= 1
                r.touched[place] = r.touched[r.found[TOUCHED]]
                break


@compiled
def _spread(v: Values, value: int, word: int, plus: Rows, minus: Rows) -> None:
    """Give rows of a word the operands of an adder."""
    left, right = v.left[value], v.right[value]
    v.plus[left, word] |= plus
    v.minus[left, word] |= minus
    if v.subtract[value]:
        plus, minus = minus, plus
    v.plus[right, word] |= plus
    v.minus[right, word] |= minus


@compiled
def _open(v: Values, r: Ruins, user: int, value: int, rows: int, limited: bool) -> None:
    """Make an adder a row, with the operands of `value` in its place."""
    row = rows + r.found[PENDING]
    r.pending[r.found[PENDING]] = user
    r.found[PENDING] += 1
    word, bit = row >> 6, ONE << np.uint64(row & 63)
    slack = 1 << v.depth[user] if limited else 0
    for operand, negative in ((v.left[user], False), (v.right[user], v.subtract[user])):
        plus, minus = (NONE, bit) if negative else (bit, NONE)
        if operand == value:
            _spread(v, value, word, plus, minus)
            slack -= (1 << v.depth[v.left[value]]) + (1 << v.depth[v.right[value]])
        else:
            v.plus[operand, word] |= plus
            v.minus[operand, word] |= minus
            slack -= 1 << v.depth[operand]
            _touch(r, operand)
    v.slack[row] = slack
    v.left[user], v.right[user] = -1, -1


@compiled
def settle(v: Values, r: Ruins, rows: int, limited: bool, state: State) -> bool:
    """Give the adders that became rows their two operands; False where a sign does not allow it."""
    for place in range(r.found[PENDING]):
        if not _settle(v, r, r.pending[place], rows + place, limited, state):
            return False
    return True


@compiled
def _settle(v: Values, r: Ruins, value: int, row: int, limited: bool, state: State) -> bool:
    word, bit = row >> 6, ONE << np.uint64(row & 63)
    count = 0
    for place in range(v.counts[ACTIVE]):
        if has(v, v.active[place], row):
            r.terms[count] = v.active[place]
            count += 1
    if count == 1:
        return _replace(v, value, r.terms[0], word, bit, limited)
    while count > 2:
        first = _least(v, r, count, limited, state)
        count -= 1
        second = _least(v, r, count, limited, state)
        first_minus, second_minus = _leave(v, first, word, bit), _leave(v, second, word, bit)
        if first_minus and not second_minus:
            first, second, first_minus, second_minus = second, first, False, True
        made = add(v, first, second, first_minus != second_minus)
        if first_minus:
            v.minus[made, word] |= bit
        else:
            v.plus[made, word] |= bit
        r.terms[count - 1] = made
    first, second = r.terms[0], r.terms[1]
    first_minus, second_minus = _leave(v, first, word, bit), _leave(v, second, word, bit)
    depth, possible = v.depth[value], True
    if first_minus and second_minus:
        possible = _negate(v, value, first, second)
    elif first_minus:
        operate(v, value, second, first, True)
    else:
        operate(v, value, first, second, second_minus)
    if limited and v.depth[value] < depth:
        _relax(v, value, (1 << depth) - (1 << v.depth[value]))
    return possible


@compiled
def _relax(v: Values, value: int, gained: int) -> None:
    """Give the rows that have a value the slack that it no longer needs."""
    for word in range(v.plus.shape[1]):
        rows = v.plus[value, word] | v.minus[value, word]
        while rows != NONE:
            v.slack[lowest(rows) + WORD * word] += gained
            rows &= rows - ONE


@compiled
def _least(v: Values, r: Ruins, count: int, limited: bool, state: State) -> int:
    """Take out any term; one of the shallowest where depth is limited."""
    best = below(state, count)
    if limited:
        start = best
        for step in range(count):
            place = (start + step) % count
            if v.depth[r.terms[place]] < v.depth[r.terms[best]]:
                best = place
    value = r.terms[best]
    r.terms[best] = r.terms[count - 1]
    return value


@compiled
def _leave(v: Values, value: int, word: int, bit: Rows) -> bool:
    """Take a value out of a row; gives whether it was subtracted."""
    minus = v.minus[value, word] & bit != NONE
    v.plus[value, word] &= ~bit
    v.minus[value, word] &= ~bit
    return minus


@compiled
def _replace(v: Values, value: int, same: int, word: int, bit: Rows, limited: bool) -> bool:
    """An adder turned out to be another value: use that instead."""
    if _leave(v, same, word, bit):
        return False
    if limited:
        _relax(v, value, (1 << v.depth[value]) - (1 << v.depth[same]))
    for each in range(v.plus.shape[1]):
        v.plus[same, each] |= v.plus[value, each]
        v.minus[same, each] |= v.minus[value, each]
    for place in range(v.counts[ACTIVE]):
        user = v.active[place]
        if v.left[user] == value:
            v.left[user] = same
        if v.right[user] == value:
            v.right[user] = same
    remove(v, value)
    return True


@compiled
def _negate(v: Values, value: int, first: int, second: int) -> bool:
    """Make an adder the negative of what it was; not where another adder takes it."""
    for place in range(v.counts[ACTIVE]):
        user = v.active[place]
        if takes(v, user, value):
            return False
    for word in range(v.plus.shape[1]):
        v.plus[value, word], v.minus[value, word] = v.minus[value, word], v.plus[value, word]
    operate(v, value, first, second, False)
    return True
