"""Fronts of accuracy against area, and where one lies above another."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Point:
    """A setting: its area, and two accuracies of which the first one chooses.

    Parameters
    ----------
    series, setting : str
    area : float
        Of the mean over seeds, as are the accuracies.
    validation, test : float
        From 0 to 1.
    """

    series: str
    setting: str
    area: float
    validation: float
    test: float


@dataclass(frozen=True, kw_only=True)
class Region:
    """Areas from `start` up to `end`, without it, in which the same settings are compared.

    Parameters
    ----------
    start, end : float
    lead : float
        Accuracy on the test set of the first front over the best of the others.
    """

    start: float
    end: float
    lead: float


def front(points: Iterable[Point]) -> list[Point]:
    """The points that no smaller or equal one is as accurate as on the validation set, by area."""
    chosen: list[Point] = []
    for point in sorted(points, key=lambda each: (each.area, -each.validation)):
        if not chosen or point.validation > chosen[-1].validation:
            chosen.append(point)
    return chosen


def best(points: Sequence[Point], area: float) -> Point | None:
    """What a front has for an area; None where it begins later."""
    fitting = [point for point in points if point.area <= area]
    return fitting[-1] if fitting else None


def regions(mine: Sequence[Point], others: Sequence[Sequence[Point]]) -> list[Region]:
    """How far a front is above all others, from step to step of any of them.

    Where no other has begun, its lead is over nothing: the first region starts where there is one
    to compare with, and the last ends where the last step is, as all that follows is the same.
    """
    steps = sorted({point.area for line in (mine, *others) for point in line})
    made: list[Region] = []
    for start, end in zip(steps, [*steps[1:], float("inf")], strict=True):
        own = best(mine, start)
        rivals = [found.test for line in others if (found := best(line, start))]
        if own is not None and rivals:
            made.append(Region(start=start, end=end, lead=own.test - max(rivals)))
    return made


def merged(found: Sequence[Region], least: float = 0.0) -> list[Region]:
    """Neighbouring regions with a lead of more than `least`, as one with the least lead."""
    made: list[Region] = []
    for region in found:
        if region.lead <= least:
            continue
        if made and made[-1].end == region.start:
            lead = min(made[-1].lead, region.lead)
            made[-1] = Region(start=made[-1].start, end=region.end, lead=lead)
        else:
            made.append(region)
    return made
