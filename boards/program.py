"""Loads a bitstream into a board."""

import re
import subprocess
from pathlib import Path

import msgspec

from mulbudget.boards.build import error_line
from mulbudget.boards.catalogue import Board
from mulbudget.boards.report import Report
from mulbudget.sim import tools
from mulbudget.spn import UserError
from mulbudget.spn.files import read_whole

_LIBRARIES = "libusb-1.0-0 libftdi1-2"
"""What openFPGALoader needs of the system: Debian and Ubuntu packages."""


def bitstream(folder: Path, board: Board) -> Path:
    """The bitstream in a folder that `build` wrote for `board`; `UserError` otherwise."""
    report = folder / "report.json"
    try:
        content = msgspec.json.decode(read_whole(report), type=Report)
    except msgspec.DecodeError as error:
        raise UserError(f"{report} describes no bitstream: build it again") from error
    if content.board != board.name:
        raise UserError(
            f"the bitstream in {folder} is for {content.board}, not for {board.name}: build one "
            f"with `mulbudget bitstream --board {board.name}`"
        )
    return folder / content.bitstream


def program(path: Path, board: Board) -> None:
    """Load bitstream `path` with openFPGALoader, which prints its progress.

    Raises
    ------
    UserError
        When openFPGALoader does not know the board, cannot start, or fails.
    """
    if not board.programmer:
        raise UserError(
            f"openFPGALoader does not know {board.name}: copy {path} to the drive that it shows "
            "when it is plugged in"
        )
    tool = tools.find("openFPGALoader")
    done = subprocess.run(
        [*tool.command, *board.programmer, str(path)],
        env={**tool.environment},
        stdin=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
        check=False,
    )
    missing = re.search(r"error while loading shared libraries: ([^:]+)", done.stderr)
    if missing:
        raise UserError(
            f"openFPGALoader cannot start without {missing[1]}: install its libraries (Debian and "
            f"Ubuntu: apt install {_LIBRARIES})"
        )
    if done.returncode:
        raise UserError(
            f"openFPGALoader failed: {error_line(done.stderr)}; check that {board.title} is "
            "plugged in and that you may use its USB device"
        )
