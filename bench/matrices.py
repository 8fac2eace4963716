"""The matrices that adder graphs are measured on."""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

Matrix = npt.NDArray[np.int64]
"""-1, 0 and 1, (n_out, n_in)."""


class Random(NamedTuple):
    """A random ternary matrix; as many 1 as -1 are expected."""

    n_in: int
    n_out: int
    zeros: float
    seed: int

    def matrix(self) -> Matrix:
        """The same for the same four numbers."""
        draws = np.random.default_rng(self.seed).random((self.n_out, self.n_in))
        ones = (1 - self.zeros) / 2
        return np.int64(draws < ones) - np.int64(draws >= 1 - ones)

    @property
    def name(self) -> str:
        """As in '64 x 64, 70 %', inputs first."""
        return f"{self.n_in} x {self.n_out}, {self.zeros:.0%}"


_SHAPES = [
    *((16, 16, zeros) for zeros in (0.33, 0.5, 0.7)),
    *((16, 32, 0.5), (32, 16, 0.7), (16, 64, 0.5), (64, 16, 0.5)),
    *((32, 32, zeros) for zeros in (0.33, 0.5, 0.7, 0.9)),
    *((32, 64, 0.6), (64, 32, 0.4), (48, 48, 0.5), (48, 48, 0.8)),
    *((64, 64, zeros) for zeros in (0.9, 0.8, 0.7, 0.5, 0.33)),
    *((256, 16, 0.5), (16, 256, 0.5), (128, 32, 0.5), (32, 128, 0.5)),
    *((128, 128, 0.9), (128, 64, 0.7), (64, 128, 0.7), (96, 96, 0.7), (128, 128, 0.8)),
    (256, 128, 0.7),
]

RANDOM = [Random(*shape, seed) for seed, shape in enumerate(_SHAPES)]
"""Thirty, from small to large."""
