"""Fewer additions at the same rank: simulated annealing over flips and changes of basis."""

import math
from collections.abc import Callable, Sequence

import numpy as np

from mulbudget.hw.adders.chance import State as Random
from mulbudget.hw.adders.chance import below, draw, seeded
from mulbudget.hw.adders.compiled import compiled
from mulbudget.schemes.basis import change_basis
from mulbudget.schemes.count import shared_additions, workspace
from mulbudget.schemes.flips import flip, is_zero, random_pair
from mulbudget.schemes.masks import Integers, Masks, copy, empty, from_masks, to_masks
from mulbudget.spn import Scheme

_HOT, _COLD = 1.5, 0.25
"""Temperatures at the start and in the end, in additions."""
_CHUNK = 2000
"""Moves between two looks at the clock."""
_UNKNOWN = np.iinfo(np.int64).max
_BASIS = 0.05
"""The part of the moves that change a basis."""


def fewer_additions(
    scheme: Scheme,
    *,
    seed: Sequence[int],
    steps: int,
    stopped: Callable[[], bool] = lambda: False,
) -> Scheme:
    """A scheme of the same rank that takes few additions, where pairs are shared greedily.

    Symmetries that leave the estimate as it is (permutations, signs, the cyclic one and transposes)
    are no moves.

    Parameters
    ----------
    scheme : Scheme
        As `masks.check_fits` has it.
    seed : sequence of int
        The same arguments give the same scheme.
    steps : int
        Moves.
    stopped : callable
        Asked now and then; the search ends where it is true.

    Returns
    -------
    Scheme
        The best by `estimate` that was met.
    """
    masks = to_masks(scheme, scheme.r)
    best, before = empty(scheme.r), empty(scheme.r)
    copy(masks, best)
    sizes = np.array(scheme.size)
    random, space, costs = seeded(seed), workspace(scheme.r), np.full(2, _UNKNOWN)
    for done in range(0, steps, _CHUNK):
        if stopped():
            break
        temperature = _HOT * (_COLD / _HOT) ** (done / steps)
        chunk = min(_CHUNK, steps - done)
        _anneal(masks, best, before, sizes, random, space, costs, temperature, chunk)
    return from_masks(best, *scheme.size)


def estimate(scheme: Scheme) -> int:
    """Additions where pairs are shared greedily: a quick upper bound for an adder graph's."""
    masks, space = to_masks(scheme, scheme.r), workspace(scheme.r)
    k, m, n = scheme.k, scheme.m, scheme.n
    shared = sum(
        shared_additions(masks, mode, size, space)
        for mode, size in enumerate((k * m, m * n, k * n))
    )
    return shared + scheme.r - k * n


@compiled
def _shared(masks: Masks, sizes: Integers, space: Integers) -> int:
    k, m, n = sizes[0], sizes[1], sizes[2]
    return (
        shared_additions(masks, 0, k * m, space)
        + shared_additions(masks, 1, m * n, space)
        + shared_additions(masks, 2, k * n, space)
    )


@compiled
def _move(masks: Masks, sizes: Integers, random: Random) -> bool:
    """A move at random; False, with the masks spoilt, where it is refused."""
    sign = 2 * below(random, 2) - 1
    if draw(random) < _BASIS:
        which = below(random, 3)
        size = sizes[which]
        one, other = below(random, size), below(random, size)
        k, m, n = sizes[0], sizes[1], sizes[2]
        return one != other and change_basis(masks, k, m, n, which, one, other, sign)
    pair = random_pair(masks, random, 8)
    if pair < 0:
        return False
    one, other, mode, turned = pair >> 32, pair >> 2 & 0x3FFFFFFF, pair & 3, below(random, 2)
    if not flip(masks, mode, one, other, turned, sign):
        return False
    # A zero would be a product less: not the rank that was asked for.
    return not is_zero(masks, (mode + 1 + turned) % 3, one) and not is_zero(
        masks, (mode + 2 - turned) % 3, other
    )


@compiled
def _anneal(
    masks: Masks,
    best: Masks,
    before: Masks,
    sizes: Integers,
    random: Random,
    space: Integers,
    costs: Integers,
    temperature: float,
    steps: int,
) -> None:
    """Make so many moves; `costs` are the estimate for the masks, and for the best so far."""
    copy(masks, before)
    costs[0] = _shared(masks, sizes, space)
    costs[1] = min(costs[0], costs[1])
    for _ in range(steps):
        accepted, new = False, costs[0]
        if _move(masks, sizes, random):
            new = _shared(masks, sizes, space)
            worse = new - costs[0]
            accepted = worse <= 0 or draw(random) < math.exp(-worse / temperature)
        if not accepted:
            copy(before, masks)
            continue
        costs[0] = new
        copy(masks, before)
        if new < costs[1]:
            costs[1] = new
            copy(masks, best)
