"""The front as a picture."""

import io
from collections.abc import Callable, Sequence
from math import log
from typing import TYPE_CHECKING

from mulbudget.sweep.front import COSTS, Cost, Point, front

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_WIDE = 4.0
"""Largest by smallest figure from which an axis is logarithmic."""
_ROOM = 0.16
"""Of an axis, that a number below it takes."""


def picture(points: Sequence[Point], title: str) -> bytes:
    """An SVG of accuracy against each cost; the same points give the same bytes.

    Medians over the seeds, with lines from the least to the most. Points that no other one beats
    are filled and joined; each has its budget beside it.

    Parameters
    ----------
    points : sequence of Point
    title : str
    """
    import matplotlib
    from matplotlib.figure import Figure

    with matplotlib.rc_context():
        matplotlib.rcdefaults()  # whatever the user's own settings are
        matplotlib.rc("svg", hashsalt="mulbudget", fonttype="none")
        matplotlib.rc("font", family="sans-serif", size=9)
        figure = Figure(figsize=(9, 7), layout="constrained")
        figure.suptitle(title)
        panels = figure.subplots(2, 2, sharey=True)
        for axes, cost in zip(panels.flat, COSTS, strict=True):
            _draw(axes, points, cost)
        for axes in panels[:, 0]:
            axes.set_ylabel("test accuracy [%]")
        file = io.BytesIO()
        figure.savefig(file, format="svg", metadata={"Date": None, "Creator": None})
    return file.getvalue()


def _draw(axes: "Axes", points: Sequence[Point], cost: Cost) -> None:
    better = "more" if cost.more else "fewer"
    axes.set_xlabel(f"{cost.title} ({better} is better)")
    axes.margins(0.1)
    axes.grid(True, color="0.9", linewidth=0.8)
    axes.set_axisbelow(True)
    placed = [(place, each) for each in points if (place := cost.place(each)) is not None]
    if not placed:
        axes.text(0.5, 0.5, "nothing fits", transform=axes.transAxes, ha="center", color="0.4")
        return
    best = front(points, cost)
    line = [
        (place.cost.median, 100 * place.accuracy.median) for place, each in placed if each in best
    ]
    axes.plot(*zip(*sorted(line), strict=True), color="tab:blue", linewidth=1.2, zorder=2)
    for place, each in placed:
        x, left, right = place.cost
        y, low, high = (100 * value for value in place.accuracy)
        axes.plot([x, x], [low, high], color="0.6", linewidth=1, zorder=1)
        axes.plot([left, right], [y, y], color="0.6", linewidth=1, zorder=1)
        face = "tab:blue" if each in best else "white"
        axes.plot([x], [y], "o", color="tab:blue", markerfacecolor=face, markersize=6, zorder=3)
        axes.annotate(
            f"{each.budget:,}", (x, y), xytext=(6, -10), textcoords="offset points", fontsize=8
        )
    _scale(axes, [place.cost.median for place, _ in placed])


def _scale(axes: "Axes", values: Sequence[float]) -> None:
    """Logarithmic where that shows more, with plain numbers at the points themselves."""
    from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

    logarithmic = min(values) > 0 and max(values) / min(values) >= _WIDE
    if logarithmic:
        axes.set_xscale("log")
    axes.xaxis.set_major_locator(FixedLocator(_apart(values, log if logarithmic else float)))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))


def _apart(values: Sequence[float], scale: Callable[[float], float]) -> list[float]:
    """Of some values those that have room for a number below them, the least and so on."""
    least = _ROOM * (scale(max(values)) - scale(min(values)))
    kept: list[float] = []
    for value in sorted(set(values)):
        if not kept or scale(value) - scale(kept[-1]) >= least:
            kept.append(value)
    return kept
