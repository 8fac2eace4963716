"""`mulbudget verilog`: write the hardware of a network."""

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from mulbudget.cli.clock import CLOCK_HELP
from mulbudget.cli.console import console, table
from mulbudget.cli.planned import BOARD_HELP, LEVELS_HELP, planned, tell_styles
from mulbudget.hw.sidecar import Layer, Sidecar
from mulbudget.spn import Bilinear, Convolution, SumProduct, load

COLUMNS = (
    "layer",
    "operator",
    "DSP",
    "in\nlogic",
    "product\nadders",
    "Wb adders\n(depth)",
    "Wc adders\n(depth)",
    "bits of\nu, z, v",
    "latency\n[clocks]",
)
STYLE_HELP = (
    "[LAYER=]STYLE of all sum-product layers or of one: parallel, serial:BITS for digits of so "
    "many bits, or folded:LANES:MULTIPLIERS for so many inputs and products a clock; numbers that "
    "are left out are 1. May be given several times."
)

WA = "Wa adders\n(depth)"
"""Of products of matrices only; before the column of Wb."""

_WA_COLUMN = COLUMNS.index("Wb adders\n(depth)")

SUMS = ("dsp", "shift_add", "adders_wa", "adders_wb", "adders_wc", "adders_products")


def verilog(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A .spn file.")],
    out: Annotated[Path, typer.Option(help="Folder for NAME.v and NAME.json.", show_default=False)],
    dsp: Annotated[
        int | None,
        typer.Option(help="Hardware multipliers of the whole network, at most; all by default."),
    ] = None,
    family: Annotated[
        str | None,
        typer.Option(help="Use this device family's multipliers; portable Verilog by default."),
    ] = None,
    board: Annotated[str | None, typer.Option(help=BOARD_HELP)] = None,
    clock: Annotated[float | None, typer.Option(help=CLOCK_HELP)] = None,
    levels_per_stage: Annotated[int | None, typer.Option(help=LEVELS_HELP)] = None,
    style: Annotated[list[str] | None, typer.Option(help=STYLE_HELP)] = None,
) -> None:
    """Write the network as Verilog, with a JSON file that describes its ports and figures."""
    network = load(file)
    plan = planned(
        network,
        board=board,
        clock=clock,
        family=family,
        dsp=dsp,
        levels_per_stage=levels_per_stage,
        style=style or [],
    )
    # Amaranth is slow to import, and `mulbudget show` does without.
    from mulbudget.hw.verilog import write

    sidecar = write(network, plan, out)
    printer = console()
    printer.print(_table(sidecar))
    tell_styles(printer, plan)
    printer.print(
        f"{sidecar.multipliers} hardware multipliers, latency {sidecar.latency} clocks, "
        f"a sample every {sidecar.interval} clock{'s' if sidecar.interval > 1 else ''}\n"
        f"written to {out / sidecar.name}.v and {out / sidecar.name}.json",
        soft_wrap=True,
    )


def _table(sidecar: Sidecar) -> Table:
    layers = sidecar.layers
    total = Layer(
        name="total",
        operator="",
        style="",
        latency=sidecar.latency,
        interval=sidecar.interval,
        **{field: sum(getattr(layer, field) for layer in layers) for field in SUMS},
    )
    rows = [*map(_row, layers), _row(total)]
    columns: list[str] = [*COLUMNS]
    if any(layer.operator == Bilinear.kind for layer in layers):
        columns.insert(_WA_COLUMN, WA)
    else:
        for row in rows:
            del row[_WA_COLUMN]
    *others, last = rows
    return table(
        f"hardware of network {sidecar.name}", columns, others, text=COLUMNS[:2], totals=[last]
    )


def _row(layer: Layer) -> list[object]:
    """Cells of a layer; empty ones where the operator has no such part."""
    start, end = [layer.name, layer.operator], layer.latency
    if layer.operator not in (SumProduct.kind, Convolution.kind, Bilinear.kind, ""):
        return [*start, *[None] * 7, end]
    widths = [layer.width_u, layer.width_z, layer.width_v]
    return [
        *start,
        *(layer.dsp, layer.shift_add, layer.adders_products),
        _graph(layer.adders_wa, layer.depth_wa) if layer.operator in (Bilinear.kind, "") else None,
        _graph(layer.adders_wb, layer.depth_wb),
        _graph(layer.adders_wc, layer.depth_wc),
        ", ".join(map(str, widths)) if any(widths) else None,
        end,
    ]


def _graph(adders: int, depth: int) -> str:
    return f"{adders:,} ({depth})" if depth else f"{adders:,}"
