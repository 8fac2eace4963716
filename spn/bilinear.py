"""The product of two live matrices, by an exact bilinear algorithm."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from mulbudget.spn.errors import UserError
from mulbudget.spn.operators import Integers, Tensor
from mulbudget.spn.ranges import EXACT_FLOAT, LIMIT, Range
from mulbudget.spn.scheme import Scheme


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
        When a size is not positive.
    """

    scheme: Scheme
    size: tuple[int, int, int]

    kind: ClassVar[str] = "bilinear"

    def __post_init__(self) -> None:
        if len(self.size) != 3 or min(self.size) < 1:
            raise UserError(f"sizes are {self.size}, not three of 1 or more")

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
        """Whether there is more than one product of blocks."""
        return self.size != (self.scheme.k, self.scheme.m, self.scheme.n)

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
        lows, highs = [], []
        for row in range(rows):
            corners = [a[0, row, :, None] * b[0] for a in (a_low, a_high) for b in (b_low, b_high)]
            lows += np.minimum.reduce(corners).sum(axis=0).tolist()
            highs += np.maximum.reduce(corners).sum(axis=0).tolist()
        return Tensor((rows * columns,), 2 * x.fraction, Range(tuple(lows), tuple(highs)))

    def evaluate(self, x: Integers) -> Integers:
        """(samples, n_in) to (samples, rows * columns)."""
        a, b = self.split(x)
        largest = int(np.abs(a).max(initial=0)) * int(np.abs(b).max(initial=0)) * self.size[1]
        if largest < EXACT_FLOAT:
            product = (a.astype(np.float64) @ b.astype(np.float64)).astype(np.int64)
        else:
            product = a @ b
        return product.reshape(len(x), -1)
