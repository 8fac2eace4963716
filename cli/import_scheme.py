"""`mulbudget import-scheme`: a published algorithm for the matrix product as a .spn file."""

from pathlib import Path
from typing import Annotated

import typer

from mulbudget.cli.console import console
from mulbudget.schemes.files import read_scheme
from mulbudget.spn import product_network, save
from mulbudget.spn.files import check_writable


def import_scheme(
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE",
            help="JSON lines with Wa, Wb and Wc, a .gz of them, or a .json file with u, v and w.",
        ),
    ],
    out: Annotated[Path, typer.Option(help="The .spn file to write.")],
    name: Annotated[
        str | None, typer.Option(help="Which algorithm, where the file holds several.")
    ] = None,
    bits: Annotated[
        int, typer.Option(min=2, max=31, help="Of the entries of both matrices, with the sign.")
    ] = 8,
) -> None:
    """Check an exact ternary algorithm for the product of two matrices, and write its network."""
    check_writable(out)
    title, scheme = read_scheme(file, name)
    provenance = {
        "source": "mulbudget import-scheme",
        "file": file.name,
        "name": title,
        "size": list(scheme.size),
        "rank": scheme.r,
        "naive_additions": scheme.naive_additions,
    }
    network = product_network(
        scheme, name=f"product{'x'.join(map(str, scheme.size))}", bits=bits, provenance=provenance
    )
    save(network, out)
    console().print(
        f"{title}: {scheme.title} with {scheme.r} products and {scheme.naive_additions} naive "
        f"additions is exact, written to {out}",
        soft_wrap=True,
    )
