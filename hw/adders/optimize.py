"""A small adder graph for a matrix."""

from typing import Any

import numpy as np
import numpy.typing as npt

from mulbudget.hw.adders.graph import AdderGraph
from mulbudget.hw.adders.search import Effort, Search
from mulbudget.spn import UserError

_TRIAL = 0.1
"""Of the effort, for the matrix and for its transpose, to see which is the better start."""


def optimize(
    matrix: npt.NDArray[Any],
    *,
    seconds: float | None = None,
    iterations: int | None = None,
    seed: int = 0,
    max_depth: int | None = None,
) -> AdderGraph:
    """A small adder graph for a ternary matrix.

    Pairs of terms that rows have in common become adders, the most frequent first; then parts of
    the graph are dissolved and built again, and what is better is kept, by simulated annealing.
    Without a limit on the depth the transposed matrix is tried as well, whose graph transposed is
    one of the matrix.

    Parameters
    ----------
    matrix : integers, (n_out, n_in)
        -1, 0 or 1.
    seconds : float, optional
        How long to search; 1 second where `iterations` is not given either.
    iterations : int, optional
        How long to search: the same matrix, seed and iterations give the same graph. 0 shares pairs
        only.
    seed : int
        Of the random numbers.
    max_depth : int, optional
        Adders on the longest way, at most.

    Returns
    -------
    AdderGraph
        Whose `matrix()` is `matrix`.

    Raises
    ------
    UserError
        When the matrix is empty or not ternary, or an output cannot be so shallow.
    """
    if matrix.ndim != 2 or 0 in matrix.shape:
        raise UserError(f"a matrix of shape {matrix.shape} has no adder graph")
    wrong = np.argwhere((matrix != 0) & (matrix != 1) & (matrix != -1))
    if len(wrong):
        row, column = map(int, wrong[0])
        raise UserError(f"entry [{row}, {column}] is {matrix[row, column]}, not -1, 0 or 1")
    if max_depth is not None:
        _check_depth(matrix, max_depth)
    if seconds is None and iterations is None:
        seconds = 1.0
    effort = Effort(iterations=iterations, seconds=seconds)
    if max_depth is None:
        graph = _better_way(matrix, effort, seed)
    else:
        search = Search(matrix, max_depth=max_depth, seed=seed)
        search.anneal(effort)
        graph = search.graph()
    if not np.array_equal(graph.matrix(), matrix):
        raise RuntimeError("an adder graph is not that of its matrix; please report this")
    return graph


def least_depth(matrix: npt.NDArray[Any]) -> int:
    """The fewest adders that the longest way of a graph for a ternary matrix can have."""
    terms = int(np.count_nonzero(matrix, axis=1).max(initial=1))
    return max(terms - 1, 0).bit_length()


def _check_depth(matrix: npt.NDArray[Any], max_depth: int) -> None:
    terms = np.count_nonzero(matrix, axis=1)
    if max_depth < least_depth(matrix):
        row = int(terms.argmax())
        raise UserError(
            f"a depth of {max_depth} is not possible: output {row} is a sum of {terms[row]} terms, "
            f"which takes {least_depth(matrix)} or more"
        )


def _better_way(matrix: npt.NDArray[Any], effort: Effort, seed: int) -> AdderGraph:
    """The matrix or its transpose, whichever a short search finds fewer adders for."""
    direct, other = Search(matrix, seed=seed), Search(matrix.T, seed=seed)
    for each in (direct, other):
        each.anneal(effort.part(_TRIAL))
    turned = other.graph().transpose().adders < direct.graph().adders
    better = other if turned else direct
    better.anneal(effort.part(1 - 2 * _TRIAL))
    return better.graph().transpose() if turned else better.graph()
