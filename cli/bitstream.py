"""`mulbudget bitstream`: build the bitstream of a network for a board."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from mulbudget.cli.clock import CLOCK_HELP, FASTEST, board_on_clock, mhz
from mulbudget.cli.console import console, table
from mulbudget.cli.planned import tell_styles
from mulbudget.cli.verilog import STYLE_HELP
from mulbudget.spn import load, with_standard_scheme

if TYPE_CHECKING:
    from mulbudget.boards.build import Design
    from mulbudget.boards.report import Report, Resource

STANDARD = "standard"
"""The name of the product of matrices that another is compared with, and its folder."""

RESOURCES = {"LUT": "lut", "FF": "ff", "multipliers": "dsp", "RAM blocks": "bram"}


def bitstream(
    file: Annotated[Path, typer.Argument(help="A .spn file.", show_default=False)],
    board: Annotated[str, typer.Option(help="A board of `mulbudget boards`.", show_default=False)],
    out: Annotated[
        Path, typer.Option(help="Folder for the bitstream and report.json.", show_default=False)
    ],
    dsp: Annotated[
        int | None,
        typer.Option(help="Hardware multipliers, at most; as many as the board has by default."),
    ] = None,
    clock: Annotated[
        str | None,
        typer.Option(
            metavar="MHZ|max",
            help=f"{CLOCK_HELP} {FASTEST} builds twice or more: as fast as the network goes, with "
            "a register behind every adder unless --levels-per-stage says otherwise.",
        ),
    ] = None,
    baud: Annotated[int, typer.Option(help="Of the UART.")] = 115200,
    seed: Annotated[int, typer.Option(help="Of placement.")] = 1,
    levels_per_stage: Annotated[
        int | None,
        typer.Option(
            min=1,
            help="Adders between pipeline registers, at most; by default what suits the clock.",
        ),
    ] = None,
    style: Annotated[list[str] | None, typer.Option(help=STYLE_HELP)] = None,
    compare: Annotated[
        bool,
        typer.Option(
            "--compare",
            help="Also build the same product of matrices with a multiplier for each pair of "
            "entries, in the folder `standard` of --out, and print both.",
        ),
    ] = False,
) -> None:
    """Build the bitstream that answers samples over the board's UART."""
    # Amaranth is slow to import, and `mulbudget show` does without.
    from mulbudget.boards.build import build, prepare
    from mulbudget.boards.catalogue import check_pll
    from mulbudget.boards.fastest import LEVELS_PER_STAGE, build_fastest

    fast = clock == FASTEST
    target, network = board_on_clock(board, None if fast else mhz(clock)), load(file)
    if fast:
        check_pll(target)
        levels_per_stage = levels_per_stage or LEVELS_PER_STAGE
    networks = {out: network}
    if compare:
        networks[out / STANDARD] = with_standard_scheme(network, name=STANDARD)
    designs = {
        folder: prepare(
            each, target, dsp=dsp, baud=baud, levels_per_stage=levels_per_stage, style=style or []
        )
        for folder, each in networks.items()
    }
    printer = console()
    for design in designs.values():
        tell_styles(printer, design.plan)
    if target.flow == "vivado":
        for folder, design in designs.items():
            _write_project(design, folder, printer)
        return
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=printer) as progress:

        @contextmanager
        def announce(prefix: str, step: str) -> Iterator[None]:
            task = progress.add_task(prefix + step, total=1)
            yield
            progress.update(task, completed=1)

        reports = []
        for folder, design in designs.items():
            prefix = f"{design.network.name} " if compare else ""
            told = partial(announce, prefix)
            make = build_fastest if fast else build
            reports.append(make(design, folder, seed=seed, announce=told))
    report, *others = reports
    printer.print(_table(report, *others))
    printer.print(
        f"{report.samples_per_second:,.0f} samples per second at {clock_text(report)}, "
        f"{report.link_samples_per_second:,.0f} over the UART at {report.baud} baud; latency "
        f"{report.latency} clocks\n"
        f"written to {out / report.bitstream} and {out / 'report.json'}",
        soft_wrap=True,
    )


def _write_project(design: "Design", out: Path, printer: Console) -> None:
    from mulbudget.boards.build import write_vivado_project
    from mulbudget.boards.report import vivado_command

    paths = write_vivado_project(design, out)
    printer.print(
        f"{design.board.title} has a Xilinx device, whose bitstream Vivado must build: run "
        f"`{vivado_command(design.network.name)}` in {out}\n"
        f"written: {', '.join(path.name for path in paths)}",
        soft_wrap=True,
    )


def _table(report: "Report", *others: "Report") -> Table:
    """What a bitstream uses, and how much others use."""
    rows: list[list[object]] = []
    for title, field in RESOURCES.items():
        each: Resource | None = getattr(report, field)
        if each is not None:
            used = [getattr(other, field).used for other in others]
            rows.append(
                [title, each.used, *used, each.available, _share(each.used, each.available)]
            )
    fmax = report.fmax_mhz
    rows.append(
        [
            "clock of Fmax [MHz]",
            *(f"{each.fmax_mhz:.2f}" if each.fmax_mhz else "unknown" for each in (report, *others)),
            f"{report.clock_mhz:g}",
            _share(report.clock_mhz, fmax) if fmax else None,
        ]
    )
    title = f"{report.name} on {report.board}"
    columns = ["", "used", *(each.name for each in others), "available", ""]
    return table(title, columns, rows, text=[""])


def clock_text(report: "Report") -> str:
    """The clock of a bitstream, and what it is made of."""
    made = "" if report.oscillator_mhz is None else f" from {report.oscillator_mhz:g} MHz by PLL"
    return f"{report.clock_mhz:.6g} MHz{made}"


def _share(part: float, whole: float) -> str:
    return f"{part / max(whole, 1):.1%}"
