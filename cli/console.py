"""What the verbs print with: the one place that draws a table."""

import sys
from collections.abc import Iterable, Sequence

from rich import box
from rich.console import Console
from rich.progress import Progress, ProgressColumn
from rich.table import Table

WIDTH_OF_A_FILE = 200
"""Columns that a table may take in a file or a pipe, where there is no window to fit."""


def console() -> Console:
    """The console of standard output; as wide as the terminal, where it is one."""
    width = None if sys.stdout.isatty() else WIDTH_OF_A_FILE
    return Console(width=width, highlight=False, markup=False)


def complain(sentence: str) -> None:
    """Print one line to standard error."""
    Console(stderr=True, soft_wrap=True, highlight=False, markup=False).print(sentence)


def bar(*columns: ProgressColumn) -> Progress:
    """A bar while something takes its time, on a terminal only; nothing of it stays."""
    screen = Console(stderr=True)
    return Progress(*columns, console=screen, transient=True, disable=not sys.stderr.isatty())


def printable(text: str) -> str:
    """`text` of a foreign file without what a terminal might obey, such as an escape sequence."""
    return "".join(each if each.isprintable() else "\N{REPLACEMENT CHARACTER}" for each in text)


def counted(number: int, thing: str) -> str:
    """Like "1 product" and "1,024 products"."""
    return f"{number:,} {thing}{'' if number == 1 else 's'}"


def table(
    title: str,
    columns: Sequence[str],
    rows: Iterable[Sequence[object]],
    *,
    text: Sequence[str] = (),
    totals: Iterable[Sequence[object]] = (),
) -> Table:
    """A table in the project's one style.

    Parameters
    ----------
    title : str
    columns : sequence of str
        The headings; no line of headings where all are empty.
    rows : iterable of sequences
        A cell per column; None is an empty cell, and an int has its thousands separated.
    text : sequence of str
        The columns that are aligned to the left; the others hold numbers.
    totals : iterable of sequences
        The last rows, set apart by a line.
    """
    drawn = Table(
        title=title,
        title_justify="left",
        title_style="bold",
        show_header=any(columns),
        box=box.SIMPLE_HEAD,
        show_edge=False,
        pad_edge=False,
        padding=0,
    )
    for column in columns:
        drawn.add_column(column, justify="left" if column in text else "right")
    for row in rows:
        drawn.add_row(*map(_cell, row))
    drawn.add_section()
    for total in totals:
        drawn.add_row(*map(_cell, total), style="bold")
    return drawn


def _cell(value: object) -> str:
    if value is None:
        return ""
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)
