"""The matrices that adder graphs are measured on."""

import gzip
import json
import os
import sys
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from mulbudget.cli.matrix import read_matrix

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
        return (draws < ones).astype(np.int64) - (draws >= 1 - ones)

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


class Scheme(NamedTuple):
    """An exact ternary scheme of matrix multiplication, whose three parts are graphs apart."""

    name: str
    published: int
    parts: tuple[Matrix, Matrix, Matrix]


class Layer(NamedTuple):
    """A trained ternary convolution of CIFAR-10."""

    name: str
    published: int
    matrix: Matrix


def schemes() -> list[Scheme]:
    """All there are, with the additions after the best published reduction."""
    with gzip.open(_folder() / "schemes.jsonl.gz", "rt") as file:
        read = map(json.loads, file)
        return [
            Scheme(
                each["name"],
                each["published_additions"],
                (_matrix(each["Wa"]), _matrix(each["Wb"]), _matrix(each["Wc"])),
            )
            for each in read
        ]


def trained() -> list[Layer]:
    """Two layers, with the adders that were published for them."""
    return [_layer("cifar10-twn-conv1", 295), _layer("cifar10-twn-conv3", 8492)]


def _layer(name: str, published: int) -> Layer:
    columns_are_outputs = read_matrix(_folder() / f"{name}.csv.gz")
    return Layer(name, published, np.ascontiguousarray(columns_are_outputs.T, dtype=np.int64))


def _matrix(rows: list[list[int]]) -> Matrix:
    return np.array(rows, dtype=np.int64)


def _folder() -> Path:
    """In MULBUDGET_DATA, else in ../shared/data beside the checkout."""
    named = os.environ.get("MULBUDGET_DATA")
    data = Path(named) if named else Path(__file__).parents[2] / "shared" / "data"
    if not (data / "matrices").is_dir():
        sys.exit(f"there is no {data / 'matrices'}: set MULBUDGET_DATA to the folder that holds it")
    return data / "matrices"
