"""`mulbudget train`: learn a network under a multiplication budget."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from mulbudget.cli.console import complain, console, table
from mulbudget.spn import UserError
from mulbudget.train.recipe import Recipe, settings
from mulbudget.train.recipes import RECIPES, find_recipe
from mulbudget.train.settings import override

if TYPE_CHECKING:
    from mulbudget.train.run import Result, Watch

INTERRUPTED = 130

DataFolder = Annotated[
    Path | None,
    typer.Option(help="Folder of the data set, for mnist and cifar10.", envvar="MULBUDGET_DATA"),
]
Device = Annotated[str, typer.Option(help="cpu, cuda or cuda:N.")]
Assignments = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="NAME=VALUE", help="Change a field of the recipe; repeatable."),
]
"""Options of what trains."""


def train(
    recipe: Annotated[str, typer.Argument(metavar="RECIPE", help=f"One of {', '.join(RECIPES)}.")],
    out: Annotated[
        Path | None, typer.Option(help="Folder for network.spn, metrics.json and curve.png.")
    ] = None,
    multipliers: Annotated[
        int | None,
        typer.Option(
            help="Multiplication budget of the whole network for one sample, split over its layers."
        ),
    ] = None,
    r: Annotated[
        str | None,
        typer.Option("--r", metavar="R1,R2,…", help="Products of each layer, instead of a budget."),
    ] = None,
    seed: Annotated[int, typer.Option(help="Of everything that is random.")] = 0,
    data: DataFolder = None,
    device: Device = "cpu",
    assignments: Assignments = None,
    fields: Annotated[
        bool, typer.Option("--fields", help="Print the fields of the recipe, and train nothing.")
    ] = False,
) -> None:
    """Train a recipe's network under a multiplication budget.

    Ctrl-C keeps a checkpoint in the folder, and the same command continues from it. A finished
    network in the folder is replaced.
    """
    products = _products(r)
    chosen = find_recipe(recipe, multipliers=multipliers, r=products)
    chosen = override(chosen, assignments or [])
    printer = console()
    # Of several processes that torchrun starts, the first one talks.
    printer.quiet = os.environ.get("RANK", "0") != "0"
    if fields:
        printer.print(_fields(chosen))
        return
    if out is None:
        raise UserError("--out is missing: name a folder for the results")
    products = _products(r)
    try:
        # PyTorch takes seconds to import, and only this verb needs it.
        from mulbudget.train.run import train as run

        with _progress(printer) as watch:
            result = run(
                chosen,
                out,
                seed=seed,
                multipliers=multipliers,
                r=products,
                device=device,
                data_dir=data,
                watch=watch,
                say=printer.print,
            )
    except KeyboardInterrupt as interrupt:
        kept = interrupt.args[0] if interrupt.args else "there is nothing to keep yet"
        complain(f"interrupted: {kept}")
        raise typer.Exit(INTERRUPTED) from interrupt
    printer.print(_table(result))
    printer.print(f"written to {out / 'network.spn'}, metrics.json and curve.png", soft_wrap=True)


def _products(text: str | None) -> list[int] | None:
    if text is None:
        return None
    try:
        return [int(part) for part in text.split(",")]
    except ValueError as error:
        raise UserError(f"--r {text!r} is no list of integers: write --r 18,10") from error


@contextmanager
def _progress(printer: Console) -> Iterator["Watch"]:
    """A bar for each stage on a terminal, else a line when it ends."""
    columns = (
        TextColumn("{task.description:<10}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("epochs, accuracy {task.fields[accuracy]}"),
        TimeRemainingColumn(),
    )
    shown = sys.stderr.isatty() and not printer.quiet
    tasks = {}
    with Progress(*columns, console=Console(stderr=True), disable=not shown) as progress:

        def watch(stage: str, epoch: int, epochs: int, accuracy: float | None) -> None:
            text = "" if accuracy is None else f"{accuracy:.2%}"
            if stage not in tasks:
                tasks[stage] = progress.add_task(stage, total=epochs, accuracy=text)
            progress.update(tasks[stage], completed=epoch, accuracy=text)
            if epoch == epochs and text and not shown:
                printer.print(f"{stage}: {epochs} epochs, accuracy {text}")

        yield watch


def _table(result: "Result") -> Table:
    metrics = result.metrics
    saved = 1 - metrics["multiplications"] / metrics["dense_multiplications"]
    rows = [
        ["test accuracy of the integers", f"{metrics['test_accuracy']:.2%}"],
        ["training accuracy", f"{metrics['train_accuracy']:.2%}"],
        ["multiplications", f"{metrics['multiplications']:,}"],
        ["dense multiplications", f"{metrics['dense_multiplications']:,}, {saved:.1%} saved"],
        ["naive additions", f"{metrics['additions']:,}"],
        ["layers", " - ".join(map(str, metrics.get("widths") or metrics["channels"]))],
        ["products of each", ", ".join(map(str, metrics["r"]))],
        ["seconds", f"{metrics['seconds']:.0f}"],
    ]
    return table(f"{metrics['recipe']}, seed {metrics['seed']}", ["", ""], rows, text=["", ""])


def _fields(recipe: Recipe) -> Table:
    rows = []
    for name, (_, about) in settings(type(recipe)).items():
        value = getattr(recipe, name)
        shown = ",".join(map(str, value)) if isinstance(value, tuple) else str(value)
        rows.append([name, shown, about.text])
    columns = ["field", "value", "meaning"]
    return table(f"recipe {recipe.name}", columns, rows, text=columns)
