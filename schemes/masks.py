"""What the discrete search works on: the factors of each product as bit masks."""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from mulbudget.hw.adders.compiled import compiled
from mulbudget.spn import Scheme, UserError

LARGEST = 62
"""Entries of a matrix, and products, at most: as many bits as a mask has without its sign."""

Integers = Any
"""int64; compiled, an element is a machine number."""


class Masks(NamedTuple):
    """The products of a scheme, changed in place: sign * a (x) b (x) c for each.

    A factor is the mask of its entries that are 1 and the mask of those that are -1. The lowest
    entry of a factor that is not 0 is 1: factors that are equal up to sign have the same masks.
    """

    factors: Integers
    """(3, capacity, 2): of A, B or C; of product; 1 or -1."""
    signs: Integers
    """(capacity,): 1 or -1."""
    count: Integers
    """(1,): products."""


def check_fits(k: int, m: int, n: int, rank: int) -> None:
    """Raise `UserError` where a matrix, or the list of products, has too many entries."""
    largest = max(k * m, m * n, k * n)
    if largest > LARGEST:
        raise UserError(
            f"a matrix of {largest} entries is too large to discover with: at most {LARGEST} are "
            "possible; take a smaller one, and tile it"
        )
    if rank > LARGEST:
        raise UserError(
            f"{rank} products are too many to discover: at most {LARGEST} are possible; take "
            "smaller matrices, and tile them"
        )


def empty(capacity: int) -> Masks:
    """No products, with room for so many."""
    return Masks(
        np.zeros((3, capacity, 2), np.int64), np.ones(capacity, np.int64), np.zeros(1, np.int64)
    )


def to_masks(scheme: Scheme, capacity: int) -> Masks:
    """The products of a scheme, with room for `capacity` of them."""
    masks = empty(capacity)
    for mode, rows in enumerate((scheme.wa, scheme.wb, scheme.wc.T)):
        weights = np.int64(1) << np.arange(rows.shape[1])
        first = _leading(rows).astype(np.int64)
        canonical = rows * first[:, None]
        masks.factors[mode, : len(rows), 0] = (canonical > 0) @ weights
        masks.factors[mode, : len(rows), 1] = (canonical < 0) @ weights
        masks.signs[: len(rows)] *= first
    masks.count[0] = scheme.r
    live = masks.signs[: scheme.r] != 0
    return masks if live.all() else _without_dead(masks, live)


def from_masks(masks: Masks, k: int, m: int, n: int) -> Scheme:
    """The scheme of so many products; the sign of a product is that of its part in C.

    Raises
    ------
    UserError
        When it is not exact.
    """
    count = int(masks.count[0])
    matrices = []
    for mode, size in enumerate((k * m, m * n, k * n)):
        bits = masks.factors[mode, :count, :, None] >> np.arange(size) & 1
        matrices.append((bits[:, 0] - bits[:, 1]).astype(np.int8))
    wa, wb, wc = matrices
    signed = wc * masks.signs[:count, None].astype(np.int8)
    return Scheme(k, m, n, wa, wb, np.ascontiguousarray(signed.T))


def canonical(scheme: Scheme) -> Scheme:
    """The same algorithm without dead products, and with factors that begin with a plus."""
    a, b, c = (_leading(rows) for rows in (scheme.wa, scheme.wb, scheme.wc.T))
    wa, wb, wc = scheme.wa * a[:, None], scheme.wb * b[:, None], scheme.wc * (a * b)
    live = np.flatnonzero(a * b * c)
    return Scheme(*scheme.size, wa[live], wb[live], np.ascontiguousarray(wc[:, live]))


def _leading(rows: npt.NDArray[np.int8]) -> npt.NDArray[np.int8]:
    """The first entry of each row that is not 0; 0 of a row of zeros."""
    return rows[np.arange(len(rows)), np.argmax(rows != 0, axis=1)]


def _without_dead(masks: Masks, live: npt.NDArray[np.bool_]) -> Masks:
    """Without the products that have a factor of zeros."""
    kept = np.flatnonzero(live)
    masks.factors[:, : len(kept)] = masks.factors[:, kept]
    masks.signs[: len(kept)] = masks.signs[kept]
    masks.count[0] = len(kept)
    return masks


@compiled
def copy(source: Masks, target: Masks) -> None:
    """Make `target` what `source` is."""
    target.count[0] = source.count[0]
    for product in range(source.count[0]):
        target.signs[product] = source.signs[product]
        for mode in range(3):
            target.factors[mode, product, 0] = source.factors[mode, product, 0]
            target.factors[mode, product, 1] = source.factors[mode, product, 1]
