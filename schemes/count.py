"""A quick estimate of the additions that the adder graphs of a scheme have."""

import numpy as np

from mulbudget.hw.adders.compiled import compiled
from mulbudget.schemes.masks import Integers, Masks

_COLUMNS = 192
"""Entries of a factor, and shared sums of them, at most."""


def workspace(capacity: int) -> Integers:
    """Room for `shared_additions` of so many products."""
    return np.zeros((2, max(_COLUMNS, capacity)), np.int64)


@compiled
def ones(mask: int) -> int:
    """How many bits of a mask that is not negative are 1."""
    mask -= (mask >> 1) & 0x5555555555555555
    mask = (mask & 0x3333333333333333) + ((mask >> 2) & 0x3333333333333333)
    mask = (mask + (mask >> 4)) & 0x0F0F0F0F0F0F0F0F
    mask += mask >> 8
    mask += mask >> 16
    mask += mask >> 32
    return mask & 127


@compiled
def shared_additions(masks: Masks, mode: int, size: int, space: Integers) -> int:
    """Additions that make the factors of A, B or C, where the most frequent pairs are shared.

    Greedy elimination of pairs (Hartley, "Subexpression sharing in filters using canonic signed
    digit multipliers", 1996). Factors that are equal up to sign are made once. That of C counts
    those of its transpose: by transposition, C itself takes that many plus products less entries.

    Parameters
    ----------
    masks : Masks
    mode : int
        0 for A, 1 for B, 2 for C.
    size : int
        Entries of the matrix.
    space : int64
        From `workspace`.
    """
    rows = _columns(masks, mode, size, space)
    columns, additions = size, -rows
    while columns < space.shape[1]:
        most, pair = _best_pair(columns, space)
        if most < 2:
            break
        _share(pair >> 9, pair >> 1 & 255, pair & 1, columns, space)
        columns += 1
        additions += 1
    for column in range(columns):
        additions += ones(space[0, column]) + ones(space[1, column])
    return additions


@compiled
def _columns(masks: Masks, mode: int, size: int, space: Integers) -> int:
    """Masks, over the different factors, of each entry: where it is 1, and where -1."""
    for column in range(size):
        space[0, column] = space[1, column] = 0
    rows, factors = 0, masks.factors
    for product in range(masks.count[0]):
        p, n = factors[mode, product, 0], factors[mode, product, 1]
        known = False
        for other in range(product):
            known |= factors[mode, other, 0] == p and factors[mode, other, 1] == n
        if known:
            continue
        for column in range(size):
            space[0, column] |= (p >> column & 1) << rows
            space[1, column] |= (n >> column & 1) << rows
        rows += 1
    return rows


@compiled
def _best_pair(columns: int, space: Integers) -> tuple[int, int]:
    """How frequent the most frequent pair is, and it: one << 9 | other << 1 | signs differ."""
    most, pair = 0, 0
    for one in range(columns):
        p, n = space[0, one], space[1, one]
        for other in range(one):
            q, o = space[0, other], space[1, other]
            alike, apart = ones((p & q) | (n & o)), ones((p & o) | (n & q))
            if alike > most:
                most, pair = alike, (one << 9) | (other << 1)
            if apart > most:
                most, pair = apart, (one << 9) | (other << 1) | 1
    return most, pair


@compiled
def _share(one: int, other: int, apart: int, column: int, space: Integers) -> None:
    """Put the sum or difference of two columns into a new one, and out of the two."""
    positive = space[0, one] & space[apart, other]
    negative = space[1, one] & space[1 - apart, other]
    space[0, column], space[1, column] = positive, negative
    space[0, one] &= ~positive
    space[1, one] &= ~negative
    space[apart, other] &= ~positive
    space[1 - apart, other] &= ~negative
