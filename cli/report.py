"""`mulbudget report`: one HTML page about a network."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.progress import BarColumn, TextColumn, TimeRemainingColumn

from mulbudget.cli.clock import CLOCK_HELP, board_on_clock
from mulbudget.cli.console import bar, complain, console
from mulbudget.cli.description import published_for
from mulbudget.cli.graphs import graph_additions
from mulbudget.cli.proof import shown_proof
from mulbudget.cli.verilog import STYLE_HELP
from mulbudget.spn import Bilinear, Network, UserError, digest, load, network_counts
from mulbudget.spn.files import check_writable, read_json, read_whole, write_whole

if TYPE_CHECKING:
    from mulbudget.boards.catalogue import Board
    from mulbudget.boards.report import Report
    from mulbudget.report.planned import Planned
    from mulbudget.report.runs import Run


def report(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A .spn file.")],
    board: Annotated[
        str | None, typer.Option(help="Plan it for this board of `mulbudget boards`, too.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="The page to write; report.html beside FILE by default.")
    ] = None,
    beside: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="RUN",
            help="Another network to draw its accuracy beside: a .spn file or the folder of a run. "
            "May be given several times.",
        ),
    ] = None,
    built: Annotated[
        Path | None,
        typer.Option(
            metavar="REPORT",
            help="What `mulbudget bitstream` wrote as report.json; BOARD/report.json beside FILE "
            "by default, where that is there.",
        ),
    ] = None,
    adders: Annotated[
        bool,
        typer.Option(
            help="Count the adders of the hardware's adder graphs: some seconds a layer, minutes "
            "for a network of images."
        ),
    ] = True,
    dsp: Annotated[
        int | None,
        typer.Option(min=0, help="Multipliers of the plan, at most; all of the board by default."),
    ] = None,
    style: Annotated[list[str] | None, typer.Option(help=STYLE_HELP)] = None,
    clock: Annotated[float | None, typer.Option(help=CLOCK_HELP)] = None,
) -> None:
    """Write a page about a network: what it costs, and how it is built on a board.

    The page is one HTML file that needs no other and loads nothing.
    What lies beside FILE is on it as well: metrics.json of `train`, sim.json of
    `sim --report`, and BOARD/report.json of `bitstream`.
    """
    # Amaranth and scipy are slow to import, and `mulbudget show` does without.
    from mulbudget.report.facts import Facts
    from mulbudget.report.page import render
    from mulbudget.report.runs import run_beside

    network, target = load(file), None if board is None else board_on_clock(board, clock)
    about_board = {"--built": built, "--dsp": dsp, "--style": style or None, "--clock": clock}
    for name, given in about_board.items():
        if target is None and given is not None:
            raise UserError(f"{name} is about a board: name it with --board")
    page = file.parent / "report.html" if out is None else out
    check_writable(page)
    _check_page(page)
    others = [run_beside(each, network) for each in beside or []]
    notes: list[str] = []
    runs = [*_teacher(file, network, notes), *_published(network), *others]
    proofs = _proofs(file, network, notes)
    made = None if target is None else _built(file, built, network, target, notes)
    plan = None if target is None else _planned(network, target, style or [], dsp, made)
    facts = Facts(
        network=network,
        digest=digest(network),
        runs=runs,
        adders=graph_additions(network) if adders else None,
        board=target,
        planned=plan,
        built=made,
        proofs=proofs,
        notes=notes,
    )
    write_whole(page, render(facts))
    for note in notes:
        complain(f"note: {note}")
    console().print(f"written to {page}", soft_wrap=True)


_BEGIN = b"<!doctype html>"
"""Of every page."""


def _check_page(page: Path) -> None:
    """Raise `UserError` where what would be overwritten is no page: a network, perhaps."""
    if page.exists() and read_whole(page)[: len(_BEGIN)] != _BEGIN:
        raise UserError(f"{page} is there and no page: choose another --out, or move it away")


def _teacher(file: Path, network: Network, notes: list[str]) -> "Iterator[Run]":
    """What metrics.json beside the file says of a teacher; a note where that is no use."""
    from mulbudget.report.runs import teacher_of

    path = file.parent / "metrics.json"
    if not path.exists():
        return
    try:
        teacher = teacher_of(path, network)
    except UserError as error:
        notes.append(f"{error}: it was left out")
        return
    if teacher is not None:
        yield teacher


def _proofs(file: Path, network: Network, notes: list[str]) -> list[tuple[str, str]]:
    """What sim.json beside the file shows; a note where it is another network's, or damaged."""
    path = file.parent / "sim.json"
    try:
        found = shown_proof(path, digest(network))
    except UserError as error:
        notes.append(f"{error}: it was left out")
        return []
    if path.exists() and not found:
        notes.append(f"{path} is of another network: it was left out")
    return found


def _published(network: Network) -> "Iterator[Run]":
    """What others report of networks of its recipe."""
    from mulbudget.report.runs import Run

    published = published_for(network)
    if published is None:
        return
    dense = network_counts(network).dense_multiplications
    for phase, accuracy in published.test_accuracy.items():
        yield Run(
            kind="published",
            title=f"published, {phase}",
            what=f"{published.network}: {published.source}",
            accuracy=accuracy,
            multiplications=dense if phase == "full precision" else None,
        )


def _built(
    file: Path, named: Path | None, network: Network, board: "Board", notes: list[str]
) -> "Report | None":
    """What place-and-route made of the network; a note where what lies there is of another."""
    from mulbudget.boards.report import Report

    path = named or file.parent / board.name / "report.json"
    if named is None and not path.exists():
        return None
    made = read_json(path, Report)
    wrong = None
    if made.network != digest(network):
        wrong = f"{path} is of another network: build the bitstream again"
    elif made.board != board.name:
        wrong = f"{path} is of a bitstream for {made.board}, and the page for {board.name}"
    elif made.clock_mhz != board.clock_mhz:
        wrong = (
            f"{path} is of a bitstream on a clock of {made.clock_mhz:g} MHz, and the page for one "
            f"of {board.clock_mhz:g}: use --clock {made.clock_mhz:g}"
        )
    if wrong is None:
        return made
    if named is not None:
        raise UserError(wrong)
    notes.append(f"{wrong}; it was left out")
    return None


def _planned(
    network: Network, board: "Board", style: list[str], dsp: int | None, made: "Report | None"
) -> "Planned | None":
    """The plan; None of a product of matrices, which has one style, where it was built already."""
    from mulbudget.report.planned import planned

    if made is not None and any(isinstance(node.operator, Bilinear) for node in network.nodes):
        return None
    columns = (TextColumn(f"choices for {board.name}"), BarColumn(), TimeRemainingColumn())
    with bar(*columns) as progress:
        task = progress.add_task("", total=None)
        return planned(
            network,
            board,
            style=style,
            dsp=dsp,
            progress=lambda done, of: progress.update(task, completed=done, total=of),
        )
