"""The adder graphs that da4ml and alkaid find, called as the packages that are installed."""

import importlib
import importlib.util
import time
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

NAMES = ("da4ml", "alkaid")
_SOLVERS = {"da4ml": "solve", "alkaid": "cmvm_solve"}
_ADD, _SUBTRACT = 0, 1


class Solution(NamedTuple):
    """What a peer found: `stages` are its own objects, one after the other."""

    stages: Sequence[Any]
    adders: int
    depth: int
    seconds: float


def installed(name: str) -> bool:
    """Whether a peer can be called."""
    return importlib.util.find_spec(name) is not None


def solve(name: str, matrix: npt.NDArray[Any], depth_above: int = -1) -> Solution:
    """A peer's graph for a ternary matrix, (n_out, n_in), by its defaults.

    `depth_above` is how much deeper than the least depth it may be; any depth for -1.
    """
    solver = getattr(importlib.import_module(f"{name}.cmvm"), _SOLVERS[name])
    # In memory order: of a transposed view they solve another matrix.
    kernel = np.ascontiguousarray(matrix.T, dtype=np.float32)
    start = time.perf_counter()
    found = solver(kernel, hard_dc=depth_above)
    seconds = time.perf_counter() - start
    stages = getattr(found, "solutions", found)
    if not np.array_equal(stages[0].kernel @ stages[1].kernel, kernel):
        raise RuntimeError(f"{name} solved another matrix")
    return Solution(stages, _adders(stages), _depth(stages), seconds)


def _adders(stages: Sequence[Any]) -> int:
    """Additions and subtractions; copies, shifts and negated outputs are free."""
    return sum(op.opcode in (_ADD, _SUBTRACT) for stage in stages for op in stage.ops)


def _depth(stages: Sequence[Any]) -> int:
    """Additions and subtractions on the longest way."""
    inputs = [0] * stages[0].shape[0]
    for stage in stages:
        depths: list[int] = []
        for op in stage.ops:
            if op.opcode in (_ADD, _SUBTRACT):
                depths.append(1 + max(depths[op.id0], depths[op.id1]))
            else:
                depths.append(inputs[op.id0])
        inputs = [depths[node] if node >= 0 else 0 for node in stage.out_idxs]
    return max(inputs)
