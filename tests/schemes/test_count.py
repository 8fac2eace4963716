import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from mulbudget.schemes.count import ones, shared_additions, workspace
from mulbudget.schemes.masks import Masks, empty


def masks(rows: list[list[int]]) -> Masks:
    """Products whose factors of A are these rows; the first entry that is not 0 is 1."""
    made = empty(len(rows))
    for product, row in enumerate(rows):
        made.factors[0, product] = [
            sum(1 << place for place, entry in enumerate(row) if entry == sign) for sign in (1, -1)
        ]
    made.count[0] = len(rows)
    return made


def additions(rows: list[list[int]]) -> int:
    return shared_additions(masks(rows), 0, len(rows[0]), workspace(len(rows)))


@given(st.integers(0, (1 << 63) - 1))
def test_ones_are_counted(mask: int) -> None:
    assert ones(mask) == mask.bit_count()


def test_pairs_are_shared() -> None:
    assert additions([[1, 1, 0], [1, 1, 1]]) == 2
    assert additions([[1, -1, 0, 0], [1, -1, 0, 1], [0, 0, 1, 0]]) == 2
    assert additions([[1, -1, 0], [1, 1, 0]]) == 2  # a sum and a difference are two
    assert additions([[1, 1, 1]]) == 2


def test_a_row_that_comes_again_is_free() -> None:
    assert additions([[1, -1, 1], [1, -1, 1]]) == additions([[1, -1, 1]]) == 2


@given(st.integers(1, 5), st.integers(1, 6), st.integers(0, 999))
def test_sharing_never_costs(rows: int, columns: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    matrix = random.integers(-1, 2, (rows, columns))
    matrix[:, 0] = 1
    naive = sum(np.count_nonzero(row) - 1 for row in np.unique(matrix, axis=0))
    assert 0 <= additions(matrix.tolist()) <= naive
