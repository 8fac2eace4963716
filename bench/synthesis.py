"""Cells that Yosys makes of the Verilog of an adder graph."""

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from mulbudget.hw.families import Family
from mulbudget.sim import tools


class Cells(NamedTuple):
    """Of one design: LUTs, carry cells counted as the LUTs they take the place of, flip-flops."""

    luts: int
    flip_flops: int


def synthesise(sources: Sequence[Path], family: Family, folder: Path, keep: str = "") -> Cells:
    """Count the cells of the module `top`, by the family's synthesis with the quick mapper.

    `sources` lie in `folder`: Yosys as WebAssembly sees no other.
    `keep` selects wires of the sources, in the words of Yosys, that synthesis has to keep: adders
    that are not kept fuse with those that take their sums.
    """
    script = "; ".join(
        [
            f"read_verilog -defer {' '.join(str(each.relative_to(folder)) for each in sources)}",
            "hierarchy -top top",
            *([f"setattr -set keep 1 {keep}"] if keep else []),
            f"{family.synth} -noabc9",
            "write_json cells.json",
        ]
    )
    tools.find("yosys").run("-p", script, folder=folder)
    modules = json.loads((folder / "cells.json").read_text())["modules"]
    return _count(list(modules["top"]["cells"].values()), family.cells)


def _count(cells: list[dict[str, Any]], library: str) -> Cells:
    """The numbers that nextpnr gives after packing, with flip-flops beside."""
    kinds = Counter(cell["type"] for cell in cells)
    flip_flops = sum(number for kind, number in kinds.items() if "DFF" in kind or "_FF" in kind)
    return Cells(_LUTS[library](kinds, cells), flip_flops)


def _ecp5(kinds: Counter[str], _: list[dict[str, Any]]) -> int:
    """A carry cell takes two LUTs; the multiplexers behind LUTs are free."""
    return kinds["LUT4"] + 2 * kinds["CCU2C"]


def _ice40(kinds: Counter[str], cells: list[dict[str, Any]]) -> int:
    """A carry is in the same logic cell as a LUT of the same three inputs, else in one alone."""
    luts = Counter(_pins(cell, "I1", "I2", "I3") for cell in cells if cell["type"] == "SB_LUT4")
    carries = Counter(_pins(cell, "I0", "I1", "CI") for cell in cells if cell["type"] == "SB_CARRY")
    return kinds["SB_LUT4"] + (carries - luts).total()


def _gowin(kinds: Counter[str], _: list[dict[str, Any]]) -> int:
    """A bit of an adder takes one; wider LUTs are of several and multiplexers, which are free."""
    return sum(kinds[kind] for kind in ("LUT1", "LUT2", "LUT3", "LUT4", "ALU"))


_LUTS = {"ecp5": _ecp5, "ice40": _ice40, "gowin": _gowin}


def _pins(cell: dict[str, Any], *names: str) -> tuple[object, ...]:
    return tuple(cell["connections"][name][0] for name in names)
