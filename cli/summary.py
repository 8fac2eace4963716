"""`mulbudget summary`: what a folder of results holds, and what was proved about it."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from mulbudget.cli.console import console, table
from mulbudget.spn import UserError, load, network_counts
from mulbudget.spn.files import read_whole

Row = list[object]


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
    counts = network_counts(network)
    saved = 1 - counts.multiplications / max(counts.dense_multiplications, 1)
    rows: list[Row] = [
        ["test accuracy of the integers", f"{_read(folder / 'metrics.json')['test_accuracy']:.2%}"],
        ["multiplications", f"{counts.multiplications:,}, {saved:.1%} fewer than dense"],
        *_proof(folder / "sim.txt"),
    ]
    files = [
        ("network", folder / "network.spn"),
        ("learning curve", folder / "curve.png"),
        ("Verilog", folder / "verilog" / f"{network.name}.v"),
        ("its ports and figures", folder / "verilog" / f"{network.name}.json"),
    ]
    if board is not None:
        report = _read(folder / board / "report.json")
        rows += _hardware(report)
        files += [
            ("bitstream", folder / board / report["bitstream"]),
            ("its report", folder / board / "report.json"),
        ]
    rows += [[what, path] for what, path in files if path.exists()]
    title = f"{network.name} on {board}" if board else network.name
    console().print(table(title, ["", ""], rows, text=["", ""]))


def _read(path: Path) -> dict[str, Any]:
    try:
        return json.loads(read_whole(path))
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise UserError(f"{path} is no JSON file, or it is truncated: make it again") from error


def _proof(path: Path) -> list[Row]:
    """The last line that `mulbudget sim` printed, where `make demo` kept it."""
    if not path.exists():
        return []
    lines = read_whole(path).decode().splitlines() or ["not finished"]
    return [["simulated hardware, test set", lines[-1]]]


def _hardware(report: dict[str, Any]) -> list[Row]:
    rows: list[Row] = [
        [title, f"{report[key]['used']:,} of {report[key]['available']:,}"]
        for key, title in (("dsp", "multipliers"), ("lut", "LUTs"), ("ff", "flip-flops"))
    ]
    clock, rate = report["clock_mhz"], report["samples_per_second"]
    return [
        *rows,
        ["clock", f"{clock:g} MHz, at most {report['fmax_mhz']} MHz"],
        ["samples per second", f"{rate:,.0f}, {report['latency']} clocks each"],
    ]
