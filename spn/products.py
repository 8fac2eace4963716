"""Networks that multiply matrices."""

from collections.abc import Mapping
from typing import Any

from mulbudget.spn.bilinear import Bilinear
from mulbudget.spn.errors import UserError
from mulbudget.spn.network import Network, Node
from mulbudget.spn.operators import Tensor
from mulbudget.spn.ranges import Range
from mulbudget.spn.scheme import Scheme, nest, standard

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
    end = 1 << bits - 1
    operator = Bilinear(scheme, size or scheme.size)
    return _network(operator, name, 0, (-end, end - 1), (-end, end - 1), provenance or {})


def tiled(network: Network, size: tuple[int, int, int], *, name: str) -> Network:
    """The product of matrices of another size, by the same blocks as that of `network`.

    Every entry of A may be what any of them may be in `network`, and every entry of B alike.

    Raises
    ------
    UserError
        When `network` is no product of matrices, or a size is not positive or too large.
    """
    operator = Bilinear(find_product(network).scheme, size)
    return _like(network, operator, name, {"tiles": network.name, **network.provenance})


def nested(outer: Network, inner: Network, *, name: str) -> Network:
    """The product by the scheme of `outer` of blocks, whose products are by that of `inner`.

    Entries are those of `inner`.

    Raises
    ------
    UserError
        When one of the two is no product of matrices, or the two are too large together.
    """
    scheme = nest(find_product(outer).scheme, find_product(inner).scheme)
    operator = Bilinear(scheme, scheme.size)
    origin = {each: dict(of.provenance) for each, of in (("outer", outer), ("inner", inner))}
    return _like(inner, operator, name, origin)


def with_standard_scheme(network: Network, *, name: str) -> Network:
    """The same product with k * m * n products for each pair of blocks: what to compare with.

    Raises
    ------
    UserError
        When `network` is no product of matrices.
    """
    product = find_product(network)
    operator = Bilinear(standard(*product.scheme.size), product.size)
    return Network(name, network.input, [Node("product", operator, Network.INPUT)])


def _like(
    network: Network, operator: Bilinear, name: str, provenance: Mapping[str, Any]
) -> Network:
    """A product of matrices with entries as those of `network`."""
    cut, x = find_product(network).a_entries, network.input.range
    a, b = ((min(x.low[part]), max(x.high[part])) for part in (slice(cut), slice(cut, None)))
    return _network(operator, name, network.input.fraction, a, b, provenance)


def _network(
    operator: Bilinear,
    name: str,
    fraction: int,
    a: tuple[int, int],
    b: tuple[int, int],
    provenance: Mapping[str, Any],
) -> Network:
    ends = [a] * operator.a_entries + [b] * (operator.n_in - operator.a_entries)
    low, high = zip(*ends, strict=True)
    x = Tensor((operator.n_in,), fraction, Range(low, high))
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
