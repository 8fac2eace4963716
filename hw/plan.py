"""How each layer of a network is built."""

from dataclasses import dataclass

from mulbudget.hw.bilinear import lower_bilinear
from mulbudget.hw.datapath import Datapath, Product
from mulbudget.hw.families import Family, find_family
from mulbudget.hw.lower import (
    live_products,
    lower_argmax,
    lower_requantize,
    lower_sum_product,
    shift_add_cost,
)
from mulbudget.hw.sidecar import TILED
from mulbudget.hw.streams import block_range, input_ports
from mulbudget.spn import (
    ArgMax,
    Bilinear,
    Network,
    Node,
    Range,
    Requantize,
    SumProduct,
    UserError,
)

PORTABLE_REGISTERS = 2
"""Of a product written as `*`: synthesis packs them into most families' DSP blocks."""


@dataclass(frozen=True, kw_only=True)
class LayerPlan:
    """How one operator is built.

    Parameters
    ----------
    node : Node
    style : str
        "parallel", or "tiled" where matrices are multiplied block by block.
    datapath : Datapath
        Its operations, each product in a DSP block or in logic.
    """

    node: Node
    style: str
    datapath: Datapath


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
        Products of matrices share what there is, and with none are made of logic.
    levels_per_stage : int
        Adders between pipeline registers, at most; at least 1.

    Raises
    ------
    UserError
        When an option is out of range, an operand is too wide for the family's DSP block, or an
        operator does not take the result of the one before it.
    """
    if dsp is not None and dsp < 0:
        raise UserError(f"{dsp} hardware multipliers are not possible: use 0 or more")
    if levels_per_stage < 1:
        raise UserError(f"{levels_per_stage} levels per stage are not possible: use 1 or more")
    _check_chain(network)
    _check_product(network)
    device = None if family is None else find_family(family)
    if device is not None and device.dsp is None:
        if dsp:
            raise UserError(
                f"{device.title} has no hardware multipliers, and --dsp asks for up to {dsp}: use "
                "--dsp 0"
            )
        dsp = 0
    chosen = _choose(network, dsp)
    layers, x = [], network.input.range
    for number, node in enumerate(network.nodes):
        try:
            products = chosen.get(node.name, set())
            datapath = _lower(network, number, x, products, dsp, device)
        except UserError as error:
            raise UserError(f"layer {node.name}: {error}") from error
        tiled = isinstance(node.operator, Bilinear) and node.operator.tiled
        style = TILED if tiled else "parallel"
        layers.append(LayerPlan(node=node, style=style, datapath=datapath))
        low, high = zip(*datapath.ends, strict=True)
        if device is not None and isinstance(node.operator, SumProduct):
            _check_operands(node, x, chosen[node.name], device)
        x = Range(low, high)
    return Plan(family=device, levels_per_stage=levels_per_stage, layers=tuple(layers))


def _check_chain(network: Network) -> None:
    before = network.INPUT
    for node in network.nodes:
        if node.input != before:
            raise UserError(
                f"operator {node.name} takes {node.input}, not {before}: hardware is built for "
                "chains of operators"
            )
        before = node.name


def _check_product(network: Network) -> None:
    """Refuse a product of matrices at a place that hardware is not built for."""
    for number, node in enumerate(network.nodes):
        product = node.operator
        if not isinstance(product, Bilinear):
            continue
        if number:
            raise UserError(f"operator {node.name}: a product of matrices must come first")
        behind = network.nodes[1:]
        if any(isinstance(each.operator, SumProduct) for each in behind) or (
            product.tiled and behind
        ):
            raise UserError(
                f"operator {behind[0].name}: behind a product of matrices hardware has no layers "
                "with multipliers, and behind a tiled one none at all"
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


def _choose(network: Network, dsp: int | None) -> dict[str, set[int]]:
    """The products of each sum-product layer that go to DSP blocks."""
    ranked = []
    for node in network.nodes:
        if isinstance(node.operator, SumProduct):
            x = network.tensors[node.input].range
            for product in live_products(node.operator, x):
                cost = shift_add_cost(node.operator, x, product)
                ranked.append((-cost, len(ranked), node.name, product))
    chosen: dict[str, set[int]] = {
        node.name: set() for node in network.nodes if isinstance(node.operator, SumProduct)
    }
    for _, _, name, product in sorted(ranked)[:dsp]:
        chosen[name].add(product)
    return chosen


def _lower(
    network: Network,
    number: int,
    x: Range,
    dsp: set[int],
    budget: int | None,
    family: Family | None,
) -> Datapath:
    """Operator `number` for inputs in `x`, with these products, or so many, in DSP blocks."""
    operator = network.nodes[number].operator
    match operator:
        case SumProduct():
            following = network.nodes[number + 1 : number + 2]
            rounding = sum(
                node.operator.rounding
                for node in following
                if isinstance(node.operator, Requantize)
            )
            block = family.dsp if family is not None else None
            return lower_sum_product(
                operator,
                x,
                dsp=dsp,
                rounding=rounding,
                registers=PORTABLE_REGISTERS if block is None else block.registers,
            )
        case Requantize():
            before = network.nodes[number - 1].operator if number else None
            return lower_requantize(operator, x, rounded=isinstance(before, SumProduct))
        case ArgMax():
            return lower_argmax(x)
        case Bilinear():
            return _lower_product(network, operator, budget, family)
        case _:
            raise UserError(f"hardware of kind {operator.kind} is not built: only evaluated")


def _check_operands(node: Node, x: Range, products: set[int], family: Family) -> None:
    """Refuse what a DSP block would take only in pieces."""
    if family.dsp is None or not isinstance(node.operator, SumProduct):
        return
    limit = 1 << (family.dsp.bits - 1)
    u = node.operator.stages(x).u
    for product in sorted(products):
        ends = (u.low[product], u.high[product])
        for what, low, high in (
            ("sum", *ends),
            ("multiplicand", *[int(node.operator.a[product])] * 2),
        ):
            # Either sign of an operand may be asked of the block, so its range is symmetric.
            if max(-low, high) >= limit:
                raise UserError(
                    f"layer {node.name}: the {what} of product {product} ranges from {low} to "
                    f"{high}, beyond the {family.dsp.bits} signed bits of {family.title}'s "
                    f"{family.dsp.primitive}: train with fewer activation or multiplicand bits, "
                    "or build it by shift-and-add with a smaller --dsp"
                )
