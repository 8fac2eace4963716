"""Matrices as sums to read."""

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import numpy.typing as npt


def formulas(matrix: npt.NDArray[Any]) -> Iterator[str]:
    """Each output of an integer matrix as a sum of inputs, like `o0 = 3 i0 - i2`.

    Parameters
    ----------
    matrix : integers, (n_out, n_in)
    """
    for number, row in enumerate(matrix):
        terms = [(int(row[column]), int(column)) for column in np.flatnonzero(row)]
        yield f"o{number} = {_sum(terms)}"


def _sum(terms: Iterable[tuple[int, int]]) -> str:
    text = ""
    for factor, column in terms:
        sign = "-" if factor < 0 else "+"
        product = f"i{column}" if abs(factor) == 1 else f"{abs(factor)} i{column}"
        if text:
            text += f" {sign} {product}"
        else:
            text = f"-{product}" if factor < 0 else product
    return text or "0"
