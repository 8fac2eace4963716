"""`mulbudget run`: evaluate samples with the integer network."""

from pathlib import Path
from typing import Annotated

import typer

from mulbudget.cli.arrays import write_array
from mulbudget.cli.console import console
from mulbudget.cli.operands import INPUT, A, B, read_operands
from mulbudget.spn import load


def run(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A .spn file.")],
    output: Annotated[
        Path, typer.Option(help="The .npy file to write, first axis samples.", show_default=False)
    ],
    input: Annotated[Path | None, typer.Option(help=INPUT)] = None,
    a: Annotated[Path | None, typer.Option("--a", help=A)] = None,
    b: Annotated[Path | None, typer.Option("--b", help=B)] = None,
) -> None:
    """Evaluate samples with the integer network; the hardware gives the same integers."""
    network = load(file)
    operands = read_operands(network, input, a, b)
    write_array(output, operands.results(network.run))
    console().print(f"{operands.title} evaluated, written to {output}", soft_wrap=True)
