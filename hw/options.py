"""The ways in which each sum-product layer can be built, and what each of them takes."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from mulbudget.hw.budget import Share
from mulbudget.hw.checks import check_digit
from mulbudget.hw.cuts import in_blocks
from mulbudget.hw.delay import layer_delay
from mulbudget.hw.estimate import Need, need_of, piece_of
from mulbudget.hw.families import Family
from mulbudget.hw.folding import row_count
from mulbudget.hw.lower import shift_add_costs
from mulbudget.hw.parts import Parts, bits, plain_parts, word_bits
from mulbudget.hw.settled import layer_of
from mulbudget.hw.streams import Port, cut_port, tensor_port
from mulbudget.hw.styles import Folded, Parallel, Serial, Style, styled
from mulbudget.spn import (
    Convolution,
    Flatten,
    Network,
    Node,
    Range,
    Requantize,
    SumProduct,
    UserError,
)

_LANES = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64)
_DIGITS = (1, 2, 3, 4, 6, 8)


@dataclass(frozen=True, kw_only=True)
class Option:
    """A way to build a layer.

    Parameters
    ----------
    style : Style
    need : Need
        With the requantization behind it, whose width depends on the style.
    delay : int
        Clocks that it adds to the latency, about.
    takes : int
        Entries of a block that a folded layer takes behind another one; 0 of other layers.
    gives : int
        Entries of a block that a folded layer gives, so that the one behind must take as many; 0
        where it gives all at once.
    collects : bool
        Whether it could give blocks and does not, so that the one behind must not be folded.
    """

    style: Style
    need: Need
    delay: int
    takes: int = 0
    gives: int = 0
    collects: bool = False


def options(
    network: Network, node: Node, family: Family, dsp: int, fixed: Style | None, levels: int
) -> list[Option]:
    """Those of a sum-product layer, none worse than another in every respect.

    Parameters
    ----------
    network : Network
    node : Node
    family : Family
    dsp : int
        Multipliers of the device.
    fixed : Style, optional
        The one that it has to be.
    levels : int
        Adders between registers, at most.

    Raises
    ------
    UserError
        When a digit of the fixed style is longer than the layer's words.
    """
    layer, x = layer_of(network, node, network.tensors[node.input])
    try:
        check_digit(fixed or Parallel(), word_bits(layer, x))
    except UserError as error:
        raise UserError(f"layer {node.name}: {error}") from error
    found: list[Option] = []
    cut = node.name in in_blocks(network, {each.name: Folded() for each in styled(network)})
    if fixed is None or isinstance(fixed, Parallel):
        found += _parallel(network, node, layer, x, family, dsp, levels)
    for style in [fixed] if fixed is not None else _styles(network, node, layer, x):
        match style:
            case Serial():
                found.append(_option(network, node, style, Share(), family, levels))
            case Folded():
                found += _folded(network, node, style, family, dsp, levels, cut=cut)
            case Parallel():
                pass
    return _best(found)


def _styles(network: Network, node: Node, layer: SumProduct, x: Range) -> Iterator[Style]:
    words, rows = word_bits(layer, x), row_count(layer, x)
    yield from (Serial(digit) for digit in _DIGITS if digit <= words)
    flat = pixels(network, node)
    for lanes in (len(flat.ends),) if flat is not None else _LANES:
        groups = flat.beats if flat is not None else -(-layer.n_in // lanes)
        if groups < 2:
            return
        balanced = -(-rows // max(groups - 1, 1))
        yield from (Folded(lanes, multipliers) for multipliers in sorted({1, balanced}))


def pixels(network: Network, node: Node) -> Port | None:
    """The stream of pixels that a dense layer can take instead of a vector."""
    made = {each.name: each for each in network.nodes}
    before = made.get(node.input)
    if before is None or not isinstance(before.operator, Flatten):
        return None
    return tensor_port("i", network.tensors[before.input])


def _parallel(
    network: Network, node: Node, layer: SumProduct, x: Range, family: Family, dsp: int, levels: int
) -> list[Option]:
    """With no product in a multiplier, with some and with all.

    All have the delay of the last: multipliers that nothing else needs are taken in any case.
    """
    costs = shift_add_costs(layer, x)
    ranked = sorted(costs, key=lambda product: -costs[product])
    counts = sorted({0, *(min(len(ranked), dsp) * part // 4 for part in (1, 2, 3, 4))})
    found = [
        _option(
            network, node, Parallel(), Share(products=frozenset(ranked[:count])), family, levels
        )
        for count in counts
    ]
    return [replace(each, delay=found[-1].delay) for each in found]


def _folded(
    network: Network, node: Node, style: Folded, family: Family, dsp: int, levels: int, *, cut: bool
) -> Iterator[Option]:
    """With multipliers in DSP blocks and without; all at once, and in blocks where `cut`."""
    for shared in sorted({0, min(style.multipliers, dsp)}):
        whole = _option(network, node, style, Share(shared=shared), family, levels)
        if not cut:
            yield whole
            continue
        parts = _option(network, node, style, Share(shared=shared), family, levels, cut=True)
        yield replace(whole, collects=parts.gives > 0)
        if parts.gives:
            yield parts


def _option(
    network: Network,
    node: Node,
    style: Style,
    share: Share,
    family: Family,
    levels: int,
    *,
    cut: bool = False,
) -> Option:
    x = network.tensors[node.input]
    taken, takes = tensor_port("i", x), 0
    if isinstance(style, Folded) and isinstance(node.operator, SumProduct):
        stream = pixels(network, node)
        if stream is not None:
            taken = stream
        elif node.input == network.INPUT:
            block = min(style.lanes, x.shape[0])
            taken = cut_port("i", x.shape, (block,), x.range.ends)
        else:
            takes = style.lanes
    piece, given = piece_of(network, node, style, share, family, taken=taken, cut=cut)
    need, gives = piece.need(family, levels), 0
    if isinstance(style, Folded) and cut and given.beats > 1:
        gives = given.block[0]
    if node.input == network.INPUT and len(x.shape) == 1 and taken.beats == 1:
        need += need_of(Parts(registers=bits(x.range.ends)), family)
    for taker in network.nodes:
        if taker.input == node.name and isinstance(taker.operator, Requantize):
            parts = plain_parts(taker, [network.tensors[node.name]], given.ends)
            need += replace(need_of(parts, family), interval=1)
    delay = layer_delay(network, node, style, share, family, levels, gives=gives > 0)
    return Option(style=style, need=need, delay=delay, takes=takes, gives=gives)


def _best(found: list[Option]) -> list[Option]:
    """Those that no other one beats in every respect."""

    def figures(option: Option) -> tuple[float, ...]:
        need = option.need
        return (need.interval, need.lut, need.ff, need.dsp, need.bram, need.carry, option.delay)

    kept: list[Option] = []
    for option in sorted(found, key=figures):
        mine = figures(option)
        beaten = any(
            all(a <= b for a, b in zip(figures(other), mine, strict=True))
            and _neighbours(other) == _neighbours(option)
            for other in kept
        )
        if not beaten:
            kept.append(option)
    return kept


def _neighbours(option: Option) -> tuple[int, int, bool]:
    return option.takes, option.gives, option.collects


def is_plain(network: Network, node: Node) -> bool:
    """Whether a layer's cost is counted apart: not a requantization that an option brings along."""
    made: Mapping[str, Node] = {each.name: each for each in network.nodes}
    before = made.get(node.input)
    return not (
        isinstance(node.operator, Requantize)
        and before is not None
        and isinstance(before.operator, SumProduct | Convolution)
    )
