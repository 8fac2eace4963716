"""Rows of figures as they come, then as a table, and in files."""

import json
import math
from collections.abc import Iterable, Sequence
from pathlib import Path

from mulbudget.cli.console import console, table
from mulbudget.spn.files import make_folder, write_whole

FOLDER = Path("build/bench")

Row = dict[str, str | int | float]
"""The figures of one case by the headings of their columns; those of one report have the same."""


def report(name: str, rows: Iterable[Row]) -> None:
    """Print each row as it comes, then all; leave them in `FOLDER` as JSON and as Markdown.

    Columns that start with 'ratio' are summed up: the geometric mean, and how many are below 1.
    """
    make_folder(FOLDER)
    printer = console()
    come: list[Row] = []
    for row in rows:
        come.append(row)
        write_whole(FOLDER / f"{name}.json", json.dumps(come, indent=1) + "\n")
        printer.print(", ".join(f"{key} {_cell(value)}" for key, value in row.items()))
    if not come:
        return
    columns = list(come[0])
    cells = [[_cell(value) for value in row.values()] for row in come]
    text = [key for key, value in come[0].items() if isinstance(value, str)]
    summary = [_summary(key, come) for key in columns if key.startswith("ratio")]
    printer.print(table(name, columns, cells, text=text))
    for line in summary:
        printer.print(line)
    lines = [_line(columns), _line("---" for _ in columns), *map(_line, cells), "", *summary]
    write_whole(FOLDER / f"{name}.md", "\n".join(lines) + "\n")


def geometric_mean(ratios: Sequence[float]) -> float:
    """Of ratios, which are positive."""
    return math.exp(math.fsum(map(math.log, ratios)) / len(ratios))


def _summary(key: str, rows: Sequence[Row]) -> str:
    ratios = [float(row[key]) for row in rows]
    fewer, equal = sum(each < 1 for each in ratios), sum(each == 1 for each in ratios)
    return (
        f"{key}: geometric mean {geometric_mean(ratios):.4f}; of {len(ratios)}, {fewer} fewer, "
        f"{equal} as many, {len(ratios) - fewer - equal} more"
    )


def _cell(value: str | float) -> str:
    if isinstance(value, int):
        return f"{value:,}"
    return value if isinstance(value, str) else f"{value:.3f}"


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"
