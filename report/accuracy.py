"""Accuracy against multiplications."""

from collections.abc import Sequence

from mulbudget.report.axes import Axes, Scale, percent
from mulbudget.report.labels import Labels
from mulbudget.report.runs import Run
from mulbudget.report.svg import Picture, Point, text_width

_RADIUS = 6


def accuracy_chart(own: Run, others: Sequence[Run], dense: int, width: float) -> Picture:
    """The point of a network among others, and a line at the multiplications of its dense twin.

    Parameters
    ----------
    own : Run
    others : sequence of Run
        Those without multiplications are left out.
    dense : int
        Multiplications of the same layers with full-precision weights.
    width : float
        In pixels.
    """
    drawn = [(run, run.multiplications) for run in (own, *others) if run.multiplications]
    counts = [count for _, count in drawn] + [dense] * (dense > 0)
    height = 340 if width > 500 else 300
    picture = Picture(width, height, _said(drawn, dense))
    axes = _axes(counts, [run.accuracy for run, _ in drawn], width, height)
    axes.draw(picture)
    if dense:
        _twin(picture, axes, dense)
    places = [axes.at(count, run.accuracy) for run, count in drawn]
    inside = (axes.x.start, axes.y.end - 12, width, axes.y.start - 22)
    labels = Labels(picture, places, inside)
    for (run, count), place in reversed(list(zip(drawn, places, strict=True))):
        title = f"{run.title}: {count:,} multiplications, {percent(run.accuracy)}"
        _mark(picture, place, "own" if run is own else run.kind, title)
    for (run, _), place in zip(drawn, places, strict=True):
        labels.put(place, run.title, "label strong" if run is own else "label")
    return picture


def _twin(picture: Picture, axes: Axes, dense: int) -> None:
    """A line at the multiplications of the same layers dense, with words where there is room."""
    at, bottom = axes.x(dense), axes.y.start
    picture.path([(at, bottom), (at, axes.y.end)], "twin")
    text = f"dense layers: {dense:,}"
    room = text_width(text, 13) + 8
    if at - room > axes.x.start:
        picture.text((at - 8, bottom - 10), text, "muted", "end")
    elif at + room < axes.x.end:
        picture.text((at + 8, bottom - 10), text, "muted")


def _axes(counts: Sequence[int], accuracies: Sequence[float], width: float, height: float) -> Axes:
    low, high = min(accuracies), max(accuracies)
    room = max((high - low) * 0.35, 0.004)
    low, high = max(low - room, 0), min(high + room, 1)
    x = Scale(min(counts) / 2, max(counts) * 2.5, 58, width - 6, log=True)
    y = Scale(low, high, height - 46, 30)
    return Axes(
        x=x,
        y=y,
        x_title="multiplications of one sample",
        y_title="test accuracy",
        y_label=percent,
    )


def _mark(picture: Picture, place: Point, kind: str, title: str) -> None:
    x, y = place
    match kind:
        case "own" | "run":
            radius = _RADIUS + 1 if kind == "own" else _RADIUS - 1
            picture.add("circle", cx=x, cy=y, r=radius, class_=f"mark {kind}", title=title)
        case _:
            size = _RADIUS + 1
            corners = [(0, -size), (size, 0), (0, size), (-size, 0)]
            places = " ".join(f"{x + dx:.2f},{y + dy:.2f}" for dx, dy in corners)
            picture.add("polygon", points=places, class_=f"mark {kind}", title=title)


def _said(drawn: Sequence[tuple[Run, int]], dense: int) -> str:
    said = "; ".join(
        f"{run.title} {percent(run.accuracy)} with {count:,} multiplications"
        for run, count in drawn
    )
    return f"Accuracy against multiplications: {said}; dense layers take {dense:,}"
