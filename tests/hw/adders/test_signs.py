from collections.abc import Iterator
from itertools import product

import numpy as np
from hypothesis import given

from mulbudget.hw.adders import Add, AdderGraph, Output
from mulbudget.hw.adders.signs import few_negated
from tests.hw.graphs import graphs


def negated(graph: AdderGraph) -> int:
    return len({each.node for each in graph.outputs if each.negative} - {None})


def every_choice_of_signs(graph: AdderGraph) -> Iterator[int]:
    """Values that are negated outputs, for each choice of the values that have another sign."""
    ends = {(each.node, each.negative) for each in graph.outputs if each.node is not None}
    for signs in product((False, True), repeat=graph.adders):
        turned = [False] * graph.n_in + list(signs)
        subtracted = [
            (
                turned[add.left] != turned[value],
                (turned[add.right] != add.subtract) != turned[value],
            )
            for value, add in enumerate(graph.adds, graph.n_in)
        ]
        if not any(map(all, subtracted)):
            yield sum(turned[node] != negative for node, negative in ends)


def test_a_negated_difference_is_turned_around() -> None:
    graph = AdderGraph(2, (Add(0, 1, subtract=True),), (Output(2, negative=True),))
    assert few_negated(graph) == AdderGraph(2, (Add(1, 0, subtract=True),), (Output(2),))


def test_a_sum_is_negated_by_the_differences_it_is_made_of() -> None:
    adds = (Add(0, 1, subtract=True, left_shift=2), Add(2, 3), Add(4, 0))
    graph = AdderGraph(3, adds, (Output(5, negative=True),))
    assert negated(few_negated(graph)) == 0


def test_outputs_that_must_be_negated_stay_so() -> None:
    both = AdderGraph(2, (Add(0, 1, subtract=True),), (Output(2), Output(2, negative=True)))
    assert negated(few_negated(both)) == 1
    minus = AdderGraph(2, (Add(0, 1),), (Output(2, negative=True), Output(0, negative=True)))
    assert few_negated(minus) == minus


@given(graphs(max_adders=8))
def test_as_few_are_negated_as_can_be(graph: AdderGraph) -> None:
    found = few_negated(graph)
    assert negated(found) == min(every_choice_of_signs(graph))
    assert np.array_equal(found.matrix(), graph.matrix())
    assert (found.adders, found.depths) == (graph.adders, graph.depths)
