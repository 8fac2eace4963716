"""The front as a picture."""

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING

from mulbudget.sweep.front import COSTS, Cost, Point, front

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_WIDE = 4.0
"""Largest by smallest figure from which an axis is logarithmic."""


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

    settings = {
        "svg.hashsalt": "mulbudget",
        "svg.fonttype": "none",
        "font.family": "sans-serif",
        "font.size": 9,
    }
    with matplotlib.rc_context():
        matplotlib.rcdefaults()  # whatever the user's own settings are
        matplotlib.rcParams.update(settings)
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
    axes.set(xlabel=f"{cost.title} ({better} is better)")
    axes.grid(True, color="0.9", linewidth=0.8)
    axes.set_axisbelow(True)
    placed = [(spread, each) for each in points if (spread := cost.spread(each)) is not None]
    if not placed:
        axes.text(0.5, 0.5, "nothing fits", transform=axes.transAxes, ha="center", color="0.4")
        return
    values = [spread.median for spread, _ in placed]
    if min(values) > 0 and max(values) / min(values) >= _WIDE:
        axes.set_xscale("log")
        _label(axes, cost, values)
    best = front(points, cost)
    line = [(spread.median, 100 * each.accuracy.median) for spread, each in placed if each in best]
    axes.plot(*zip(*sorted(line), strict=True), color="tab:blue", linewidth=1.2, zorder=2)
    for spread, each in placed:
        x, y, low, high = spread.median, *(100 * value for value in each.accuracy)
        axes.plot([x, x], [low, high], color="0.6", linewidth=1, zorder=1)
        axes.plot([spread.low, spread.high], [y, y], color="0.6", linewidth=1, zorder=1)
        face = "tab:blue" if each in best else "white"
        axes.plot([x], [y], "o", color="tab:blue", markerfacecolor=face, markersize=6, zorder=3)
        axes.annotate(
            f"{each.budget:,}", (x, y), xytext=(6, -10), textcoords="offset points", fontsize=8
        )


def _label(axes: "Axes", cost: Cost, values: Sequence[float]) -> None:
    """Plain numbers on a logarithmic axis, at the points where these are counts."""
    from matplotlib.ticker import FixedLocator, FuncFormatter, LogLocator, NullFormatter

    if cost.name == "multiplications":
        axes.xaxis.set_major_locator(FixedLocator(sorted(set(values))))
        axes.xaxis.set_minor_locator(FixedLocator([]))
    else:
        axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.6g}"))
    axes.xaxis.set_minor_formatter(NullFormatter())
