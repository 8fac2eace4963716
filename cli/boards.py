"""`mulbudget boards`: list the boards."""

from typing import Annotated

import msgspec
import typer

from mulbudget.boards.catalogue import BOARDS
from mulbudget.cli.console import console, table


def boards(
    json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
) -> None:
    """List the boards, with what their devices have."""
    if json:
        content = [msgspec.to_builtins(board) for board in BOARDS.values()]
        typer.echo(msgspec.json.format(msgspec.json.encode(content), indent=2))
        return
    columns = ["board", "", "family", "clock\n[MHz]", "LUT", "FF", "multi-\npliers", "RAM\nblocks"]
    rows = [
        [
            board.name,
            board.title,
            board.family or "Vivado project",
            f"{board.clock_mhz:g}",
            board.capacity.lut,
            board.capacity.ff,
            board.capacity.dsp,
            board.capacity.bram,
        ]
        for board in BOARDS.values()
    ]
    console().print(table("boards", columns, rows, text=["board", "", "family"]))
