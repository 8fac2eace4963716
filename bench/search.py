"""Our searches, timed and checked."""

import time

import numpy as np

from bench.matrices import Matrix
from mulbudget.hw.adders import AdderGraph, optimize


def timed(matrix: Matrix, seconds: float, max_depth: int | None = None) -> tuple[AdderGraph, float]:
    """A graph, which is that of the matrix, and the seconds that it took."""
    start = time.perf_counter()
    graph = optimize(matrix, seconds=seconds, max_depth=max_depth)
    took = time.perf_counter() - start
    if took < seconds:  # Ctrl-C ends a search early, with what it has
        raise KeyboardInterrupt
    if not np.array_equal(graph.matrix(), matrix):
        raise RuntimeError("a graph is not that of its matrix")
    if max_depth is not None and graph.depth > max_depth:
        raise RuntimeError(f"a graph is {graph.depth} deep and not {max_depth} at most")
    return graph, took
