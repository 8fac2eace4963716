"""A small adder graph for a matrix."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from threading import Event
from typing import Any

import numpy as np
import numpy.typing as npt

from mulbudget.hw.adders.graph import AdderGraph
from mulbudget.hw.adders.search import Effort, Goal, Progress, Search
from mulbudget.hw.adders.terms import terms_of_matrix
from mulbudget.spn import UserError

LARGEST = (1 << 15) - 1
"""The largest entry of a matrix, and the negative of the smallest."""


def optimize(
    matrix: npt.NDArray[Any],
    *,
    seconds: float | None = None,
    iterations: int | None = None,
    seed: int = 0,
    max_depth: int | None = None,
    threads: int = 1,
    progress: Progress | None = None,
) -> AdderGraph:
    """A small adder graph for a matrix of small integers.

    Pairs of terms that rows have in common become adders, the most frequent first; then parts of
    the graph are dissolved and built again, some around terms that cancel, and what is better is
    kept, by simulated annealing. Without a limit on the depth the transposed matrix takes turns
    with the matrix: a graph of one, transposed, is one of the other.

    Parameters
    ----------
    matrix : integers, (n_out, n_in)
        From -32767 to 32767.
    seconds : float, optional
        How long to search; 1 second where `iterations` is not given either. An interrupt (Ctrl-C)
        ends the search at once, with the best graph so far.
    iterations : int, optional
        How long to search: the same matrix, seed, iterations and threads give the same graph. 0
        shares pairs only. An interrupt is passed on.
    seed : int
        Of the random numbers.
    max_depth : int, optional
        Adders on the longest way, at most.
    threads : int
        So many searches at once, each with its own random numbers; the best graph is taken.
    progress : callable, optional
        Is told how much is done, from 0 to 1, and how many adders the best graph has so far.

    Returns
    -------
    AdderGraph
        Whose `matrix()` is `matrix`.

    Raises
    ------
    UserError
        When the matrix is empty or has other entries, or an output cannot be so shallow.
    """
    checked = _checked(matrix)
    if max_depth is not None:
        _check_depth(checked, max_depth)
    if seconds is None and iterations is None:
        seconds = 1.0
    _compile()
    effort = Effort(iterations=iterations, seconds=seconds)
    goal = _adders(checked, max_depth)
    searches = [_started(checked, goal, [seed, thread]) for thread in range(threads)]
    try:
        _run(searches, effort, progress)
    except KeyboardInterrupt:
        if iterations is not None:
            raise
    graph = min((search.graph for search in searches), key=lambda graph: graph.adders)
    if not np.array_equal(graph.matrix(), checked):
        raise RuntimeError("an adder graph is not that of its matrix; please report this")
    return graph


def least_depth(matrix: npt.NDArray[Any]) -> int:
    """The fewest adders that the longest way of a graph for an integer matrix can have.

    Behind d adders a value is a sum of at most 2**d signed digits of the inputs.
    """
    return max(int(_digits(matrix).max(initial=1)) - 1, 0).bit_length()


def _digits(matrix: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
    """How many signed digits the entries of each row have at least."""
    totals, _ = terms_of_matrix(matrix)
    rows, columns = matrix.shape
    return np.bincount(totals, minlength=columns + rows)[columns:]


def _checked(matrix: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
    """The matrix as int64, where it is one of small integers."""
    if matrix.ndim != 2 or 0 in matrix.shape:
        raise UserError(f"a matrix of shape {matrix.shape} has no adder graph")
    if matrix.dtype.kind not in "biuf":
        raise UserError(f"a matrix of {matrix.dtype} has no adder graph: integers have")
    small = (matrix >= -LARGEST) & (matrix <= LARGEST)
    with np.errstate(invalid="ignore"):
        wrong = np.argwhere(~small | (matrix != np.trunc(matrix)))
    if len(wrong):
        row, column = map(int, wrong[0])
        raise UserError(
            f"entry [{row}, {column}] is {matrix[row, column]}, "
            f"not an integer from {-LARGEST} to {LARGEST}"
        )
    return matrix.astype(np.int64)


def _check_depth(matrix: npt.NDArray[Any], max_depth: int) -> None:
    if max_depth < least_depth(matrix):
        digits = _digits(matrix)
        row = int(digits.argmax())
        raise UserError(
            f"a depth of {max_depth} is not possible: output {row} is a sum of {digits[row]} "
            f"terms, which takes {least_depth(matrix)} or more"
        )


@cache
def _compile() -> None:
    """Compile, or load, the search before a clock runs."""
    for max_depth in (None, 4):
        matrix = np.array([[1, 1, 1], [1, 1, -1]])
        Search(matrix, _adders(matrix, max_depth)).run(Effort(iterations=1))


def _adders(matrix: npt.NDArray[Any], max_depth: int | None) -> Goal:
    """To need few adders."""
    return Goal(
        max_depth=max_depth,
        prices=np.ones(64, np.int64),
        spans=np.ones(matrix.shape[1], np.int64),
    )


def _started(matrix: npt.NDArray[Any], goal: Goal, seed: Sequence[int]) -> Search:
    """A search from the matrix or its transpose, where sharing alone needs fewer adders."""
    direct = Search(matrix, goal, seed=seed)
    if not goal.transposable:
        return direct
    turned = Search(matrix, goal, seed=seed, turned=True)
    return turned if turned.graph.adders < direct.graph.adders else direct


def _run(searches: list[Search], effort: Effort, progress: Progress | None) -> None:
    """Run searches side by side; compiled code does not hold Python up."""
    if len(searches) == 1:
        searches[0].run(effort, progress)
        return
    stop = Event()
    with ThreadPoolExecutor(len(searches)) as pool:
        waiting = [
            pool.submit(search.run, effort, None if number else progress, stop)
            for number, search in enumerate(searches)
        ]
        try:
            for each in waiting:
                each.result()
        finally:
            stop.set()
