"""Adder graphs: the additions of Wb, Wc and of products by constants."""

from typing import Any

import numpy as np
import numpy.typing as npt

from mulbudget.hw.adders.constant import multiply_by
from mulbudget.hw.adders.graph import Add, AdderGraph, Output
from mulbudget.hw.adders.greedy import share_pairs
from mulbudget.spn import UserError


def optimize(matrix: npt.NDArray[Any]) -> AdderGraph:
    """A small adder graph for a ternary matrix.

    Parameters
    ----------
    matrix : integers, (n_out, n_in)
        -1, 0 or 1.

    Returns
    -------
    AdderGraph
        Whose `matrix()` is `matrix`; the same for the same matrix.

    Raises
    ------
    UserError
        When the matrix is empty or not ternary.
    """
    if matrix.ndim != 2 or 0 in matrix.shape:
        raise UserError(f"a matrix of shape {matrix.shape} has no adder graph")
    wrong = np.argwhere((matrix != 0) & (matrix != 1) & (matrix != -1))
    if len(wrong):
        row, column = map(int, wrong[0])
        raise UserError(f"entry [{row}, {column}] is {matrix[row, column]}, not -1, 0 or 1")
    return share_pairs(matrix)


__all__ = ["Add", "AdderGraph", "Output", "multiply_by", "optimize"]
