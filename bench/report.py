"""Rows of figures as they come, then as a table, and in files."""

import json
import math
import statistics
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path

from mulbudget.cli.console import console, table
from mulbudget.spn.files import make_folder, write_whole

FOLDER = Path("build/bench")

Row = dict[str, str | int | float]
"""The figures of one case by the headings of their columns; those of one report have the same."""


def report(name: str, rows: Iterable[Row], by: str | None = None) -> None:
    """Print each row as it comes, then all; leave them in `FOLDER` as JSON and as Markdown.

    Columns that start with 'ratio' are summed up, by the geometric mean and how many are below 1,
    and those that start with 'error', by the mean and the largest of their sizes; for each value of
    the column `by`, where there is one.
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
    groups: dict[str, list[Row]] = defaultdict(list)
    for row in come:
        groups[f"{row[by]}, " if by else ""].append(row)
    summary = [
        group + _sum_up(key, [float(row[key]) for row in those])
        for group, those in groups.items()
        for key in columns
        if _is_summed(key)
    ]
    printer.print(table(name, columns, cells, text=text))
    for line in summary:
        printer.print(line)
    lines = [_line(columns), _line("---" for _ in columns), *map(_line, cells), "", *summary]
    write_whole(FOLDER / f"{name}.md", "\n".join(lines) + "\n")


def geometric_mean(ratios: Sequence[float]) -> float:
    """Of ratios, which are positive."""
    return math.exp(math.fsum(map(math.log, ratios)) / len(ratios))


def _is_summed(key: str) -> bool:
    return key.startswith(("ratio", "error"))


def _sum_up(key: str, values: Sequence[float]) -> str:
    if key.startswith("error"):
        sizes = [abs(value) for value in values]
        return f"{key}: {statistics.mean(sizes):.2%} in the mean, {max(sizes):.2%} at most"
    fewer, equal = sum(each < 1 for each in values), sum(each == 1 for each in values)
    return (
        f"{key}: geometric mean {geometric_mean(values):.4f}; of {len(values)}, {fewer} fewer, "
        f"{equal} as many, {len(values) - fewer - equal} more"
    )


def _cell(value: str | float) -> str:
    if isinstance(value, int):
        return f"{value:,}"
    return value if isinstance(value, str) else f"{value:.3f}"


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"
