"""Networks that multiply matrices."""

from collections.abc import Mapping
from typing import Any

from mulbudget.spn.bilinear import Bilinear
from mulbudget.spn.errors import UserError
from mulbudget.spn.network import Network, Node
from mulbudget.spn.operators import Tensor
from mulbudget.spn.ranges import Range
from mulbudget.spn.scheme import Scheme

_MOST_BITS = 31


def product_network(
    scheme: Scheme,
    *,
    name: str,
    bits: int = 8,
    size: tuple[int, int, int] | None = None,
    provenance: Mapping[str, Any] | None = None,
) -> Network:
    """The network that multiplies two matrices of signed integers by a scheme.

    Parameters
    ----------
    scheme : Scheme
    name : str
        Of the network.
    bits : int
        Of the entries of both matrices, with the sign; 2 to 31.
    size : tuple of three int, optional
        Rows of A, columns of A and rows of B, columns of B; those of the scheme by default.
    provenance : mapping, optional

    Raises
    ------
    UserError
        When `bits` or a size is out of its range, or `name` is no name of a network.
    """
    if not 2 <= bits <= _MOST_BITS:
        raise UserError(f"entries of {bits} bits are not possible: use 2 to {_MOST_BITS}")
    operator = Bilinear(scheme, size or (scheme.k, scheme.m, scheme.n))
    end = 1 << bits - 1
    x = Tensor((operator.n_in,), 0, Range.uniform(-end, end - 1, operator.n_in))
    return Network(name, x, [Node("product", operator, Network.INPUT)], provenance)


def find_product(network: Network) -> Bilinear:
    """The operator of a network that multiplies two matrices and does nothing else.

    Raises
    ------
    UserError
        When the network is another one.
    """
    operator = network.nodes[0].operator
    if len(network.nodes) != 1 or not isinstance(operator, Bilinear):
        raise UserError(
            f"network {network.name} is no product of two matrices alone: it has "
            f"{', '.join(node.operator.kind for node in network.nodes)}"
        )
    return operator
