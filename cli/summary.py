"""`mulbudget summary`: what a folder of results holds, and what was proved about it."""

from pathlib import Path
from typing import Annotated

import msgspec
import typer

from mulbudget.boards.report import Report, vivado_command
from mulbudget.cli.bitstream import clock_text
from mulbudget.cli.console import console, table
from mulbudget.cli.proof import shown_proof
from mulbudget.spn import digest, load, network_counts
from mulbudget.spn.files import read_json

Row = list[object]


class _Metrics(msgspec.Struct):
    """What is shown of metrics.json."""

    test_accuracy: float


def summary(
    folder: Annotated[
        Path, typer.Argument(metavar="FOLDER", help="What `mulbudget train` had as --out.")
    ],
    board: Annotated[
        str | None, typer.Option(help="The subfolder with what `mulbudget bitstream` wrote.")
    ] = None,
) -> None:
    """Print what was trained, what it costs, what was proved, and where the files are."""
    network = load(folder / "network.spn")
    metrics = read_json(folder / "metrics.json", _Metrics)
    counts = network_counts(network)
    saved = 1 - counts.multiplications / max(counts.dense_multiplications, 1)
    rows: list[Row] = [
        ["test accuracy of the integers", f"{metrics.test_accuracy:.2%}"],
        ["multiplications", f"{counts.multiplications:,}, {saved:.1%} fewer than dense"],
        *([*row] for row in shown_proof(folder / "sim.json", digest(network))),
    ]
    files = [
        ("network", folder / "network.spn"),
        ("learning curve", folder / "curve.png"),
        ("Verilog", folder / "verilog" / f"{network.name}.v"),
        ("its ports and figures", folder / "verilog" / f"{network.name}.json"),
    ]
    if board is not None:
        report = read_json(folder / board / "report.json", Report)
        if report.network == digest(network):
            rows += _hardware(report)
            files += [
                ("bitstream", folder / board / report.bitstream),
                ("its report", folder / board / "report.json"),
            ]
        else:
            rows.append(["bitstream", "of another network: build it again"])
    rows += [[what, path] for what, path in files if path.exists()]
    title = f"{network.name} on {board}" if board else network.name
    console().print(table(title, ["", ""], rows, text=["", ""]))


def _hardware(report: Report) -> list[Row]:
    used = [("multipliers", report.dsp), ("LUTs", report.lut), ("flip-flops", report.ff)]
    rows: list[Row] = [
        [what, f"{each.used:,} of {each.available:,}"] for what, each in used if each
    ]
    if not rows:
        command = vivado_command(report.name)
        rows.append(["resources, timing", f"Vivado's own reports say, after `{command}`"])
    most = "" if report.fmax_mhz is None else f", at most {report.fmax_mhz:.2f} MHz"
    return [
        *rows,
        ["clock", f"{clock_text(report)}{most}"],
        ["samples per second", f"{report.samples_per_second:,.0f}"],
        ["latency", f"{report.latency} clocks"],
    ]
