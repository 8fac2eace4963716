"""From a network to the bitstream of a board."""

import contextlib
import json
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import msgspec

from mulbudget.boards import report as reports
from mulbudget.boards.catalogue import Board
from mulbudget.boards.frame import BITS_A_BYTE, OVERHEAD, Values
from mulbudget.boards.gowin import with_himbaechel
from mulbudget.boards.planning import board_plan
from mulbudget.boards.report import Report
from mulbudget.boards.top import Core, Top
from mulbudget.boards.uart import divider
from mulbudget.hw.plan import Plan
from mulbudget.hw.sidecar import Sidecar, encode
from mulbudget.hw.streams import Port, output_port
from mulbudget.hw.verilog import describe, packaged_yosys
from mulbudget.sim import tools
from mulbudget.sim.carries import ECP5, shorten
from mulbudget.sim.tools import ToolError
from mulbudget.spn import Network, UserError, digest, width
from mulbudget.spn.files import make_folder, read_whole, write_whole

BAUD = 115200
SEED = 1

Announce = Callable[[str], AbstractContextManager[object]]
"""Is given the name of a step, and entered while the step runs."""

_MARK = ".mulbudget"
"""A file in every folder that builds work in, and which they may therefore empty."""

_REPORT = "report.json"


@dataclass(frozen=True, kw_only=True)
class Design:
    """A network made ready for a board.

    Parameters
    ----------
    network : Network
    board : Board
    plan : Plan
    baud : int
    divider : int
        Clocks of a bit.
    """

    network: Network
    board: Board
    plan: Plan
    baud: int
    divider: int


def prepare(
    network: Network,
    board: Board,
    *,
    dsp: int | None = None,
    baud: int = BAUD,
    levels_per_stage: int | None = None,
    style: Sequence[str] = (),
) -> Design:
    """Plan a network for a board.

    Parameters
    ----------
    network : Network
    board : Board
    dsp : int, optional
        Hardware multipliers, at most; as many as the board has by default.
    baud : int
        Of the UART.
    levels_per_stage : int, optional
        Adders between pipeline registers, at most; what suits the clock by default.
    style : sequence of str
        For `fixed_styles`; layers that it does not name are built as `plan_board` chooses.

    Raises
    ------
    UserError
        When the board has fewer multipliers or no such baud rate, a sample is too long for the
        UART, or the network cannot be planned.
    """
    clocks = divider(board.clock_mhz * 1e6, baud)
    for tensor in (network.input, network.output):
        Values.of(tensor)  # raises where a sample is too long for a frame
    plan = board_plan(network, board, dsp=dsp, levels_per_stage=levels_per_stage, style=style)
    _check_sample(plan, output_port(network), board)
    return Design(network=network, board=board, plan=plan, baud=baud, divider=clocks)


def _check_sample(plan: Plan, output: Port, board: Board) -> None:
    """Raise `UserError` where the link cannot hold a sample and its result."""
    ports = [*plan.inputs, output]
    bits = sum(width(*ends)[0] for port in ports if port.beats == 1 for ends in port.ends)
    if bits > board.capacity.ff:
        raise UserError(
            f"a sample and its result have {bits:,} bits, which the UART link holds in flip-flops, "
            f"and {board.name} has {board.capacity.ff:,}: use a network with fewer inputs and "
            "outputs, or --style folded, which takes inputs a few at a time"
        )


# A sixth of the time of nextpnr's default, for clocks within a tenth of its.
_ROUTER = {"ecp5": ("--router router2",)}

MEMORIES = "memory_nordff"
"""Registers of read ports, which Amaranth's RTLIL has, are found anew by the pass that heeds what
`hw.memory` says; those of Verilog are anyway."""

_LARGE = 12_000
"""LUTs of an ECP5 netlist whose wires come first: the router needs half the rounds, or ends at all.

One of 8,047 LUTs reached three quarters of the clock that it reached with its paths first.
"""

_WIRES = ("--no-tmdriv",)
"""Placement for short wires alone."""

_PATHS = ("--placer-heap-timingweight", "3")
"""Placement of a large design for short paths: with nextpnr's weight of 10 wires become too long.

One of 20,406 LUTs reached 142 and 145 MHz with two seeds. With the weight of 10 it reached 139 with
one, and with the other 431 wires were still in use twice after 20 rounds of the router.
"""


def build(
    design: Design,
    out: str | os.PathLike[str],
    *,
    seed: int = SEED,
    announce: Announce = contextlib.nullcontext,
    fast: bool = False,
) -> Report:
    """Write NAME.bit, .bin or .fs, NAME.json (the sidecar) and report.json to folder `out`.

    The tools work in the folder `build` inside, which keeps their scripts and logs. The same
    design and seed give the same bitstream. A build that fails leaves the result of the one
    before, and an interrupt nothing half-made; report.json goes with the files beside it.

    Parameters
    ----------
    design : Design
        For a board whose flow is open.
    out : path
    seed : int
        Of placement.
    announce : callable, optional
        Is told which tool runs.
    fast : bool
        Whether the clock is to be as fast as it can be; else that of a large design is as fast as
        it must be, and its wires come first.

    Raises
    ------
    UserError
        When a tool is missing or fails, the network does not fit on the device or does not meet
        its clock (`TooSlowError`), the bitstream has other multipliers than its plan, or a file
        cannot be written or is in the way.
    """
    start = time.monotonic()
    target = make_folder(out)
    folder = _workplace(target / "build")
    try:
        sidecar, figures = _build(design, folder, seed, announce, fast=fast)
        result = _report(design, sidecar, time.monotonic() - start, **figures)
        bitstream = {result.bitstream: read_whole(folder / result.bitstream)}
        _publish(target, bitstream, sidecar, result)
    except KeyboardInterrupt:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return result


def pack(design: Design) -> dict[str, Any]:
    """What a bitstream would use, as fields of `Report`: nothing is placed or routed.

    Raises
    ------
    UserError
        When a tool is missing or fails, or the network does not fit on the device.
    """
    with tempfile.TemporaryDirectory(prefix="mulbudget-") as temporary:
        _, figures = _build(design, Path(temporary), SEED, contextlib.nullcontext, only_pack=True)
    return figures


def write_vivado_project(design: Design, out: str | os.PathLike[str]) -> list[Path]:
    """Write NAME.v, NAME.xdc and NAME.tcl, which Vivado makes the bitstream of.

    NAME.json (the sidecar) and report.json come with them.

    Returns
    -------
    list of Path
        The files.

    Raises
    ------
    UserError
        When a file cannot be written.
    """
    start = time.monotonic()
    target, name = make_folder(out), design.network.name
    with packaged_yosys():
        plan, sidecar = _plan(design.board.platform_class()(), design)
    project = {
        each: plan.files[each] for each in (f"{name}{end}" for end in (".v", ".xdc", ".tcl"))
    }
    return _publish(target, project, sidecar, _report(design, sidecar, time.monotonic() - start))


def _build(
    design: Design,
    folder: Path,
    seed: int,
    announce: Announce,
    *,
    only_pack: bool = False,
    fast: bool = False,
) -> tuple[Sidecar, dict[str, Any]]:
    """Have the tools make the bitstream in `folder`; gives the measured figures of `Report`."""
    board, name = design.board, design.network.name
    vendor = reports.vendor_of(board)
    platform = board.platform_class()
    if vendor == "gowin":
        platform = with_himbaechel(platform)
    synthesis = board.open_family.synthesis(name)
    with announce("amaranth"):
        plan, sidecar = _plan(
            platform(),
            design,
            script_after_read="\n".join([MEMORIES, *synthesis.before]),
            synth_opts=[*synthesis.options],
            script_after_synth="\n".join(synthesis.after),
            nextpnr_opts=[
                f"--seed {seed}",
                "--timing-allow-fail",
                f"--report {name}.cells.json",
                f"--freq {board.clock_mhz:g}",
                *_ROUTER.get(vendor, ()),
            ],
        )
        for file, content in plan.files.items():
            write_whole(folder / file, content)
    commands = json.loads((folder / f"build_{name}.json").read_text())["commands"]
    figures: dict[str, Any] = {}
    large = False
    for tool, *arguments in commands:
        if not tool.startswith("nextpnr"):
            with announce(tool):
                _run(tool, arguments, folder, design)
            if tool == "yosys" and board.open_family.cells == ECP5:
                large = shorten(folder / f"{name}.json") >= _LARGE
            continue
        if only_pack:
            arguments = ["--pack-only", *_without_result(arguments)]
        route = partial(_routed, tool, folder=folder, design=design, announce=announce)
        if large and not only_pack:
            figures = _route_large(route, arguments, board, fast=fast)
        else:
            figures = route(arguments)
        reports.check_multipliers(board, figures["dsp"].used, sidecar.multipliers)
        if only_pack:
            break
        reports.check_clock(board, figures["fmax_mhz"], design.plan.levels_per_stage)
    return sidecar, figures


def _routed(
    tool: str, arguments: Sequence[str], *, folder: Path, design: Design, announce: Announce
) -> dict[str, Any]:
    """Place and route; gives the measured figures of `Report`."""
    with announce(tool):
        _run(tool, [*arguments], folder, design)
    return _measured(design, folder)


def _route_large(
    route: Callable[[Sequence[str]], dict[str, Any]],
    arguments: Sequence[str],
    board: Board,
    *,
    fast: bool,
) -> dict[str, Any]:
    """The figures of a large design whose wires come first, or of one whose paths do.

    The latter where it is to be `fast`, and where the former misses the clock or is not built;
    where that is not built either, of the former, so that what it reaches is said.
    """
    paths = [*arguments, *_PATHS]
    if fast:
        return route(paths)
    try:
        figures = route([*arguments, *_WIRES])
    except UserError:
        return route(paths)
    if reports.meets_clock(board, figures["fmax_mhz"]):
        return figures
    try:
        return route(paths)
    except UserError:
        return figures


_RESULTS = ("--textcfg", "--asc", "--write")
"""Options of nextpnr that name the file of what is placed and routed."""


def _without_result(arguments: Sequence[str]) -> list[str]:
    result = list(arguments)
    for option in _RESULTS:
        if option in result:
            at = result.index(option)
            del result[at : at + 2]
    return result


def _plan(platform: Any, design: Design, **overrides: Any) -> tuple[Any, Sidecar]:
    """Amaranth's build plan, and what the sidecar says of the network in it."""
    core = Core(design.network, design.plan, divider=design.divider)
    top = Top(core, design.board)
    # Without source positions, which name folders of this machine.
    plan = platform.prepare(top, design.network.name, emit_src=False, **overrides)
    return plan, describe(design.network, design.plan, core.accelerator)


def _workplace(folder: Path) -> Path:
    """An empty folder: what an earlier build left there is removed, and nobody else's file is."""
    make_folder(folder)
    mark = folder / _MARK
    try:
        if not mark.exists() and any(folder.iterdir()):
            raise UserError(
                f"{folder} holds files that are not of a build, and builds work there: move it "
                "away, or choose another --out"
            )
        mark.touch()
        for path in folder.iterdir():
            if path != mark:
                path.unlink()
    except OSError as error:
        raise UserError(f"cannot empty folder {folder}: {error.strerror}") from error
    return folder


def _run(name: str, arguments: list[str], folder: Path, design: Design) -> None:
    """Run a tool; its output is kept in NAME.log."""
    log = folder / f"{name}.log"
    try:
        tools.find(name).run(*arguments, folder=folder, log=log)
    except ToolError as error:
        if name.startswith("nextpnr"):
            log = folder / f"{design.network.name}.tim"
            reports.check_fit(design.board, log.read_text() if log.exists() else error.output)
        raise UserError(f"{name} failed: {error.line} (its log is {log})") from error


def _measured(design: Design, folder: Path) -> dict[str, Any]:
    """What nextpnr says of a placed and routed design, as fields of `Report`."""
    name = design.network.name
    cells, clocks = reports.read_report(folder / f"{name}.cells.json")
    reports.check_constraints(design.board, clocks)
    fmax = min((clock.achieved for clock in clocks), default=None)
    used = reports.utilisation(design.board, cells, (folder / f"{name}.tim").read_text())
    return {**used, "fmax_mhz": fmax}


def _publish(
    target: Path, made: Mapping[str, bytes | str], sidecar: Sidecar, report: Report
) -> list[Path]:
    """Write what was made, all or nothing; while report.json is there, it is of these files."""
    files = {
        **made,
        f"{sidecar.name}.json": encode(sidecar),
        _REPORT: msgspec.json.format(msgspec.json.encode(report)) + b"\n",
    }
    try:
        (target / _REPORT).unlink(missing_ok=True)
        return [write_whole(target / name, content) for name, content in files.items()]
    except BaseException as error:
        for name in files:
            with contextlib.suppress(OSError):
                (target / name).unlink()
        if isinstance(error, OSError):
            raise UserError(f"cannot write to {target}: {error.strerror}") from error
        raise


def _report(design: Design, sidecar: Sidecar, seconds: float, **measured: Any) -> Report:
    board = design.board
    return Report(
        name=sidecar.name,
        network=digest(design.network),
        board=board.name,
        family=board.family,
        levels_per_stage=design.plan.levels_per_stage,
        bitstream=f"{sidecar.name}{board.suffix}",
        clock_mhz=board.clock_mhz,
        oscillator_mhz=None if board.pll is None else board.oscillator_mhz,
        latency=sidecar.latency,
        interval=sidecar.interval,
        samples_per_second=board.samples_per_second(sidecar.interval),
        baud=design.baud,
        link_samples_per_second=round(_link_rate(design), 1),
        seconds=round(seconds, 1),
        **measured,
    )


def _link_rate(design: Design) -> float:
    """Samples a second that the UART lets through, in the direction that takes longer."""
    tensors = (design.network.input, design.network.output)
    longest = max(OVERHEAD + 1 + Values.of(tensor).length for tensor in tensors)
    return design.baud / BITS_A_BYTE / longest
