"""A small adder graph for a matrix."""

import math
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from functools import cache, partial
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
        When `x` is of another number of inputs, or another number is out of its range.
    """
    checked = _checked(matrix)
    if max_depth is not None:
        _check_depth(checked, max_depth)
    if seconds is None and iterations is None:
        seconds = 1.0
    _check_numbers(seconds, iterations, seed, threads)
    _compile()
    goals, price = [_few_adders(checked, max_depth)], _adders
    if family is not None:
        x = x or Range.uniform(-128, 127, checked.shape[1])
        if x.channels != checked.shape[1]:
            raise ValueError(f"x must have {checked.shape[1]} channels, not {x.channels}")
        x.linear(checked)  # refuses what hardware cannot be made for
        goals.append(_few_luts(family, x, max_depth))
        price = partial(_luts, family, x)
    effort = Effort(iterations, seconds)
    graphs = map(few_negated, _search_all(checked, goals, effort, seed, threads, progress))
    graph = min(graphs, key=price)
    if not np.array_equal(graph.matrix(), checked):
        raise RuntimeError("an adder graph is not that of its matrix; please report this")
    if max_depth is not None and graph.depth > max_depth:
        raise RuntimeError("an adder graph is too deep; please report this")
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


def _check_numbers(seconds: float | None, iterations: int | None, seed: int, threads: int) -> None:
    rules = [
        ("seconds", seconds, "finite, from 0", seconds is None or 0 <= seconds < math.inf),
        ("iterations", iterations, "0 or more", iterations is None or iterations >= 0),
        ("seed", seed, "0 or more", seed >= 0),
        ("threads", threads, "1 or more", threads >= 1),
    ]
    for name, value, rule, kept in rules:
        if not kept:
            raise ValueError(f"{name} must be {rule}, not {value}")


def _adders(graph: AdderGraph) -> int:
    return graph.adders


def _luts(family: Family, x: Range, graph: AdderGraph) -> int:
    return graph.cost(family, x).luts


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


def _search_all(
    matrix: npt.NDArray[np.int64],
    goals: Sequence[Goal],
    effort: Effort,
    seed: int,
    threads: int,
    progress: Progress | None,
) -> list[AdderGraph]:
    """The graphs of so many searches side by side; compiled code does not hold Python up."""
    begin, stop, searches = Event(), Event(), []

    def search(thread: int) -> list[AdderGraph]:
        begin.wait()  # until there are all, so that an interrupt during a search finds them
        told = None if thread else progress
        return _search(matrix, goals, effort, [seed, thread], stop, told)

    with ThreadPoolExecutor(threads) as pool:
        try:
            searches += [pool.submit(search, thread) for thread in range(threads)]
            begin.set()
            wait(searches)
        except KeyboardInterrupt:
            begun = begin.is_set()
            stop.set()
            begin.set()
            if effort.iterations is not None or not begun:
                raise
    return [graph for each in searches for graph in each.result()]


def _search(
    matrix: npt.NDArray[np.int64],
    goals: Sequence[Goal],
    effort: Effort,
    seed: Sequence[int],
    stop: Event,
    progress: Progress | None,
) -> list[AdderGraph]:
    """The graph for each goal, in equal parts of the effort: from that of the goal before."""
    graphs: list[AdderGraph] = []
    for number, goal in enumerate(goals):
        start = graphs[-1] if graphs else None
        search = _started(matrix, goal, seed, start)
        part = effort.part(number, len(goals))
        search.run(part, stop, progress and _part_of(progress, number, len(goals)))
        graphs.append(search.graph)
    return graphs


def _part_of(progress: Progress, number: int, of: int) -> Progress:
    """Tells of so many parts together what one of them tells."""
    return lambda done, adders: progress((number + done) / of, adders)


def _started(
    matrix: npt.NDArray[np.int64], goal: Goal, seed: Sequence[int], start: AdderGraph | None
) -> Search:
    """A search from the matrix or its transpose, where sharing alone needs fewer adders."""
    direct = Search(matrix, goal, seed=seed, start=start)
    if not goal.transposable:
        return direct
    turned = Search(matrix, goal, seed=seed, turned=True)
    return turned if turned.graph.adders < direct.graph.adders else direct
