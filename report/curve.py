"""LUTs against samples per second, over all styles."""

from collections.abc import Sequence

from mulbudget.hw.choose import Choice
from mulbudget.hw.styles import Style
from mulbudget.report.axes import Axes, Scale, compact
from mulbudget.report.labels import Box, Labels
from mulbudget.report.planned import Planned
from mulbudget.report.svg import Picture, shortened, text_width

_LOG_FROM = 8
"""Times that the largest of the LUTs is the smallest, from which their axis is logarithmic."""

_NAMED = 10
"""Layers, at most, whose rows have room for names."""


def curve_chart(planned: Planned, width: float) -> Picture:
    """The smallest choice of every speed as steps, and below them the style of each layer.

    Points are filled where the choice fits on the board.
    """
    curve = planned.front
    names = list(curve[0].styles)
    rows = _Rows(names, wide := width > 500)
    plot = 330 if wide else 290
    height = plot + 52 + rows.height
    board = planned.board
    picture = Picture(width, height, _said(planned))
    axes = _axes(planned, width, plot, 118 if wide else 46)
    axes.draw(picture)
    limit = _limit(picture, axes, planned)
    _steps(picture, axes, planned)
    places = [axes.at(planned.rate(each), each.total.lut) for each in curve]
    chosen = axes.at(planned.rate(planned.choice), planned.choice.total.lut)
    for place, choice in zip(places, curve, strict=True):
        short = planned.short(choice)
        picture.add(
            "circle",
            cx=place[0],
            cy=place[1],
            r=4.5,
            class_="point beyond" if short else "point",
            title=f"{planned.rate(choice):,.0f} samples per second, {choice.total.lut:,.0f} LUTs"
            + (f"; does not fit on {board.name}" if short else ""),
        )
    picture.add("circle", cx=chosen[0], cy=chosen[1], r=9, class_="chosen", title="this plan")
    inside = (axes.x.start, axes.y.end, width, axes.y.start)
    labels = Labels(picture, places, inside)
    labels.block(limit)
    labels.put((chosen[0] + 3, chosen[1]), "this plan", "label strong")
    rows.draw(picture, axes.x, planned, plot + 52)
    return picture


def _axes(planned: Planned, width: float, plot: float, left: float) -> Axes:
    rates = [planned.rate(choice) for choice in (*planned.front, planned.choice)]
    luts = [choice.total.lut for choice in (*planned.front, planned.choice)]
    luts.append(planned.board.capacity.lut)
    log = max(luts) > _LOG_FROM * min(luts)
    low, high = (min(luts) / 1.5, max(luts) * 1.5) if log else (0, max(luts) * 1.12)
    return Axes(
        x=Scale(min(rates) / 1.8, max(rates) * 1.8, left, width - 6, log=True),
        y=Scale(low, high, plot, 30, log=log),
        x_title="samples per second",
        y_title="LUTs (logarithmic)" if log else "LUTs",
    )


def _limit(picture: Picture, axes: Axes, planned: Planned) -> Box:
    """What the board has, and what of it a plan uses at most; the box of the words on it."""
    left, right, board = axes.x.start, axes.x.end, planned.board
    at, used = axes.y(board.capacity.lut), axes.y(planned.limit.lut)
    picture.add(
        "rect", x=left, y=axes.y.end, width=right - left, height=at - axes.y.end, class_="no-room"
    )
    picture.path([(left, at), (right, at)], "limit")
    picture.path([(left, used), (right, used)], "limit dashed")
    text = f"{board.name} has {board.capacity.lut:,} LUTs"
    bottom = at - 6 if at - axes.y.end > 18 else at + 15
    picture.text((right - 6, bottom), text, "limit-label", "end")
    return (right - 6 - text_width(text, 12), bottom - 10, right - 6, bottom + 3)


def _steps(picture: Picture, axes: Axes, planned: Planned) -> None:
    points: list[tuple[float, float]] = []
    for left, right, choice in spans(planned, axes.x.low):
        at = axes.y(choice.total.lut)
        points += [(axes.x(right), at), (axes.x(left), at)]
    picture.path(points, "curve")


def spans(planned: Planned, slowest: float) -> list[tuple[float, float, Choice]]:
    """Each choice with the speeds for which it is the smallest, the fastest first."""
    rates = [planned.rate(choice) for choice in planned.front]
    return list(zip([*rates[1:], slowest], rates, planned.front, strict=True))


class _Rows:
    """A row for each layer, which says its style at every speed."""

    def __init__(self, names: Sequence[str], wide: bool) -> None:
        self._names, self._wide = names, wide
        self._named = len(names) <= _NAMED
        self._bar = (20 if self._named else 10) if wide else (16 if self._named else 7)
        above = 16 if self._named and not wide else 0
        self._step = self._bar + above + (5 if self._named else 2)

    @property
    def height(self) -> float:
        """In pixels."""
        return self._step * len(self._names) + 4

    def draw(self, picture: Picture, x: Scale, planned: Planned, top: float) -> None:
        """All rows, from `top` on."""
        for number, name in enumerate(self._names):
            bottom = top + (number + 1) * self._step
            at = bottom - self._bar
            if self._wide and (self._named or self._bar >= 10):
                size = 13 if self._named else 10
                shown = shortened(name, x.start - 12, size)
                place = (x.start - 8, bottom - self._bar / 2 + size / 3)
                picture.text(place, shown, "label" if self._named else "small", "end")
            elif self._named:
                picture.text((x.start, at - 4), shortened(name, x.end - x.start, 12), "tick")
            for left, right, choice in _merged(name, spans(planned, x.low)):
                self._segment(picture, (x(left), x(right)), at, choice, name)

    def _segment(
        self, picture: Picture, ends: tuple[float, float], at: float, style: Style, name: str
    ) -> None:
        left, right = ends
        wide = right - left
        picture.add(
            "rect",
            x=left,
            y=at,
            width=max(wide - 1.5, 0.8),
            height=self._bar,
            class_=f"style {style.name}",
            title=f"{name}: {style}",
        )
        text = str(style)
        if self._named and text_width(text, 11) + 6 < wide:
            picture.text((left + wide / 2, at + self._bar / 2 + 4), text, "on-style", "middle")


def _merged(
    name: str, found: Sequence[tuple[float, float, Choice]]
) -> list[tuple[float, float, Style]]:
    """The spans over which a layer keeps its style."""
    result: list[tuple[float, float, Style]] = []
    for left, right, choice in found:
        style = choice.styles[name]
        if result and result[-1][2] == style:
            result[-1] = (left, result[-1][1], style)
        else:
            result.append((left, right, style))
    return result


def _said(planned: Planned) -> str:
    fast, slow, board = planned.front[0], planned.front[-1], planned.board
    return (
        f"LUTs against samples per second on a logarithmic axis: {len(planned.front)} choices, "
        f"from {slow.total.lut:,.0f} LUTs at {compact(planned.rate(slow))} samples per second to "
        f"{fast.total.lut:,.0f} at {compact(planned.rate(fast))}; {board.name} has "
        f"{board.capacity.lut:,} LUTs. The table below has all of them."
    )
