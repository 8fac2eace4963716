"""Changes of basis: an exact scheme stays exact where A, B and C are of other coordinates.

With A' = P A Q^-1, B' = Q B R^-1 and C' = P C R^-1, a scheme for A' B' = C' is one for A B = C (de
Groote 1978). P, Q and R are made of steps here that add a line of a matrix to another, or subtract
it; a step that leads to a coefficient other than -1, 0 and 1 is refused.
"""

from mulbudget.hw.adders.compiled import compiled
from mulbudget.schemes.flips import tidy
from mulbudget.schemes.masks import Masks


@compiled
def change_basis(
    masks: Masks, k: int, m: int, n: int, which: int, one: int, other: int, sign: int
) -> bool:
    """P, Q or R = I + sign * E[one, other]; False, with the masks spoilt, where not ternary.

    Parameters
    ----------
    masks : Masks
    k, m, n : int
        A is k x m, B is m x n.
    which : int
        0 for P (of size k), 1 for Q (m), 2 for R (n).
    one, other : int
        Different lines.
    sign : int
        1 or -1.
    """
    # Of an i x j matrix, rows are j entries with stride 1, and columns i with stride j.
    if which == 0:  # P^T on A's factors, P^-1 on C's
        return _add_lines(masks, 0, other, one, sign, m, 1, m) and _add_lines(
            masks, 2, one, other, -sign, n, 1, n
        )
    if which == 1:  # Q^-T on A's factors from the right, Q^T on B's
        return _add_lines(masks, 0, one, other, -sign, 1, m, k) and _add_lines(
            masks, 1, other, one, sign, n, 1, n
        )
    # R^-T on B's factors from the right, R on C's from the right
    return _add_lines(masks, 1, one, other, -sign, 1, n, m) and _add_lines(
        masks, 2, other, one, sign, 1, n, k
    )


@compiled
def _add_lines(
    masks: Masks, mode: int, to: int, source: int, sign: int, first: int, stride: int, length: int
) -> bool:
    """Line `to` of each factor += sign * line `source`; line i starts at entry i * first."""
    line = 0
    for entry in range(length):
        line |= 1 << (source * first + entry * stride)
    shift = (to - source) * first
    positive, negative = (0, 1) if sign > 0 else (1, 0)
    factors = masks.factors
    for product in range(masks.count[0]):
        q, o = factors[mode, product, positive] & line, factors[mode, product, negative] & line
        if not q | o:
            continue
        q = q << shift if shift > 0 else q >> -shift
        o = o << shift if shift > 0 else o >> -shift
        p, n = factors[mode, product, 0], factors[mode, product, 1]
        if p & q or n & o:
            return False
        factors[mode, product, 0] = (p & ~o) | (q & ~n)
        factors[mode, product, 1] = (n & ~q) | (o & ~p)
        tidy(masks, mode, product)
    return True
