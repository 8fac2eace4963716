"""Matrices of any size by a product of matrices of one size."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from mulbudget.spn.bilinear import Bilinear
from mulbudget.spn.errors import UserError
from mulbudget.spn.operators import Integers
from mulbudget.spn.ranges import Range


def multiply(
    product: Bilinear,
    x: Range,
    a: npt.NDArray[np.integer],
    b: npt.NDArray[np.integer],
    run: Callable[[Integers], Integers],
) -> Integers:
    """C = A B in int64: the matrices cut into those that `product` takes, with zeros at the edges.

    Parameters
    ----------
    product : Bilinear
    x : Range
        Of its inputs.
    a, b : integers, (rows, inner) and (inner, columns)
        Of any size.
    run : callable
        The products (pairs, entries of C) of inputs (pairs, product.n_in).

    Returns
    -------
    int64, (rows, columns)

    Raises
    ------
    UserError
        When the matrices do not match, are not of integers, or an entry is out of range.
    """
    check_matrices(a, b)
    rows, inner, columns = product.size
    a_blocks, b_blocks = _cut(a, rows, inner), _cut(b, inner, columns)
    deep, wide = b_blocks.shape[:2]
    right = b_blocks.swapaxes(0, 1).reshape(-1, inner, columns)
    sums = []
    for row in a_blocks:
        pairs = product.join(np.tile(row, (wide, 1, 1)), right)
        _check(product, x, pairs)
        sums.append(run(pairs).reshape(wide, deep, rows, columns).sum(axis=1))
    whole = np.stack(sums).swapaxes(1, 2).reshape(len(sums) * rows, wide * columns)
    return whole[: a.shape[0], : b.shape[1]]


def check_matrices(a: npt.NDArray[np.integer], b: npt.NDArray[np.integer]) -> None:
    """Raise `UserError` unless both are matrices of integers that have a product."""
    for name, matrix in (("A", a), ("B", b)):
        if matrix.ndim != 2 or 0 in matrix.shape or matrix.dtype.kind not in "iu":
            raise UserError(
                f"{name} is of shape {matrix.shape} and type {matrix.dtype}: a matrix of integers "
                "is needed"
            )
    if a.shape[1] != b.shape[0]:
        raise UserError(
            f"A is {a.shape[0]}x{a.shape[1]} and B is {b.shape[0]}x{b.shape[1]}: A must have as "
            "many columns as B has rows"
        )


def runs(product: Bilinear, a: npt.NDArray[np.integer], b: npt.NDArray[np.integer]) -> int:
    """How many pairs `multiply` runs in all."""
    (height, deep), (_, wide) = (
        (-(-matrix.shape[0] // size[0]), -(-matrix.shape[1] // size[1]))
        for matrix, size in ((a, product.size[:2]), (b, product.size[1:]))
    )
    return height * deep * wide


def _cut(matrix: npt.NDArray[np.integer], height: int, width: int) -> Integers:
    """The blocks of a matrix, (blocks down, blocks across, height, width)."""
    edges = [(0, -size % step) for size, step in zip(matrix.shape, (height, width), strict=True)]
    padded = np.pad(matrix.astype(np.int64), edges)
    down, across = padded.shape[0] // height, padded.shape[1] // width
    return padded.reshape(down, height, across, width).swapaxes(1, 2)


def _check(product: Bilinear, x: Range, pairs: Integers) -> None:
    wrong = np.argwhere(~x.contains(pairs))
    if len(wrong):
        pair, entry = map(int, wrong[0])
        raise UserError(
            f"{'A' if entry < product.a_entries else 'B'} has an entry of {pairs[pair, entry]}, "
            f"outside {x.low[entry]} to {x.high[entry]}"
        )
