import csv
import gzip
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mulbudget.hw.adders import optimize
from mulbudget.spn import UserError
from tests.networks import ternary


@given(
    st.integers(0, 2**32 - 1),
    st.integers(1, 24),
    st.integers(1, 24),
    st.sampled_from([0.0, 0.1, 0.5, 1.0]),
)
def test_the_graph_is_of_the_matrix_and_no_larger_than_its_chains(
    seed: int, rows: int, columns: int, density: float
) -> None:
    matrix = ternary(np.random.default_rng(seed), rows, columns, density)
    graph = optimize(matrix)
    assert np.array_equal(graph.matrix(), matrix)
    assert graph.adders <= np.maximum(np.count_nonzero(matrix, axis=1) - 1, 0).sum()


@pytest.mark.parametrize("sign", [1, -1])
def test_equal_and_opposite_rows_share_everything(sign: int) -> None:
    row = np.array([1, -1, 0, 1, 1, -1])
    assert optimize(np.stack([row, sign * row])).adders == 4


def test_what_nothing_shares_is_as_shallow_as_can_be() -> None:
    assert optimize(np.ones((1, 16), int)).depth == 4


def test_the_same_matrix_gives_the_same_graph() -> None:
    matrix = ternary(np.random.default_rng(1), 20, 30, 0.5)
    assert optimize(matrix) == optimize(matrix.copy())


def test_a_trained_layer_needs_fewer_adders_than_the_published_295(data_dir: Path) -> None:
    with gzip.open(data_dir / "matrices" / "cifar10-twn-conv1.csv.gz", "rt") as file:
        matrix = np.array([[int(entry) for entry in row] for row in csv.reader(file)]).T
    graph = optimize(matrix)
    assert np.array_equal(graph.matrix(), matrix)
    assert graph.adders <= 295


@pytest.mark.parametrize(
    ("matrix", "message"),
    [
        (np.zeros((0, 3), int), r"shape \(0, 3\)"),
        (np.zeros(3, int), r"shape \(3,\)"),
        (np.array([[1, 0], [0, 2]]), r"entry \[1, 1\] is 2"),
        (np.array([[0.5]]), r"entry \[0, 0\] is 0.5"),
    ],
)
def test_refuses_what_is_no_ternary_matrix(matrix: np.ndarray, message: str) -> None:
    with pytest.raises(UserError, match=message):
        optimize(matrix)
