"""The `mulbudget` command: one thin function per verb, each in a file of its name."""

from importlib.metadata import version
from typing import Annotated

import typer

from mulbudget.cli.adders import adders
from mulbudget.cli.bitstream import bitstream
from mulbudget.cli.boards import boards
from mulbudget.cli.discover import discover
from mulbudget.cli.import_scheme import import_scheme
from mulbudget.cli.infer import infer
from mulbudget.cli.nest import nest
from mulbudget.cli.plan import plan
from mulbudget.cli.program import program
from mulbudget.cli.report import report
from mulbudget.cli.run import run
from mulbudget.cli.show import show
from mulbudget.cli.sim import sim
from mulbudget.cli.summary import summary
from mulbudget.cli.sweep import sweep
from mulbudget.cli.tile import tile
from mulbudget.cli.train import train
from mulbudget.cli.verilog import verilog

app = typer.Typer(
    name="mulbudget",
    help="Train neural networks under a multiplication budget, and turn them into FPGA bitstreams.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"mulbudget {version('mulbudget')}")
        raise typer.Exit


@app.callback()
def options(
    _: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version and stop."
        ),
    ] = False,
) -> None:
    """Train neural networks under a multiplication budget, and turn them into FPGA bitstreams."""


app.command()(train)
app.command()(show)
app.command()(run)
app.command()(verilog)
app.command()(sim)
app.command()(boards)
app.command()(plan)
app.command()(sweep)
app.command()(bitstream)
app.command()(program)
app.command()(infer)
app.command()(summary)
app.command()(report)
app.command()(adders)
app.command()(discover)
app.command("import-scheme")(import_scheme)
app.command()(nest)
app.command()(tile)
