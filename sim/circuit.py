"""An adder graph's hardware in Verilator: its Verilog on samples, one a clock."""

import subprocess
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from mulbudget.hw.circuit import Circuit
from mulbudget.hw.verilog import convert_circuit
from mulbudget.sim.verilate import Main, simulator
from mulbudget.spn import width

Integers = npt.NDArray[np.int64]

_MAIN = """
#include "Vcircuit.h"
#include <iostream>

int main() {
    Vcircuit top;
    unsigned long long value;
    for (;;) {
        INPUTS
        EDGE
        top.eval();
        OUTPUTS
    }
}
"""
_EDGE = "top.clk = 0; top.eval(); top.clk = 1;"


def simulate(circuit: Circuit, x: Integers) -> Integers:
    """The results of samples, by the Verilog that `convert_circuit` writes.

    Parameters
    ----------
    circuit : Circuit
    x : integers, (samples, n_in)
        Inside the range of the circuit's inputs.

    Returns
    -------
    int64, (samples, n_out)

    Raises
    ------
    UserError
        When Verilator or the C++ compiler is missing.
    """
    texts = {f"{circuit.name}.v": convert_circuit(circuit)}
    ports = list(circuit.signature.members)
    inputs, outputs = ([name for name in ports if name[0] == kind] for kind in "io")
    masks = [(1 << getattr(circuit, name).shape().width) - 1 for name in inputs]
    raw = run_ports(circuit.name, texts, inputs, outputs, x & np.array(masks), circuit.latency)
    widths = [width(*ends) for ends in circuit.datapath.ends]
    return np.stack(
        [
            _number(column, bits, signed)
            for column, (bits, signed) in zip(raw.T, widths, strict=True)
        ],
        axis=-1,
    )


def run_ports(
    top: str,
    texts: Mapping[str, str],
    inputs: Sequence[str],
    outputs: Sequence[str],
    x: Integers,
    latency: int,
) -> Integers:
    """What is at the ports `outputs` of a module, `latency` clocks after each sample.

    Parameters
    ----------
    top : str
        The module. It has a port `clk` where `latency` is not 0.
    texts : mapping
        Verilog by file name.
    inputs, outputs : sequence of str
        Ports, of 64 bits at most.
    x : integers, (samples, len(inputs))
        The bits of each port, as a number without a sign.

    Returns
    -------
    int64, (samples, len(outputs))
        The same of the outputs.
    """
    source = (
        _MAIN.replace("INPUTS", "\n        ".join(map(_read, inputs)))
        .replace("EDGE", _EDGE if latency else "")
        .replace("OUTPUTS", "\n        ".join(map(_write, outputs)))
    )
    program = simulator(Main(source=source, prefix="Vcircuit"), top, [], texts)
    waiting = max(latency - 1, 0)  # the first of the edges comes with the sample
    fed = np.concatenate([x, x[:1].repeat(waiting, axis=0)])
    result = subprocess.run(
        [program], input=" ".join(map(str, fed.flat)), capture_output=True, text=True, check=True
    )
    bits = np.array(result.stdout.split(), np.uint64).astype(np.int64)
    return bits.reshape(-1, len(outputs))[waiting:]


def _read(port: str) -> str:
    return f"if (!(std::cin >> value)) return 0; top.{port} = value;"


def _write(port: str) -> str:
    return f"std::cout << (unsigned long long)top.{port} << ' ';"


def _number(bits: Integers, size: int, signed: bool) -> Integers:
    """A two's complement number of so many bits."""
    return np.where(signed & (bits >> (size - 1) == 1), bits - (1 << size), bits)
