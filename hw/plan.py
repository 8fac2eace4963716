"""How each layer of a network is built."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from mulbudget.hw.bilinear import lower_bilinear
from mulbudget.hw.datapath import Datapath, Product
from mulbudget.hw.digits import word_bits
from mulbudget.hw.families import Family, find_family
from mulbudget.hw.images import lower_add, lower_concatenate, lower_max_pool
from mulbudget.hw.lower import (
    live_products,
    lower_argmax,
    lower_requantize,
    lower_sum_product,
    shift_add_cost,
)
from mulbudget.hw.streams import block_range, input_ports
from mulbudget.hw.styles import Parallel, Serial, Style
from mulbudget.spn import (
    Add,
    AnyOperator,
    ArgMax,
    Bilinear,
    Concatenate,
    Convolution,
    Flatten,
    MaxPool,
    Network,
    Node,
    Range,
    Requantize,
    SumProduct,
    Tensor,
    UserError,
    graph_additions,
)

PORTABLE_REGISTERS = 2
"""Of a product written as `*`: synthesis packs them into most families' DSP blocks."""


@dataclass(frozen=True, kw_only=True)
class LayerPlan:
    """How one operator is built.

    Parameters
    ----------
    node : Node
    style : Style
    inputs : tuple of Tensor
        What it takes, with the ranges that the hardware has.
    output : Tensor
        What it gives, alike.
    datapath : Datapath
        Its operations on a beat, each product in a DSP block or in logic.
    """

    node: Node
    style: Style
    inputs: tuple[Tensor, ...]
    output: Tensor
    datapath: Datapath

    @property
    def graph_additions(self) -> int:
        """What its adder graphs, a residual sum, or the sums of blocks add for one sample."""
        figures = self.datapath.figures
        adders = sum(figures.get(f"adders_{name}", 0) for name in ("wa", "wb", "wc"))
        return graph_additions(self.node.operator, self.inputs[0], adders)


@dataclass(frozen=True, kw_only=True)
class Plan:
    """How a network is built.

    Parameters
    ----------
    family : Family or None
        Whose DSP primitives are used; None for portable hardware.
    levels_per_stage : int
        Adders between pipeline registers, at most.
    layers : tuple of LayerPlan
        One per operator, in order.
    """

    family: Family | None
    levels_per_stage: int
    layers: tuple[LayerPlan, ...]

    @property
    def dsp(self) -> int:
        """DSP blocks, or portable hardware multipliers."""
        return sum(layer.datapath.figures.get("dsp", 0) for layer in self.layers)


def make_plan(
    network: Network,
    *,
    family: str | None = None,
    dsp: int | None = None,
    levels_per_stage: int = 2,
    styles: Mapping[str, Style] | None = None,
    progress: Callable[[str, int], None] | None = None,
) -> Plan:
    """Choose the hardware of every layer.

    Parameters
    ----------
    network : Network
    family : str, optional
        A device family's name; without one the hardware is portable.
    dsp : int, optional
        Hardware multipliers of the whole network, at most; the products that cost most as
        shift-and-add have them. All products by default, none on a family without DSP blocks.
        Products of matrices share what there is, and with none are made of logic. Those of serial
        layers are shift-and-add.
    levels_per_stage : int
        Adders between pipeline registers, at most; at least 1.
    styles : mapping, optional
        Of sum-product layers, by name; parallel for those that are not in it.
    progress : callable, optional
        Is told the name of each layer before its adder graphs are looked for, and how many layers
        are done.

    Raises
    ------
    UserError
        When an option is out of range, an operand is too wide for the family's DSP block, a digit
        is longer than the words of its layer, or an operator does not take the result of the one
        before it.
    """
    if dsp is not None and dsp < 0:
        raise UserError(f"{dsp} hardware multipliers are not possible: use 0 or more")
    if levels_per_stage < 1:
        raise UserError(f"{levels_per_stage} levels per stage are not possible: use 1 or more")
    _check_used(network)
    _check_product(network)
    device = None if family is None else find_family(family)
    if device is not None and device.dsp is None:
        if dsp:
            raise UserError(
                f"{device.title} has no hardware multipliers, and --dsp asks for up to {dsp}: use "
                "--dsp 0"
            )
        dsp = 0
    styles = styles or {}
    chosen = _choose(network, dsp, styles)
    tensors, layers = {network.INPUT: network.input}, []
    for node in network.nodes:
        if progress is not None:
            progress(node.name, len(layers))
        inputs = tuple(tensors[name] for name in node.inputs)
        try:
            products = chosen.get(node.name, set())
            datapath = _lower(network, node, inputs, products, dsp, device)
            style = styles.get(node.name, Parallel())
            _check_style(style, datapath)
            if device is not None:
                _check_operands(node, inputs[0], products, device)
        except UserError as error:
            raise UserError(f"layer {node.name}: {error}") from error
        output = _built(node, network.tensors[node.name], datapath)
        tensors[node.name] = output
        layers.append(
            LayerPlan(node=node, style=style, inputs=inputs, output=output, datapath=datapath)
        )
    return Plan(family=device, levels_per_stage=levels_per_stage, layers=tuple(layers))


def sum_product(operator: AnyOperator, x: Tensor) -> tuple[SumProduct, Range] | None:
    """The sum-product layer that an operator has, and the range of what it takes."""
    match operator:
        case SumProduct():
            return operator, x.range
        case Convolution():
            return operator.layer, operator.window_range(x)
        case _:
            return None


def _built(node: Node, tensor: Tensor, datapath: Datapath) -> Tensor:
    """What a layer gives, with the ranges of its datapath; over all entries of a patch."""
    if isinstance(node.operator, Flatten) or (
        isinstance(node.operator, Bilinear) and node.operator.tiled
    ):
        return tensor
    low, high = np.array(datapath.ends, object).T.reshape(2, tensor.range.channels, -1)
    return replace(tensor, range=Range(tuple(low.min(axis=1)), tuple(high.max(axis=1))))


def _check_used(network: Network) -> None:
    used = {name for node in network.nodes for name in node.inputs}
    for node in network.nodes[:-1]:
        if node.name not in used:
            raise UserError(
                f"operator {node.name}: nothing takes what it makes: leave it out of the network"
            )


def _check_product(network: Network) -> None:
    """Refuse a product of matrices at a place that hardware is not built for."""
    for number, node in enumerate(network.nodes):
        product = node.operator
        if not isinstance(product, Bilinear):
            continue
        if number:
            raise UserError(f"operator {node.name}: a product of matrices must come first")
        for before, behind in pairwise(network.nodes):
            plain = isinstance(behind.operator, Requantize | ArgMax)
            if product.tiled or not plain or behind.inputs != (before.name,):
                raise UserError(
                    f"operator {behind.name}: behind a product of matrices hardware has only "
                    "requantizations and argmax, one behind the other, and behind a tiled one none "
                    "at all"
                )


def _lower_product(
    network: Network, product: Bilinear, dsp: int | None, family: Family | None
) -> Datapath:
    """The core for a pair of blocks."""
    block = family.dsp if family is not None else None
    datapath = lower_bilinear(
        product.scheme,
        block_range(input_ports(network)),
        dsp=product.scheme.r if dsp is None else dsp,
        registers=PORTABLE_REGISTERS if block is None else block.registers,
    )
    if block is not None and family is not None and datapath.figures["dsp"]:
        _check_factors(datapath, block.bits, f"{family.title}'s {block.primitive}")
    return datapath


def _check_factors(datapath: Datapath, bits: int, block: str) -> None:
    """Refuse what a DSP block would take only in pieces."""
    end = 1 << bits - 1
    for op in datapath.ops:
        for operand in op.operands if isinstance(op, Product) else ():
            low, high = datapath.ops[operand].low, datapath.ops[operand].high
            if low < -end or high >= end:
                raise UserError(
                    f"a factor of product {op.name} ranges from {low} to {high}, beyond the {bits} "
                    f"signed bits of {block}: take entries of fewer bits (--bits), or build the "
                    "products in logic with --dsp 0"
                )


def _check_style(style: Style, datapath: Datapath) -> None:
    if isinstance(style, Serial) and style.digit > word_bits(datapath):
        raise UserError(
            f"a digit of {style.digit} bits exceeds its words of {word_bits(datapath)} bits: use "
            f"--style serial:{word_bits(datapath)} or less"
        )


def _choose(network: Network, dsp: int | None, styles: Mapping[str, Style]) -> dict[str, set[int]]:
    """The products of each layer that go to DSP blocks."""
    ranked, chosen = [], {}
    for node in network.nodes:
        found = sum_product(node.operator, network.tensors[node.input])
        if found is None or isinstance(styles.get(node.name), Serial):
            continue
        layer, x = found
        chosen[node.name] = set()
        averages = isinstance(node.operator, Convolution) and node.operator.averages
        for product in live_products(layer, x):
            cost = shift_add_cost(layer, x, product)
            if averages and not cost:  # a mean of 2, 4, 8 … entries is a matter of wires
                continue
            ranked.append((-cost, len(ranked), node.name, product))
    for _, _, name, product in sorted(ranked)[:dsp]:
        chosen[name].add(product)
    return chosen


def _rounded(network: Network, node: Node) -> bool:
    """Whether a layer adds the rounding constant of the requantization that alone takes it."""
    takers = [each for each in network.nodes if node.name in each.inputs]
    return (
        sum_product(node.operator, network.tensors[node.input]) is not None
        and len(takers) == 1
        and isinstance(takers[0].operator, Requantize)
    )


def _lower(
    network: Network,
    node: Node,
    inputs: tuple[Tensor, ...],
    dsp: set[int],
    budget: int | None,
    family: Family | None,
) -> Datapath:
    """An operator for such inputs, with these products, or so many, in DSP blocks."""
    x, operator = inputs[0], node.operator
    match operator:
        case SumProduct() | Convolution():
            return _lower_sums(network, node, x, dsp, family)
        case Requantize():
            before = [each for each in network.nodes if each.name == node.input]
            rounded = any(_rounded(network, each) for each in before)
            return lower_requantize(operator, x.range, rounded=rounded)
        case ArgMax():
            return lower_argmax(x.range)
        case Bilinear():
            return _lower_product(network, operator, budget, family)
        case MaxPool():
            entries = operator.geometry.entries
            low, high = (np.repeat(side, entries).tolist() for side in (x.range.low, x.range.high))
            return lower_max_pool(Range(tuple(low), tuple(high)), entries)
        case Add():
            return lower_add(operator, [each.range for each in inputs])
        case Concatenate():
            return lower_concatenate(operator.shifts, [each.range for each in inputs])
        case Flatten():
            return Datapath((), ())


def _lower_sums(
    network: Network, node: Node, x: Tensor, dsp: set[int], family: Family | None
) -> Datapath:
    found = sum_product(node.operator, x)
    if found is None:
        raise RuntimeError(f"operator {node.name} is no sum-product layer; please report this")
    layer, taken = found
    rounding = 0
    if _rounded(network, node):
        takers = (each.operator for each in network.nodes if node.name in each.inputs)
        rounding = sum(each.rounding for each in takers if isinstance(each, Requantize))
    block = family.dsp if family is not None else None
    return lower_sum_product(
        layer,
        taken,
        dsp=dsp,
        rounding=rounding,
        registers=PORTABLE_REGISTERS if block is None else block.registers,
    )


def _check_operands(node: Node, x: Tensor, products: set[int], family: Family) -> None:
    """Refuse what a DSP block would take only in pieces."""
    found = sum_product(node.operator, x)
    if family.dsp is None or found is None:
        return
    layer, taken = found
    limit = 1 << (family.dsp.bits - 1)
    u = layer.stages(taken).u
    for product in sorted(products):
        ends = (u.low[product], u.high[product])
        for what, low, high in (("sum", *ends), ("multiplicand", *[int(layer.a[product])] * 2)):
            # Either sign of an operand may be asked of the block, so its range is symmetric.
            if max(-low, high) >= limit:
                raise UserError(
                    f"the {what} of product {product} ranges from {low} to "
                    f"{high}, beyond the {family.dsp.bits} signed bits of {family.title}'s "
                    f"{family.dsp.primitive}: train with fewer activation or multiplicand bits, "
                    "or build it by shift-and-add with a smaller --dsp"
                )
