"""What a built bitstream uses, and how fast it is."""

import json
import math
import re
from pathlib import Path
from typing import Any

import msgspec

from mulbudget.boards.catalogue import Board, with_clock_up_to
from mulbudget.spn import UserError


class Resource(msgspec.Struct, frozen=True):
    """So many of so many."""

    used: int
    available: int


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What report.json holds.

    Parameters
    ----------
    name : str
        Of the network.
    network : str
        `mulbudget.spn.digest` of it.
    board : str
        Its name.
    family : str or None
        Device family; None where the board's own vendor builds the bitstream.
    levels_per_stage : int
        Adders between pipeline registers.
    bitstream : str
        The file's name.
    lut : Resource or None
        4-input look-up tables; on iCE40 logic cells, each of which is one with a carry and a
        flip-flop. This and all other measured figures are None where Vivado, which has reports of
        its own, makes the bitstream.
    ff, dsp, bram : Resource or None
        Flip-flops, multipliers, blocks of RAM.
    fmax_mhz : float or None
        The fastest clock after routing; None also where nextpnr finds no path between registers.
    clock_mhz : float
        Of the network.
    oscillator_mhz : float or None
        Of the board, where a PLL makes the network's clock of it.
    latency, interval : int
        Of the network in clocks: to a sample's result, and from sample to sample.
    samples_per_second : float
        Of the network at its clock; the UART is slower.
    baud : int
        Of the UART.
    link_samples_per_second : float
        What the UART lets through.
    seconds : float
        The build took.
    """

    name: str
    network: str
    board: str
    family: str | None
    levels_per_stage: int
    bitstream: str
    lut: Resource | None = None
    ff: Resource | None = None
    dsp: Resource | None = None
    bram: Resource | None = None
    fmax_mhz: float | None = None
    clock_mhz: float
    oscillator_mhz: float | None = None
    latency: int
    interval: int
    samples_per_second: float
    baud: int
    link_samples_per_second: float
    seconds: float


# The cells that nextpnr counts for each resource. Those of iCE40 are logic cells, whose flip-flops
# only the log tells.
_CELLS = {
    "ecp5": {"lut": "TRELLIS_COMB", "ff": "TRELLIS_FF", "dsp": "MULT18X18D", "bram": "DP16KD"},
    "ice40": {"lut": "ICESTORM_LC", "dsp": "ICESTORM_DSP", "bram": "ICESTORM_RAM"},
    "gowin": {"lut": "LUT4", "ff": "DFF", "dsp": "MULT18X18", "bram": "BSRAM"},
}
_NAMES = {"lut": "LUTs", "ff": "flip-flops", "dsp": "multipliers", "bram": "blocks of RAM"}
_ICE40_FF = re.compile(r"(\d+) LCs used as (?:LUT4 and )?DFF")
_UNPLACED = re.compile(r"Unable to (?:place|find legal placement for) cell .* type '(\w+)'")
_UTILISATION = re.compile(r"Info:\s+(\w+):\s*(\d+)/\s*(\d+)\s+\d+%")


def utilisation(board: Board, cells: dict[str, Resource], log: str) -> dict[str, Resource]:
    """LUT, FF, DSP and BRAM of a device from nextpnr's counts of cells and its log."""
    none = Resource(0, 0)
    result = {name: cells.get(cell, none) for name, cell in _CELLS[vendor_of(board)].items()}
    if "ff" not in result:
        used = sum(map(int, _ICE40_FF.findall(log)))
        result["ff"] = Resource(used, result["lut"].available)
    return {name: result[name] for name in _NAMES}


def vendor_of(board: Board) -> str:
    """Which of nextpnr's architectures builds it: "ecp5", "ice40" or "gowin"."""
    family = board.family or ""
    return {"ice": "ice40", "gw1": "gowin", "gw2": "gowin"}.get(family[:3], family)


class Clock(msgspec.Struct, frozen=True):
    """What nextpnr says of a clock, in MHz: the fastest that works, and what was asked for."""

    achieved: float
    constraint: float


def read_report(path: Path) -> tuple[dict[str, Resource], list[Clock]]:
    """Cells and clocks from the file that nextpnr's --report writes."""
    content: dict[str, Any] = json.loads(path.read_text())
    cells = {name: Resource(**each) for name, each in content["utilization"].items()}
    if "ALU" in cells:
        # The log counts the LUT that a Gowin ALU takes among the LUT4, the report does not.
        lut = cells["LUT4"]
        cells["LUT4"] = Resource(lut.used + cells["ALU"].used, lut.available)
    return cells, [Clock(**each) for each in content.get("fmax", {}).values()]


def check_fit(board: Board, log: str) -> None:
    """Raise `UserError` where nextpnr's log says that a resource does not suffice."""
    lines = _UTILISATION.findall(log)
    cells = {name: Resource(int(used), int(available)) for name, used, available in lines}
    counts = {_NAMES[name]: each for name, each in utilisation(board, cells, log).items()} | cells
    over = [name for name, each in counts.items() if each.used > each.available]
    unplaced = _UNPLACED.search(log)
    cure = "train it with more zeros or smaller layers, or take a larger board"
    if over:
        needs = f"{counts[over[0]].used:,} {over[0]} and the device has"
    elif unplaced and unplaced[1] in cells:
        over = [unplaced[1]]
        needs = f"{cells[over[0]].used:,} {over[0]} cells, in rows that find no place among the"
        cure = f"try another --seed, or --style serial for large layers; or {cure}"
    else:
        return
    raise UserError(
        f"the network does not fit on {board.name}: it needs {needs} "
        f"{counts[over[0]].available:,}; {cure}"
    )


def check_multipliers(board: Board, used: int, planned: int) -> None:
    """Raise `UserError` where a bitstream has other multipliers than its plan."""
    if used != planned:
        raise UserError(
            f"the bitstream for {board.name} uses {used} hardware multipliers and its plan has "
            f"{planned}: this is a bug of mulbudget, please report it with the .spn file"
        )


def vivado_command(name: str) -> str:
    """What makes the bitstream of network `name`, in the folder of its project."""
    return f"vivado -mode batch -source {name}.tcl"


class TooSlowError(UserError):
    """A network does not meet its clock; it would meet one of `fmax_mhz`."""

    def __init__(self, message: str, fmax_mhz: float) -> None:
        super().__init__(message)
        self.fmax_mhz = fmax_mhz


def meets_clock(board: Board, fmax_mhz: float | None) -> bool:
    """Whether a network is as fast as its clock; where nothing is known of its paths, it is."""
    return fmax_mhz is None or fmax_mhz >= board.clock_mhz


def check_clock(board: Board, fmax_mhz: float | None, levels_per_stage: int) -> None:
    """Raise `TooSlowError` where the network is too slow for its clock."""
    if fmax_mhz is None or meets_clock(board, fmax_mhz):
        return
    cures = []
    slower = with_clock_up_to(board, _SAFE * fmax_mhz) if board.family is not None else None
    if slower is not None:
        cures.append(f"a slower clock (--clock {math.floor(slower.clock_mhz * 100) / 100:g})")
    if levels_per_stage > 1:
        cures.append(f"fewer adders between registers (--levels-per-stage {levels_per_stage - 1})")
    cures.append("another --seed")
    raise TooSlowError(
        f"the network does not meet the clock of {board.name}: it reaches {fmax_mhz:.2f} MHz and "
        f"runs at {board.clock_mhz:g} MHz; use {' or '.join(cures)}",
        fmax_mhz,
    )


_SAFE = 0.99
"""Of an Fmax, for a clock of which the digits behind the point are left out."""


def check_constraints(board: Board, clocks: list[Clock]) -> None:
    """Raise `UserError` where nextpnr was asked for, or derived, another clock than the board's."""
    for clock in clocks:
        if abs(clock.constraint / board.clock_mhz - 1) > _ROUNDING:
            raise UserError(
                f"the bitstream for {board.name} has a clock of {clock.constraint:.2f} MHz and its "
                f"plan has {board.clock_mhz:.2f}: this is a bug of mulbudget, please report it"
            )


_ROUNDING = 0.002
"""nextpnr counts periods in whole picoseconds, of the PLL's oscillator too."""
