"""A scheme as an algorithm that can be read."""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from mulbudget.spn import Scheme


def algorithm(scheme: Scheme) -> Iterator[str]:
    """Lines like "m1 = (a11 + a22) (b11 + b22)", then lines like "c11 = m1 + m4 - m5 + m7".

    Entries have the names that `Scheme.entries` gives.
    """
    a, b, c = scheme.entries
    products = [f"m{number}" for number in range(1, scheme.r + 1)]
    for name, row_a, row_b in zip(products, scheme.wa, scheme.wb, strict=True):
        yield f"{name} = {_factor(row_a, a)} {_factor(row_b, b)}"
    for name, row in zip(c, scheme.wc, strict=True):
        yield f"{name} = {_sum(row, products)}"


def _factor(row: npt.NDArray[np.int8], names: list[str]) -> str:
    text = _sum(row, names)
    return text if text in names else f"({text})"


def _sum(row: npt.NDArray[np.int8], names: list[str]) -> str:
    terms = [f"{'-' if row[i] < 0 else '+'} {names[i]}" for i in np.flatnonzero(row)]
    if not terms:
        return "0"
    first = terms[0].removeprefix("+ ").replace("- ", "-")
    return " ".join([first, *terms[1:]])
