"""The state of the search: values, and as bit sets the rows that use them. Compiled.

A matrix is a set of rows, each a sum of terms ±value. A value is an input, or an adder of two other
values. One bit set per value has the rows that add it and another the rows that subtract it, so
what two values have in common takes a few machine instructions.
"""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from numba import types
from numba.extending import intrinsic

from mulbudget.hw.adders.compiled import compiled

FREE, INPUT, ADDER = 0, 1, 2
"""Kinds of values."""

ACTIVE, SPARE = 0, 1
"""Where `Values.counts` has how many."""

WORD = 64

# Compiled, an element is a machine number: not what a checker takes an element of an array for.
Integers = Any
"""int64, an element for each value."""
Bits = Any
"""uint64, (values, words)."""
Slack = Any
"""int64, an element for each row."""
Rows = Any
"""uint64, a bit for each row of a word."""

NONE: Rows = np.uint64(0)
ONE: Rows = np.uint64(1)


class Values(NamedTuple):
    """Arrays over the numbers of values, up to `slack`; each is changed in place.

    Row r is bit r % 64 of word r // 64 of `plus` and `minus`. An adder is left + right, or
    left - right where `subtract`, and `depth` at least the adders on its longest way.
    """

    kind: Integers
    plus: Bits
    minus: Bits
    left: Integers
    right: Integers
    subtract: npt.NDArray[np.bool_]
    depth: Integers
    active: Integers
    """The numbers in use, `counts[ACTIVE]` of them."""
    place: Integers
    """Where in `active` a number stands."""
    spare: Integers
    """The numbers not in use, `counts[SPARE]` of them."""
    slack: Slack
    """Of each row: how much more the sum of 2**depth over its terms may be; if depth is limited."""
    counts: Integers


def empty(capacity: int, words: int) -> Values:
    """A state without values."""

    def integers(length: int = capacity) -> Integers:
        return np.zeros(length, np.int64)

    return Values(
        kind=integers(),
        plus=np.zeros((capacity, words), np.uint64),
        minus=np.zeros((capacity, words), np.uint64),
        left=integers() - 1,
        right=integers() - 1,
        subtract=np.zeros(capacity, np.bool_),
        depth=integers(),
        active=integers(),
        place=integers(),
        spare=integers(),
        slack=integers(words * WORD),
        counts=integers(2),
    )


def _instruction(name: str, *flags: int) -> Any:
    """A function of 64 bits that the processor has."""

    @intrinsic
    def function(_: Any, __: Any) -> Any:
        def code(context: Any, builder: Any, ___: Any, arguments: Any) -> Any:
            constants = [context.get_constant(types.boolean, flag) for flag in flags]
            return getattr(builder, name)(arguments[0], *constants)

        return types.uint64(types.uint64), code

    return function


_popcount = _instruction("ctpop")
_trailing_zeros = _instruction("cttz", 1)


@compiled
def count(rows: Rows) -> int:
    """How many rows of a word there are."""
    result: Any = np.int64(_popcount(rows))
    return result


@compiled
def lowest(rows: Rows) -> int:
    """The first row of a word that has any."""
    result: Any = np.int64(_trailing_zeros(rows))
    return result


@compiled
def rows_of(v: Values, value: int) -> int:
    """How many rows have the value."""
    rows = 0
    for word in range(v.plus.shape[1]):
        rows += count(v.plus[value, word] | v.minus[value, word])
    return rows


@compiled
def has(v: Values, value: int, row: int) -> bool:
    """Whether a row has the value."""
    bits: Rows = v.plus[value, row >> 6] | v.minus[value, row >> 6]
    return (bits >> np.uint64(row & 63)) & ONE != NONE


@compiled
def takes(v: Values, user: int, value: int) -> bool:
    """Whether a value is an adder of another; an input or an open adder takes -1."""
    return v.left[user] == value or v.right[user] == value


@compiled
def add(v: Values, left: int, right: int, subtract: bool) -> int:
    """A new adder that no row uses yet."""
    v.counts[SPARE] -= 1
    value = v.spare[v.counts[SPARE]]
    v.kind[value] = ADDER
    operate(v, value, left, right, subtract)
    v.place[value] = v.counts[ACTIVE]
    v.active[v.counts[ACTIVE]] = value
    v.counts[ACTIVE] += 1
    for word in range(v.plus.shape[1]):
        v.plus[value, word], v.minus[value, word] = NONE, NONE
    return value


@compiled
def operate(v: Values, value: int, left: int, right: int, subtract: bool) -> None:
    """Make `value` left + right, or left - right."""
    v.left[value], v.right[value], v.subtract[value] = left, right, subtract
    v.depth[value] = 1 + max(v.depth[left], v.depth[right])


@compiled
def remove(v: Values, value: int) -> None:
    """Give a value's number back."""
    v.kind[value] = FREE
    v.spare[v.counts[SPARE]] = value
    v.counts[SPARE] += 1
    v.counts[ACTIVE] -= 1
    place, moved = v.place[value], v.active[v.counts[ACTIVE]]
    v.active[place], v.place[moved] = moved, place


@compiled
def top(v: Values) -> int:
    """One more than the highest number in use."""
    highest = 0
    for place in range(v.counts[ACTIVE]):
        highest = max(highest, v.active[place])
    return highest + 1


@compiled
def _copy(target: Any, source: Any, end: int) -> None:
    for place in range(end):
        target[place] = source[place]


@compiled
def copy(target: Values, source: Values, end: int) -> None:
    """Make `target` what `source` is, whose numbers in use are below `end`."""
    _copy(target.kind, source.kind, end)
    _copy(target.left, source.left, end)
    _copy(target.right, source.right, end)
    _copy(target.subtract, source.subtract, end)
    _copy(target.depth, source.depth, end)
    _copy(target.place, source.place, end)
    for value in range(end):
        for word in range(source.plus.shape[1]):
            target.plus[value, word] = source.plus[value, word]
            target.minus[value, word] = source.minus[value, word]
    _copy(target.slack, source.slack, len(source.slack))
    _copy(target.counts, source.counts, len(source.counts))
    _copy(target.active, source.active, source.counts[ACTIVE])
    _copy(target.spare, source.spare, source.counts[SPARE])


@compiled
def cost(v: Values) -> int:
    """All adders, and the terms of all rows: adding up a row takes an adder for each but one."""
    total = 0
    for place in range(v.counts[ACTIVE]):
        value = v.active[place]
        total += rows_of(v, value)
        if v.kind[value] == ADDER:
            total += 1
    return total
