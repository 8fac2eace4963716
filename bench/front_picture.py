"""The picture of a front."""

import io
from collections.abc import Mapping, Sequence

from bench.pareto import Point

_COLOURS = ("#1b6ca8", "#3aa17e", "#14324f", "#e0862d", "#c2413b", "#9467bd")
_MARKERS = ("o", "s", "^", "D", "v", "P")


def picture(
    title: str, points: Sequence[Point], lines: Mapping[str, Sequence[Point]], least: float
) -> bytes:
    """An SVG of error on the test set against LUTs; the same points give the same bytes.

    Parameters
    ----------
    title : str
    points : sequence of Point
        Every setting, faint where it is on no front.
    lines : mapping
        The front of each series, drawn as steps: what an area allows.
    least : float
        Points less accurate than this are left out.
    """
    import matplotlib as mpl
    from matplotlib.figure import Figure

    with mpl.rc_context({"svg.hashsalt": "mulbudget", "svg.fonttype": "path", "font.size": 9}):
        figure = Figure(figsize=(7.5, 5), layout="constrained")
        axes = figure.subplots()
        end = 1.15 * max((each.area for each in points), default=1.0)
        for number, (series, line) in enumerate(lines.items()):
            if not line:
                continue
            colour, marker = _COLOURS[number], _MARKERS[number]
            faint = [each for each in points if each.series == series and each not in line]
            axes.scatter(*_xy(faint), s=20, marker=marker, color=colour, alpha=0.5, linewidths=0)
            x, y = _xy(line)
            axes.step([*x, end], [*y, y[-1]], where="post", color=colour, linewidth=1)
            axes.scatter(x, y, s=28, marker=marker, color=colour, label=series, zorder=3)
        axes.set(
            title=title,
            xscale="log",
            xlabel="LUTs of an ECP5, without multipliers",
            ylabel="error on the test set [%]",
        )
        shown = [100 * (1 - each.test) for each in points if each.test >= least]
        if shown:
            axes.set_ylim(0, 1.1 * max(shown))
        axes.xaxis.set_major_formatter(lambda value, _: f"{value:,g}")
        axes.xaxis.set_minor_formatter(lambda value, _: f"{value:,g}" if _few(value) else "")
        axes.grid(which="both", color="#dddddd", linewidth=0.5)
        axes.set_axisbelow(True)
        axes.legend(fontsize=8)
        file = io.BytesIO()
        figure.savefig(file, format="svg", metadata={"Date": None})
    return file.getvalue()


def _xy(points: Sequence[Point]) -> tuple[list[float], list[float]]:
    return [each.area for each in points], [100 * (1 - each.test) for each in points]


def _few(value: float) -> bool:
    """Whether a mark of a logarithmic axis is one to write at: those of 2, 3 and 5."""
    return f"{value:e}"[0] in "235"
