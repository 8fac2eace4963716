"""`mulbudget run`: evaluate samples with the integer network."""

from pathlib import Path
from typing import Annotated

import typer

from mulbudget.cli.arrays import read_array, write_array
from mulbudget.cli.console import console
from mulbudget.spn import load


def run(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A .spn file.")],
    input: Annotated[
        Path,
        typer.Option(help="A .npy file of integers, first axis samples.", show_default=False),
    ],
    output: Annotated[
        Path, typer.Option(help="The .npy file to write, first axis samples.", show_default=False)
    ],
) -> None:
    """Evaluate samples with the integer network; the hardware gives the same integers."""
    result = load(file).run(read_array(input))
    write_array(output, result)
    console().print(f"{len(result):,} samples evaluated, written to {output}", soft_wrap=True)
