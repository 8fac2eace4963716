"""How few adders a matrix can have at all."""

from typing import Any

import numpy as np
import numpy.typing as npt


def lower_bound(matrix: npt.NDArray[Any]) -> int:
    """Adders that every graph of a matrix has, whatever it shifts, shares or cancels.

    Call A(W) the fewest adders of a matrix W. A row is free where it is zero or ±2^k times an
    input, and two rows are alike where one is ±2^k times the other.

    Rows: of k rows that are neither free nor alike each is the value of an adder of its own, up to
    a shift and a sign. Take the first of these adders: it is made of values that are none of the
    others. So A(W) ≥ k - 1 + A(row) for one of the rows, the one with the smallest A(row) at worst
    (compare Gustafsson, "Lower bounds for constant multiplication problems", 2007). As W has at
    least the adders of a part of its rows, the k with the largest A(row) may be taken, for any k.

    Columns: let an input occur in a row that is not free. Then it is an operand of an adder, which
    becomes a wire where the input is zero. So A(W) ≥ 1 + A(W without its column). For one row of t
    terms this gives A(row) ≥ t - 1 + A(entry), for each entry, and an entry of d signed digits
    takes at least log2 d adders, as one adder can no more than double the digits.

    Transposition: A(W) = A(W^T) + n - m with n non-zero columns and m non-zero rows. A smallest
    graph uses its A adders and n inputs 2 A + m times. Turned around, a value that is used u times
    becomes a sum of u terms, so that there are (2 A + m) - (A + n) adders (see
    `AdderGraph.transpose`). This is A(W^T) ≤ A(W) + m - n, and from W^T to W it is the converse.

    Columns are left out one by one where that costs no row, and then where it costs one; each time
    what is left is bounded by its rows. The same is done with the transpose.

    Parameters
    ----------
    matrix : integers, (n_out, n_in)

    Returns
    -------
    int
    """
    columns, rows = (int(np.count_nonzero(matrix.any(axis=axis))) for axis in (0, 1))
    return max(_by_columns(matrix), _by_columns(matrix.T) + columns - rows)


def _by_columns(matrix: npt.NDArray[Any]) -> int:
    rows, left_out = _different(matrix.astype(np.int64)), 0
    best = _by_rows(rows)
    for cost in (0, 1):
        for column in np.argsort(np.count_nonzero(rows, axis=0), kind="stable"):
            rest = rows.copy()
            rest[:, column] = 0
            rest = _different(rest)
            if rows[:, column].any() and len(rest) >= len(rows) - cost:
                rows, left_out = rest, left_out + 1
                best = max(best, left_out + _by_rows(rows))
    return best


def _by_rows(rows: npt.NDArray[np.int64]) -> int:
    """The bound for rows that are neither free nor alike."""
    entries = np.abs(rows).astype(np.uint64)
    digits = np.bitwise_count(entries ^ 3 * entries).max(axis=1, initial=1)
    each = np.count_nonzero(rows, axis=1) - 1 + np.ceil(np.log2(digits)).astype(np.int64)
    return int(np.max(np.sort(each)[::-1] + np.arange(len(rows)), initial=0))


def _different(rows: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """The rows that are not free, one each of those that are alike."""
    rows = rows[rows.any(axis=1)]
    bits = np.bitwise_or.reduce(rows, axis=1, keepdims=True)
    first = np.take_along_axis(rows, (rows != 0).argmax(axis=1, keepdims=True), axis=1)
    rows = rows // (bits & -bits) * np.sign(first)
    return np.unique(rows[np.abs(rows).sum(axis=1) > 1], axis=0)
