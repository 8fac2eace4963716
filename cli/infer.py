"""`mulbudget infer`: have a board evaluate samples."""

import time
from pathlib import Path
from typing import Annotated

import numpy as np
import numpy.typing as npt
import typer
from rich.progress import Progress

from mulbudget.cli.arrays import write_array
from mulbudget.cli.console import console
from mulbudget.cli.operands import INPUT, A, B, read_operands
from mulbudget.spn import load
from mulbudget.spn.operators import Integers


def infer(
    port: Annotated[
        str,
        typer.Option(help="The board's serial port, like /dev/ttyUSB1.", show_default=False),
    ],
    output: Annotated[
        Path, typer.Option(help="The .npy file to write, first axis samples.", show_default=False)
    ],
    input: Annotated[Path | None, typer.Option(help=INPUT)] = None,
    a: Annotated[Path | None, typer.Option("--a", help=A)] = None,
    b: Annotated[Path | None, typer.Option("--b", help=B)] = None,
    baud: Annotated[int, typer.Option(help="That the bitstream was built with.")] = 115200,
    timeout: Annotated[float, typer.Option(help="Seconds that the board may take.")] = 1.0,
    network: Annotated[
        Path | None,
        typer.Option(help="A .spn file: refuse a board that holds another, and compare results."),
    ] = None,
) -> None:
    """Send samples to a board over its UART, and write the results.

    A board that multiplies matrices gets --a and --b instead of samples, with --network: they are
    cut into blocks of its size, and the products of the blocks are added up here.
    """
    expected = None if network is None else load(network)
    operands = read_operands(expected, input, a, b)
    wanted = None if expected is None else operands.expected(expected)
    from mulbudget.boards.client import Client, check_network, open_port
    from mulbudget.boards.frame import fingerprint

    printer = console()
    with open_port(port, baud) as line:
        client = Client(line, baud, timeout)
        info = client.info()
        if expected is not None:
            check_network(info, fingerprint(expected), str(network))
        start = time.monotonic()
        with Progress(console=printer, transient=True) as progress:
            task = progress.add_task("samples", total=operands.count)

            def run(samples: npt.NDArray[np.integer]) -> Integers:
                before = progress.tasks[task].completed
                return client.infer(
                    samples, info, lambda done: progress.update(task, completed=before + done)
                )

            results = operands.results(run)
    seconds = time.monotonic() - start
    write_array(output, results)
    retries = f", {client.retries} requests sent again" if client.retries else ""
    printer.print(
        f"{operands.title} in {seconds:.1f} s{retries}, written to {output}",
        soft_wrap=True,
    )
    if wanted is not None:
        _compare(results, wanted, operands.axes)


def _compare(results: Integers, expected: Integers, axes: tuple[str, str]) -> None:
    """Print how many results equal the network's; exit with 1 at a difference."""
    right = (results == expected).all(axis=1)
    row, column = axes
    console().print(f"{int(right.sum()):,} of {len(right):,} {row}s bit-exact")
    if not right.all():
        first = int(np.argmin(right))
        place = int(np.argmin(results[first] == expected[first]))
        console().print(
            f"{row} {first}, {column} {place}: expected {expected[first, place]}, "
            f"got {results[first, place]}"
        )
        raise typer.Exit(1)
