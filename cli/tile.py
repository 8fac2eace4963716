"""`mulbudget tile`: a product of matrices of any size around one core."""

from math import prod
from pathlib import Path
from typing import Annotated

import typer

from mulbudget.cli.console import console, counted
from mulbudget.spn import find_product, load, save, tiled


def tile(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="A .spn file: the core's algorithm.")
    ],
    rows: Annotated[int, typer.Argument(metavar="M", help="Rows of A.")],
    inner: Annotated[int, typer.Argument(metavar="K", help="Columns of A, and rows of B.")],
    columns: Annotated[int, typer.Argument(metavar="N", help="Columns of B.")],
    out: Annotated[Path, typer.Option(help="The .spn file to write.", show_default=False)],
    name: Annotated[
        str | None, typer.Option(help="Of the network; by default one with its sizes.")
    ] = None,
) -> None:
    """Multiply matrices of any size, block by block, with one core and block RAM.

    A size that the blocks do not divide is filled up with zeros.
    """
    size = (rows, inner, columns)
    network = tiled(load(file), size, name=name or f"product{rows}x{inner}x{columns}")
    save(network, out)
    product = find_product(network)
    console().print(
        f"{product.title} in {counted(prod(product.blocks), 'product')} {product.scheme.title} of "
        f"{counted(product.scheme.r, 'multiplication')}, written to {out}",
        soft_wrap=True,
    )
