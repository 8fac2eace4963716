"""A dense network as da4ml builds it, called as the package that is installed.

da4ml traces what a program computes from symbolic numbers, with one of its solvers for every
constant matrix, and cuts the result into pipeline stages. It is told the network's own integers:
the exact range of every input, every factor, bias, rounding and saturation.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from bench.peers import module, sources
from mulbudget.sim.circuit import run_ports
from mulbudget.spn import ArgMax, Network, Requantize, SumProduct, UserError

Integers = npt.NDArray[np.int64]

PRODUCTS = ("factored", "dense")
"""The three matrices of a layer one after the other, or multiplied with one another before."""

CLAMPS = ("saturated", "least", "bits")
"""Its own saturating quantizer; the least of value and limit; a test of the bits above that."""

SUMS = "w:v*"
"""The wires of its values, in the words of Yosys."""


@dataclass(frozen=True)
class Written:
    """Verilog of a module `top` with ports clk, model_inp and model_out.

    Parameters
    ----------
    texts : dict
        By file name.
    inputs, outputs : tuple of int
        Bits of each value that the ports hold, the lowest first.
    latency : int
        Clocks from a sample to its result.
    """

    texts: dict[str, str]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    latency: int


def trace(network: Network, product: str, clamp: str) -> Any:
    """The network as its `CombLogic`, in one of the ways to write it."""
    low, high = (
        np.array(side, float) for side in (network.input.range.low, network.input.range.high)
    )
    arrays = module("da4ml.trace")
    inputs = arrays.FixedVariableArray.from_lhs(
        low, high, np.ones_like(low), solver_options={"hard_dc": -1}
    )
    x = inputs
    for node in network.nodes:
        match node.operator:
            case SumProduct() as layer:
                x = _sums(layer, x, product)
            case Requantize() as operator:
                values = _CLAMPS[clamp](x * 1.0 + float(operator.rounding), operator)
                x = arrays.FixedVariableArray(np.array(values), x.solver_options, hwconf=x.hwconf)
            case ArgMax():
                best = np.array([_argmax(list(x._vars))])
                x = arrays.FixedVariableArray(best, x.solver_options, hwconf=x.hwconf)
            case operator:
                raise UserError(
                    f"{node.name}: the bench builds dense networks, not {operator.kind}"
                )
    return arrays.comb_trace(inputs, x)


def _sums(layer: SumProduct, x: Any, product: str) -> Any:
    wb, wc = layer.wb.T.astype(float), layer.wc.T.astype(float)
    a = layer.a.astype(float)
    if product == "dense":
        return x @ ((wb * a) @ wc) + layer.bias.astype(float)
    return ((x @ wb) * a) @ wc + layer.bias.astype(float)


def _saturated(x: Any, operator: Requantize) -> list[Any]:
    bits = _power(operator)
    return list((x * 2.0**-operator.shift).quantize(0, bits, 0, "SAT", "TRN")._vars)


def _least(x: Any, operator: Requantize) -> list[Any]:
    return [each.min_of(float(operator.high)) for each in _floors(x, operator)]


def _bits(x: Any, operator: Requantize) -> list[Any]:
    bits, values = _power(operator), []
    for each in _floors(x, operator):
        above = each.kif[1] - bits
        if above <= 0:
            values.append(each)
            continue
        over = (each * 2.0**-bits).quantize(0, above, 0).unary_bit_op("any")
        values.append(over.msb_mux(float(operator.high), each.quantize(0, bits, 0)))
    return values


_CLAMPS: dict[str, Callable[[Any, Requantize], list[Any]]] = {
    "saturated": _saturated,
    "least": _least,
    "bits": _bits,
}


def _floors(x: Any, operator: Requantize) -> list[Any]:
    """Not less than 0, and whole numbers."""
    _power(operator)
    positive = (x * 2.0**-operator.shift).relu()
    return [each.quantize(0, each.kif[1], 0) for each in positive._vars]


def _power(operator: Requantize) -> int:
    bits = operator.high.bit_length()
    if operator.low or operator.high != (1 << bits) - 1:
        raise UserError(
            f"the bench knows clamps to 0 … 2^n - 1, not {operator.low} to {operator.high}"
        )
    return bits


def _argmax(values: Sequence[Any]) -> Any:
    """The same tournament as ours: of equal ones the lowest index wins."""
    players: list[tuple[Any, Any]] = list(zip(values, range(len(values)), strict=True))
    while len(players) > 1:
        winners = [
            _match(*left, *right) for left, right in zip(players[::2], players[1::2], strict=False)
        ]
        players = winners + (players[-1:] if len(players) % 2 else [])
    return players[0][1]


def _match(left: Any, at_left: Any, right: Any, at_right: Any) -> tuple[Any, Any]:
    ends = max(left.low, right.low), max(left.high, right.high)
    qint = (float(ends[0]), float(ends[1]), 1.0)
    behind = left - right
    return (
        behind.msb_mux(right, left, qint=qint, zt_sensitive=False),
        behind.msb_mux(at_right, at_left, zt_sensitive=False),
    )


def write(logic: Any, folder: Path, cutoff: float, registers: int) -> Written:
    """Its Verilog, where a stage takes `cutoff` at most by its measure and ends in `registers`."""
    model = module("da4ml.codegen").RTLModel(
        logic,
        "top",
        folder,
        latency_cutoff=cutoff,
        print_latency=False,
        register_layers=registers,
    )
    model.write()
    stages = model._pipe.solutions
    kif = module("da4ml.types").minimal_kif
    return Written(
        texts={each.name: each.read_text() for each in sources(folder)},
        inputs=tuple(sum(kif(each)) for each in stages[0].inp_qint),
        outputs=tuple(sum(kif(each)) for each in stages[-1].out_qint),
        latency=len(stages) * registers + 1,
    )


def simulate(written: Written, x: Integers) -> Integers:
    """The bits of its outputs for samples, by its Verilog in Verilator."""
    used = [number for number, bits in enumerate(written.inputs) if bits]
    ports = [
        "input clk",
        *(f"input [{written.inputs[number] - 1}:0] i{number}" for number in used),
        *(f"output [{bits - 1}:0] o{number}" for number, bits in enumerate(written.outputs)),
    ]
    inputs = ", ".join(f"i{number}" for number in reversed(used))
    outputs = ", ".join(f"o{number}" for number in reversed(range(len(written.outputs))))
    around = (
        f"module ports({', '.join(ports)});\n"
        f"  top top(.clk(clk), .model_inp({{{inputs}}}), .model_out({{{outputs}}}));\n"
        "endmodule\n"
    )
    masks = np.array([(1 << written.inputs[number]) - 1 for number in used])
    return run_ports(
        "ports",
        {**written.texts, "ports.v": around},
        [f"i{number}" for number in used],
        [f"o{number}" for number in range(len(written.outputs))],
        x[:, used] & masks,
        written.latency,
    )
