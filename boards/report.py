"""What a built bitstream uses, and how fast it is."""

import json
import re
from pathlib import Path
from typing import Any

import msgspec

from mulbudget.boards.catalogue import Board
from mulbudget.spn import UserError


class Resource(msgspec.Struct, frozen=True):
    """So many of so many."""

    used: int
    available: int


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What report.json holds.

    Parameters
    ----------
    network, board : str
        Names.
    bitstream : str
        The file's name.
    lut : Resource
        4-input look-up tables; on iCE40 logic cells, each of which is one with a carry and a
        flip-flop.
    ff, dsp, bram : Resource
        Flip-flops, multipliers, blocks of RAM.
    fmax_mhz : float or None
        The fastest clock after routing; None where nextpnr finds no path between registers.
    clock_mhz : float
        The board's.
    latency, interval : int
        Of the network in clocks: to a sample's result, and from sample to sample.
    samples_per_second : float
        Of the network at the board's clock; the UART is slower.
    baud : int
        Of the UART.
    link_samples_per_second : float
        What the UART lets through.
    seconds : float
        The build took.
    """

    network: str
    board: str
    bitstream: str
    lut: Resource
    ff: Resource
    dsp: Resource
    bram: Resource
    fmax_mhz: float | None
    clock_mhz: float
    latency: int
    interval: int
    samples_per_second: float
    baud: int
    link_samples_per_second: float
    seconds: float


# The cells of nextpnr's report that make each resource, and how many one stands for.
_CELLS: dict[str, dict[str, dict[str, int]]] = {
    "ecp5": {
        "lut": {"TRELLIS_COMB": 1},
        "ff": {"TRELLIS_FF": 1},
        "dsp": {"MULT18X18D": 1},
        "bram": {"DP16KD": 1},
    },
    "ice40": {
        "lut": {"ICESTORM_LC": 1},
        "dsp": {"ICESTORM_DSP": 1},
        "bram": {"ICESTORM_RAM": 1},
    },
    "gowin": {
        "lut": {"LUT4": 1, "ALU": 1, "RAM16SDP4": 4},
        "ff": {"DFF": 1},
        "dsp": {"MULT18X18": 1},
        "bram": {"BSRAM": 1},
    },
}
# Adders and LUT RAM sit in the places of LUTs.
_SHARED = {"ALU", "RAM16SDP4"}
_NAMES = {"lut": "LUTs", "ff": "flip-flops", "dsp": "multipliers", "bram": "blocks of RAM"}
_ICE40_FF = re.compile(r"(\d+) LCs used as (?:LUT4 and )?DFF")
_UTILISATION = re.compile(r"Info:\s+(\w+):\s*(\d+)/\s*(\d+)\s+\d+%")


def utilisation(board: Board, cells: dict[str, Resource], log: str) -> dict[str, Resource]:
    """LUT, FF, DSP and BRAM of a device from nextpnr's counts of cells and its log."""
    vendor = vendor_of(board)
    result = {
        name: _sum({cell: each for cell, each in weights.items() if cell in cells}, cells)
        for name, weights in _CELLS[vendor].items()
    }
    if vendor == "ice40":
        used = sum(map(int, _ICE40_FF.findall(log)))
        result["ff"] = Resource(used, result["lut"].available)
    return {name: result[name] for name in _NAMES}


def vendor_of(board: Board) -> str:
    """Which of nextpnr's architectures builds it: "ecp5", "ice40" or "gowin"."""
    family = board.family or ""
    return {"ice": "ice40", "gw1": "gowin", "gw2": "gowin"}.get(family[:3], family)


def _sum(weights: dict[str, int], cells: dict[str, Resource]) -> Resource:
    return Resource(
        sum(weight * cells[cell].used for cell, weight in weights.items()),
        sum(cells[cell].available for cell in weights if cell not in _SHARED),
    )


def read_report(path: Path) -> tuple[dict[str, Resource], float | None]:
    """Cells and the slowest clock's Fmax in MHz from the file that nextpnr's --report writes."""
    content: dict[str, Any] = json.loads(path.read_text())
    cells = {name: Resource(**each) for name, each in content["utilization"].items()}
    fmax = min((each["achieved"] for each in content["fmax"].values()), default=None)
    return cells, fmax


def check_fit(board: Board, log: str) -> None:
    """Raise `UserError` where nextpnr's log says that a resource does not suffice."""
    lines = _UTILISATION.findall(log)
    cells = {name: Resource(int(used), int(available)) for name, used, available in lines}
    if not cells:
        return
    totals = utilisation(board, cells, log)
    over = [name for name, each in totals.items() if each.used > each.available]
    over += [name for name, each in cells.items() if each.used > each.available]
    if over:
        name = over[0]
        each = totals.get(name) or cells[name]
        raise UserError(
            f"the network does not fit on {board.name}: it needs {each.used:,} "
            f"{_NAMES.get(name, name)} and the device has {each.available:,}; train it with fewer "
            f"multipliers or more zeros, or take a larger board"
        )


def check_clock(board: Board, fmax_mhz: float | None, levels_per_stage: int) -> None:
    """Raise `UserError` where the network is too slow for the board's clock."""
    if fmax_mhz is not None and fmax_mhz < board.clock_mhz:
        cure = (
            f"use fewer adders between registers (--levels-per-stage {levels_per_stage - 1}) or "
            if levels_per_stage > 1
            else "use "
        )
        raise UserError(
            f"the network does not meet the clock of {board.name}: it reaches {fmax_mhz:.2f} MHz "
            f"and the board runs at {board.clock_mhz:g} MHz; {cure}another --seed"
        )
