"""Bilinear algorithms that tests of several folders use."""

import json
from typing import Any

import numpy as np
import numpy.typing as npt

from mulbudget.spn.scheme import Scheme

STRASSEN = Scheme(
    2,
    2,
    2,
    np.array(
        [
            [1, 0, 0, 1],
            [0, 0, 1, 1],
            [1, 0, 0, 0],
            [0, 0, 0, 1],
            [1, 1, 0, 0],
            [-1, 0, 1, 0],
            [0, 1, 0, -1],
        ],
        np.int8,
    ),
    np.array(
        [
            [1, 0, 0, 1],
            [1, 0, 0, 0],
            [0, 1, 0, -1],
            [-1, 0, 1, 0],
            [0, 0, 0, 1],
            [1, 1, 0, 0],
            [0, 0, 1, 1],
        ],
        np.int8,
    ),
    np.array(
        [
            [1, 0, 0, 1, -1, 0, 1],
            [0, 0, 1, 0, 1, 0, 0],
            [0, 1, 0, 1, 0, 0, 0],
            [1, -1, 1, 0, 0, 1, 0],
        ],
        np.int8,
    ),
)
"""Strassen 1969: 2 x 2 matrices with 7 products and 18 additions."""


def product(scheme: Scheme, a: npt.NDArray[np.int64], b: npt.NDArray[np.int64]) -> npt.NDArray:
    """C = A B for matrices (samples, k, m) and (samples, m, n), by the scheme's products."""
    u = a.reshape(len(a), -1) @ scheme.wa.T.astype(np.int64)
    w = b.reshape(len(b), -1) @ scheme.wb.T.astype(np.int64)
    return ((u * w) @ scheme.wc.T.astype(np.int64)).reshape(-1, scheme.k, scheme.n)


def with_dead(scheme: Scheme, zeros: str) -> Scheme:
    """The same with a product more, whose row of wa or wb, or column of wc, has only zeros."""
    wa, wb, wc = (
        np.insert(getattr(scheme, name), 3, name != zeros, axis=name == "wc")
        for name in ("wa", "wb", "wc")
    )
    return Scheme(*scheme.size, wa, wb, wc)


def scheme_line(scheme: Scheme, name: str = "strassen", **change: Any) -> str:
    """As a line of a file of schemes; `change` replaces fields."""
    record = {
        "name": name,
        "shape": [scheme.k, scheme.m, scheme.n],
        "rank": scheme.r,
        "naive_additions": scheme.naive_additions,
        "Wa": scheme.wa.tolist(),
        "Wb": scheme.wb.tolist(),
        "Wc": scheme.wc.tolist(),
    }
    return json.dumps(record | change)
