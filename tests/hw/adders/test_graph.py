import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mulbudget.hw.adders import Add, AdderGraph, Output, optimize
from mulbudget.spn import Range
from tests.networks import ternary

GRAPH = AdderGraph(
    2,
    (Add(0, 1), Add(2, 0, subtract=True, left_shift=1)),
    (Output(3, shift=2), Output(2, negative=True), Output(None)),
)
"""x0 + x1, then 2 (x0 + x1) - x0."""


def test_matrix_is_what_the_adders_compute() -> None:
    assert GRAPH.matrix().tolist() == [[4, 8], [-1, -1], [0, 0]]


def test_a_graph_evaluates_like_its_matrix() -> None:
    x = np.random.default_rng(0).integers(-100, 100, (5, 7, 2))
    assert np.array_equal(GRAPH(x), x @ GRAPH.matrix().T)


def test_refuses_samples_of_other_channels() -> None:
    with pytest.raises(ValueError, match="must have 2 channels"):
        GRAPH(np.zeros((5, 3), int))


def test_counts_adders_and_depth() -> None:
    assert (GRAPH.adders, GRAPH.depth) == (2, 2)
    assert GRAPH.depths == (0, 0, 1, 2)


def test_ranges_are_exact_where_terms_cancel() -> None:
    # Node by node, x0 + x1 - x0 would be taken for -5 to 15; it is x1.
    graph = AdderGraph(2, (Add(0, 1), Add(2, 0, subtract=True)), (Output(3),))
    ranges = graph.ranges(Range((0, 0), (5, 10)))
    assert (ranges.low[3], ranges.high[3]) == (0, 10)


def test_the_transpose_computes_the_transposed_matrix() -> None:
    assert GRAPH.transpose().matrix().tolist() == GRAPH.matrix().T.tolist()


@given(st.integers(0, 2**32 - 1), st.integers(1, 12), st.integers(1, 12))
def test_transposing_changes_the_adders_by_outputs_less_inputs(
    seed: int, rows: int, columns: int
) -> None:
    matrix = ternary(np.random.default_rng(seed), rows, columns, 0.7)
    graph = optimize(matrix, iterations=20)
    other = graph.transpose()
    assert np.array_equal(other.matrix(), matrix.T)
    used = np.count_nonzero(matrix.any(axis=0)) - np.count_nonzero(matrix.any(axis=1))
    assert other.adders == graph.adders - used
