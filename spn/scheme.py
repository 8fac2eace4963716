"""Bilinear algorithms of the matrix product: what they are, and the proof that they are exact."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mulbudget.spn.errors import UserError

Ternary = npt.NDArray[np.int8]

_LARGEST = 1 << 24
"""Entries of the tensor that an algorithm is compared with: 16 x 16 matrices."""

_MOST_PRODUCTS = 1 << 24
"""Of an algorithm: as many as float32 counts exactly."""


@dataclass(frozen=True, eq=False)
class Scheme:
    """An exact algorithm vec(C) = Wc [(Wb vec(B)) * (Wa vec(A))] for C = A B with r products.

    vec is row by row. Exact means as a tensor identity over the integers (Brent's equations): for
    all i, j, the sum over p of wc[:, p] wa[p, i] wb[p, j] is 1 where entry i of A times entry j of
    B is part of that entry of C, else 0.

    Parameters
    ----------
    k, m, n : int
        A is k x m, B is m x n.
    wa : int8, (r, k * m)
        -1, 0 or 1, as the others.
    wb : int8, (r, m * n)
    wc : int8, (k * n, r)

    Raises
    ------
    UserError
        When a size is not positive or too large to be checked, a shape does not fit the others, an
        entry is not ternary, or the algorithm is not exact; names the first wrong entry.
    """

    k: int
    m: int
    n: int
    wa: Ternary
    wb: Ternary
    wc: Ternary

    def __post_init__(self) -> None:
        check_size(self.k, self.m, self.n)
        rank = self.wa.shape[0] if self.wa.ndim else 0
        shapes = {
            "wa": (rank, self.k * self.m),
            "wb": (rank, self.m * self.n),
            "wc": (self.k * self.n, rank),
        }
        for name, shape in shapes.items():
            matrix = getattr(self, name)
            if matrix.shape != shape or not rank:
                raise UserError(
                    f"{name} has shape {matrix.shape}, and {self.title} with {rank} products needs "
                    f"{shape}, with at least one product"
                )
            check_ternary(name, matrix)
        if rank > _MOST_PRODUCTS:
            raise UserError(f"an algorithm of {rank:,} products is too large: have fewer")
        wrong = wrong_entry(self)
        if wrong is not None:
            raise UserError(f"the algorithm is not exact: {wrong}")

    @property
    def title(self) -> str:
        """Its sizes, like "2x2 by 2x3"."""
        return f"{self.k}x{self.m} by {self.m}x{self.n}"

    @property
    def size(self) -> tuple[int, int, int]:
        """k, m and n."""
        return self.k, self.m, self.n

    @property
    def entries(self) -> tuple[list[str], list[str], list[str]]:
        """Names of the entries of A, B and C: a11 to a99, or a[1,1] with a size above 9."""
        pattern = "{}{}{}" if max(self.size) < 10 else "{}[{},{}]"
        a, b, c = (
            [
                pattern.format(name, row, column)
                for row in range(1, rows + 1)
                for column in range(1, columns + 1)
            ]
            for name, rows, columns in (
                ("a", self.k, self.m),
                ("b", self.m, self.n),
                ("c", self.k, self.n),
            )
        )
        return a, b, c

    @property
    def names(self) -> dict[str, tuple[list[str], list[str]]]:
        """Names of the rows and the columns of Wa, Wb and Wc: entries, and products m1 to mr."""
        a, b, c = self.entries
        products = [f"m{number + 1}" for number in range(self.r)]
        return {"Wa": (products, a), "Wb": (products, b), "Wc": (c, products)}

    @property
    def r(self) -> int:
        """Products."""
        return self.wa.shape[0]

    @property
    def naive_additions(self) -> int:
        """Additions and subtractions where nothing is shared: each row by its own chain."""
        rows = (np.count_nonzero(matrix, axis=1) for matrix in (self.wa, self.wb, self.wc))
        return sum(int(np.maximum(row - 1, 0).sum()) for row in rows)


def check_size(k: int, m: int, n: int) -> None:
    """Raise `UserError` unless a k x m matrix times an m x n one is small enough to be checked."""
    if min(k, m, n) < 1:
        raise UserError(f"matrices of {k}x{m} and {m}x{n} have no product: use sizes of 1 or more")
    if k * m * m * n * k * n > _LARGEST:
        raise UserError(
            f"an algorithm for {k}x{m} by {m}x{n} has {k * m * m * n * k * n:,} equations, and at "
            f"most {_LARGEST:,} are checked: take a smaller one, and tile it"
        )


def check_ternary(name: str, matrix: npt.NDArray[np.integer]) -> None:
    """Raise `UserError` naming the first entry of `matrix` that is not -1, 0 or 1."""
    wrong = np.argwhere((matrix < -1) | (matrix > 1))
    if len(wrong):
        row, column = map(int, wrong[0])
        raise UserError(f"{name}[{row}, {column}] is {matrix[row, column]}, not -1, 0 or 1")


def product_tensor(k: int, m: int, n: int) -> npt.NDArray[np.int8]:
    """T[i, j, l]: 1 where entry i of A times entry j of B is part of entry l of C, else 0.

    Returns
    -------
    int8, (k * m, m * n, k * n)
    """
    tensor = np.zeros((k, m, m, n, k, n), np.int8)
    rows, inner, columns = np.ogrid[:k, :m, :n]
    tensor[rows, inner, inner, columns, rows, columns] = 1
    return tensor.reshape(k * m, m * n, k * n)


def wrong_entry(scheme: Scheme) -> str | None:
    """A sentence about the first entry of the tensor that a scheme misses; None of an exact one."""
    k, m, n = scheme.k, scheme.m, scheme.n
    target = product_tensor(k, m, n)
    # Sums of r products of -1, 0 and 1, which float32 holds exactly; slice by slice for the memory.
    wa, wb, wc = (each.astype(np.float32) for each in (scheme.wa, scheme.wb, scheme.wc))
    made = np.stack([wa.T @ (wb[:, j, None] * wc.T) for j in range(m * n)], axis=1)
    wrong = np.argwhere(made != target)
    if not len(wrong):
        return None
    i, j, entry = map(int, wrong[0])
    a, b, c = (names[at] for names, at in zip(scheme.entries, (i, j, entry), strict=True))
    wanted = int(target[i, j, entry])
    return (
        f"{c} has {a} {b} {int(made[i, j, entry])} times, not {wanted} times "
        f"({len(wrong):,} of {made.size:,} entries of the tensor are wrong)"
    )


def standard(k: int, m: int, n: int) -> Scheme:
    """The algorithm with k * m * n products: one for each pair of entries, and sums of m."""
    check_size(k, m, n)
    i, j, entry = np.nonzero(product_tensor(k, m, n))
    return Scheme(
        k,
        m,
        n,
        np.eye(k * m, dtype=np.int8)[i],
        np.eye(m * n, dtype=np.int8)[j],
        np.ascontiguousarray(np.eye(k * n, dtype=np.int8)[entry].T),
    )


def nest(outer: Scheme, inner: Scheme) -> Scheme:
    """The algorithm `outer` of blocks, each product of blocks by `inner`.

    Sizes and products multiply: 2x2 by 2x2 with 7, in itself, is 4x4 by 4x4 with 49.
    """
    k, m, n = outer.k * inner.k, outer.m * inner.m, outer.n * inner.n
    check_size(k, m, n)
    return Scheme(
        k,
        m,
        n,
        _blocks(outer.wa, inner.wa, (outer.k, outer.m), (inner.k, inner.m)),
        _blocks(outer.wb, inner.wb, (outer.m, outer.n), (inner.m, inner.n)),
        _blocks(outer.wc.T, inner.wc.T, (outer.k, outer.n), (inner.k, inner.n)).T,
    )


def _blocks(
    outer: Ternary, inner: Ternary, blocks: tuple[int, int], block: tuple[int, int]
) -> Ternary:
    """Rows of the Kronecker product, with entries row by row of the whole matrix."""
    rows = np.einsum(
        "pij,qkl->pqikjl", outer.reshape(-1, *blocks), inner.reshape(-1, *block), dtype=np.int8
    )
    return np.ascontiguousarray(rows.reshape(len(outer) * len(inner), -1))
