"""From an exact scheme to one with fewer products: a random walk over flips."""

import numpy as np

from mulbudget.hw.adders.chance import State as Random
from mulbudget.hw.adders.chance import below, seeded
from mulbudget.hw.adders.compiled import compiled
from mulbudget.schemes.flips import flip, plus, random_pair, reduce
from mulbudget.schemes.masks import Integers, Masks, copy, empty, from_masks, to_masks
from mulbudget.spn import Scheme

_PATIENCE = 3000
"""Flips without a reduction, before a plus transition."""
_TRIES = 300
"""To find two products that share a factor, before there are said to be none."""
_ABOVE = 2
"""So many more products than the fewest so far, at most, by plus transitions."""


def lower(scheme: Scheme, rank: int, *, seed: int | list[int], steps: int) -> Scheme:
    """Walk from a scheme to one with fewer products.

    Flips at random, and whatever reduction they allow; a plus transition where flips alone bring no
    reduction for long (Arai, Ichikawa and Hukushima 2024).

    Parameters
    ----------
    scheme : Scheme
        Where the walk starts; as `masks.check_fits` has it.
    rank : int
        Where it ends, 1 or more.
    seed : int or integers
        Of the random numbers: the same arguments give the same scheme.
    steps : int
        Flips, at most.

    Returns
    -------
    Scheme
        With the fewest products that were met, `rank` or more of them.
    """
    masks = to_masks(scheme, scheme.r + _ABOVE)
    best = empty(len(masks.signs))
    copy(masks, best)
    _walk(masks, best, seeded(seed), rank, np.array([steps]))
    return from_masks(best, scheme.k, scheme.m, scheme.n)


def elsewhere(scheme: Scheme, *, seed: int | list[int], steps: int) -> Scheme:
    """Walk to another scheme of as many products, by way of one more; the same where none is met.

    Parameters and result are as for `lower`.
    """
    masks = to_masks(scheme, scheme.r + _ABOVE)
    best, random, rank = empty(len(masks.signs)), seeded(seed), int(masks.count[0])
    copy(masks, best)
    _leave(masks, random, rank + 1)
    best.count[0] = rank + 1
    _walk(masks, best, random, rank, np.array([steps]))
    return from_masks(best, scheme.k, scheme.m, scheme.n) if best.count[0] == rank else scheme


@compiled
def _leave(masks: Masks, random: Random, rank: int) -> None:
    """Plus transitions up to `rank` products, where there are any."""
    for _ in range(1000):
        if masks.count[0] < rank:
            plus(masks, random)


@compiled
def _walk(masks: Masks, best: Masks, random: Random, rank: int, left: Integers) -> None:
    """Walk on for `left[0]` flips; `best` has the fewest products so far, `rank` or more."""
    since = 0
    while left[0] > 0 and best.count[0] > rank:
        left[0] -= 1
        since += 1
        pair = random_pair(masks, random, _TRIES)
        if pair >= 0:
            one, other = pair >> 32, pair >> 2 & 0x3FFFFFFF
            turned, sign = below(random, 2), 2 * below(random, 2) - 1
            if flip(masks, pair & 3, one, other, turned, sign) and reduce(masks, one, other):
                since = 0
                _leave(masks, random, rank)
                if rank <= masks.count[0] < best.count[0]:
                    copy(masks, best)
        if (pair < 0 or since > _PATIENCE) and masks.count[0] < best.count[0] + _ABOVE:
            plus(masks, random)
            since = 0
