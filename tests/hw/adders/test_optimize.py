import csv
import gzip
import os
import signal
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mulbudget.hw.adders import AdderGraph, least_depth, optimize
from mulbudget.hw.adders.optimize import LARGEST
from mulbudget.hw.adders.search import Progress
from mulbudget.hw.families import FAMILIES, Family
from mulbudget.spn import Range, UserError, width
from tests.networks import ternary

MATRICES = (
    st.integers(0, 2**32 - 1),
    st.integers(1, 80),
    st.integers(1, 24),
    st.sampled_from([0.0, 0.1, 0.5, 1.0]),
)
"""Seed, rows (up to two words of bits), columns and density."""


@given(*MATRICES)
def test_the_graph_is_of_the_matrix_and_no_larger_than_its_chains(
    seed: int, rows: int, columns: int, density: float
) -> None:
    matrix = ternary(np.random.default_rng(seed), rows, columns, density)
    graph = optimize(matrix, iterations=50, seed=seed)
    assert np.array_equal(graph.matrix(), matrix)
    assert graph.adders <= np.maximum(np.count_nonzero(matrix, axis=1) - 1, 0).sum()


@given(st.integers(0, 2**32 - 1), st.integers(1, 12), st.integers(1, 12), st.integers(1, LARGEST))
def test_integers_are_sums_of_shifted_terms(
    seed: int, rows: int, columns: int, largest: int
) -> None:
    matrix = np.random.default_rng(seed).integers(-largest, largest, (rows, columns), endpoint=True)
    graph = optimize(matrix, iterations=50, seed=seed)
    assert np.array_equal(graph.matrix(), matrix)
    shallow = optimize(matrix, iterations=50, seed=seed, max_depth=least_depth(matrix))
    assert np.array_equal(shallow.matrix(), matrix)
    assert shallow.depth == least_depth(matrix)


@given(*MATRICES, st.integers(0, 2))
def test_a_limited_depth_is_kept(
    seed: int, rows: int, columns: int, density: float, more: int
) -> None:
    matrix = ternary(np.random.default_rng(seed), rows, columns, density)
    limit = least_depth(matrix) + more
    graph = optimize(matrix, iterations=50, seed=seed, max_depth=limit)
    assert np.array_equal(graph.matrix(), matrix)
    assert graph.depth <= limit


@pytest.mark.parametrize("seed", range(6))
def test_a_limited_depth_is_kept_by_a_long_search(seed: int) -> None:
    rng = np.random.default_rng(seed)
    matrix = rng.integers(-3, 4, (10, 8)) if seed % 2 else ternary(rng, 12, 16, 0.6)
    limit = least_depth(matrix)
    graph = optimize(matrix, iterations=20_000, seed=seed, max_depth=limit)
    assert graph.depth == limit
    assert np.array_equal(graph.matrix(), matrix)


@pytest.mark.parametrize("dtype", [bool, np.int8, np.uint16, np.float32])
def test_any_type_of_number_does(dtype: type) -> None:
    matrix = np.array([[1, 0, 1], [0, 1, 1]], dtype)
    matrix.flags.writeable = False
    assert np.array_equal(optimize(matrix, iterations=10).matrix(), matrix)


@pytest.mark.parametrize("sign", [1, -1])
def test_equal_and_opposite_rows_share_everything(sign: int) -> None:
    row = np.array([1, -1, 0, 1, 1, -1])
    assert optimize(np.stack([row, sign * row]), iterations=0).adders == 4


def test_what_nothing_shares_is_as_shallow_as_can_be() -> None:
    assert optimize(np.ones((1, 16), int), iterations=0).depth == 4


def test_the_same_seed_and_iterations_give_the_same_graph() -> None:
    matrix = ternary(np.random.default_rng(1), 20, 30, 0.5)
    graph = optimize(matrix, iterations=600, seed=3)
    assert optimize(matrix.copy(), iterations=600, seed=3) == graph
    assert optimize(matrix, iterations=600, seed=4) != graph


def test_searching_finds_fewer_adders_than_sharing_alone() -> None:
    matrix = ternary(np.random.default_rng(1), 20, 30, 0.5)
    shared = optimize(matrix, iterations=0).adders
    assert optimize(matrix, iterations=3000).adders < 0.95 * shared


def test_terms_may_cancel() -> None:
    matrix = np.array([[1, 1, 1, 1], [1, 1, 1, -1], [1, 1, -1, 1], [1, -1, 1, 1]])
    assert optimize(matrix, iterations=2000).adders == 6


def test_a_constant_is_shared_between_its_multiples() -> None:
    assert optimize(np.array([[45], [90], [-45]]), iterations=100).adders == 2


@pytest.mark.parametrize("family", FAMILIES.values(), ids=FAMILIES)
def test_with_a_family_narrow_adders_are_fewer_luts(family: Family) -> None:
    matrix = ternary(np.random.default_rng(1), 20, 30, 0.5)
    x = Range((0,) * 29 + (-(1 << 30),), (1,) * 29 + ((1 << 30) - 1,))  # one wide input
    few = optimize(matrix, iterations=4000, family=family, x=x)
    assert np.array_equal(few.matrix(), matrix)
    assert _bits(few, x) < _bits(optimize(matrix, iterations=4000), x)


def test_a_family_refuses_inputs_that_are_too_wide_or_too_many() -> None:
    matrix, family = np.ones((1, 3), int), FAMILIES["ecp5"]
    with pytest.raises(UserError, match="beyond 62 bits"):
        optimize(matrix, family=family, x=Range.uniform(0, 2**61, 3))
    with pytest.raises(ValueError, match="3 channels"):
        optimize(matrix, family=family, x=Range.uniform(0, 1, 2))


def test_a_family_keeps_to_the_depth() -> None:
    matrix = ternary(np.random.default_rng(1), 20, 30, 0.5)
    limit = least_depth(matrix)
    graph = optimize(matrix, iterations=4000, family=FAMILIES["ecp5"], max_depth=limit)
    assert graph.depth == limit
    assert np.array_equal(graph.matrix(), matrix)


def _bits(graph: AdderGraph, x: Range) -> int:
    return sum(width(*ends)[0] for ends in graph.ranges(x).ends[graph.n_in :])


def test_threads_search_side_by_side() -> None:
    matrix = ternary(np.random.default_rng(1), 20, 30, 0.5)
    two = optimize(matrix, iterations=600, threads=2)
    assert two.adders <= optimize(matrix, iterations=600).adders
    assert optimize(matrix, iterations=600, threads=2) == two


def test_an_interrupt_ends_a_search_by_time_with_what_there_is() -> None:
    matrix = ternary(np.random.default_rng(1), 60, 60, 0.5)
    graph = optimize(matrix, seconds=600, progress=interrupt_once())
    assert np.array_equal(graph.matrix(), matrix)
    with pytest.raises(KeyboardInterrupt):
        optimize(matrix, iterations=10_000_000, progress=interrupt_once())


def interrupt_once() -> Progress:
    """Does what Ctrl-C does, when it is first told of progress."""
    waiting = [signal.SIGINT]

    def interrupt(*_: float) -> None:
        if waiting:
            os.kill(os.getpid(), waiting.pop())

    return interrupt


def test_progress_goes_from_0_to_1_and_never_back_in_adders() -> None:
    told: list[tuple[float, int]] = []
    matrix = ternary(np.random.default_rng(1), 20, 30, 0.5)
    graph = optimize(matrix, iterations=20_000, progress=lambda *each: told.append(each))
    parts, adders = zip(*told, strict=True)
    assert list(parts) == sorted(parts)
    assert parts[-1] == 1
    assert list(adders) == sorted(adders, reverse=True)
    assert adders[-1] == graph.adders


def test_seconds_end_the_search() -> None:
    matrix = ternary(np.random.default_rng(1), 60, 60, 0.5)
    optimize(matrix, iterations=1)  # compiled before the clock runs
    start = time.monotonic()
    graph = optimize(matrix, seconds=0.2)
    assert time.monotonic() - start < 10
    assert np.array_equal(graph.matrix(), matrix)


def test_progress_ends_with_a_search_that_sharing_takes_all_the_time_of() -> None:
    told: list[tuple[float, int]] = []
    matrix = ternary(np.random.default_rng(1), 20, 30, 0.5)
    graph = optimize(matrix, seconds=0, progress=lambda *each: told.append(each))
    assert told == [(1.0, graph.adders)]


@pytest.mark.parametrize("family", FAMILIES.values(), ids=FAMILIES)
def test_with_a_family_there_are_no_more_luts_than_without(family: Family) -> None:
    matrix, x = ternary(np.random.default_rng(5), 16, 16, 0.3), Range.uniform(-128, 127, 16)
    graph = optimize(matrix, iterations=4000, family=family)
    plain = optimize(matrix, iterations=2000)
    assert graph.cost(family, x).luts <= plain.cost(family, x).luts


@pytest.mark.parametrize("turned", [False, True])
def test_the_transpose_is_taken_where_it_is_smaller(turned: bool) -> None:
    matrix = ternary(np.random.default_rng(8), 12, 40, 0.5)
    matrix = matrix.T if turned else matrix
    direct = optimize(matrix, iterations=0, max_depth=60)
    other = optimize(matrix.T, iterations=0, max_depth=60).transpose()
    assert direct.adders != other.adders
    assert optimize(matrix, iterations=0).adders == min(direct.adders, other.adders)


def test_a_trained_layer_needs_fewer_adders_than_the_published_295(layer: np.ndarray) -> None:
    graph = optimize(layer, iterations=20_000)
    assert np.array_equal(graph.matrix(), layer)
    assert graph.adders < 270


@pytest.fixture
def layer(data_dir: Path) -> np.ndarray:
    """A trained convolution layer, (64, 27)."""
    with gzip.open(data_dir / "matrices" / "cifar10-twn-conv1.csv.gz", "rt") as file:
        return np.array([[int(entry) for entry in row] for row in csv.reader(file)]).T


@pytest.mark.parametrize(
    ("matrix", "message"),
    [
        (np.zeros((0, 3), int), r"shape \(0, 3\)"),
        (np.zeros(3, int), r"shape \(3,\)"),
        (np.array([[1, 0], [0, 1 << 15]]), r"entry \[1, 1\] is 32768, not an integer from -32767"),
        (np.array([[-1 << 63]]), r"entry \[0, 0\] is -9223372036854775808"),
        (np.array([[0.5]]), r"entry \[0, 0\] is 0.5"),
        (np.array([[np.nan]]), r"entry \[0, 0\] is nan"),
        (np.array([[1j]]), "a matrix of complex128"),
    ],
)
def test_refuses_what_is_no_matrix_of_small_integers(matrix: np.ndarray, message: str) -> None:
    with pytest.raises(UserError, match=message):
        optimize(matrix)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"seconds": -1.0}, "seconds must be finite, from 0, not -1.0"),
        ({"seconds": float("nan")}, "seconds"),
        ({"seconds": float("inf")}, "seconds"),
        ({"iterations": -1}, "iterations must be 0 or more, not -1"),
        ({"seed": -1}, "seed"),
        ({"threads": 0}, "threads must be 1 or more, not 0"),
    ],
)
def test_refuses_numbers_that_make_no_search(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        optimize(np.eye(2, dtype=int), **options)


def test_refuses_a_depth_that_a_row_cannot_have() -> None:
    matrix = np.array([[1, 0, 0, 0, 0], [1, 1, -1, 1, 1]])
    with pytest.raises(UserError, match="output 1 is a sum of 5 terms, which takes 3 or more"):
        optimize(matrix, max_depth=2)
