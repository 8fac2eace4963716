"""Which vectors travel in blocks, a few entries a beat, because folded layers take them so."""

from collections.abc import Mapping

from mulbudget.hw.streams import Port, cut_port, input_ports
from mulbudget.hw.styles import Folded, Parallel, Style
from mulbudget.spn import Flatten, Network, Node, Requantize, SumProduct


def in_blocks(network: Network, styles: Mapping[str, Style]) -> set[str]:
    """The vectors that all who take them take in blocks.

    Those are dense layers of the folded style, and requantizations whose result is alike.
    """
    cut: set[str] = set()
    for name in reversed([network.INPUT, *(node.name for node in network.nodes)]):
        takers = [node for node in network.nodes if name in node.inputs]
        vector = len(network.tensors[name].shape) == 1
        if vector and takers and all(_takes_blocks(node, styles, cut) for node in takers):
            cut.add(name)
    made = {node.name: node for node in network.nodes}
    for name, node in made.items():
        if name in cut and not _makes_blocks(node, styles, cut):
            cut.remove(name)
    return cut


def _takes_blocks(node: Node, styles: Mapping[str, Style], cut: set[str]) -> bool:
    match node.operator:
        case SumProduct():
            return isinstance(styles.get(node.name), Folded)
        case Requantize():
            return node.name in cut
        case _:
            return False


def _makes_blocks(node: Node, styles: Mapping[str, Style], cut: set[str]) -> bool:
    """Whether a layer's result can come in blocks; those before it are decided."""
    match node.operator:
        case SumProduct():
            return isinstance(styles.get(node.name), Folded)
        case Requantize():
            return node.input in cut
        case Flatten():
            return True
        case _:
            return False


def input_streams(network: Network, styles: Mapping[str, Style], cut: set[str]) -> tuple[Port, ...]:
    """The streams of a network's input: blocks of as many entries as its first layers take."""
    name, x = network.INPUT, network.input
    lanes = {
        style.lanes if isinstance(style, Folded) else 0
        for style in (
            styles.get(node.name, Parallel()) for node in network.nodes if name in node.inputs
        )
    }
    if name in cut and len(lanes) == 1 and 0 not in lanes:
        block = (min(*lanes, x.shape[0]),)
        return (cut_port("i", x.shape, block, x.range.ends),)
    return tuple(input_ports(network))
