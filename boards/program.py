"""Loads a bitstream into a board."""

import re
from pathlib import Path

import msgspec

from mulbudget.boards.catalogue import Board
from mulbudget.boards.report import Report, vivado_command
from mulbudget.sim import tools
from mulbudget.sim.tools import ToolError
from mulbudget.spn import UserError
from mulbudget.spn.files import read_whole

_LIBRARIES = "libusb-1.0-0 libftdi1-2"
"""What openFPGALoader needs of the system: Debian and Ubuntu packages."""


def bitstream(folder: Path, board: Board) -> Path:
    """The bitstream in a folder that was written for `board`; `UserError` otherwise."""
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
    path = folder / content.bitstream
    made = path.stat().st_mtime if path.is_file() else 0
    if board.flow == "vivado" and made < report.stat().st_mtime:
        raise UserError(
            f"Vivado has not made {path} since its project was written: run "
            f"`{vivado_command(content.name)}` in {folder}"
        )
    return path


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
    try:
        tools.find("openFPGALoader").run(*board.programmer, path, shown=True)
    except ToolError as error:
        missing = re.search(r"error while loading shared libraries: ([^:]+)", error.output)
        if missing:
            raise UserError(
                f"openFPGALoader cannot start without {missing[1]}: install its libraries (Debian "
                f"and Ubuntu: apt install {_LIBRARIES})"
            ) from error
        raise UserError(
            f"openFPGALoader failed: {error.line}; check that {board.title} is plugged in and "
            "that you may use its USB device"
        ) from error
