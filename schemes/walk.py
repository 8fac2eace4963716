"""From an exact scheme to one with fewer products: a random walk over flips."""

from collections.abc import Callable, Sequence

from mulbudget.hw.adders.chance import State as Random
from mulbudget.hw.adders.chance import below, seeded
from mulbudget.hw.adders.compiled import compiled
from mulbudget.schemes.flips import flip, plus, random_pair, reduce
from mulbudget.schemes.masks import Masks, copy, empty, from_masks, to_masks
from mulbudget.spn import Scheme

_PATIENCE = 3000
"""Flips without a reduction, before a plus transition."""
_TRIES = 300
"""To find two products that share a factor, before there are said to be none."""
_CHUNK = 200_000
"""Flips between two looks at the clock."""
_ABOVE = 2
"""So many more products than the fewest so far, at most, by plus transitions."""


def lower(
    scheme: Scheme,
    rank: int,
    *,
    seed: Sequence[int],
    steps: int,
    stopped: Callable[[], bool] = lambda: False,
) -> Scheme:
    """Walk from a scheme to one with fewer products.

    Flips at random, and whatever reduction they allow; a plus transition where flips alone bring no
    reduction for long (Arai, Ichikawa and Hukushima 2024).

    Parameters
    ----------
    scheme : Scheme
        Where the walk starts; as `masks.check_fits` has it.
    rank : int
        Where it ends, 1 or more.
    seed : sequence of int
        The same arguments give the same scheme.
    steps : int
        Flips, at most.
    stopped : callable
        Asked now and then; the walk ends where it is true.

    Returns
    -------
    Scheme
        With the fewest products that were met, `rank` or more of them.
    """
    masks = to_masks(scheme, scheme.r + _ABOVE)
    best = empty(len(masks.signs))
    copy(masks, best)
    _run(masks, best, seeded(seed), rank, steps, stopped)
    return from_masks(best, *scheme.size)


def elsewhere(
    scheme: Scheme,
    *,
    seed: Sequence[int],
    steps: int,
    stopped: Callable[[], bool] = lambda: False,
) -> Scheme:
    """Walk to another scheme of as many products, by way of one more; the same where none is met.

    Parameters are those of `lower`.
    """
    masks = to_masks(scheme, scheme.r + _ABOVE)
    best, random, rank = empty(len(masks.signs)), seeded(seed), int(masks.count[0])
    _leave(masks, random, rank + 1)
    best.count[0] = rank + 1
    _run(masks, best, random, rank, steps, stopped)
    return from_masks(best, *scheme.size) if best.count[0] == rank else scheme


def _run(
    masks: Masks, best: Masks, random: Random, rank: int, steps: int, stopped: Callable[[], bool]
) -> None:
    while steps > 0 and best.count[0] > rank and not stopped():
        _walk(masks, best, random, rank, min(steps, _CHUNK))
        steps -= _CHUNK


@compiled
def _leave(masks: Masks, random: Random, rank: int) -> None:
    """Plus transitions up to `rank` products, where there are any."""
    for _ in range(1000):
        if masks.count[0] < rank:
            plus(masks, random)


@compiled
def _walk(masks: Masks, best: Masks, random: Random, rank: int, steps: int) -> None:
    """Walk on for so many flips; `best` has the fewest products so far, `rank` or more."""
    since = 0
    for _ in range(steps):
        if best.count[0] <= rank:
            return
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
