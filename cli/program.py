"""`mulbudget program`: load a bitstream into a board."""

from pathlib import Path
from typing import Annotated

import typer

from mulbudget.cli.console import console


def program(
    folder: Annotated[
        Path, typer.Argument(help="Where `mulbudget bitstream` wrote.", show_default=False)
    ],
    board: Annotated[str, typer.Option(help="A board of `mulbudget boards`.", show_default=False)],
) -> None:
    """Load a bitstream into a board that is plugged in, with openFPGALoader."""
    # Amaranth is slow to import, and `mulbudget show` does without.
    from mulbudget.boards import program as loader
    from mulbudget.boards.catalogue import find_board

    target = find_board(board)
    path = loader.bitstream(folder, target)
    loader.program(path, target)
    console().print(f"{path} runs on {target.title}", soft_wrap=True)
