"""A small adder graph for a matrix."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from functools import cache
from threading import Event
from typing import Any

import numpy as np
import numpy.typing as npt

from mulbudget.hw.adders.cost import adder_luts
from mulbudget.hw.adders.graph import AdderGraph
from mulbudget.hw.adders.search import Effort, Goal, Progress, Search
from mulbudget.hw.adders.signs import few_negated
from mulbudget.hw.adders.terms import digits_of_rows
from mulbudget.hw.families import Family
from mulbudget.spn import Range, UserError

LARGEST = (1 << 15) - 1
"""The largest entry of a matrix, and the negative of the smallest."""


def optimize(
    matrix: npt.NDArray[Any],
    *,
    seconds: float | None = None,
    iterations: int | None = None,
    seed: int = 0,
    max_depth: int | None = None,
    family: Family | None = None,
    x: Range | None = None,
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
    family : Family, optional
        Whose LUTs to need few of, instead of few adders: the second half of the search changes the
        graph that the first half finds.
    x : Range, optional
        Of the inputs, with `family`; by default they have 8 bits and a sign.
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
        When the matrix is empty or has other entries, an output cannot be so shallow, or, with
        `family`, may reach 2**62.
    ValueError
        When `x` is of another number of inputs.
    """
    checked = _checked(matrix)
    if max_depth is not None:
        _check_depth(checked, max_depth)
    if seconds is None and iterations is None:
        seconds = 1.0
    _compile()
    goal = _few_adders(checked, max_depth)
    if family is not None:
        x = x or Range.uniform(-128, 127, checked.shape[1])
        if x.channels != checked.shape[1]:
            raise ValueError(f"x must have {checked.shape[1]} channels, not {x.channels}")
        x.linear(checked)  # refuses what hardware cannot be made for
        goal = _few_luts(family, x, max_depth)
    graph = few_negated(_best(checked, goal, Effort(iterations, seconds), seed, threads, progress))
    if not np.array_equal(graph.matrix(), checked):
        raise RuntimeError("an adder graph is not that of its matrix; please report this")
    return graph


def least_depth(matrix: npt.NDArray[Any]) -> int:
    """The fewest adders that the longest way of a graph for an integer matrix can have.

    Behind d adders a value is a sum of at most 2**d signed digits of the inputs.
    """
    return max(int(digits_of_rows(matrix).max(initial=1)) - 1, 0).bit_length()


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
        digits = digits_of_rows(matrix)
        row = int(digits.argmax())
        raise UserError(
            f"a depth of {max_depth} is not possible: output {row} is a sum of {digits[row]} "
            f"terms, which takes {least_depth(matrix)} or more"
        )


@cache
def _compile() -> None:
    """Compile, or load, the search before a clock runs."""
    matrix = np.array([[1, 1, 1], [-1, -1, -1]])
    search = Search(matrix, _few_adders(matrix, max_depth=2))
    search.run(Effort(iterations=1), Event())
    few_negated(search.graph)


def _few_adders(matrix: npt.NDArray[Any], max_depth: int | None) -> Goal:
    spans = np.ones(matrix.shape[1], np.int64)
    return Goal(max_depth=max_depth, prices=np.ones(64, np.int64), spans=spans)


def _few_luts(family: Family, x: Range, max_depth: int | None) -> Goal:
    """Prices are those of a sum of so many bits of two that are one bit narrower."""
    ends = [(-(1 << bits >> 1), (1 << bits >> 1) - 1) for bits in range(64)]
    prices = [
        adder_luts(family, ends[bits - 1], ends[bits - 1], ends[bits]) for bits in range(2, 64)
    ]
    return Goal(
        max_depth=max_depth,
        prices=np.array([1, 1, *prices], np.int64),
        spans=np.array([high - low for low, high in x.ends], np.int64),
    )


def _best(
    matrix: npt.NDArray[np.int64],
    goal: Goal,
    effort: Effort,
    seed: int,
    threads: int,
    progress: Progress | None,
) -> AdderGraph:
    """The best graph of so many searches side by side; compiled code does not hold Python up."""
    stop = Event()
    with ThreadPoolExecutor(threads) as pool:
        searches = [
            pool.submit(_search, matrix, goal, effort, [seed, thread], stop, told)
            for thread, told in enumerate([progress, *[None] * (threads - 1)])
        ]
        try:
            wait(searches)
        except KeyboardInterrupt:
            stop.set()
            if effort.iterations is not None:
                raise
    return min((each.result() for each in searches), key=lambda search: search.score).graph


def _search(
    matrix: npt.NDArray[np.int64],
    goal: Goal,
    effort: Effort,
    seed: Sequence[int],
    stop: Event,
    progress: Progress | None,
) -> Search:
    """For few adders; then, where adders differ in price, from there for the goal."""
    if goal.counts:
        search = _started(matrix, goal, seed)
        search.run(effort, stop, progress)
        return search
    count = _started(matrix, _few_adders(matrix, goal.max_depth), seed)
    count.run(effort.half(), stop, progress and (lambda done, n: progress(done / 2, n)))
    search = Search(matrix, goal, seed=seed, start=count.graph)
    search.run(effort.half(), stop, progress and (lambda done, n: progress(0.5 + done / 2, n)))
    return search


def _started(matrix: npt.NDArray[np.int64], goal: Goal, seed: Sequence[int]) -> Search:
    """A search from the matrix or its transpose, where sharing alone needs fewer adders."""
    direct = Search(matrix, goal, seed=seed)
    if not goal.transposable:
        return direct
    turned = Search(matrix, goal, seed=seed, turned=True)
    return turned if turned.graph.adders < direct.graph.adders else direct
