"""Matrices of any size by a product of matrices of one size."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from mulbudget.spn.bilinear import Bilinear
from mulbudget.spn.errors import UserError
from mulbudget.spn.operators import Integers
from mulbudget.spn.ranges import LIMIT, Range, largest


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
        As `check_matrices`.
    """
    check_matrices(product, x, a, b)
    rows, inner, columns = product.size
    a_blocks, b_blocks = (
        _cut(matrix, *size).astype(np.int64)
        for matrix, size in ((a, product.size[:2]), (b, product.size[1:]))
    )
    deep, wide = b_blocks.shape[:2]
    right = b_blocks.swapaxes(0, 1).reshape(-1, inner, columns)
    sums = []
    for row in a_blocks:
        pairs = product.join(np.tile(row, (wide, 1, 1)), right)
        sums.append(run(pairs).reshape(wide, deep, rows, columns).sum(axis=1))
    whole = np.stack(sums).swapaxes(1, 2).reshape(len(sums) * rows, wide * columns)
    return whole[: a.shape[0], : b.shape[1]]


def check_matrices(
    product: Bilinear, x: Range, a: npt.NDArray[np.integer], b: npt.NDArray[np.integer]
) -> None:
    """Raise `UserError` unless `multiply` gives the product of `a` and `b`.

    Both have to be matrices of integers that match, with entries in the range `x` of the blocks
    that they are cut into, and sums below 2**62.
    """
    for name, matrix in (("A", a), ("B", b)):
        if matrix.ndim != 2 or 0 in matrix.shape or matrix.dtype.kind not in "iu":
            raise UserError(
                f"{name} is of shape {matrix.shape} and type {matrix.dtype}: a matrix of integers "
                "is needed"
            )
    inner = a.shape[1]
    if inner != b.shape[0]:
        raise UserError(
            f"A is {a.shape[0]}x{inner} and B is {b.shape[0]}x{b.shape[1]}: A must have as "
            "many columns as B has rows"
        )
    _check_range("A", a, product.size[:2], x.part(0, product.a_entries))
    _check_range("B", b, product.size[1:], x.part(product.a_entries, product.n_in))
    if largest(a) * largest(b) * inner >= LIMIT:
        raise UserError(
            f"sums of {inner:,} products of entries up to {largest(a)} and {largest(b)} leave "
            "62 bits: multiply fewer columns of A at a time"
        )


def _check_range(
    name: str, matrix: npt.NDArray[np.integer], block: tuple[int, int], x: Range
) -> None:
    """Raise `UserError` unless blocks of entries in `x` can hold `matrix`, zeros at its edges."""
    low, high = max(x.low), min(x.high)
    if any(n % size for n, size in zip(matrix.shape, block, strict=True)) and not low <= 0 <= high:
        raise UserError(
            f"{name} is {matrix.shape[0]}x{matrix.shape[1]}, and cut into blocks of "
            f"{block[0]}x{block[1]} it has zeros at the edges, but not every entry of a block "
            f"can be 0: use a multiple of {block[0]} rows and of {block[1]} columns"
        )
    blocks = _cut(matrix, *block).reshape(-1, x.channels)
    wrong = np.argwhere(~x.contains(blocks))
    if len(wrong):
        number, entry = map(int, wrong[0])
        raise UserError(
            f"{name} has an entry of {blocks[number, entry]}, outside {x.low[entry]} to "
            f"{x.high[entry]}"
        )


def runs(product: Bilinear, a: npt.NDArray[np.integer], b: npt.NDArray[np.integer]) -> int:
    """How many pairs `multiply` runs in all."""
    (height, deep), (_, wide) = (
        (-(-matrix.shape[0] // size[0]), -(-matrix.shape[1] // size[1]))
        for matrix, size in ((a, product.size[:2]), (b, product.size[1:]))
    )
    return height * deep * wide


def _cut(matrix: npt.NDArray[np.integer], height: int, width: int) -> npt.NDArray[np.integer]:
    """The blocks of a matrix, (blocks down, blocks across, height, width)."""
    edges = [(0, -size % step) for size, step in zip(matrix.shape, (height, width), strict=True)]
    padded = np.pad(matrix, edges)
    down, across = padded.shape[0] // height, padded.shape[1] // width
    return padded.reshape(down, height, across, width).swapaxes(1, 2)
