"""Cells that Yosys makes of the Verilog of an adder graph."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from mulbudget.hw.cost import Cost
from mulbudget.hw.families import Family
from mulbudget.sim import tools
from mulbudget.sim.synthesis import cost_of_cells


def synthesise(sources: Sequence[Path], family: Family, folder: Path, keep: str = "") -> Cost:
    """Count the cells of the module `top`, by the family's synthesis with the quick mapper.

    `sources` lie in `folder`: Yosys as WebAssembly sees no other.
    `keep` selects wires of the sources, in the words of Yosys, that synthesis has to keep: adders
    that are not kept fuse with those that take their sums.
    """
    names = [str(each.relative_to(folder)) for each in sources]
    made = script(names, "top", f"{family.synth} -noabc9 -top top", "cells.json", keep)
    tools.find("yosys").run("-p", made, folder=folder)
    modules = json.loads((folder / "cells.json").read_text())["modules"]
    cells = list(modules["top"]["cells"].values())
    cost = cost_of_cells(Counter(cell["type"] for cell in cells), family)
    return replace(cost, luts=cost.luts + _lone_carries(cells))


def script(sources: Sequence[str], top: str, synth: str, netlist: str, keep: str = "") -> str:
    """What Yosys does: from Verilog to cells of the module `top`, as JSON; `keep` as above."""
    return "; ".join(
        [
            f"read_verilog -defer {' '.join(sources)}",
            f"hierarchy -top {top}",
            *([f"setattr -set keep 1 {keep}"] if keep else []),
            synth,
            f"write_json {netlist}",
        ]
    )


def _lone_carries(cells: list[dict[str, Any]]) -> int:
    """Carries of iCE40 without a LUT of the same three inputs, which have a logic cell alone."""
    luts = Counter(_pins(cell, "I1", "I2", "I3") for cell in cells if cell["type"] == "SB_LUT4")
    carries = Counter(_pins(cell, "I0", "I1", "CI") for cell in cells if cell["type"] == "SB_CARRY")
    return (carries - luts).total()


def _pins(cell: dict[str, Any], *names: str) -> tuple[object, ...]:
    return tuple(cell["connections"][name][0] for name in names)
