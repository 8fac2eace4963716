"""The fewest adders of tiny matrices, by trying everything."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache, reduce
from itertools import count
from operator import or_

import numpy as np

Value = tuple[int, ...]
"""How often each input is in it; the first that is not zero is positive, as signs are free."""

Values = frozenset[Value]

Adder = Callable[[Value, Value], Values]
"""What one adder can make of two values."""


@cache
def without_cancelling(left: Value, right: Value) -> Values:
    """Sums and differences of values that have no input in common."""
    shared = any(x and y for x, y in zip(left, right, strict=True))
    return frozenset() if shared else ternary(left, right)


@cache
def ternary(left: Value, right: Value) -> Values:
    """Sums and differences that are ternary, which inputs may cancel in."""
    return _made(left, right, largest=1, shifts=0)


@cache
def doubling(left: Value, right: Value) -> Values:
    """Sums and differences with inputs twice at most, where one value may be doubled before."""
    return _made(left, right, largest=2, shifts=1)


@cache
def shifting(left: Value, right: Value) -> Values:
    """Sums and differences with inputs 15 times at most, where one value may be shifted before."""
    return _made(left, right, largest=15, shifts=4)


def _made(left: Value, right: Value, *, largest: int, shifts: int) -> Values:
    made = (
        tuple((x << shift) + sign * y for x, y in zip(first, second, strict=True))
        for first, second in ((left, right), (right, left))
        for shift in range(shifts + 1)
        for sign in (1, -1)
    )
    return frozenset(_positive(value) for value in made if 0 < max(map(abs, value)) <= largest)


def _positive(value: Value) -> Value:
    first = next(filter(None, value))
    return value if first > 0 else tuple(-x for x in value)


def _odd(row: list[int]) -> Value:
    bits = reduce(or_, row)
    return tuple(x // (bits & -bits) for x in row)


def fewest_adders(matrix: np.ndarray, adder: Adder) -> int:
    """The fewest adders of any graph of such adders for a matrix."""
    units = {tuple(map(int, unit)) for unit in np.eye(matrix.shape[1])}
    rows = frozenset(_positive(_odd(row)) for row in matrix.tolist() if any(row)) - units
    graph = _Graph(rows, adder)
    for unit in units:
        graph = graph.with_value(unit)
    return next(len(rows) + more for more in count() if graph.can_end(more))


@dataclass(frozen=True)
class _Graph:
    """Values, and which of them one more adder could make."""

    rows: Values
    adder: Adder
    values: Values = frozenset()
    near: Values = frozenset()

    def with_value(self, value: Value) -> "_Graph":
        """With each row that is near too: it takes one adder, now or later, so that now is best."""
        values = self.values | {value}
        near = self.near.union(*(self.adder(value, other) for other in values))
        graph = replace(self, values=values, near=near)
        for row in self.rows & near - values:
            return graph.with_value(row)
        return graph

    def can_end(self, more: int, tried: Values = frozenset()) -> bool:
        """Whether so many values besides the rows are enough, none of those tried before."""
        if self.rows <= self.values or not more:
            return self.rows <= self.values
        for value in self.near - self.values - tried:
            if self.with_value(value).can_end(more - 1, tried):
                return True
            tried |= {value}
        return False
