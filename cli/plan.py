"""`mulbudget plan`: how a network is built on a board."""

from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from mulbudget.cli.clock import CLOCK_HELP, board_on_clock
from mulbudget.cli.console import console, table
from mulbudget.cli.planned import LEVELS_HELP
from mulbudget.cli.verilog import STYLE_HELP
from mulbudget.spn import UserError, load

if TYPE_CHECKING:
    from mulbudget.boards.catalogue import Board
    from mulbudget.hw.choose import Choice
    from mulbudget.hw.estimate import Need

COLUMNS = (
    "layer",
    "style",
    "LUT",
    "FF",
    "multi-\npliers",
    "RAM\nblocks",
    "interval\n[clocks]",
    "Fmax\n[MHz]",
)


def plan(
    file: Annotated[Path, typer.Argument(help="A .spn file.", show_default=False)],
    board: Annotated[str, typer.Option(help="A board of `mulbudget boards`.", show_default=False)],
    samples_per_second: Annotated[
        float | None,
        typer.Option(help="Take as little as so many need; by default as many as possible."),
    ] = None,
    max_latency: Annotated[
        float | None,
        typer.Option(help="Microseconds from a sample taken to its result, at most; about."),
    ] = None,
    reserve: Annotated[
        str, typer.Option(help="Share of LUTs and flip-flops that is left alone.")
    ] = "10%",
    dsp: Annotated[
        int | None, typer.Option(min=0, help="Multipliers, at most; all of the board by default.")
    ] = None,
    style: Annotated[list[str] | None, typer.Option(help=STYLE_HELP)] = None,
    clock: Annotated[float | None, typer.Option(help=CLOCK_HELP)] = None,
    levels_per_stage: Annotated[int | None, typer.Option(min=1, help=LEVELS_HELP)] = None,
) -> None:
    """Choose the style of every layer: as fast as fits on the board, or as small as is asked.

    Says before synthesis what each layer takes and how fast it is. `verilog`, `sim` and
    `bitstream` do the same by themselves, given the board.
    """
    # Amaranth and scipy are slow to import, and `mulbudget show` does without.
    from mulbudget.boards.planning import Goal, fmax_of, plan_board

    target, network = board_on_clock(board, clock), load(file)
    goal = Goal(
        samples_per_second=samples_per_second,
        max_latency=None if max_latency is None else max_latency * 1e-6,
        reserve=_share(reserve),
        dsp=dsp,
        levels_per_stage=levels_per_stage,
    )
    choice = plan_board(network, target, style or [], goal)
    fmax = fmax_of(choice, network, target)
    printer = console()
    printer.print(_table(choice, target, fmax))
    printer.print(_summary(choice, target), soft_wrap=True)
    printer.print(_speed(target, fmax, choice.levels), soft_wrap=True)
    if goal != Goal(dsp=dsp, levels_per_stage=levels_per_stage):
        styles = " ".join(f"--style {name}={each}" for name, each in choice.styles.items())
        printer.print(f"to build it: {styles}", soft_wrap=True)


def _share(text: str) -> float:
    number = text.strip().removesuffix("%")
    try:
        share = float(number) / 100
    except ValueError:
        raise UserError(f"--reserve {text!r} is no percentage: use 0% to 90%") from None
    if 0 < share < 0.01 and number == text.strip():
        raise UserError(f"--reserve {text} may be {share:.1%} or {share * 100:.0%}: write the %")
    return share


def _table(choice: "Choice", board: "Board", fmax: list[float]) -> Table:
    from mulbudget.boards.planning import rows

    clocks = [f"{each:.1f}" for each in fmax[:-1]]
    cells = [
        [name, style, *_cells(need), mhz]
        for (name, style, need), mhz in zip_longest(rows(choice, board), clocks)
    ]
    own = board.capacity
    available = ["available", "", own.lut, own.ff, own.dsp, own.bram, None, f"{board.clock_mhz:g}"]
    total = ["total", "", *_cells(choice.total), f"{fmax[-1]:.1f}"]
    title = f"plan of {len(choice.pieces)} layers on {board.name}"
    return table(title, COLUMNS, cells, text=COLUMNS[:2], totals=[total, available])


def _cells(need: "Need") -> list[object]:
    return [round(need.lut), round(need.ff), need.dsp, need.bram, need.interval]


def _summary(choice: "Choice", board: "Board") -> str:
    from mulbudget.boards.planning import TITLES

    rate = board.samples_per_second(choice.total.interval)
    bound = " and ".join(TITLES[name] for name in choice.bound)
    more = f"; with more {bound} it would be faster" if bound else ""
    latency = board.microseconds(choice.latency)
    return (
        f"about {rate:,.0f} samples per second at {board.clock_mhz:.6g} MHz{more}\n"
        f"about {latency:.6g} microseconds from a sample taken to its result"
    )


def _speed(board: "Board", fmax: list[float], levels: int) -> str:
    """Whether the clock is likely to be met, and what helps where it is not."""
    from mulbudget.boards.planning import levels_of

    *layers, whole = fmax
    registers = (
        f"a register behind every {levels} adders" if levels > 1 else "every adder registered"
    )
    text = f"Fmax about {whole:.1f} MHz with {registers}"
    if whole >= board.clock_mhz:
        return text
    cures = []
    if whole < min(layers):
        text += ", for the handshake that goes through all layers within a clock"
    elif levels > 1:
        fewer = min(levels - 1, levels_of(board))
        cures.append(f"fewer adders between registers (--levels-per-stage {fewer})")
    return (
        f"warning: {text}; less than the clock of {board.clock_mhz:.6g} MHz: use "
        f"{' or '.join([*cures, 'a slower clock (--clock)'])}"
    )
