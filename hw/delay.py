"""How many clocks a layer adds to a network's latency, about, before an adder graph is made.

A result comes when the last of its sample has passed all layers. So of a layer of images that is
what it does behind the last pixel; the clocks of all pixels are those of the network's interval,
and so is all that the first layer does to them. A vector counts from when it is taken, which a
serial layer does with its last digit.
"""

from functools import lru_cache

import numpy as np

from mulbudget.hw.adders import least_depth, multiply_by
from mulbudget.hw.budget import Share
from mulbudget.hw.families import Family
from mulbudget.hw.folding import row_count
from mulbudget.hw.lower import MOST_LAYERS, live_products
from mulbudget.hw.lowering import product_registers
from mulbudget.hw.parts import word_bits
from mulbudget.hw.raster import Raster
from mulbudget.hw.settled import layer_of
from mulbudget.hw.styles import Folded, Parallel, Serial, Style
from mulbudget.spn import (
    Add,
    ArgMax,
    Convolution,
    Geometry,
    MaxPool,
    Network,
    Node,
    Range,
    SumProduct,
)

_FOLDED = 6
"""Registers of a folded layer, from a group to the sums and from a step to the result."""


def layer_delay(
    network: Network,
    node: Node,
    style: Style,
    share: Share,
    family: Family,
    levels: int,
    *,
    gives: bool = False,
) -> int:
    """Clocks of a sum-product layer.

    Parameters
    ----------
    network : Network
    node : Node
    style : Style
    share : Share
        Of the multipliers.
    family : Family
    levels : int
        Adders between registers.
    gives : bool
        Whether the one behind takes its result in blocks: that counts their clocks.
    """
    layer, x = layer_of(network, node, network.tensors[node.input])
    first = node.input == network.INPUT
    match style:
        case Parallel():
            core, pipe = 0, _parallel(layer, x, share.products, levels, product_registers(family))
        case Serial(digit):
            core = 0 if first else -(-word_bits(layer, x) // digit)
            pipe = _parallel(layer, x, frozenset(), levels, 0) + 1
        case Folded(lanes, multipliers):
            steps = 0 if gives else -(-row_count(layer, x) // multipliers)
            core = -(-layer.n_in // lanes) + steps
            pipe = _FOLDED + -(-lanes.bit_length() // levels)
    if isinstance(node.operator, Convolution):
        core = _walk(network, node, node.operator.geometry, max(core, 1))
    return core + max(pipe, 1)


def plain_delay(network: Network, node: Node, levels: int) -> int:
    """Clocks of an operator without products."""
    match node.operator:
        case ArgMax():
            players = network.tensors[node.input].shape[0]
            return max(-(-2 * (players - 1).bit_length() // levels), 1)
        case MaxPool(geometry):
            rounds = 2 * (geometry.entries - 1).bit_length()
            return _walk(network, node, geometry, 1) + max(-(-rounds // levels), 1)
        case Add():
            return 2
        case _:
            return 1


def _parallel(layer: SumProduct, x: Range, dsp: frozenset[int], levels: int, registers: int) -> int:
    """Stages of a pipeline, where these products pass so many registers in a multiplier."""
    before, product, behind = _depths(layer, x, dsp)
    through = -(-(before + product + behind) // levels)
    if not dsp:
        return through
    # The adders before a multiplier end at its first register.
    return max(through, max(-(-before // levels) - 1, 0) + registers + -(-behind // levels))


@lru_cache(maxsize=16 * MOST_LAYERS)
def _depths(layer: SumProduct, x: Range, dsp: frozenset[int]) -> tuple[int, int, int]:
    """Adders on the longest way before the products, in those of logic, and behind them, about.

    Graphs are as shallow as can be, or one adder deeper.
    """
    live = live_products(layer, x)
    if not live:
        return 0, 0, 0
    logic = [multiply_by(int(layer.a[each])).depth for each in live if each not in dsp]
    before, behind = (
        depth + (depth > 1)
        for depth in (least_depth(layer.wb[live]), least_depth(layer.wc[:, live]))
    )
    return before, max(logic, default=0), behind + bool(layer.bias.any())


def _walk(network: Network, node: Node, geometry: Geometry, core: int) -> int:
    """Clocks of windows behind the last pixel, each of so many; none of the first layer's."""
    if node.input == network.INPUT:
        return 0
    pixels, windows = _behind_the_last_pixel(network.tensors[node.input].shape[1:], geometry)
    return pixels + windows * (core - 1)


@lru_cache(maxsize=MOST_LAYERS)
def _behind_the_last_pixel(image: tuple[int, ...], geometry: Geometry) -> tuple[int, int]:
    """Pixels of the walk from the last one of an image on, and windows that end there."""
    raster = Raster.of(image, geometry)
    last = int(np.flatnonzero(raster.inside())[-1])
    return raster.clocks - last, int(raster.complete()[last:].sum())
