"""The Verilog of an adder graph computes its matrix."""

import numpy as np
import pytest

from mulbudget.hw.adders import optimize
from mulbudget.hw.circuit import Circuit
from mulbudget.hw.families import FAMILIES
from mulbudget.sim.circuit import simulate
from mulbudget.spn import Range
from tests.networks import ternary


@pytest.mark.parametrize("levels", [None, 1, 3])
@pytest.mark.parametrize("low", [-100, 0])
def test_the_results_are_those_of_the_matrix(levels: int | None, low: int) -> None:
    rng = np.random.default_rng(2)
    matrix = ternary(rng, 9, 7, 0.6)
    x = rng.integers(low, 101, (40, 7))
    x[:2] = [low] * 7, [100] * 7
    circuit = Circuit(
        "sums",
        optimize(matrix, iterations=100),
        Range.uniform(low, 100, 7),
        levels_per_stage=levels,
        family=FAMILIES["ecp5"],
    )
    assert np.array_equal(simulate(circuit, x), x @ matrix.T)
