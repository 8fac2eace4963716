"""What a network costs before any hardware is chosen."""

from dataclasses import dataclass, fields

import numpy as np

from mulbudget.spn.network import Network
from mulbudget.spn.operators import SumProduct
from mulbudget.spn.ranges import width


@dataclass(frozen=True, kw_only=True)
class Counts:
    """Costs of one sample through a layer or a network.

    Parameters
    ----------
    multiplications : int
        Products: r of each sum-product layer.
    dense_multiplications : int
        Of the same shape with full-precision weights: n_in * n_out.
    additions : int
        Naive: each output of Wb and Wc by its own chain, and the non-zero biases; no sharing.
    non_zeros : int
        Of Wb and Wc.
    bits : int
        Stored: 2 a ternary entry (none where Wc is the identity), and a and bias in as few bits
        as hold all of the layer's.
    """

    multiplications: int = 0
    dense_multiplications: int = 0
    additions: int = 0
    non_zeros: int = 0
    bits: int = 0

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(
            **{
                each.name: getattr(self, each.name) + getattr(other, each.name)
                for each in fields(self)
            }
        )


def layer_counts(layer: SumProduct) -> Counts:
    """Counts of one sum-product layer."""
    per_row = [np.count_nonzero(matrix, axis=1) for matrix in (layer.wb, layer.wc)]
    chains = sum(int(np.maximum(row - 1, 0).sum()) for row in per_row)
    wc_bits = 0 if layer.wc_is_identity else 2 * layer.wc.size
    return Counts(
        multiplications=layer.r,
        dense_multiplications=layer.n_in * layer.n_out,
        additions=chains + int(np.count_nonzero(layer.bias)),
        non_zeros=sum(int(row.sum()) for row in per_row),
        bits=2 * layer.wb.size + wc_bits + _packed_bits(layer.a) + _packed_bits(layer.bias),
    )


def network_counts(network: Network) -> Counts:
    """Counts of all sum-product layers together."""
    layers = (node.operator for node in network.nodes)
    return sum((layer_counts(layer) for layer in layers if isinstance(layer, SumProduct)), Counts())


def _packed_bits(values: np.ndarray) -> int:
    return width(int(values.min()), int(values.max()))[0] * values.size
