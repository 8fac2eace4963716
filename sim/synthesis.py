"""What Yosys makes of adder graphs: the cells of each."""

import json
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from amaranth import ClockDomain, Module
from amaranth.back import rtlil

from mulbudget.hw.circuit import Circuit
from mulbudget.hw.cost import Cost
from mulbudget.hw.families import Family
from mulbudget.sim.tools import find

_LUTS = {
    "ecp5": {"LUT4": 1, "CCU2C": 2},
    "ice40": {"SB_LUT4": 1},
    "gowin": {"LUT1": 1, "LUT2": 1, "LUT3": 1, "LUT4": 1, "ALU": 1},
}
"""How many four-input lookup tables a cell is."""

_FLIP_FLOPS = {"ecp5": "TRELLIS_FF", "ice40": "SB_DFF", "gowin": "DFF"}
"""How the names of flip-flops begin."""


def synthesized_costs(circuits: Sequence[Circuit], family: Family) -> list[Cost]:
    """What each circuit takes after synthesis: `Circuit(..., family=family)`, all in one run.

    Raises
    ------
    UserError
        When there is no Yosys.
    ToolError
        When synthesis fails.
    """
    yosys = find("yosys")
    script = (
        f"read_rtlil top.il; {family.synth} -noflatten -top top; tee -q -o cells.json stat -json"
    )
    with tempfile.TemporaryDirectory(prefix="mulbudget-") as temporary:
        folder = Path(temporary)
        (folder / "top.il").write_text(_together(circuits))
        yosys.run("-q", "-p", script, folder=folder)
        modules = json.loads((folder / "cells.json").read_text())["modules"]
    cells = [
        modules.get(f"\\top.circuit{number}", {}).get("num_cells_by_type", {})
        for number in range(len(circuits))
    ]
    return [cost_of_cells(each, family) for each in cells]


def _together(circuits: Sequence[Circuit]) -> str:
    """RTLIL of module `top`, which holds the circuits side by side."""
    top = Module()
    top.domains.sync = clock = ClockDomain(reset_less=True)
    ports = {"clk": (clock.clk, None)}
    for number, circuit in enumerate(circuits):
        top.submodules[f"circuit{number}"] = circuit
        members = circuit.signature.members
        ports |= {f"c{number}_{name}": (getattr(circuit, name), None) for name in members}
    return rtlil.convert(top, name="top", ports=ports, emit_src=False)


def cost_of_cells(cells: Mapping[str, int], family: Family) -> Cost:
    """What so many cells of each type take of a device."""
    weights, flip_flop = _LUTS[family.cells], _FLIP_FLOPS[family.cells]
    return Cost(
        sum(number * weights.get(cell, 0) for cell, number in cells.items()),
        sum(number for cell, number in cells.items() if cell.startswith(flip_flop)),
    )
