"""The points of a sweep, a point for each budget, and which of them no other one beats."""

import csv
import io
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from statistics import median
from typing import NamedTuple

from mulbudget.sweep.results import Fit, Result


class Spread(NamedTuple):
    """Of the runs of a budget."""

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, values: Iterable[float]) -> "Spread":
        """Of at least one value."""
        values = sorted(values)
        return cls(median(values), values[0], values[-1])


@dataclass(frozen=True, kw_only=True)
class Point:
    """The runs of one budget.

    Parameters
    ----------
    budget : int
    results : tuple of Result
        By seed.
    """

    budget: int
    results: tuple[Result, ...]

    @property
    def accuracy(self) -> Spread:
        """Of all runs."""
        return Spread.of(each.accuracy for each in self.results)

    @property
    def fitting(self) -> int:
        """How many of the runs fit on the board."""
        return sum(each.fit is not None for each in self.results)


class Place(NamedTuple):
    """Where a point is in a picture."""

    cost: Spread
    accuracy: Spread


@dataclass(frozen=True, kw_only=True)
class Cost:
    """What accuracy is drawn against.

    Parameters
    ----------
    name : str
        In files.
    title : str
        Of an axis.
    value : callable
        From a run to the figure; None where it has none, as it does not fit.
    more : bool
        Whether more of it is better.
    """

    name: str
    title: str
    value: Callable[[Result], float | None]
    more: bool = False

    def place(self, point: Point) -> Place | None:
        """Of the runs of a point that have this cost; None where none has."""
        paid = [(self.value(each), each.accuracy) for each in point.results]
        known = [(value, accuracy) for value, accuracy in paid if value is not None]
        if not known:
            return None
        values, accuracies = zip(*known, strict=True)
        return Place(Spread.of(values), Spread.of(accuracies))


def _of_fit(value: Callable[[Fit], float]) -> Callable[[Result], float | None]:
    return lambda result: None if result.fit is None else value(result.fit)


COSTS = (
    Cost(name="lut", title="LUTs", value=_of_fit(lambda fit: fit.lut)),
    Cost(
        name="multiplications",
        title="multiplications",
        value=lambda result: result.multiplications,
    ),
    Cost(name="dsp", title="hardware multipliers", value=_of_fit(lambda fit: fit.dsp)),
    Cost(
        name="samples_per_second",
        title="samples per second",
        value=_of_fit(lambda fit: fit.samples_per_second),
        more=True,
    ),
)


def points(results: Sequence[Result]) -> list[Point]:
    """A point for each budget, the smallest first."""
    ordered = sorted(results, key=lambda each: (each.budget, each.seed))
    return [
        Point(budget=budget, results=tuple(group))
        for budget, group in groupby(ordered, key=lambda each: each.budget)
    ]


def front(points: Sequence[Point], cost: Cost) -> list[Point]:
    """The points that no other one beats in medians, the cheapest first.

    One beats another when it is at least as accurate at no more cost, and better in one of them.
    """
    sign = -1 if cost.more else 1
    placed = [
        (sign * place.cost.median, -place.accuracy.median, each)
        for each in points
        if (place := cost.place(each)) is not None
    ]
    kept = [
        (paid, error, each)
        for paid, error, each in placed
        if not any(
            other <= paid and wrong <= error and (other, wrong) != (paid, error)
            for other, wrong, _ in placed
        )
    ]
    return [each for *_, each in sorted(kept, key=lambda row: (*row[:2], row[2].budget))]


def fronts(points: Sequence[Point]) -> dict[int, list[Cost]]:
    """For each budget the costs against which it is on the front."""
    found = {cost.name: {each.budget for each in front(points, cost)} for cost in COSTS}
    return {
        each.budget: [cost for cost in COSTS if each.budget in found[cost.name]] for each in points
    }


_FIT = ("lut", "ff", "dsp", "bram", "interval", "samples_per_second")


def runs_csv(results: Sequence[Result]) -> str:
    """A line for each run, by budget and seed."""
    rows = [["budget", "seed", "accuracy", "multiplications", "board", *_FIT, "styles", "reason"]]
    for each in sorted(results, key=lambda each: (each.budget, each.seed)):
        fit = each.fit
        figures = [""] * len(_FIT) if fit is None else [_text(getattr(fit, name)) for name in _FIT]
        styles = "" if fit is None else " ".join(f"{k}={v}" for k, v in fit.styles.items())
        run = [str(each.budget), str(each.seed), _text(each.accuracy), str(each.multiplications)]
        rows.append([*run, each.board, *figures, styles, each.reason or ""])
    return _csv(rows)


def points_csv(points: Sequence[Point]) -> str:
    """A line for each budget: medians, spreads, and 1 where it is on a front."""
    names = ["accuracy", *(cost.name for cost in COSTS)]
    spreads = [f"{name}{suffix}" for name in names for suffix in ("", "_min", "_max")]
    rows = [["budget", "runs", "fitting", *spreads, *(f"front_{cost.name}" for cost in COSTS)]]
    on = fronts(points)
    for each in points:
        places = [cost.place(each) for cost in COSTS]
        figures = [each.accuracy, *(place and place.cost for place in places)]
        cells = [_text(value) for spread in figures for value in spread or ("", "", "")]
        marks = [str(int(cost in on[each.budget])) for cost in COSTS]
        rows.append([str(each.budget), str(len(each.results)), str(each.fitting), *cells, *marks])
    return _csv(rows)


def _text(value: float | str) -> str:
    """A number as short as it is exact."""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _csv(rows: Sequence[Sequence[str]]) -> str:
    file = io.StringIO()
    csv.writer(file, lineterminator="\n").writerows(rows)
    return file.getvalue()
