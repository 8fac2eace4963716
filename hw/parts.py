"""What the logic of a layer is made of, counted before any adder graph is searched for.

All counts are bits, so that those of different layers add up; `estimate` turns them into LUTs and
flip-flops of a family.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import prod

import numpy as np

from mulbudget.hw.adders import multiply_by
from mulbudget.hw.digits import LOGIC_DIGIT, collects
from mulbudget.hw.families import Family
from mulbudget.hw.folding import Folding
from mulbudget.hw.lower import MOST_LAYERS, live_products
from mulbudget.hw.raster import Raster
from mulbudget.hw.streams import Ends
from mulbudget.spn import (
    Add,
    ArgMax,
    Convolution,
    Flatten,
    MaxPool,
    Node,
    Range,
    Requantize,
    SumProduct,
    Tensor,
    width,
)
from mulbudget.spn.scheme import Ternary


@dataclass(frozen=True, kw_only=True)
class Parts:
    """Bits of each kind of logic.

    Parameters
    ----------
    adders : float
        Of adders, a register behind every few of them.
    digits : float
        Of digit-serial adders of a few bits, without their carries.
    chains : float
        Of digit-serial adders of more bits, which have carry chains.
    sums : float
        Of accumulators and what is added to them.
    masks : float
        Of terms that are there or not, or negative.
    moves : float
        Of registers that take one of two values.
    choices : float
        Of choices among many values, each bit that can be chosen.
    gates : float
        Of the same by registers that are zero but in their turn.
    clamps : float
        Of saturations and comparisons.
    registers : float
        Of registers alone.
    tables : float
        Of constants in logic.
    memories : float
        Of memories that are no blocks of RAM: bits of a word, as often as `ram.lut_ram` says.
    stages : float
        Of registers behind adders, where every adder has one; no other part counts these.
    layers : float
        Components with a control of their own.
    """

    adders: float = 0
    digits: float = 0
    chains: float = 0
    sums: float = 0
    masks: float = 0
    moves: float = 0
    choices: float = 0
    gates: float = 0
    clamps: float = 0
    registers: float = 0
    tables: float = 0
    memories: float = 0
    stages: float = 0
    layers: float = 0

    def __add__(self, other: "Parts") -> "Parts":
        its = vars(other)
        return Parts(**{name: mine + its[name] for name, mine in vars(self).items()})


_STAGES = {"parallel": 1.2, "digits": 3.1, "chains": 1.3, "folded": 1.5}
"""Registers for a bit of an adder, those included in which others of later stages wait.

Read off schedules of layers of 24 to 192 outputs; a register behind every n adders are 1 / n of it.
"""


def bits(ends: Ends) -> int:
    """Of values of these ranges together."""
    return sum(width(*each)[0] for each in ends)


def graph_adders(matrix: Ternary) -> float:
    """How many adders the search is likely to leave of a ternary matrix.

    A fit to graphs of random matrices of 4 x 4 to 128 x 128 entries, 10 to 75 % of them other than
    zero: within 7 % for each of 100 adders or more (`python -m bench estimates adders`).
    """
    rows = int(matrix.any(axis=1).sum())
    naive = int(np.count_nonzero(matrix)) - rows
    if naive < 1:
        return 0
    density = np.log(np.count_nonzero(matrix) / matrix.size)
    m, n = np.log(matrix.shape)
    share = np.exp(
        -0.624 - 0.619 * density - 0.064 * m - 0.059 * n - 0.078 * density**2 + 0.011 * density * m
    )
    return float(naive * min(share, 1.0))


@lru_cache(maxsize=MOST_LAYERS)
def word_bits(layer: SumProduct, x: Range) -> int:
    """Of the widest output."""
    return max(width(*ends)[0] for ends in layer.stages(x).v.ends)


@lru_cache(maxsize=MOST_LAYERS)
def _adder_count(layer: SumProduct, x: Range) -> float:
    """Adders of a layer whose products are shift-and-add, biases included."""
    live = live_products(layer, x)
    products = sum(multiply_by(int(layer.a[each])).adders for each in live)
    sums = graph_adders(layer.wb[live]) + graph_adders(layer.wc[:, live]) if live else 0
    return sums + products + _offsets(layer)


def _offsets(layer: SumProduct) -> int:
    """Outputs that are no constants and have a bias."""
    return int(np.count_nonzero(layer.bias[layer.wc.any(axis=1)]))


def parallel_parts(layer: SumProduct, x: Range, dsp: Collection[int]) -> Parts:
    """Of the parallel style, where these products are in multipliers."""
    live = live_products(layer, x)
    if not live:
        return Parts(layers=1)
    sums, products = _adder_bits(layer, x)
    adders = sums + sum(size for product, size in products.items() if product not in dsp)
    return Parts(
        adders=adders,
        stages=_STAGES["parallel"] * adders,
        registers=bits(x.ends),
        layers=1,
    )


@lru_cache(maxsize=MOST_LAYERS)
def _adder_bits(layer: SumProduct, x: Range) -> tuple[float, Mapping[int, float]]:
    """Of a layer with live products: those of its sums and biases, and of each product."""
    live, stages = live_products(layer, x), layer.stages(x)
    u, z, v = (bits(each.ends) / each.channels for each in (stages.u, stages.z, stages.v))
    entering = bits(x.ends) / x.channels + 1
    sums = (
        graph_adders(layer.wb[live]) * (entering + u) / 2
        + graph_adders(layer.wc[:, live]) * (z + v) / 2
        + _offsets(layer) * v
    )
    return sums, {
        each: multiply_by(int(layer.a[each])).adders * width(*stages.z.ends[each])[0]
        for each in live
    }


def serial_parts(layer: SumProduct, x: Range, digit: int, interval: int, family: Family) -> Parts:
    """Of the serial style."""
    live = live_products(layer, x)
    low, high = (np.array(side)[layer.wb[live].any(axis=0)].tolist() for side in (x.low, x.high))
    ends = list(zip(low, high, strict=True))
    taken, count = bits(ends), _adder_count(layer, x)
    long = digit > LOGIC_DIGIT
    adders = count * (digit + 2 if long else digit)
    gated = collects(digit, family)
    return Parts(
        digits=0 if long else adders,
        chains=adders if long else 0,
        stages=_STAGES["chains" if long else "digits"] * adders,
        choices=0 if gated else sum(max(width(*each)[0] - digit, 0) for each in ends),
        gates=taken if gated else 0,
        registers=bits(layer.stages(x).v.ends),
        layers=1 + interval / 16,
    )


def folded_parts(folding: Folding, family: Family) -> Parts:
    """Of the folded style, whatever collects its result apart."""
    lanes = bits(folding.taken)
    rows, sums = len(folding.rows), bits(folding.u)
    tree = sum(width(*each)[0] for each in folding.taken[1:]) + len(folding.taken) - 1
    z, given = width(*folding.z)[0], bits(folding.given)
    heads = bits(folding.u[: folding.multipliers])
    spread = 0 if folding.wc is None else len(folding.ends) * folding.multipliers
    choices = 0
    if folding.held and len(folding.groups) > 1:
        choices = sum(
            int((folding.groups[:, lane] >= 0).sum()) * width(*ends)[0]
            for lane, ends in enumerate(folding.taken)
        )
    masked = [width(*each)[0] + 1 for each in folding.taken]
    merged = family.carry_cell is not None  # then an adder has the mask of one of its terms
    if merged:
        masked = masked[::2] if len(masked) > 1 else []
    in_logic = (folding.multipliers - folding.dsp) * heads / max(folding.multipliers, 1)
    factor = max(int(abs(folding.factors).max()).bit_length(), 1)
    return Parts(
        sums=sums
        + rows * tree
        + (bits(folding.ends) * folding.multipliers if spread else given)
        + in_logic * factor,
        masks=rows * sum(masked) + (0 if merged else spread * z),
        moves=sums,
        stages=_STAGES["folded"] * rows * tree,
        choices=choices,
        registers=lanes + heads + given,
        layers=2,
    )


def plain_parts(node: Node, xs: Sequence[Tensor], lanes: Ends) -> Parts:
    """Of an operator without products, on beats of these ranges."""
    operator, x = node.operator, xs[0]
    match operator:
        case Requantize():
            out = [operator.output(Tensor((1,), 0, Range((low,), (high,)))) for low, high in lanes]
            kept = sum(width(*each.range.ends[0])[0] for each in out)
            over = sum(max(width(*each)[0] - operator.shift, 0) for each in lanes)
            return Parts(clamps=kept + max(over - kept, 0) / 3, registers=kept, layers=1)
        case ArgMax():
            value, index = bits(lanes) / len(lanes), (len(lanes) - 1).bit_length()
            return Parts(clamps=(len(lanes) - 1) * (1.5 * value + index), layers=1)
        case MaxPool():
            entries = operator.geometry.entries
            window = window_parts(x, Raster.of(x.shape[1:], operator.geometry))
            return window + Parts(clamps=(entries - 1) * bits(lanes) * 1.5, layers=1)
        case Add():
            return Parts(adders=bits(lanes) + len(lanes), registers=2 * bits(lanes), layers=3)
        case Flatten():
            return Parts(registers=bits(x.entries.ends), layers=1 + prod(x.shape[1:]) / 8)
        case _:
            return Parts(registers=bits(lanes), layers=1)


def window_parts(x: Tensor, raster: Raster) -> Parts:
    """Of the windows of an image."""
    kept = bits(x.range.ends) * prod(raster.geometry.window)
    return Parts(registers=kept, choices=bits(x.range.ends), layers=3)


def image_parts(node: Node, x: Tensor, output: Tensor) -> Parts:
    """What a convolution has around its sum-product layer: windows, and the order of patches."""
    if not isinstance(node.operator, Convolution):
        return Parts()
    raster = Raster.of(x.shape[1:], node.operator.geometry)
    made = window_parts(x, raster)
    patch = prod(node.operator.geometry.patch)
    if patch > 1:
        made += Parts(choices=bits(output.range.ends) * patch, layers=3)
    return made
