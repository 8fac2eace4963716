"""The curve of area against speed, over all styles."""

from collections.abc import Callable, Sequence

from mulbudget.hw.choose import PLENTY, Choice, Chooser
from mulbudget.hw.estimate import Need

MOST_STEPS = 64
"""Intervals that are tried, at most: each takes some hundredths of a second, or more."""


def front(
    chooser: Chooser, limit: Need, *, progress: Callable[[int, int], None] | None = None
) -> list[Choice]:
    """The smallest choice for every interval, the fastest first, on a device without end.

    It has the multipliers of `limit`, and any number of LUTs, flip-flops and blocks of RAM. Every
    interval that a choice can have is looked at (`MOST_STEPS` of them, evenly spread over the
    logarithm, where there are more), so from one choice to the next there is none that is faster
    and as small. Each takes fewer LUTs than all that are faster.

    Parameters
    ----------
    chooser : Chooser
    limit : Need
        What may be used of a device, by which resources are weighed as in a plan.
    progress : callable, optional
        Is told how many intervals are done, and of how many.
    """
    endless = Need(lut=PLENTY, ff=PLENTY, dsp=limit.dsp, bram=PLENTY, carry=PLENTY)
    steps = spread(chooser.intervals, MOST_STEPS)
    left, found = list(steps), list[Choice]()
    while left:
        choice = chooser.smallest(endless, left.pop(), device=limit)
        if choice is None:
            continue
        found.append(choice)
        # The same choice is the smallest for the intervals between its own and what was asked.
        while left and left[-1] >= choice.total.interval:
            left.pop()
        if progress is not None:
            progress(len(steps) - len(left), len(steps))
    return _falling(found[::-1])


def spread(values: Sequence[int], most: int) -> list[int]:
    """At most so many of increasing values, about evenly by their logarithm, with both ends."""
    if len(values) <= most:
        return list(values)
    low, high = values[0], values[-1]
    wanted = [low * (high / low) ** (step / (most - 1)) for step in range(most)]
    return sorted({min(values, key=lambda value: abs(value - each)) for each in wanted})


def _falling(choices: Sequence[Choice]) -> list[Choice]:
    """Those that take fewer LUTs than all before them."""
    kept: list[Choice] = []
    for choice in choices:
        if not kept or choice.total.lut < kept[-1].total.lut:
            kept.append(choice)
    return kept
