"""From a network to the bitstream of a board."""

import contextlib
import json
import os
import re
import shutil
import subprocess
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

import msgspec

from mulbudget.boards import report as reports
from mulbudget.boards.catalogue import Board
from mulbudget.boards.frame import BITS_A_BYTE, OVERHEAD, Values
from mulbudget.boards.gowin import with_himbaechel
from mulbudget.boards.report import Report
from mulbudget.boards.top import Core, Top
from mulbudget.boards.uart import divider
from mulbudget.hw.families import find_family
from mulbudget.hw.plan import Plan, make_plan
from mulbudget.hw.sidecar import Sidecar, encode
from mulbudget.hw.verilog import describe
from mulbudget.sim import tools
from mulbudget.spn import Network, UserError
from mulbudget.spn.files import make_folder, read_whole, write_whole

BAUD = 115200
SEED = 1

Announce = Callable[[str], AbstractContextManager[object]]
"""Is given the name of a step, and entered while the step runs."""

_ERROR = re.compile(r"^.*\berror\b:?.*$", re.IGNORECASE | re.MULTILINE)


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
) -> Design:
    """Plan a network for a board, with the multipliers that the board has; see `build`."""
    clocks = divider(board.clock_mhz * 1e6, baud)
    for tensor in (network.input, network.output):
        Values.of(tensor)  # raises where a sample is too long for the link
    if board.family is None:
        levels = levels_per_stage or 2
    else:
        levels = levels_per_stage or find_family(board.family).levels_per_stage(board.clock_mhz)
    available = board.capacity.dsp
    plan = make_plan(
        network,
        family=board.family,
        dsp=available if dsp is None else min(dsp, available),
        levels_per_stage=levels,
    )
    return Design(network=network, board=board, plan=plan, baud=baud, divider=clocks)


# A sixth of the time of nextpnr's default, for clocks within a tenth of its.
_ROUTER = {"ecp5": ("--router router2",)}


def build(
    design: Design,
    out: str | os.PathLike[str],
    *,
    seed: int = SEED,
    announce: Announce = contextlib.nullcontext,
) -> Report:
    """Write NAME.bit, .bin or .fs, NAME.json (the sidecar) and report.json to folder `out`.

    The tools work in the folder `build` inside, which keeps their scripts and logs. The same
    design and seed give the same bitstream.

    Parameters
    ----------
    design : Design
        For a board whose flow is open.
    out : path
    seed : int
        Of placement.
    announce : callable, optional
        Is told which tool runs.

    Raises
    ------
    UserError
        When a tool is missing or fails, the network does not fit on the device or does not meet
        the board's clock, or a file cannot be written.
    """
    start = time.monotonic()
    board, name = design.board, design.network.name
    target = make_folder(out)
    folder = _empty(target / "build")
    platform = board.platform_class()
    if reports.vendor_of(board) == "gowin":
        platform = with_himbaechel(platform)
    with announce("amaranth"):
        sidecar = _extract(
            platform(),
            design,
            folder,
            synth_opts=find_family(board.family or "").synth.split()[1:],
            nextpnr_opts=[
                f"--seed {seed}",
                "--timing-allow-fail",
                f"--report {name}.cells.json",
                f"--freq {board.clock_mhz:g}",
                *_ROUTER.get(reports.vendor_of(board), ()),
            ],
        )
    commands = json.loads((folder / f"build_{name}.json").read_text())["commands"]
    fmax = None
    try:
        for command in commands:
            tool, *arguments = command
            with announce(tool):
                _run(tool, arguments, folder, design)
            if tool.startswith("nextpnr"):
                fmax = reports.read_report(folder / f"{name}.cells.json")[1]
                reports.check_clock(board, fmax, design.plan.levels_per_stage)
    except KeyboardInterrupt:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    result = _report(design, sidecar, folder, round(time.monotonic() - start, 1))
    bitstream = read_whole(folder / result.bitstream)
    write_whole(target / result.bitstream, bitstream)
    write_whole(target / f"{name}.json", encode(sidecar))
    write_whole(target / "report.json", msgspec.json.format(msgspec.json.encode(result)) + b"\n")
    return result


def write_vivado_project(design: Design, out: str | os.PathLike[str]) -> list[Path]:
    """Write NAME.v, NAME.xdc and NAME.tcl, which Vivado makes the bitstream of, and NAME.json.

    Returns
    -------
    list of Path
        The files.

    Raises
    ------
    UserError
        When a file cannot be written.
    """
    target, name = make_folder(out), design.network.name
    # The packaged Yosys, so that the Verilog does not depend on what is installed.
    with mock.patch.dict(os.environ, AMARANTH_USE_YOSYS="builtin"):
        plan, sidecar = _plan(design.board.platform_class()(), design)
    wanted = [f"{name}{suffix}" for suffix in (".v", ".xdc", ".tcl")]
    paths = [write_whole(target / each, plan.files[each]) for each in wanted]
    return [*paths, write_whole(target / f"{name}.json", encode(sidecar))]


def _plan(platform: Any, design: Design, **overrides: Any) -> tuple[Any, Sidecar]:
    """Amaranth's build plan, and what the sidecar says of the network in it."""
    core = Core(design.network, design.plan, divider=design.divider)
    top = Top(core, design.board.uart)
    # Without source positions, which name folders of this machine.
    plan = platform.prepare(top, design.network.name, emit_src=False, **overrides)
    return plan, describe(design.network, design.plan, core.accelerator)


def _extract(platform: Any, design: Design, folder: Path, **overrides: Any) -> Sidecar:
    plan, sidecar = _plan(platform, design, **overrides)
    for name, content in plan.files.items():
        write_whole(folder / name, content)
    return sidecar


def _empty(folder: Path) -> Path:
    """An empty folder, whatever an earlier build left there."""
    try:
        if folder.exists():
            shutil.rmtree(folder)
    except OSError as error:
        raise UserError(f"cannot empty folder {folder}: {error.strerror}") from error
    return make_folder(folder)


def _run(name: str, arguments: list[str], folder: Path, design: Design) -> None:
    """Run a tool; its output is kept in NAME.log."""
    tool = tools.find(name)
    done = subprocess.run(
        [*tool.command, *arguments],
        cwd=folder,
        env={**tool.environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    log = write_whole(folder / f"{name}.log", done.stdout)
    if done.returncode:
        output = done.stdout.decode(errors="replace")
        if name.startswith("nextpnr"):
            log = folder / f"{design.network.name}.tim"
            reports.check_fit(design.board, log.read_text() if log.exists() else output)
        raise UserError(f"{name} failed: {error_line(output)} (its log is {log})")


def error_line(output: str) -> str:
    """The line that says what went wrong, in what a tool printed."""
    found = _ERROR.findall(output)
    lines = [line for line in output.splitlines() if line.strip()]
    return (found or lines[-1:] or ["it said nothing"])[0].strip()


def _report(design: Design, sidecar: Sidecar, folder: Path, seconds: float) -> Report:
    board, name = design.board, design.network.name
    cells, fmax = reports.read_report(folder / f"{name}.cells.json")
    used = reports.utilisation(board, cells, (folder / f"{name}.tim").read_text())
    return Report(
        network=name,
        board=board.name,
        bitstream=f"{name}{board.suffix}",
        fmax_mhz=None if fmax is None else round(fmax, 2),
        clock_mhz=board.clock_mhz,
        latency=sidecar.latency,
        interval=sidecar.interval,
        samples_per_second=board.clock_mhz * 1e6 / sidecar.interval,
        baud=design.baud,
        link_samples_per_second=round(_link_rate(design), 1),
        seconds=seconds,
        **used,
    )


def _link_rate(design: Design) -> float:
    """Samples a second that the UART lets through, in the direction that takes longer."""
    tensors = (design.network.input, design.network.output)
    longest = max(OVERHEAD + 1 + Values.of(tensor).length for tensor in tensors)
    return design.baud / BITS_A_BYTE / longest
