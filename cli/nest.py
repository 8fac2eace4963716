"""`mulbudget nest`: a product of larger matrices from two of smaller ones."""

from pathlib import Path
from typing import Annotated

import typer

from mulbudget.cli.console import console
from mulbudget.spn import find_product, load, nested, save


def nest(
    outer: Annotated[
        Path, typer.Argument(metavar="OUTER", help="A .spn file: the algorithm of the blocks.")
    ],
    inner: Annotated[
        Path,
        typer.Argument(metavar="INNER", help="A .spn file: the algorithm inside each block."),
    ],
    out: Annotated[Path, typer.Option(help="The .spn file to write.", show_default=False)],
    name: Annotated[
        str | None, typer.Option(help="Of the network; by default one with its sizes.")
    ] = None,
) -> None:
    """Put one matrix multiplication algorithm inside another: sizes and products multiply.

    2x2 matrices with 7 products, nested in themselves, are 4x4 matrices with 49.
    """
    left, right = load(outer), load(inner)
    sizes = [find_product(each).scheme for each in (left, right)]
    k, m, n = (getattr(sizes[0], axis) * getattr(sizes[1], axis) for axis in "kmn")
    network = nested(left, right, name=name or f"product{k}x{m}x{n}")
    save(network, out)
    scheme = find_product(network).scheme
    console().print(
        f"{scheme.title} with {scheme.r} products instead of {k * m * n}, written to {out}",
        soft_wrap=True,
    )
