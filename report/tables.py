"""The tables of a page, as text."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from mulbudget.boards.planning import TITLES
from mulbudget.hw.choose import Choice
from mulbudget.hw.estimate import Need
from mulbudget.report.facts import Facts, Layer
from mulbudget.report.planned import Planned
from mulbudget.report.runs import Run
from mulbudget.spn import network_counts

Row = Sequence[str]

NOTHING = ""


@dataclass(frozen=True, kw_only=True)
class Table:
    """A table.

    Parameters
    ----------
    columns : sequence of str
        The headings.
    text : int
        How many columns, from the first on, hold text; the others hold numbers.
    rows, totals : sequence of rows
        The latter are set apart by a line.
    """

    columns: Sequence[str]
    text: int
    rows: Sequence[Row]
    totals: Sequence[Row] = field(default=())


def runs_table(runs: Iterable[Run]) -> Table:
    """Who has which accuracy with how many multiplications."""
    return Table(
        columns=("", "what it is", "multiplications", "test accuracy"),
        text=2,
        rows=[
            (
                run.title,
                run.what,
                "unknown" if run.multiplications is None else f"{run.multiplications:,}",
                f"{run.accuracy:.2%}",
            )
            for run in runs
        ],
    )


def layers_table(facts: Facts, layers: Sequence[Layer]) -> Table:
    """Every layer: its shape, what it costs, and what it takes of a board."""
    counts, planned = network_counts(facts.network), facts.planned
    columns = ["layer", "operator", "shape", "products", "multiplications", "non-zeros"]
    columns += ["zeros", "bits of u · z · v", "naive additions"]
    columns += ["adders"] * (facts.adders is not None)
    entries = sum(layer.entries for layer in layers)
    total = ["total", "", "", "", f"{counts.multiplications:,}", f"{counts.non_zeros:,}"]
    total += [_zeros(counts.non_zeros, entries), "", f"{counts.additions:,}"]
    if facts.adders is not None:
        total.append(f"{sum(facts.adders.values()):,}")
    rows = [_layer(facts, layer) for layer in layers]
    totals = [total]
    if planned is not None:
        columns[3:3] = ["style"]
        total[3:3] = [""]
        filler = [""] * (len(columns) - 1)
        columns += ["interval", "LUT", "FF", "multipliers", "RAM blocks"]
        rows.append(["UART link", *filler, *_cells(planned.link)])
        rows[-1][len(columns) - 5] = ""
        own = planned.board.capacity
        total += _cells(planned.choice.total)
        has = [f"{each:,}" for each in (own.lut, own.ff, own.dsp, own.bram)]
        totals.append([f"{planned.board.name} has", *filler, "", *has])
    text = 3 if planned is None else 4
    return Table(columns=columns, text=text, rows=rows, totals=totals)


def _layer(facts: Facts, layer: Layer) -> list[str]:
    counts = layer.counts
    cells = [layer.node.name, layer.kind, layer.shape]
    if facts.planned is not None:
        cells.append(layer.style)
    cells.append(NOTHING if layer.r is None else f"{layer.r:,}")
    if counts is None:
        cells += [NOTHING, NOTHING, NOTHING, layer.bits, NOTHING]
    else:
        cells += [
            f"{counts.multiplications:,}",
            f"{counts.non_zeros:,}" if layer.entries else NOTHING,
            _zeros(counts.non_zeros, layer.entries),
            layer.bits,
            f"{counts.additions:,}",
        ]
    if facts.adders is not None:
        cells.append(NOTHING if layer.adders is None else f"{layer.adders:,}")
    return cells + ([] if layer.need is None else _cells(layer.need))


def _zeros(non_zeros: int, entries: int) -> str:
    return f"{1 - non_zeros / entries:.0%}" if entries else NOTHING


def _cells(need: Need) -> list[str]:
    counts = need.interval, round(need.lut), round(need.ff), need.dsp, need.bram
    return [f"{each:,}" for each in counts]


def curve_table(planned: Planned) -> Table:
    """The points of the curve, the fastest first."""
    return Table(
        columns=(
            "styles",
            "on this board",
            "samples per second",
            "interval",
            "LUT",
            "FF",
            "multipliers",
            "RAM blocks",
        ),
        text=2,
        rows=[
            (
                styles_title(choice),
                _fits(planned, choice),
                f"{planned.rate(choice):,.0f}",
                *_cells(choice.total),
            )
            for choice in planned.front
        ],
    )


def _fits(planned: Planned, choice: Choice) -> str:
    short = planned.short(choice)
    return f"short of {' and '.join(TITLES[name] for name in short)}" if short else "fits"


def styles_title(choice: Choice) -> str:
    """Layers and their styles, those of one style together."""
    layers: dict[str, list[str]] = {}
    for name, style in choice.styles.items():
        layers.setdefault(str(style), []).append(name)
    if len(layers) == 1 and len(choice.styles) > 1:
        return f"all {next(iter(layers))}"
    return "; ".join(f"{', '.join(names)} {style}" for style, names in layers.items())


def accuracy_title(accuracy: float | None) -> str:
    """Like 97.94 %."""
    return "unknown" if accuracy is None else f"{accuracy:.2%}".replace("%", " %")
