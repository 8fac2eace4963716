"""The plan that the options of `verilog` and `sim` ask for."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.console import Console

from mulbudget.cli.clock import board_on_clock
from mulbudget.spn import Convolution, Network, SumProduct, UserError

if TYPE_CHECKING:
    from mulbudget.hw.plan import Plan

LEVELS_HELP = (
    "Adders between pipeline registers, at most; by default 2, and for a board what suits its "
    "clock."
)
BOARD_HELP = "Build it as `mulbudget plan` chooses for this board; --style still has the last word."


def planned(
    network: Network,
    *,
    board: str | None,
    clock: float | None,
    family: str | None,
    dsp: int | None,
    levels_per_stage: int | None,
    style: Sequence[str],
) -> "Plan":
    """For a board, a family or neither; styles that are not given are chosen for a board only."""
    # Amaranth is slow to import, and `mulbudget show` does without; only a choice needs scipy.
    if board is None:
        if clock is not None:
            raise UserError(f"--clock {clock:g} is of a board: give --board too")
        from mulbudget.hw.plan import make_plan
        from mulbudget.hw.styles import styles_of

        return make_plan(
            network,
            family=family,
            dsp=dsp,
            levels_per_stage=2 if levels_per_stage is None else levels_per_stage,
            styles=styles_of(network, style),
        )
    if family is not None:
        raise UserError(
            f"--family {family} and --board {board} contradict each other: a board has a family"
        )
    from mulbudget.boards.planning import board_plan

    target = board_on_clock(board, clock)
    return board_plan(network, target, dsp=dsp, levels_per_stage=levels_per_stage, style=style)


def tell_styles(printer: Console, plan: "Plan") -> None:
    """Print which layer has which style, where one of them is not parallel."""
    if any(str(layer.style) != "parallel" for layer in plan.layers):
        printer.print(styles_text(plan), soft_wrap=True)


def styles_text(plan: "Plan") -> str:
    """Which layer has which style."""
    styles = [
        f"{layer.node.name} {layer.style}"
        for layer in plan.layers
        if isinstance(layer.node.operator, SumProduct | Convolution)
    ]
    return f"styles: {', '.join(styles)}"
