"""Each operator of a network as the operations that hardware makes of it."""

from dataclasses import dataclass

import numpy as np

from mulbudget.hw.bilinear import lower_bilinear
from mulbudget.hw.budget import Share
from mulbudget.hw.builder import Builder
from mulbudget.hw.checks import check_digit, check_factors, check_operands
from mulbudget.hw.datapath import Datapath
from mulbudget.hw.digits import word_bits
from mulbudget.hw.families import Family
from mulbudget.hw.folding import Folding, fold
from mulbudget.hw.images import lower_add, lower_concatenate, lower_max_pool
from mulbudget.hw.lower import lower_argmax, lower_requantize, lower_sum_product
from mulbudget.hw.settled import layer_of, requantization_of
from mulbudget.hw.streams import Port, block_range, input_ports, places
from mulbudget.hw.styles import Folded, Serial, Style
from mulbudget.spn import (
    Add,
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
)

PORTABLE_REGISTERS = 2
"""Of a product written as `*`: synthesis packs them into most families' DSP blocks."""


def product_registers(family: Family | None) -> int:
    """Registers that a product passes in a hardware multiplier, and beside one."""
    block = family.dsp if family is not None else None
    return PORTABLE_REGISTERS if block is None else block.registers


@dataclass(frozen=True, kw_only=True)
class Task:
    """What is known of an operator before it is lowered.

    Parameters
    ----------
    network : Network
    node : Node
    inputs : tuple of Tensor
        What it takes, with the ranges that the hardware has.
    taken : tuple of Port
        The streams that bring them.
    cut : bool
        Whether those that take its result want it in blocks.
    style : Style
    share : Share
        Of the hardware multipliers.
    dsp : int or None
        The hardware multipliers of the whole network.
    family : Family or None
    """

    network: Network
    node: Node
    inputs: tuple[Tensor, ...]
    taken: tuple[Port, ...]
    cut: bool
    style: Style
    share: Share
    dsp: int | None
    family: Family | None


def lower(task: Task) -> Datapath | Folding:
    """An operator as operations on a beat of its streams; none where it only collects them.

    Raises
    ------
    UserError
        When an operand is too wide for the family's DSP block, or a digit longer than the words.
    """
    node, taken = task.node, task.taken
    match node.operator:
        case SumProduct() | Convolution():
            made = _sums(task)
            if isinstance(made, Datapath):
                check_digit(task.style, word_bits(made))
            return made
        case Requantize() as operator:
            before = [each for each in task.network.nodes if each.name == node.input]
            rounding = any(requantization_of(task.network, each) is not None for each in before)
            return lower_requantize(operator, taken[0].range, rounded=rounding)
        case ArgMax():
            return lower_argmax(taken[0].range)
        case Bilinear() as operator:
            return _product(task.network, operator, task.dsp, task.family)
        case MaxPool() as operator:
            entries, x = operator.geometry.entries, taken[0].range
            low, high = (np.repeat(side, entries).tolist() for side in (x.low, x.high))
            return lower_max_pool(Range(tuple(low), tuple(high)), entries)
        case Add() as operator:
            return lower_add(operator, [each.range for each in taken])
        case Concatenate() as operator:
            return lower_concatenate(operator.shifts, [each.range for each in taken])
        case Flatten():
            return _passed(taken[0].range) if task.cut else Datapath((), ())


def _passed(x: Range) -> Datapath:
    """Every entry as it is."""
    builder = Builder()
    values = builder.inputs(x)
    return Datapath(tuple(builder.ops), tuple(values))


def _sums(task: Task) -> Datapath | Folding:
    layer, x = layer_of(task.network, task.node, task.inputs[0])
    if isinstance(task.style, Folded):
        port = task.taken[0]
        folding = fold(
            layer,
            x,
            lanes=task.style.lanes,
            multipliers=task.style.multipliers,
            beats=places(port.shape, port.block) if _comes_in_blocks(task) else None,
            dsp=task.share.shared,
        )
        if folding.dsp and task.family is not None:
            for row, (ends, factor) in enumerate(zip(folding.u, folding.factors, strict=True)):
                check_operands(row, ends, int(factor), task.family)
        return folding
    if task.family is not None and task.family.dsp is not None:
        u = layer.stages(x).u.ends
        for product in sorted(task.share.products):
            check_operands(product, u[product], int(layer.a[product]), task.family)
    return lower_sum_product(
        layer,
        x,
        dsp=task.share.products,
        registers=product_registers(task.family),
        deep=isinstance(task.style, Serial),
    )


def _comes_in_blocks(task: Task) -> bool:
    return isinstance(task.node.operator, SumProduct) and task.taken[0].beats > 1


def _product(
    network: Network, product: Bilinear, dsp: int | None, family: Family | None
) -> Datapath:
    """The core for a pair of blocks."""
    datapath = lower_bilinear(
        product.scheme,
        block_range(input_ports(network)),
        dsp=product.scheme.r if dsp is None else dsp,
        registers=product_registers(family),
    )
    if family is not None and family.dsp is not None and datapath.figures["dsp"]:
        check_factors(datapath, family.dsp, family.title)
    return datapath
