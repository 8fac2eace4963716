"""The hardware of adder graphs, simulated."""

import numpy as np

from bench.luts import LEVELS, inputs
from bench.matrices import Matrix
from bench.report import Row
from bench.search import timed
from mulbudget.hw.circuit import Circuit
from mulbudget.hw.families import find_family
from mulbudget.sim.circuit import simulate

SECONDS = 1.0
"""For the graph."""

SAMPLES = 1000
"""Random ones; two more have the lowest and the highest input everywhere."""


def simulated(name: str, matrix: Matrix) -> Row:
    """How many samples the hardware of a graph gets right, of all."""
    graph, _ = timed(matrix, SECONDS)
    family = find_family("ecp5")
    limits = inputs(graph.n_in)
    circuit = Circuit("top", graph, limits, levels_per_stage=LEVELS, family=family)
    low, high = limits.low, limits.high
    x = np.random.default_rng(0).integers(low, high, (SAMPLES + 2, graph.n_in), endpoint=True)
    x[:2] = low, high
    right = (simulate(circuit, x) == x @ matrix.T).all(axis=1)
    return {
        "matrix": name,
        "adders": graph.adders,
        "latency": circuit.latency,
        "samples": len(x),
        "exact": int(right.sum()),
    }
