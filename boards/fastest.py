"""The fastest clock that a network reaches on a board, found by building it."""

import contextlib
import os
from dataclasses import replace

from mulbudget.boards.build import SEED, Announce, Design, build
from mulbudget.boards.catalogue import with_clock_up_to
from mulbudget.boards.report import Report, TooSlowError
from mulbudget.boards.uart import divider
from mulbudget.spn import UserError

LEVELS_PER_STAGE = 1
"""Adders between pipeline registers of a network that is to be as fast as it can be."""

MARGIN = 0.02
"""Of an Fmax that is left alone: the next build is placed anew."""

TRIES = 4
"""Builds after the one that measures."""


def build_fastest(
    design: Design,
    out: str | os.PathLike[str],
    *,
    seed: int = SEED,
    announce: Announce = contextlib.nullcontext,
) -> Report:
    """Build on the board's own clock, and then on the fastest one that its Fmax allows.

    A build on another clock is placed anew, and where it does not meet that clock, its own Fmax
    says which one to try next. The result meets its clock; that no placement would meet a faster
    one is not said.

    Parameters
    ----------
    design : Design
        On the board's own clock.
    out, seed, announce
        As `build` takes them.

    Raises
    ------
    UserError
        When a build fails for another reason than its clock, or no clock is met.
    """
    fmax, report = 0.0, None
    for first in (True, *TRIES * (False,)):
        try:
            report = build(design, out, seed=seed, announce=announce, fast=True)
        except TooSlowError as error:
            fmax = error.fmax_mhz
        else:
            if not first or report.fmax_mhz is None:
                return report
            fmax = report.fmax_mhz
        board = with_clock_up_to(design.board, (1 - MARGIN) * fmax)
        if board is None:
            raise UserError(
                f"--clock max on {design.board.name}: the network reaches {fmax:.2f} MHz, and no "
                "clock of the board is as slow; use another --seed or smaller layers"
            )
        if report is not None and board == design.board:
            return report
        design = replace(design, board=board, divider=divider(board.clock_mhz * 1e6, design.baud))
    raise UserError(
        f"--clock max on {design.board.name}: none of {1 + TRIES} builds meets the clock that the "
        f"one before allows; use a clock of your own, like --clock {0.9 * fmax:.1f}"
    )
