"""The tables of a page, as text."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from mulbudget.boards.planning import TITLES
from mulbudget.hw.choose import Choice
from mulbudget.hw.estimate import Need
from mulbudget.report.axes import percent
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
                percent(run.accuracy, 2),
            )
            for run in runs
        ],
    )


def layers_table(facts: Facts, layers: Sequence[Layer]) -> Table:
    """Every layer: its shape, and what one sample costs."""
    counts, adders = network_counts(facts.network), facts.adders
    entries = sum(layer.entries for layer in layers)
    total = ["total", "", "", "", f"{counts.multiplications:,}", f"{counts.non_zeros:,}"]
    total += [_zeros(counts.non_zeros, entries), "", f"{counts.additions:,}"]
    columns = ["layer", "operator", "shape", "products", "multiplications", "non-zeros", "zeros"]
    columns += ["bits of u · z · v", "naive additions, biases too"]
    if adders is not None:
        columns.append("adders")
        total.append(f"{sum(adders.values()):,}")
    rows = [_layer(layer) + [_count(layer.adders)] * (adders is not None) for layer in layers]
    return Table(columns=columns, text=3, rows=rows, totals=[total])


def _layer(layer: Layer) -> list[str]:
    cells, counts = [layer.node.name, layer.kind, layer.shape, _count(layer.r)], layer.counts
    if counts is None:
        return [*cells, NOTHING, NOTHING, NOTHING, layer.bits, NOTHING]
    return [
        *cells,
        f"{counts.multiplications:,}",
        f"{counts.non_zeros:,}" if layer.entries else NOTHING,
        _zeros(counts.non_zeros, layer.entries),
        layer.bits,
        f"{counts.additions:,}",
    ]


def _count(number: int | None) -> str:
    return NOTHING if number is None else f"{number:,}"


def plan_table(planned: Planned) -> Table:
    """What every layer takes of a board, and what the board has."""
    own = planned.board.capacity
    has = [f"{each:,}" for each in (own.lut, own.ff, own.dsp, own.bram)]
    rows = [[name, style, *_cells(need)] for name, (style, need) in planned.layers.items()]
    link = ["UART link", NOTHING, NOTHING, *_cells(planned.link)[1:]]
    return Table(
        columns=("layer", "style", "interval", "LUT", "FF", "multipliers", "RAM blocks"),
        text=2,
        rows=[*rows, link],
        totals=[
            ["total", NOTHING, *_cells(planned.choice.total)],
            [f"{planned.board.name} has", NOTHING, NOTHING, *has],
        ],
    )


def _zeros(non_zeros: int, entries: int) -> str:
    return percent(1 - non_zeros / entries, 0) if entries else NOTHING


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
    return f"short of {', '.join(TITLES[name] for name in short)}" if short else "fits"


def styles_title(choice: Choice) -> str:
    """Layers and their styles, those of one style together."""
    layers: dict[str, list[str]] = {}
    for name, style in choice.styles.items():
        layers.setdefault(str(style), []).append(name)
    if len(layers) == 1 and len(choice.styles) > 1:
        return f"all {next(iter(layers))}"
    return "; ".join(f"{', '.join(names)} {style}" for style, names in layers.items())
