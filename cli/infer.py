"""`mulbudget infer`: have a board evaluate samples."""

import time
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from rich.progress import Progress

from mulbudget.cli.arrays import read_array, write_array
from mulbudget.cli.console import console
from mulbudget.spn import UserError, load


def infer(
    port: Annotated[
        str,
        typer.Option(help="The board's serial port, like /dev/ttyUSB1.", show_default=False),
    ],
    input: Annotated[
        Path,
        typer.Option(help="A .npy file of integers, first axis samples.", show_default=False),
    ],
    output: Annotated[
        Path, typer.Option(help="The .npy file to write, first axis samples.", show_default=False)
    ],
    baud: Annotated[int, typer.Option(help="That the bitstream was built with.")] = 115200,
    timeout: Annotated[float, typer.Option(help="Seconds that the board may take.")] = 1.0,
    network: Annotated[
        Path | None,
        typer.Option(help="A .spn file: refuse a board that holds another, and compare results."),
    ] = None,
) -> None:
    """Send samples to a board over its UART, and write the results."""
    samples = read_array(input)
    if not np.issubdtype(samples.dtype, np.integer):
        raise UserError(f"{input} holds {samples.dtype}, not integers: quantize the samples first")
    expected = None if network is None else load(network)
    wanted = None if expected is None else expected.run(samples)
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
            task = progress.add_task("samples", total=len(samples))
            results = client.infer(
                samples, info, lambda done: progress.update(task, completed=done)
            )
    seconds = time.monotonic() - start
    write_array(output, results)
    retries = f", {client.retries} requests sent again" if client.retries else ""
    printer.print(
        f"{len(results):,} samples in {seconds:.1f} s{retries}, written to {output}",
        soft_wrap=True,
    )
    if wanted is not None:
        _compare(results, wanted)


def _compare(results: np.ndarray, expected: np.ndarray) -> None:
    """Print how many results equal the network's; exit with 1 at a difference."""
    right = (results == expected).all(axis=1)
    console().print(f"{int(right.sum()):,} of {len(right):,} bit-exact")
    if not right.all():
        sample = int(np.argmin(right))
        channel = int(np.argmin(results[sample] == expected[sample]))
        console().print(
            f"sample {sample}, output {channel}: expected {expected[sample, channel]}, "
            f"got {results[sample, channel]}"
        )
        raise typer.Exit(1)
