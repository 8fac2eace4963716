"""The product of two live matrices, by an exact bilinear algorithm."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from mulbudget.spn.errors import UserError
from mulbudget.spn.exact import matrix_product
from mulbudget.spn.operators import Integers, Tensor
from mulbudget.spn.ranges import LIMIT, Range
from mulbudget.spn.scheme import Scheme

MOST_ENTRIES = 1 << 22
"""Of a matrix, with what fills its blocks: 2048 x 2048."""


@dataclass(frozen=True, eq=False)
class Bilinear:
    """C = A B of two live inputs, block by block with r products each (StrassenNets, equation 1).

    The input is vec(A) and behind it vec(B), row by row; the output is vec(C). Matrices are cut
    into blocks of the scheme's sizes, with zeros beyond their edges, and every product of blocks
    is vec(C) = Wc [(Wb vec(B)) * (Wa vec(A))]. The scheme is exact, so that is A B.

    Parameters
    ----------
    scheme : Scheme
    size : tuple of three int
        Rows of A, columns of A and rows of B, columns of B; each at least 1. The scheme's own make
        a core without tiling.

    Raises
    ------
    UserError
        When a size is not positive, or a matrix is too large.
    """

    scheme: Scheme
    size: tuple[int, int, int]

    kind: ClassVar[str] = "bilinear"
    arity: ClassVar[int] = 1

    def __post_init__(self) -> None:
        if len(self.size) != 3 or min(self.size) < 1:
            raise UserError(f"sizes are {self.size}, not three of 1 or more")
        rows, inner, columns = (
            blocks * size for blocks, size in zip(self.blocks, self.scheme.size, strict=True)
        )
        if max(rows * inner, inner * columns, rows * columns) > MOST_ENTRIES:
            raise UserError(
                f"the product {self.title} has a matrix of more than {MOST_ENTRIES:,} entries, "
                "those that fill its blocks included: multiply smaller matrices"
            )

    @property
    def title(self) -> str:
        """Its sizes, like "64x64 by 64x64"."""
        rows, inner, columns = self.size
        return f"{rows}x{inner} by {inner}x{columns}"

    @property
    def blocks(self) -> tuple[int, int, int]:
        """Blocks in the rows of A, in its columns, and in the columns of B."""
        scheme = self.scheme
        rows, inner, columns = self.size
        return -(-rows // scheme.k), -(-inner // scheme.m), -(-columns // scheme.n)

    @property
    def tiled(self) -> bool:
        """Whether its sizes are not the scheme's own."""
        return self.size != self.scheme.size

    @property
    def a_entries(self) -> int:
        """How many of the inputs are A; the others are B."""
        return self.size[0] * self.size[1]

    @property
    def n_in(self) -> int:
        """Inputs."""
        rows, inner, columns = self.size
        return rows * inner + inner * columns

    def split(self, x: Integers) -> tuple[Integers, Integers]:
        """Inputs (samples, n_in) as A, (samples, rows, inner), and B, (samples, inner, columns)."""
        rows, inner, columns = self.size
        a, b = x[:, : self.a_entries], x[:, self.a_entries :]
        return a.reshape(-1, rows, inner), b.reshape(-1, inner, columns)

    def join(self, a: npt.NDArray[np.integer], b: npt.NDArray[np.integer]) -> Integers:
        """Inputs (samples, n_in) of A, (samples, rows, inner), and B, (samples, inner, columns).

        Raises
        ------
        UserError
            When the matrices are of other sizes, or not as many.
        """
        rows, inner, columns = self.size
        for name, given, wanted in (("A", a, (rows, inner)), ("B", b, (inner, columns))):
            if given.ndim != 3 or given.shape[1:] != wanted:
                shown = "x".join(map(str, given.shape[1:]))
                raise UserError(
                    f"{name} is of {shown or given.shape}, and the product {self.title} takes "
                    f"{wanted[0]}x{wanted[1]}"
                )
        if len(a) != len(b):
            raise UserError(f"there are {len(a)} matrices A and {len(b)} matrices B")
        return np.concatenate([each.reshape(len(a), -1).astype(np.int64) for each in (a, b)], 1)

    def output(self, x: Tensor) -> Tensor:
        """(n_in,) to (rows * columns,); exact where the entries are independent."""
        if x.shape != (self.n_in,):
            raise UserError(
                f"the product {self.title} takes {self.n_in} inputs, those of A and of B, and is "
                f"given shape {x.shape}"
            )
        rows, inner, columns = self.size
        if x.range.magnitude**2 * inner >= LIMIT:
            raise UserError(
                f"sums of {inner} products of inputs up to {x.range.magnitude} leave 62 bits: use "
                "narrower inputs"
            )
        (a_low, b_low), (a_high, b_high) = (
            self.split(np.array([ends], np.int64)) for ends in (x.range.low, x.range.high)
        )
        kinds, kind_of = np.unique(
            np.concatenate([a_low[0], a_high[0]], axis=1), axis=0, return_inverse=True
        )
        lows, highs = np.empty((2, len(kinds), columns), np.int64)
        for kind, ends in enumerate(kinds.reshape(-1, 2, inner)):
            corners = [a[:, None] * b[0] for a in ends for b in (b_low, b_high)]
            lows[kind] = np.minimum.reduce(corners).sum(axis=0)
            highs[kind] = np.maximum.reduce(corners).sum(axis=0)
        lows, highs = (ends[kind_of].ravel().tolist() for ends in (lows, highs))
        return Tensor((rows * columns,), 2 * x.fraction, Range(tuple(lows), tuple(highs)))

    def evaluate(self, x: Integers) -> Integers:
        """(samples, n_in) to (samples, rows * columns)."""
        a, b = self.split(x)
        return matrix_product(a, b).reshape(len(x), -1)
