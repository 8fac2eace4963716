"""Scales, ticks and the frame of a chart."""

import math
from collections.abc import Callable
from dataclasses import dataclass

from mulbudget.report.svg import Picture, Point

WIDE, NARROW = 1000, 312
"""Widths in pixels of each picture: on a desk, and on a phone."""

_TICKS = 5
"""About so many on an axis."""


@dataclass(frozen=True)
class Scale:
    """From values, `low` to `high`, to pixels, `start` to `end`."""

    low: float
    high: float
    start: float
    end: float
    log: bool = False

    def __call__(self, value: float) -> float:
        """The pixel of a value."""
        low, high, value = (
            (math.log(each) for each in (self.low, self.high, value))
            if self.log
            else (self.low, self.high, value)
        )
        return self.start + (value - low) / (high - low) * (self.end - self.start)

    @property
    def ticks(self) -> list[float]:
        """Round values inside."""
        found = _log_ticks(self.low, self.high) if self.log else _ticks(self.low, self.high)
        return [tick for tick in found if self.low <= tick <= self.high * (1 + 1e-12)]


def _ticks(low: float, high: float) -> list[float]:
    rough = (high - low) / _TICKS
    unit = 10.0 ** math.floor(math.log10(rough))
    step = min((unit * times for times in (1, 2, 2.5, 5, 10)), key=lambda each: abs(each - rough))
    first = math.ceil(low / step)
    return [step * number for number in range(first, math.floor(high / step + 1e-9) + 1)]


def _log_ticks(low: float, high: float) -> list[float]:
    decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    sparse = math.log10(high / low) > 1.7
    every = math.ceil(len(decades) / 8)
    times = (1,) if sparse else (1, 2, 5)
    return [each * 10.0**decade for decade in decades[::every] for each in times]


def compact(value: float) -> str:
    """Like 25 M, 2.1 M, 980 k and 17."""
    for unit, letter in ((1e6, " M"), (1e3, " k")):
        if value >= unit:
            return f"{value / unit:.3g}{letter}"
    return f"{value:.3g}"


def percent(value: float, places: int | None = None) -> str:
    """Like 97.94 %, with so many decimal places or as many as it takes."""
    return f"{100 * value:.4g} %" if places is None else f"{100 * value:.{places}f} %"


@dataclass(frozen=True, kw_only=True)
class Axes:
    """A horizontal and a vertical scale with what their ticks say."""

    x: Scale
    y: Scale
    x_title: str
    y_title: str
    x_label: Callable[[float], str] = compact
    y_label: Callable[[float], str] = compact

    def draw(self, picture: Picture) -> None:
        """Grid, ticks and titles."""
        x, y = self.x, self.y
        for tick in y.ticks:
            at = y(tick)
            picture.path([(x.start, at), (x.end, at)], "grid")
            picture.text((x.start - 8, at + 4), self.y_label(tick), "tick", "end")
        for tick in x.ticks:
            at = x(tick)
            picture.path([(at, y.start), (at, y.start + 5)], "axis")
            picture.text((at, y.start + 19), self.x_label(tick), "tick", "middle")
        picture.path([(x.start, y.start), (x.end, y.start)], "axis")
        picture.text((x.end, y.start + 38), self.x_title, "axis-title", "end")
        picture.text((0, 13), self.y_title, "axis-title")

    def at(self, x: float, y: float) -> Point:
        """The place of a pair of values."""
        return self.x(x), self.y(y)
