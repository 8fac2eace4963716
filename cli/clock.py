"""The option that puts a network on another clock than its board's own."""

from typing import TYPE_CHECKING

from mulbudget.spn import UserError

if TYPE_CHECKING:
    from mulbudget.boards.catalogue import Board

CLOCK_HELP = (
    "MHz of the clock that the network runs on, which the device's PLL makes; by default the "
    "board's own."
)

FASTEST = "max"
"""As fast as the network goes."""


def board_on_clock(name: str, clock: float | None) -> "Board":
    """A board of the catalogue, on its own clock or on another."""
    # Amaranth is slow to import, and `mulbudget show` does without.
    from mulbudget.boards.catalogue import find_board, with_clock

    board = find_board(name)
    return board if clock is None else with_clock(board, clock)


def mhz(clock: str | None) -> float | None:
    """What `--clock` says, where it is no word.

    Raises
    ------
    UserError
        When it is no frequency.
    """
    if clock is None:
        return None
    try:
        value = float(clock)
    except ValueError:
        value = 0.0
    if not 0 < value < float("inf"):
        raise UserError(f"--clock {clock!r} is no frequency: use MHz, like 50, or {FASTEST}")
    return value
