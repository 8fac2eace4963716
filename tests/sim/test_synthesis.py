"""What an adder graph is said to take is what Yosys makes of it."""

import numpy as np
import pytest

from mulbudget.hw.adders import optimize
from mulbudget.hw.circuit import Circuit
from mulbudget.hw.families import FAMILIES
from mulbudget.sim.synthesis import synthesized_costs
from mulbudget.spn import Range
from tests.hw.graphs import digit_graph
from tests.networks import ternary

RNG = np.random.default_rng(3)
GRAPHS = [
    (optimize(ternary(RNG, 10, 12, 0.5), iterations=100), Range.uniform(0, 255, 12)),
    (optimize(ternary(RNG, 6, 4, 0.8), iterations=100), Range.uniform(-8, 7, 4)),
    (digit_graph(RNG.integers(-15, 16, (4, 3))), Range.uniform(-128, 127, 3)),
    (digit_graph(RNG.integers(-7, 8, (3, 4))), Range.uniform(0, 63, 4)),
]


@pytest.mark.parametrize("name", ["ecp5", "ice40-up", "gw1n"])
def test_the_count_is_within_a_tenth_of_synthesis(name: str) -> None:
    family = FAMILIES[name]
    jobs = [(graph, x, levels) for graph, x in GRAPHS for levels in (None, 2)]
    circuits = [
        Circuit("sums", graph, x, levels_per_stage=levels, family=family)
        for graph, x, levels in jobs
    ]
    for (graph, x, levels), measured in zip(jobs, synthesized_costs(circuits, family), strict=True):
        counted = graph.cost(family, x, levels_per_stage=levels)
        assert counted.luts == pytest.approx(measured.luts, rel=0.1)
        assert counted.flip_flops == pytest.approx(measured.flip_flops, rel=0.1)
