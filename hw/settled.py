"""The sum-product layer of a node, but for what is settled whatever the sample is."""

from dataclasses import replace
from functools import lru_cache

import numpy as np

from mulbudget.hw.lower import MOST_LAYERS
from mulbudget.spn import Convolution, Network, Node, Range, Requantize, SumProduct, Tensor


def requantization_of(network: Network, node: Node) -> Requantize | None:
    """The requantization that alone takes the result of a sum-product layer."""
    takers = [each.operator for each in network.nodes if node.name in each.inputs]
    if isinstance(node.operator, SumProduct | Convolution) and len(takers) == 1:
        (taker,) = takers
        return taker if isinstance(taker, Requantize) else None
    return None


@lru_cache(maxsize=MOST_LAYERS)
def layer_of(network: Network, node: Node, x: Tensor) -> tuple[SumProduct, Range]:
    """The layer as it is built, and the range of what it takes.

    Its bias has the rounding constant of the requantization that alone takes the result. An output
    of which that makes the same, whatever it is, is a constant: no product is made for it alone.
    """
    match node.operator:
        case SumProduct():
            layer, entering = node.operator, x.range
        case Convolution():
            layer, entering = node.operator.layer, node.operator.window_range(x)
        case _:
            raise RuntimeError(f"operator {node.name} is no sum-product layer; please report this")
    operator = requantization_of(network, node)
    return layer if operator is None else _rounded(layer, entering, operator), entering


def _rounded(layer: SumProduct, x: Range, operator: Requantize) -> SumProduct:
    """Of what a constant output can be it is that nearest to 0."""
    v = layer.stages(x).v
    low, high = ends = np.array([v.low, v.high], np.int64)
    settled = np.equal(*operator.evaluate(ends))
    bias = np.where(settled, np.clip(-operator.rounding, low, high), layer.bias)
    return replace(
        layer,
        wc=np.where(settled[:, None], np.int8(0), layer.wc),
        bias=bias + operator.rounding,
    )
