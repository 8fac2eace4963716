"""Who has the hardware multipliers."""

from collections.abc import Mapping
from dataclasses import dataclass

from mulbudget.hw.folding import row_count
from mulbudget.hw.lower import shift_add_costs
from mulbudget.hw.settled import layer_of
from mulbudget.hw.styles import Folded, Parallel, Style, styled
from mulbudget.spn import Convolution, Network, Node, Range, SumProduct


@dataclass(frozen=True)
class Share:
    """What a layer has of the hardware multipliers.

    Parameters
    ----------
    products : frozenset of int
        The products of a parallel layer that have one each.
    shared : int
        The multipliers of a folded layer.
    """

    products: frozenset[int] = frozenset()
    shared: int = 0


def share(network: Network, dsp: int | None, styles: Mapping[str, Style]) -> dict[str, Share]:
    """The share of each sum-product layer.

    Folded layers come first, then the products that cost most as shift-and-add. Products of serial
    layers are shift-and-add.

    Parameters
    ----------
    network : Network
    dsp : int or None
        Hardware multipliers, at most; as many as can be used for None.
    styles : mapping
        Of sum-product layers, by name; parallel for those that are not in it.
    """
    left, ranked, shares = dsp, [], {}
    for node in styled(network):
        layer, x = layer_of(network, node, network.tensors[node.input])
        match styles.get(node.name, Parallel()):
            case Folded(multipliers=most):
                wanted = min(most, row_count(layer, x))
                taken = wanted if left is None else min(wanted, left)
                left = None if left is None else left - taken
                shares[node.name] = Share(shared=taken)
            case Parallel():
                ranked += [
                    (-cost, len(ranked) + number, node.name, product)
                    for number, (product, cost) in enumerate(_costs(node, layer, x))
                ]
    chosen: dict[str, set[int]] = {}
    for _, _, name, product in sorted(ranked)[:left]:
        chosen.setdefault(name, set()).add(product)
    return shares | {name: Share(products=frozenset(each)) for name, each in chosen.items()}


def _costs(node: Node, layer: SumProduct, x: Range) -> list[tuple[int, int]]:
    """Products that a multiplier is of use for, with what they cost without."""
    averages = isinstance(node.operator, Convolution) and node.operator.averages
    # A mean of 2, 4, 8 … entries is a matter of wires.
    return [pair for pair in shift_add_costs(layer, x).items() if pair[1] or not averages]
