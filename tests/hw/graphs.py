"""Random adder graphs for the tests: every corner that an adder and an output have."""

import numpy as np
import numpy.typing as npt
from hypothesis import strategies as st

from mulbudget.hw.adders import Add, AdderGraph, Output
from mulbudget.hw.adders.constant import signed_digits
from mulbudget.hw.adders.graph import Term, add_up, as_output


@st.composite
def graphs(draw: st.DrawFn, *, max_in: int = 5, max_adders: int = 8) -> AdderGraph:
    """Graphs with shifts, differences, and outputs that are shifted, negated, equal or zero."""
    seed = draw(st.integers(0, 2**32 - 1))
    n_in, adders = draw(st.integers(1, max_in)), draw(st.integers(0, max_adders))
    return random_graph(np.random.default_rng(seed), n_in, adders, draw(st.integers(1, 6)))


def random_graph(
    rng: np.random.Generator, n_in: int, adders: int, n_out: int, shifts: int = 3
) -> AdderGraph:
    """A graph of so many adders; `shifts` is the largest shift."""
    adds = []
    for value in range(n_in, n_in + adders):
        left, right = map(int, rng.integers(max(value - 8, 0), value, 2))
        shift, turned = _shift(rng, shifts), bool(rng.integers(2))
        adds.append(Add(left, right, bool(rng.integers(2)), shift * turned, shift * (not turned)))
    outputs = [
        Output(
            None if rng.random() < 0.1 else int(rng.integers(n_in + adders)),
            bool(rng.random() < 0.2),
            _shift(rng, shifts),
        )
        for _ in range(n_out)
    ]
    return AdderGraph(n_in, tuple(adds), tuple(outputs))


def _shift(rng: np.random.Generator, most: int) -> int:
    return int(rng.integers(most + 1)) if rng.random() < 0.4 else 0


def digit_graph(matrix: npt.NDArray[np.int64]) -> AdderGraph:
    """A graph that adds up the signed digits of each row of an integer matrix."""
    adds: list[Add] = []
    outputs = []
    for row in matrix:
        terms = [
            Term(0, column, digit < 0, shift)
            for column, weight in enumerate(row)
            for shift, digit in signed_digits(int(weight))
        ]
        outputs.append(as_output(add_up(terms, matrix.shape[1], adds)))
    return AdderGraph(matrix.shape[1], tuple(adds), tuple(outputs))
