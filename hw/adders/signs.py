"""Signs of the values of a graph, such that few outputs are the negative of one. Partly compiled.

A graph may have the negative of any value in its place: sums of it become differences, and the
other way round, as long as no adder has two operands that are to be subtracted.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from mulbudget.hw.adders.chance import below, seeded
from mulbudget.hw.adders.compiled import compiled
from mulbudget.hw.adders.graph import Add, AdderGraph, Output
from mulbudget.hw.adders.state import Integers

_TRIES, _MOST_STEPS = 5_000, 10_000_000
"""Of the search for signs, where a step looks at one adder."""


def few_negated(graph: AdderGraph, seed: int | Sequence[int] = 0) -> AdderGraph:
    """The graph with some values replaced by their negative, so that few outputs are negated.

    A negated output takes an adder more in hardware. Adders, depth and `matrix()` stay as they are.
    An output whose terms are all negative stays negated, and so does one of two opposite ones.
    """
    outputs = {(each.node, each.negative) for each in graph.outputs if each.node is not None}
    if not any(negative for _, negative in outputs):
        return graph
    adds = np.array([(add.left, add.right, add.subtract) for add in graph.adds], np.int64)
    ends = np.array(sorted(outputs), np.int64)
    negated = np.zeros(graph.n_in + graph.adders, np.int64)
    if graph.adds:
        wanted = np.zeros(graph.adders, np.int64)
        tries = min(_TRIES, _MOST_STEPS // graph.adders)
        _choose(adds, ends, graph.n_in, wanted, negated, seeded(seed), tries)
    return _with_signs(graph, negated.astype(bool).tolist())


@compiled
def _choose(
    adds: Any, ends: Any, n_in: int, wanted: Integers, negated: Integers, random: Any, tries: int
) -> None:
    """Want the negative of one difference after the other, where no more outputs are negated."""
    best = _count(adds, ends, n_in, wanted, negated)
    for _ in range(tries):
        if best == 0:
            return
        adder = below(random, len(wanted))
        wanted[adder] ^= 1
        count = _count(adds, ends, n_in, wanted, negated)
        if count > best:
            wanted[adder] ^= 1
        else:
            best = count
    _count(adds, ends, n_in, wanted, negated)


@compiled
def _count(adds: Any, ends: Any, n_in: int, wanted: Integers, negated: Integers) -> int:
    """Negate the differences that are wanted so, and the sums of two that are; gives outputs."""
    for adder in range(len(wanted)):
        left = negated[adds[adder, 0]]
        right = negated[adds[adder, 1]] ^ adds[adder, 2]
        negated[n_in + adder] = left if left == right else wanted[adder]
    count = 0
    for end in range(len(ends)):
        count += negated[ends[end, 0]] ^ ends[end, 1]
    return count


def _with_signs(graph: AdderGraph, negated: Sequence[bool]) -> AdderGraph:
    """The graph with some values replaced by their negative."""
    adds = []
    for value, add in enumerate(graph.adds, graph.n_in):
        first, second = (add.left, add.left_shift), (add.right, add.right_shift)
        subtract_first = negated[add.left] != negated[value]
        if subtract_first:
            first, second = second, first
        subtract = subtract_first or negated[add.right] != (add.subtract != negated[value])
        adds.append(Add(first[0], second[0], subtract, first[1], second[1]))
    outputs = [
        each
        if each.node is None
        else Output(each.node, each.negative != negated[each.node], each.shift)
        for each in graph.outputs
    ]
    return AdderGraph(graph.n_in, tuple(adds), tuple(outputs))
