import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mulbudget.hw.adders import lower_bound, multiply_by, optimize
from tests.hw.adders.exact import doubling, fewest_adders, shifting
from tests.networks import ternary

SEED = st.integers(0, 2**32 - 1)


@pytest.mark.parametrize(
    ("matrix", "adders"),
    [
        ([[0, 0], [0, 0]], 0),
        ([[1, 0, 0], [0, -1, 0], [0, 0, 4]], 0),
        ([[1, -1, 1, 1, 0, 1, -1]], 5),
        ([[1, 1], [1, -1]], 2),
        ([[1, 1, -1], [-1, -1, 1], [2, 2, -2]], 2),
        ([[1, -1, 2], [1, -1, 2], [1, -1, 0]], 2),
        ([[1, 1, 0, 0], [0, 0, 1, 1]], 2),
        ([[45]], 2),
        ([[3, 5]], 3),
        ([[3], [5], [6], [-7]], 3),
    ],
)
def test_it_is_what_simple_matrices_need(matrix: list[list[int]], adders: int) -> None:
    assert lower_bound(np.array(matrix)) == adders


@given(SEED, st.integers(1, 4), st.integers(1, 4), st.sampled_from([0.4, 0.8, 1.0]))
def test_no_tiny_ternary_matrix_has_fewer(
    seed: int, rows: int, columns: int, density: float
) -> None:
    matrix = ternary(np.random.default_rng(seed), rows, columns, density)
    assert lower_bound(matrix) <= fewest_adders(matrix, doubling)


@given(SEED, st.integers(1, 3), st.integers(1, 2))
def test_no_tiny_matrix_of_integers_has_fewer(seed: int, rows: int, columns: int) -> None:
    matrix = np.random.default_rng(seed).integers(-7, 8, (rows, columns))
    assert lower_bound(matrix) <= fewest_adders(matrix, shifting)


@given(st.integers(-(2**20), 2**20))
def test_no_product_has_fewer(constant: int) -> None:
    assert lower_bound(np.array([[constant]])) <= multiply_by(constant).adders


@given(SEED, st.integers(1, 20), st.integers(1, 20), st.sampled_from([0.1, 0.5, 1.0]))
def test_it_changes_as_adders_do_by_transposing(
    seed: int, rows: int, columns: int, density: float
) -> None:
    matrix = ternary(np.random.default_rng(seed), rows, columns, density)
    used = np.count_nonzero(matrix.any(axis=0)) - np.count_nonzero(matrix.any(axis=1))
    assert lower_bound(matrix) == lower_bound(matrix.T) + used
    assert lower_bound(matrix) <= optimize(matrix, iterations=20).adders


def test_rows_and_columns_both_count() -> None:
    # 63 sums after the first, and 27 inputs, of which as few are kept as tell the rows apart.
    matrix = ternary(np.random.default_rng(0), 64, 27, 0.5)
    assert lower_bound(matrix) >= 80
