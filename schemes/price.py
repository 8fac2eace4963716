"""What a scheme costs: the adders of the graphs of its three matrices."""

from mulbudget.hw.adders import optimize
from mulbudget.spn import Scheme


def adders(scheme: Scheme, *, iterations: int) -> tuple[int, int, int]:
    """Of graphs for wa, wb and wc, each searched for so many iterations; see `optimize`."""
    a, b, c = (
        optimize(matrix, iterations=iterations).adders
        for matrix in (scheme.wa, scheme.wb, scheme.wc)
    )
    return a, b, c
