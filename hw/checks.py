"""What hardware cannot be built of, refused before it is tried."""

from itertools import pairwise

from mulbudget.hw.datapath import Datapath, Product
from mulbudget.hw.families import Dsp, Family
from mulbudget.hw.styles import Serial, Style
from mulbudget.spn import ArgMax, Bilinear, Network, Requantize, UserError


def check_network(network: Network) -> None:
    """Refuse a result that nothing takes, and a product of matrices at a place it cannot have."""
    used = {name for node in network.nodes for name in node.inputs}
    for node in network.nodes[:-1]:
        if node.name not in used:
            raise UserError(
                f"operator {node.name}: nothing takes what it makes: leave it out of the network"
            )
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


def check_levels(levels_per_stage: int) -> None:
    """Refuse fewer adders between registers than one."""
    if levels_per_stage < 1:
        raise UserError(f"{levels_per_stage} levels per stage are not possible: use 1 or more")


def check_factors(datapath: Datapath, block: Dsp, title: str) -> None:
    """Refuse factors of a product of matrices that a DSP block would take only in pieces."""
    end = 1 << block.bits - 1
    for op in datapath.ops:
        for operand in op.operands if isinstance(op, Product) else ():
            low, high = datapath.ops[operand].low, datapath.ops[operand].high
            if low < -end or high >= end:
                raise UserError(
                    f"a factor of product {op.name} ranges from {low} to {high}, beyond the "
                    f"{block.bits} signed bits of {title}'s {block.primitive}: take entries of "
                    "fewer bits (--bits), or build the products in logic with --dsp 0"
                )


def check_operands(product: int, u: tuple[int, int], factor: int, family: Family) -> None:
    """Refuse what a DSP block would take only in pieces."""
    if family.dsp is None:
        return
    limit = 1 << (family.dsp.bits - 1)
    for what, (low, high) in (("sum", u), ("multiplicand", (factor, factor))):
        # Either sign of an operand may be asked of the block, so its range is symmetric.
        if max(-low, high) >= limit:
            raise UserError(
                f"the {what} of product {product} ranges from {low} to "
                f"{high}, beyond the {family.dsp.bits} signed bits of {family.title}'s "
                f"{family.dsp.primitive}: train with fewer activation or multiplicand bits, "
                "or build it by shift-and-add with a smaller --dsp"
            )


def check_digit(style: Style, words: int) -> None:
    """Refuse a digit that is longer than the words of its layer, of so many bits."""
    if isinstance(style, Serial) and style.digit > words:
        raise UserError(
            f"a digit of {style.digit} bits exceeds its words of {words} bits: use "
            f"--style serial:{words} or less"
        )
