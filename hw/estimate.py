"""What a network takes of a device, said before synthesis."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from math import prod
from pathlib import Path

import msgspec

from mulbudget.hw.budget import Share, share
from mulbudget.hw.cuts import in_blocks, input_streams
from mulbudget.hw.families import Family
from mulbudget.hw.folding import fold
from mulbudget.hw.lower import MOST_LAYERS
from mulbudget.hw.parts import (
    Parts,
    bits,
    folded_parts,
    image_parts,
    parallel_parts,
    plain_parts,
    serial_parts,
    word_bits,
)
from mulbudget.hw.ram import lut_ram, ram_blocks
from mulbudget.hw.raster import Raster
from mulbudget.hw.settled import layer_of
from mulbudget.hw.streams import Port, output_port, places, tensor_port
from mulbudget.hw.styles import Folded, Parallel, Serial, Style
from mulbudget.hw.tables import ternary_bits
from mulbudget.spn import (
    Bilinear,
    Convolution,
    Flatten,
    MaxPool,
    Network,
    Node,
    Range,
    SumProduct,
    UserError,
    width,
)

Shape = tuple[int, ...]

_DATA = Path(__file__).parent / "utilisation.json"


@dataclass(frozen=True, kw_only=True)
class Need:
    """What a layer, or all of them, takes.

    Parameters
    ----------
    lut, ff, dsp, bram : float
        As `boards.catalogue.Capacity` counts them; an estimate of the first two.
    carry : float
        The LUTs that are in carry chains.
    interval : int
        Clocks from sample to sample.
    """

    lut: float = 0
    ff: float = 0
    dsp: int = 0
    bram: int = 0
    carry: float = 0
    interval: int = 1

    def __add__(self, other: "Need") -> "Need":
        return Need(
            lut=self.lut + other.lut,
            ff=self.ff + other.ff,
            dsp=self.dsp + other.dsp,
            bram=self.bram + other.bram,
            carry=self.carry + other.carry,
            interval=max(self.interval, other.interval),
        )


class Fit(msgspec.Struct, frozen=True):
    """LUTs and flip-flops for each bit of each of `Parts`, of the cells of a family."""

    lut: dict[str, float]
    ff: dict[str, float]


@cache
def fits() -> Mapping[str, Fit]:
    """By the cells of the family; `python -m bench estimates` makes the file."""
    return msgspec.json.decode(_DATA.read_bytes(), type=dict[str, Fit])


FITTED_LEVELS = 8
"""Adders between registers in the designs that estimates are fitted to."""


def need_of(parts: Parts, family: Family, levels: int = FITTED_LEVELS) -> Need:
    """LUTs and flip-flops, with a register behind every `levels` adders."""
    fit = fits()[family.cells]
    counts = vars(parts)
    lut, ff = (
        sum(count * side[name] for name, count in counts.items()) for side in (fit.lut, fit.ff)
    )
    ff += parts.stages * max(1 / levels - 1 / FITTED_LEVELS, 0)
    carry = sum(counts[name] * fit.lut[name] for name in _CHAINED)
    return Need(lut=lut, ff=ff, carry=carry)


_CHAINED = ("adders", "chains", "sums")
"""Parts that synthesis makes carry chains of."""


@dataclass(frozen=True, kw_only=True)
class Piece:
    """A layer as it will be built.

    Parameters
    ----------
    node : Node
    style : Style
    parts : Parts
    dsp, bram : int
    interval : int
        Clocks from sample to sample.
    """

    node: Node
    style: Style
    parts: Parts
    dsp: int
    bram: int
    interval: int

    def need(self, family: Family, levels: int = FITTED_LEVELS) -> Need:
        """In LUTs and flip-flops of a family, with a register behind every `levels` adders."""
        cells = need_of(self.parts, family, levels)
        return replace(cells, dsp=self.dsp, bram=self.bram, interval=self.interval)


def pieces(
    network: Network, family: Family, styles: Mapping[str, Style], dsp: int | None
) -> list[Piece]:
    """Every layer of a network in these styles, so many multipliers among them.

    Raises
    ------
    UserError
        For a product of matrices, of which there is no estimate.
    """
    if any(isinstance(node.operator, Bilinear) for node in network.nodes):
        raise UserError(
            f"network {network.name} is a product of matrices, which has one style only: "
            "`mulbudget bitstream` builds it without a plan"
        )
    shares, cut = share(network, dsp, styles), in_blocks(network, styles)
    ports = {network.INPUT: input_streams(network, styles, cut)[0]}
    result: list[Piece] = []
    for node in network.nodes:
        style = styles.get(node.name, Parallel())
        piece, given = piece_of(
            network,
            node,
            style,
            shares.get(node.name, Share()),
            family,
            taken=ports[node.input],
            cut=node.name in cut,
        )
        ports[node.name] = given
        result.append(piece)
    return result


def piece_of(
    network: Network,
    node: Node,
    style: Style,
    share_: Share,
    family: Family,
    *,
    taken: Port,
    cut: bool,
) -> tuple[Piece, Port]:
    """A layer that takes such a stream, and the stream that it gives, in blocks where `cut`."""
    x, output = network.tensors[node.input], network.tensors[node.name]
    given = tensor_port("o", output)
    around, bram = _around(node, network, family)
    beats = max(taken.beats, given.beats)
    if not isinstance(node.operator, SumProduct | Convolution):
        if cut and beats > 1:
            given = replace(taken, name="o")
            parts = plain_parts(node, [x], taken.ends)
            if isinstance(node.operator, Flatten):
                parts = Parts(registers=bits(taken.ends), layers=1)
        else:
            parts = plain_parts(node, [network.tensors[name] for name in node.inputs], taken.ends)
        interval = _interval(node, network, 1, beats)
        return Piece(
            node=node, style=Parallel(), parts=parts + around, dsp=0, bram=bram, interval=interval
        ), given
    layer, entering = layer_of(network, node, x)
    used, core = len(share_.products), 1
    match style:
        case Folded(lanes=lanes, multipliers=multipliers):
            in_parts = isinstance(node.operator, SumProduct) and taken.beats > 1
            blocks = (taken.shape, taken.block) if in_parts else None
            folding = fold(
                layer,
                entering,
                lanes=lanes,
                multipliers=multipliers,
                beats=None if blocks is None else places(*blocks),
                dsp=share_.shared,
            )
            parts, core, used = folded_parts(folding, family), folding.interval, folding.dsp
            blocks_of_tables, table_bits = _ram(
                _table_sizes(layer, entering, lanes, multipliers, blocks), family, table=True
            )
            bram += blocks_of_tables
            parts += Parts(tables=table_bits)
            if folding.beats > 1 and cut:
                given = replace(given, block=(folding.block,), ends=folding.given)
            elif folding.beats > 1:
                parts += Parts(registers=bits(folding.ends), layers=1 + folding.beats / 8)
        case Serial(digit):
            core = -(-word_bits(layer, entering) // digit)
            parts = serial_parts(layer, entering, digit, core, family)
        case Parallel():
            parts = parallel_parts(layer, entering, share_.products)
    if core > 1 and isinstance(node.operator, Convolution) and node.input != network.INPUT:
        queue, kept = _ram([(x.shape[-1], bits(x.range.ends))], family, table=False)
        bram += queue
        around += Parts(memories=kept, layers=1)
    interval = _interval(node, network, core, 1)
    piece = Piece(
        node=node, style=style, parts=parts + around, dsp=used, bram=bram, interval=interval
    )
    return piece, given


def _interval(node: Node, network: Network, core: int, beats: int) -> int:
    """Clocks of a sample, where a beat takes so many."""
    if isinstance(node.operator, Convolution | MaxPool):
        image = network.tensors[node.input].shape[1:]
        return Raster.of(image, node.operator.geometry).interval(core)
    return beats * core


@lru_cache(maxsize=MOST_LAYERS)
def _around(node: Node, network: Network, family: Family) -> tuple[Parts, int]:
    """What a layer of images has in every style, and its blocks of RAM."""
    parts = image_parts(node, network.tensors[node.input], network.tensors[node.name])
    blocks, kept = _ram(_image_memories(node, network), family, table=False)
    return parts + Parts(memories=kept), blocks


def _image_memories(node: Node, network: Network) -> Sequence[tuple[int, int]]:
    """Words of the line buffers and of the patches of a layer, and their bits."""
    x, operator = network.tensors[node.input], node.operator
    if not isinstance(operator, Convolution | MaxPool):
        return []
    raster = Raster.of(x.shape[1:], operator.geometry)
    pixel = bits(x.range.ends)
    if isinstance(operator, Convolution):
        hull = operator.window_range(x).ends[:: operator.geometry.entries]
        pixel = bits(hull)
    sizes = [(raster.shape[1], (raster.geometry.window[0] - 1) * pixel)]
    patch = raster.geometry.patch
    if prod(patch) > 1:
        output = network.tensors[node.name]
        words = 2 * -(-output.shape[-1] // patch[-1])
        sizes.append((words, bits(output.range.ends) * prod(patch)))
    return sizes


def _ram(sizes: Sequence[tuple[int, int]], family: Family, *, table: bool) -> tuple[int, int]:
    """Blocks of RAM of memories or tables, and `Parts.memories` or `Parts.tables` of the rest."""
    blocks, logic = 0, 0
    for words, each in sizes:
        taken = ram_blocks(family, words, each, table=table)
        blocks += taken
        if not taken:
            logic += words * each if table else lut_ram(family, words) * each
    return blocks, logic


@lru_cache(maxsize=16 * MOST_LAYERS)
def _table_sizes(
    layer: SumProduct, x: Range, lanes: int, multipliers: int, blocks: tuple[Shape, Shape] | None
) -> Sequence[tuple[int, int]]:
    """Words of the tables of a folded layer, and their bits."""
    beats = None if blocks is None else places(*blocks)
    folding = fold(layer, x, lanes=lanes, multipliers=multipliers, beats=beats)
    sizes = [(len(folding.groups), ternary_bits(folding.columns())[0].shape[1])]
    rows = folding.per_step(folding.factors)
    if folding.wc is None:
        rows += folding.per_step(folding.bias)
    else:
        sizes.append((folding.steps, ternary_bits(folding.spread())[0].shape[1]))
    sizes += [(len(row), width(min(row), max(row))[0]) for row in rows if len(set(row)) > 1]
    return sizes


def link_of(network: Network, family: Family, styles: Mapping[str, Style]) -> tuple[Parts, int]:
    """The UART link of a network in these styles; see `link_need`."""
    cut = in_blocks(network, styles)
    return link_need(network, family, input_streams(network, styles, cut))


def link_need(network: Network, family: Family, inputs: tuple[Port, ...]) -> tuple[Parts, int]:
    """The UART link: its logic, and its blocks of RAM."""
    parts, blocks = Parts(layers=10), 0
    ports = [(port, network.input.entries.ends) for port in inputs]
    ports.append((output_port(network), network.output.entries.ends))
    for port, ends in ports:
        if port.beats == 1:
            parts += Parts(registers=bits(ends)) if port.name != "o" else Parts(moves=bits(ends))
        else:
            entry = width(*port.hull)[0] * prod(port.block)
            taken, kept = _ram([(port.beats, entry)], family, table=False)
            blocks += taken
            parts += Parts(memories=kept, layers=2)
    return parts, blocks
