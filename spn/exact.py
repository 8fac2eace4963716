"""Exact products of integer matrices by floating point, where it is exact: far faster."""

import numpy as np
import numpy.typing as npt

from mulbudget.spn.ranges import EXACT_FLOAT, largest

_EXACT_SINGLE = 2**24


def matrix_product(x: npt.NDArray[np.integer], y: npt.NDArray[np.integer]) -> npt.NDArray[np.int64]:
    """x @ y in int64, whose sums must stay below 2**63.

    float32 where 24 bits hold every sum, float64 where 53 do, else integers.
    """
    bound = largest(x) * largest(y) * x.shape[-1]
    if bound >= EXACT_FLOAT:
        return x.astype(np.int64) @ y.astype(np.int64)
    kind = np.float32 if bound < _EXACT_SINGLE else np.float64
    return (x.astype(kind) @ y.astype(kind)).astype(np.int64)
