"""`mulbudget adders`: an integer matrix as few additions."""

import math
import textwrap
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.progress import BarColumn, TextColumn, TimeRemainingColumn
from rich.table import Table

from mulbudget.cli.console import bar, console, printable, table
from mulbudget.cli.matrix import read_matrix
from mulbudget.spn import Range, UserError
from mulbudget.spn.files import check_writable, write_whole
from mulbudget.spn.names import check_name

if TYPE_CHECKING:
    from mulbudget.hw.adders import AdderGraph
    from mulbudget.hw.circuit import Circuit
    from mulbudget.hw.families import Family

_WIDTH = 100
"""Columns of the comment in the Verilog."""


def adders(
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE", help="A .csv, .csv.gz or .npy file: a row of integers for each output."
        ),
    ],
    seconds: Annotated[
        float | None,
        typer.Option(help="How long to search; 1 without --iterations. Ctrl-C ends it earlier."),
    ] = None,
    iterations: Annotated[
        int | None,
        typer.Option(min=0, help="How long to search, so that the result can be repeated."),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Of the random numbers.")] = 0,
    max_depth: Annotated[
        int | None, typer.Option(min=0, help="Adders on the longest way, at most.")
    ] = None,
    threads: Annotated[
        int, typer.Option(min=1, max=256, help="So many searches at once; the best graph is taken.")
    ] = 1,
    family: Annotated[
        str | None,
        typer.Option(help="Need few LUTs of this device family, instead of few adders of any."),
    ] = None,
    rows_are_inputs: Annotated[
        bool, typer.Option("--rows-are-inputs", help="The file has a row for each input instead.")
    ] = False,
    input_bits: Annotated[int, typer.Option(min=1, max=32, help="Of each input.")] = 8,
    unsigned: Annotated[
        bool, typer.Option("--unsigned", help="Inputs are not negative; signed by default.")
    ] = False,
    levels_per_stage: Annotated[
        int, typer.Option(min=1, help="Adders between pipeline registers, at most.")
    ] = 2,
    verilog: Annotated[
        Path | None,
        typer.Option(help="Write the pipelined hardware, a module named like the file."),
    ] = None,
    svg: Annotated[Path | None, typer.Option(help="Draw the graph.")] = None,
) -> None:
    """Find few additions, subtractions and shifts that multiply by a matrix of integers."""
    if seconds is not None and not 0 < seconds < math.inf:
        raise UserError(f"a search of {seconds:g} seconds is not possible: use more than 0")
    _check_outputs(file, verilog, svg)
    # The search is slow to import, and other verbs do without.
    from mulbudget.hw.adders import optimize
    from mulbudget.hw.families import find_family

    device = None if family is None else find_family(family)
    matrix = read_matrix(file)
    matrix = matrix.T if rows_are_inputs else matrix
    outputs, inputs = matrix.shape
    x = _inputs(input_bits, unsigned, inputs)
    search = partial(
        optimize,
        matrix,
        seconds=seconds,
        iterations=iterations,
        seed=seed,
        max_depth=max_depth,
        family=device,
        x=x,
        threads=threads,
    )
    try:
        graph, done = _watched(search)
    except UserError as error:
        raise UserError(f"{file} as {outputs} outputs of {inputs} inputs: {error}") from error
    name, printer = printable(file.name), console()
    if iterations is None and done < 1:
        printer.print("stopped early: the best so far")
    written: list[str] = []
    if verilog is not None:
        from mulbudget.hw.circuit import Circuit

        circuit = Circuit(verilog.stem, graph, x, levels_per_stage=levels_per_stage, family=device)
        write_whole(verilog, _verilog(graph, circuit))
        clocks = f"latency {circuit.latency} clocks, a sample every clock"
        written.append(f"{clocks}, written to {verilog}")
    if svg is not None:
        from mulbudget.hw.adders.picture import draw

        write_whole(svg, draw(graph, f"{name}: {_size(graph)}"))
        written.append(f"drawn in {svg}")
    printer.print(_table(f"adder graph of {name}", graph))
    printer.print()
    printer.print(_estimates(graph, device, x, levels_per_stage))
    for line in written:
        printer.print(line, soft_wrap=True)


def _check_outputs(file: Path, verilog: Path | None, svg: Path | None) -> None:
    """Find out before the search what could not be written after it."""
    if verilog is not None:
        check_name(verilog.stem, "module")
    taken = {file.resolve()}
    for path in (verilog, svg):
        if path is not None:
            if path.resolve() in taken:
                raise UserError(f"{path} is named twice: write to another file")
            taken.add(path.resolve())
            check_writable(path)


def _watched(search: Callable[..., "AdderGraph"]) -> tuple["AdderGraph", float]:
    """What a search finds, and how much of it was done; a bar meanwhile on a terminal."""
    columns = (
        TextColumn("searching"),
        BarColumn(),
        TextColumn("{task.fields[adders]} adders"),
        TimeRemainingColumn(),
    )
    last = 0.0
    with bar(*columns) as progress:
        task = progress.add_task("", total=1.0, adders="…")

        def watch(done: float, adders: int) -> None:
            nonlocal last
            last = done
            progress.update(task, completed=done, adders=f"{adders:,}")

        graph = search(progress=watch)
    return graph, last


def _inputs(bits: int, unsigned: bool, channels: int) -> Range:
    if unsigned:
        return Range.uniform(0, (1 << bits) - 1, channels)
    return Range.uniform(-1 << (bits - 1), (1 << (bits - 1)) - 1, channels)


def _table(title: str, graph: "AdderGraph") -> Table:
    import numpy as np

    from mulbudget.hw.adders import least_depth, lower_bound
    from mulbudget.hw.adders.terms import digits_of_rows

    matrix = graph.matrix()
    naive = int(np.maximum(digits_of_rows(matrix) - 1, 0).sum())
    cells: list[list[object]] = [
        ["inputs x outputs", f"{graph.n_in:,} x {len(graph.outputs):,}"],
        ["non-zeros", int(np.count_nonzero(matrix))],
        ["naive adders", naive],
        ["adders", graph.adders],
        ["saved", f"{1 - graph.adders / max(naive, 1):.1%}" if naive else "0.0%"],
        ["lower bound, proven", lower_bound(matrix)],
        ["depth", graph.depth],
        ["least possible depth", least_depth(matrix)],
    ]
    return table(title, ["", ""], cells, text=["", ""])


def _estimates(
    graph: "AdderGraph", family: "Family | None", x: Range, levels_per_stage: int
) -> Table:
    """What the hardware takes of the family, or of each."""
    from mulbudget.hw.families import FAMILIES

    families = FAMILIES.values() if family is None else [family]
    costs = [(each, graph.cost(each, x, levels_per_stage=levels_per_stage)) for each in families]
    rows = [[each.name, each.title, cost.luts, cost.flip_flops] for each, cost in costs]
    columns = ("family", "", "LUTs", "flip-flops")
    title = f"estimated, registers every {levels_per_stage} adders"
    return table(title, columns, rows, text=columns[:2])


def _verilog(graph: "AdderGraph", circuit: "Circuit") -> str:
    """The module, below a comment that says what it does."""
    from mulbudget.hw.adders.formulas import formulas
    from mulbudget.hw.verilog import convert_circuit

    lines = [
        f"{circuit.name}: {_size(graph)}, depth {graph.depth}.",
        f"Latency {circuit.latency} clocks, interval {circuit.interval}: a sample every clock.",
        *formulas(graph.matrix()),
    ]
    comment = [
        part
        for line in lines
        for part in textwrap.wrap(
            line, _WIDTH, initial_indent="// ", subsequent_indent="//     ", break_on_hyphens=False
        )
    ]
    return "\n".join([*comment, convert_circuit(circuit)])


def _size(graph: "AdderGraph") -> str:
    return f"{len(graph.outputs)} outputs of {graph.n_in} inputs, {graph.adders} adders"
