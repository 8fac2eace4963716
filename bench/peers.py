"""What da4ml and alkaid make of a matrix, called as the packages that are installed.

Both are meant to be compared on equal terms: one thread each, their own defaults, and every graph
and its Verilog as they write it.
"""

import importlib
import importlib.util
import math
import os
import time
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

NAMES = ("da4ml", "alkaid")
_SOLVERS = {"da4ml": "solve", "alkaid": "cmvm_solve"}
_INPUT, _ADD, _SUBTRACT = -1, 0, 1


class DenseLayer(NamedTuple):
    """clamp(floor((weights x + bias) / 2**shift), 0, most), or weights x + bias for no `most`."""

    weights: npt.NDArray[np.int64]
    bias: npt.NDArray[np.int64]
    shift: int
    most: int | None

    def run(self, x: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """Of samples, one a row."""
        v = x @ self.weights.T + self.bias
        return v if self.most is None else np.clip(v >> self.shift, 0, self.most)


class Solution(NamedTuple):
    """What a peer found: `stages` are its own objects, one after the other."""

    stages: Sequence[Any]
    adders: int
    depth: int
    seconds: float


def installed() -> list[str]:
    """The peers that can be called."""
    return [name for name in NAMES if importlib.util.find_spec(name) is not None]


def versions() -> str:
    """What is compared with, as in 'da4ml 0.6.0, alkaid 0.8.2'; how to have what is missing."""
    return ", ".join(
        f"{name} {metadata.version(name)}"
        if name in installed()
        else f"no {name} (for it: pip install -e '.[peers]')"
        for name in NAMES
    )


def solve(name: str, matrix: npt.NDArray[Any], above: int = -1) -> Solution:
    """A peer's graph for a ternary matrix, (n_out, n_in), by its defaults.

    `above` is how much deeper than the least depth it may be; any depth for -1.
    """
    solver = getattr(module(f"{name}.cmvm"), _SOLVERS[name])
    kernel = _kernel(matrix)
    start = time.perf_counter()
    found = solver(kernel, hard_dc=above)
    seconds = time.perf_counter() - start
    stages = getattr(found, "solutions", found)
    if not np.array_equal(stages[0].kernel @ stages[1].kernel, kernel):
        raise RuntimeError(f"{name} solved another matrix")
    return Solution(stages, _adders(stages), _depth(stages), seconds)


def write_da4ml(matrix: npt.NDArray[Any], bits: int, levels: int, folder: Path) -> list[Path]:
    """Verilog of a module `top` for signed inputs of `bits`, registers after so many adders."""
    trace = module("da4ml.trace")
    x = trace.FixedVariableArray.from_kif(*_kif(matrix, bits), solver_options={"hard_dc": -1})
    return write(trace.comb_trace(x, x @ _kernel(matrix)), levels, folder)


def trace_dense(layers: Sequence[DenseLayer], high: int) -> Any:
    """What da4ml makes of layers, by its defaults, for inputs from 0 to `high`."""
    trace = module("da4ml.trace")
    bits = high.bit_length()
    n_in = layers[0].weights.shape[1]
    kif = [np.full(n_in, each) for each in (0, bits, 0)]
    first = x = trace.FixedVariableArray.from_kif(*kif, solver_options={"hard_dc": -1})
    for weights, bias, shift, most in layers:
        x = x @ _kernel(weights) + bias.astype(np.float64)
        if most is not None:
            x = (x * 2.0**-shift).quantize(0, most.bit_length(), 0, "SAT", "TRN")
    return trace.comb_trace(first, x)


def ends(logic: Any) -> tuple[list[int], list[int]]:
    """The least and the largest integer of each output."""
    low, high, _ = zip(*logic.out_qint, strict=True)
    return [int(each) for each in low], [int(each) for each in high]


def write(logic: Any, levels: int, folder: Path) -> list[Path]:
    """Verilog of a module `top`, registers after so many adders."""
    codegen = module("da4ml.codegen")
    codegen.RTLModel(logic, "top", folder, latency_cutoff=levels, print_latency=False).write()
    return sources(folder)


def write_alkaid(
    matrix: npt.NDArray[Any], bits: int, levels: int, folder: Path, *, ternary: bool
) -> list[Path]:
    """As `write_da4ml`; `ternary` fuses pairs of adders, as it does by default.

    Its latencies are no counts of adders: it gets as many stages as those would take.
    """
    trace = module("alkaid.trace")
    x = trace.FVArray.from_kif(*_kif(matrix, bits), solver_options={"hard_dc": -1})
    logic = trace.trace(x, x @ _kernel(matrix))
    stages = math.ceil(_depth([logic]) / levels)
    model = module("alkaid.codegen").RTLModel(
        logic, folder, "top", n_stages=stages, print_latency=False, ternary_fuse=ternary
    )
    model.write()
    return sources(folder)


def module(name: str) -> Any:
    """A module of a peer, which works in one thread."""
    os.environ["OMP_NUM_THREADS"] = "1"  # read by OpenMP when the first of them is imported
    return importlib.import_module(name)


def _kernel(matrix: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
    """As they take it, (n_in, n_out) in memory: of a transposed view they solve another matrix."""
    return np.ascontiguousarray(matrix.T, dtype=np.float32)


def _kif(matrix: npt.NDArray[Any], bits: int) -> list[npt.NDArray[np.int64]]:
    """Sign, integer and fraction bits of each input."""
    return [np.full(matrix.shape[1], each) for each in (1, bits - 1, 0)]


def sources(folder: Path) -> list[Path]:
    """The Verilog that a peer has written, without what it wraps it in."""
    return [each for each in sorted(folder.glob("src/**/*.v")) if "wrapper" not in each.name]


def _adders(stages: Sequence[Any]) -> int:
    """Additions and subtractions; copies, shifts and negated outputs are free."""
    return sum(op.opcode in (_ADD, _SUBTRACT) for stage in stages for op in stage.ops)


def _depth(stages: Sequence[Any]) -> int:
    """Additions and subtractions on the longest way."""
    before = [0] * stages[0].shape[0]
    for stage in stages:
        depths: list[int] = []
        for op in stage.ops:
            if op.opcode == _INPUT:
                depths.append(before[_input(op)])
            else:
                adds = op.opcode in (_ADD, _SUBTRACT)
                depths.append(adds + max(depths[node] for node in _operands(op)))
        before = [depths[node] if node >= 0 else 0 for node in stage.out_idxs]
    return max(before)


def _operands(op: Any) -> Sequence[int]:
    """The values that an operation takes, in the two ways that the two write them."""
    return op.addr if hasattr(op, "addr") else (op.id0, op.id1)


def _input(op: Any) -> int:
    return op.data[0] if hasattr(op, "addr") else op.id0
