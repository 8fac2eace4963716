"""What a network is to evaluate: samples, or two matrices to multiply."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt

from mulbudget.cli.arrays import read_array
from mulbudget.cli.console import counted
from mulbudget.spn import Network, UserError, find_product
from mulbudget.spn.multiply import check_matrices, multiply, runs
from mulbudget.spn.operators import Integers

Run = Callable[[npt.NDArray[np.integer]], Integers]
"""Gives the results of samples."""

INPUT = "A .npy file of integers, first axis samples."
A = "A .npy file of a matrix of integers, of any size, for a network that multiplies matrices."
B = "The matrix that A is multiplied with, alike."


class Samples:
    """Samples from a file, and what a network makes of them."""

    axes = ("sample", "output")

    def __init__(self, file: Path) -> None:
        self._x = read_array(file)
        if self._x.dtype.kind not in "iu":
            raise UserError(
                f"{file} holds {self._x.dtype}, not integers: quantize the samples first"
            )
        if self._x.ndim > 2:  # images: a row of entries each, as they travel
            self._x = self._x.reshape(len(self._x), -1)
        self.count = len(self._x)
        self.title = f"{self.count:,} samples"

    def expected(self, network: Network) -> Integers:
        """What the results have to be."""
        y = network.run(self._x)
        return y.reshape(len(y), -1)

    def results(self, run: Run) -> Integers:
        """What `run` gives."""
        return run(self._x)


class Matrices:
    """Two matrices from files, which a network that multiplies smaller ones is to multiply."""

    axes = ("row", "column")

    def __init__(self, a: Path, b: Path, network: Network) -> None:
        self._a, self._b = read_array(a), read_array(b)
        self._product, self._x = find_product(network), network.input.range
        check_matrices(self._product, self._x, self._a, self._b)
        self.count = runs(self._product, self._a, self._b)
        (rows, inner), columns = self._a.shape, self._b.shape[1]
        self.title = (
            f"{rows}x{inner} by {inner}x{columns} in {counted(self.count, 'product')} "
            f"{self._product.title}"
        )

    def expected(self, _: Network) -> Integers:
        """What the result has to be: the product of integers."""
        return self._a.astype(np.int64) @ self._b.astype(np.int64)

    def results(self, run: Run) -> Integers:
        """What `run` gives for pairs of blocks, put together."""
        return multiply(self._product, self._x, self._a, self._b, run)


def read_operands(
    network: Network | None, input: Path | None, a: Path | None, b: Path | None
) -> Samples | Matrices:
    """The samples, or the matrices; `UserError` unless one of the two is given whole."""
    if input is not None and a is None and b is None:
        return Samples(input)
    if input is not None or a is None or b is None:
        raise UserError("give either --input, or both --a and --b")
    if network is None:
        raise UserError("--a and --b need --network, which says what matrices the board takes")
    return Matrices(a, b, network)
