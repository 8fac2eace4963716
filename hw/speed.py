"""How fast a clock a network is likely to reach, said before synthesis."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import msgspec
import numpy as np

from mulbudget.hw.adders import multiply_by
from mulbudget.hw.estimate import Piece
from mulbudget.hw.families import Family
from mulbudget.hw.lower import live_products
from mulbudget.hw.settled import layer_of
from mulbudget.hw.styles import Folded, Parallel, Serial
from mulbudget.spn import (
    Add,
    ArgMax,
    Convolution,
    MaxPool,
    Network,
    Range,
    Requantize,
    SumProduct,
    width,
)
from mulbudget.spn.scheme import Ternary

_DATA = Path(__file__).parent / "fmax.json"

_LINK_HOPS = 5
"""Steps of the handshake in the link, of as much delay as those in layers."""


class Delays(msgspec.Struct, frozen=True):
    """In nanoseconds, on a family.

    Parameters
    ----------
    base : float
        Of a register and the way to the next.
    level : float
        Of an adder behind another, with its wires.
    bit : float
        Of a bit of its carry chain.
    hop : float
        Of a layer that `ready` passes, since it comes from behind through all of them.
    """

    base: float
    level: float
    bit: float
    hop: float


@cache
def delays() -> Mapping[str, Delays]:
    """By family; `python -m bench estimates fit` makes the file."""
    return msgspec.json.decode(_DATA.read_bytes(), type=dict[str, Delays])


@dataclass(frozen=True)
class Chain:
    """Logic between two registers: so many adders, of so many bits.

    Select and compare count as adders, as they do where registers are placed.
    """

    levels: int
    bits: int

    def period_ns(self, family: Delays) -> float:
        """From register to register."""
        return family.base + self.levels * (family.level + self.bits * family.bit)


def fmax_mhz(piece: Piece, network: Network, family: Family, levels_per_stage: int) -> float:
    """Of a layer by itself, with a register behind every so many adders."""
    chain = chain_of(piece, network, levels_per_stage)
    return 1000 / chain.period_ns(delays()[family.name])


def network_fmax_mhz(
    pieces: Sequence[Piece], network: Network, family: Family, levels_per_stage: int
) -> float:
    """Of all layers and the link."""
    chains = [chain_of(piece, network, levels_per_stage) for piece in pieces]
    return 1000 / period_ns(chains, delays()[family.name])


def period_ns(chains: Sequence[Chain], family: Delays) -> float:
    """The slowest layer's, or that of the handshake through all of them and the link."""
    handshake = family.base + (len(chains) + _LINK_HOPS) * family.hop
    return max(handshake, *(chain.period_ns(family) for chain in chains))


def chain_of(piece: Piece, network: Network, levels_per_stage: int) -> Chain:
    """The longest chain of adders in a layer between two registers."""
    node = piece.node
    x, output = network.tensors[node.input], network.tensors[node.name]
    widest = max(_bits(x.range), _bits(output.range))
    match node.operator:
        case SumProduct() | Convolution():
            layer, entering = layer_of(network, node, x)
            depth, bits = _sum_product(piece, layer, entering)
        case ArgMax():
            depth, bits = 2 * _rounds(len(x.range.ends)), _bits(x.range)
        case MaxPool():
            depth, bits = 2 * _rounds(node.operator.geometry.entries), _bits(x.range)
        case Requantize() | Add():
            depth, bits = 2, widest
        case _:
            depth, bits = 1, widest
    return Chain(min(levels_per_stage, max(depth, 1)), bits)


def _sum_product(piece: Piece, layer: SumProduct, x: Range) -> tuple[int, int]:
    """Adders on the longest way without a register that must be there, and the widest of them."""
    stages = layer.stages(x)
    live = live_products(layer, x)
    if not live:
        return 1, 1
    u, v = _bits(stages.u), _bits(stages.v)
    longest = max(multiply_by(int(layer.a[each])).depth for each in live)
    match piece.style:
        case Folded(lanes=lanes):
            # Registers stand between the tree of the lanes, the accumulators and the products.
            factor = 0 if piece.dsp else longest
            return max(_rounds(lanes), factor, 1), max(u, v)
        case Serial(digit):
            return _depth(layer.wb[live]) + longest + _depth(layer.wc[:, live]) + 1, digit
        case Parallel():
            into, out = _depth(layer.wb[live]), _depth(layer.wc[:, live]) + bool(layer.bias.any())
            if piece.dsp >= len(live):
                return max(into, out), max(u, v)
            return into + longest + out, max(u, v)


def _depth(matrix: Ternary) -> int:
    """Of the adder graph of a matrix, which is at most one adder deeper than need be."""
    most = int(np.count_nonzero(matrix, axis=1).max())
    return 1 + _rounds(most) if most > 1 else 0


def _rounds(count: int) -> int:
    """Of a tournament, or a tree of additions."""
    return (count - 1).bit_length()


def _bits(values: Range) -> int:
    return max(width(*ends)[0] for ends in values.ends)
