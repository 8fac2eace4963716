"""Rows of a matrix as sums to read."""

import numpy as np

from mulbudget.hw.adders.formulas import formulas


def test_signs_factors_and_zeros() -> None:
    matrix = np.array([[3, 0, -1], [-1, 1, 0], [0, 0, 0], [-32767, 0, 2]])
    assert list(formulas(matrix)) == [
        "o0 = 3 i0 - i2",
        "o1 = -i0 + i1",
        "o2 = 0",
        "o3 = -32767 i0 + 2 i2",
    ]
