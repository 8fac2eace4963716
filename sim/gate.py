"""The netlist that synthesis makes, simulated like the Verilog it was made from."""

import re
from pathlib import Path

from mulbudget.hw.families import Family, find_family
from mulbudget.hw.sidecar import Sidecar
from mulbudget.sim import cache
from mulbudget.sim.batch import BatchSimulator
from mulbudget.sim.carries import ECP5, RULES, shorten
from mulbudget.sim.tools import find, yosys_share

_CELLS, _NETLIST = "cells.json", "netlist.v"

_WITHOUT_MODEL = {ECP5: ("-nobram",), "gowin": ("-nobram",)}
"""Yosys has no model of these vendors' block RAM, so memories are of RAM in LUTs instead."""

# Cell libraries are written for other simulators, and Verilator has much to say of them.
_FLAGS = ("-Wno-fatal", "-Wno-lint", "-Wno-style")


def gate_level_simulator(
    verilog: Path, sidecar: Sidecar, family: str, *, samples: int = 0
) -> BatchSimulator:
    """A simulator of the design as cells of a device family.

    Block RAM of ECP5 and Gowin is RAM in LUTs there.

    Parameters
    ----------
    verilog : Path
        Generated for this family, or portable; then its products become logic.
    sidecar : Sidecar
    family : str
        A name in `mulbudget.hw.families.FAMILIES`.
    samples : int
        How many will be simulated, about.

    Raises
    ------
    UserError
        When there is no such family, or a tool is missing.
    ToolError
        When synthesis or compilation fails.
    """
    device = find_family(family)
    cells = yosys_share() / device.cells / "cells_sim.v"
    return BatchSimulator(
        netlist(verilog, sidecar, device),
        sidecar,
        models=_models(device, sidecar, cells),
        flags=(*_FLAGS, f"-I{cells.parent}", "-v", str(cells)),
        samples=samples,
    )


def netlist(verilog: Path, sidecar: Sidecar, family: Family) -> Path:
    """Verilog of the design as one flat module of cells, from the cache or made now."""
    yosys = find("yosys")
    source = verilog.read_bytes()
    mapping = family.synthesis(sidecar.name, *_WITHOUT_MODEL.get(family.cells, ()))
    synthesis = f"read_verilog {verilog.name}; {mapping}; write_json {_CELLS}"
    conversion = f"read_json {_CELLS}; write_verilog -noattr {_NETLIST}"

    def make(folder: Path) -> None:
        (folder / verilog.name).write_bytes(source)
        yosys.run("-q", "-p", synthesis, folder=folder)
        if family.cells == ECP5:
            shorten(folder / _CELLS, "yosys")
        yosys.run("-q", "-p", conversion, folder=folder)
        for file in (verilog.name, _CELLS):
            (folder / file).unlink()

    parts = [yosys.identity, synthesis, conversion, source, RULES]
    name = "netlist-" + cache.key(parts)
    return cache.entry(name, make) / _NETLIST


def _models(family: Family, sidecar: Sidecar, cells: Path) -> list[Path]:
    """Our model of the family's multiplier, where Yosys has none."""
    if family.dsp is None or sidecar.family is None or not sidecar.multipliers:
        return []
    known = re.search(rf"^\s*module\s+{family.dsp.primitive}\b", cells.read_text(), re.MULTILINE)
    return [] if known else [family.dsp.model]
