"""`mulbudget discover`: an exact algorithm for the product of two matrices, from random starts."""

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from rich.progress import BarColumn, TextColumn, TimeRemainingColumn
from rich.table import Table

from mulbudget.cli.console import bar, console, table
from mulbudget.spn import UserError, product_network, save
from mulbudget.spn.files import check_writable

if TYPE_CHECKING:
    from mulbudget.schemes.discover import Discovery, Status


def discover(
    k: Annotated[int, typer.Argument(metavar="K", help="Rows of A.")],
    m: Annotated[int, typer.Argument(metavar="M", help="Columns of A, and rows of B.")],
    n: Annotated[int, typer.Argument(metavar="N", help="Columns of B.")],
    rank: Annotated[int, typer.Option(help="Products: at most K * M * N.")],
    seed: Annotated[int, typer.Option(min=0, help="Of everything that is random.")] = 0,
    seconds: Annotated[
        float | None,
        typer.Option(
            help="How long to look at most; 60 by default. Ctrl-C ends it with the best so far.",
            show_default=False,
        ),
    ] = None,
    rounds: Annotated[
        int | None,
        typer.Option(
            min=1,
            help="How long to look, as rounds of training, walks and fewer additions: the same "
            "seed then gives the same file.",
        ),
    ] = None,
    method: Annotated[
        Literal["search", "train"],
        typer.Option(
            help="train: learn alone. search: learn with more products, then walk to fewer of them,"
            " and to fewer additions."
        ),
    ] = "search",
    out: Annotated[Path | None, typer.Option(help="Write the .spn file of the product.")] = None,
    bits: Annotated[
        int, typer.Option(min=2, max=31, help="Of the entries in the file, with the sign.")
    ] = 8,
) -> None:
    """Discover an exact ternary algorithm for a K x M matrix times an M x N one.

    It starts from random weights and no known algorithm, then looks for few additions until the
    time is over, or no fewer are possible (proven for 2 x 2 with 7 products: 15).
    """
    if seconds is not None and not 0 < seconds < math.inf:
        raise UserError(f"{seconds:g} seconds are no time to discover in: use more than 0")
    if out is not None:
        check_writable(out)
    # The search is slow to import, and other verbs do without.
    from mulbudget.schemes.discover import discover as search
    from mulbudget.schemes.text import algorithm

    with _progress() as watch:
        found = search(
            *(k, m, n, rank),
            method=method,
            seed=seed,
            seconds=seconds,
            rounds=rounds,
            progress=watch,
        )
    printer = console()
    for line in algorithm(found.best.scheme):
        printer.print(line, soft_wrap=True)
    printer.print()
    printer.print(_table(found))
    if out is not None:
        name, provenance = f"product{k}x{m}x{n}", found.provenance(method, seed)
        save(product_network(found.best.scheme, name=name, bits=bits, provenance=provenance), out)
        printer.print(f"written to {out}", soft_wrap=True)


@contextmanager
def _progress() -> Iterator[Callable[["Status"], None]]:
    """A bar on a terminal."""
    columns = (TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn())
    with bar(*columns) as progress:
        task = progress.add_task("starting; the first time it compiles, a minute", total=1.0)

        def watch(status: "Status") -> None:
            text = f"{status.exact:,} of {status.starts:,} starts exact"
            if status.rank is not None:
                text += f", {status.rank} products"
            if status.additions is not None:
                text += f", {status.additions} additions"
            progress.update(task, completed=status.done, description=text)

        yield watch


def _table(found: "Discovery") -> Table:
    best = found.best
    scheme = best.scheme
    dense = scheme.k * scheme.m * scheme.n
    parts = " + ".join(map(str, best.adders or ()))
    rows: list[list[object]] = [
        ["products", f"{scheme.r} of {dense}, {1 - scheme.r / dense:.1%} saved"],
        ["naive additions", scheme.naive_additions],
        ["additions", f"{best.additions} ({parts} for A, B and C)"],
        ["found by", best.found_by],
        ["learned with products", best.trained_rank],
        ["exact starts", f"{found.exact:,} of {found.starts:,}"],
        ["first exact", f"after {found.first.seconds:.1f} s, by {found.first.found_by}"],
        ["seconds", f"{found.seconds:.1f}"],
    ]
    return table(f"{scheme.title}", ["", ""], rows, text=["", ""])
