"""Operators as datapaths: sums from adder graphs, products in DSP blocks or by shift-and-add."""

from collections.abc import Collection, Mapping
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from mulbudget.hw.adders import AdderGraph, Output, least_depth, multiply_by, optimize
from mulbudget.hw.builder import Builder
from mulbudget.hw.datapath import Clamp, Datapath, Greater, Offset, Product, Select, Sum
from mulbudget.spn import Range, Requantize, SumProduct, width

_ITERATIONS, _MOST_ITERATIONS, _MOST_DEEP_ITERATIONS = 100, 50_000, 200_000
"""Of the search for adder graphs, for each entry, and in all: seconds for large layers."""

MOST_LAYERS = 256
"""Whose figures are remembered, as a plan asks for those of each layer many times."""


def live_products(layer: SumProduct, x: Range) -> list[int]:
    """The products that can be other than zero and reach an output; no others become hardware."""
    return list(_live(layer, x))


@lru_cache(maxsize=MOST_LAYERS)
def _live(layer: SumProduct, x: Range) -> tuple[int, ...]:
    u = layer.stages(x).u
    reaches: list[int] = np.count_nonzero(layer.wc, axis=0).tolist()
    return tuple(
        product
        for product in range(layer.r)
        if layer.a[product] and (u.low[product], u.high[product]) != (0, 0) and reaches[product]
    )


@lru_cache(maxsize=MOST_LAYERS)
def shift_add_costs(layer: SumProduct, x: Range) -> Mapping[int, int]:
    """Adder bits of each live product by shift-and-add."""
    u, costs = layer.stages(x).u, {}
    for product in live_products(layer, x):
        graph = multiply_by(int(layer.a[product]))
        ranges = graph.ranges(Range((u.low[product],), (u.high[product],)))
        costs[product] = sum(width(low, high)[0] for low, high in ranges.ends[1:])
    return costs


def lower_sum_product(
    layer: SumProduct,
    x: Range,
    *,
    dsp: Collection[int],
    registers: int = 2,
    deep: bool = False,
) -> Datapath:
    """A sum-product layer as a datapath.

    Parameters
    ----------
    layer : SumProduct
    x : Range
        Of its input.
    dsp : collection of int
        The products that go to DSP blocks; the other live ones become shift-and-add.
    registers : int
        Of a DSP block that a product passes.
    deep : bool
        Whether adder graphs may be as deep as they come, for the fewest adders.
    """
    builder = Builder()
    inputs = builder.inputs(x)
    live = live_products(layer, x)
    bias = [int(value) for value in layer.bias]
    if not live:
        outputs = [builder.constant(f"v{number}", value) for number, value in enumerate(bias)]
        return Datapath(tuple(builder.ops), tuple(outputs))
    wb = small_graph(layer.wb[live], deep=deep)
    sums = builder.graph("wb", wb, inputs)
    before = len(builder.ops)
    products, u_width = [], 0
    for product, made in zip(live, sums, strict=True):
        u, negative = present(made)
        u_width = max(u_width, width(builder.ops[u].low, builder.ops[u].high)[0])
        factor = -int(layer.a[product]) if negative else int(layer.a[product])
        products.append(_product(builder, product, u, factor, registers if product in dsp else 0))
    shift_adders = sum(isinstance(op, Sum | Offset) for op in builder.ops[before:])
    wc = small_graph(layer.wc[:, live], deep=deep)
    outputs = []
    for number, made in enumerate(builder.graph("wc", wc, products)):
        if made is None:
            outputs.append(builder.constant(f"v{number}", bias[number]))
        else:
            outputs.append(builder.offset(f"v{number}", made[0], bias[number], made[1]))
    figures = {
        "dsp": sum(product in dsp for product in live),
        "shift_add": sum(product not in dsp for product in live),
        "adders_wb": wb.adders,
        "adders_wc": wc.adders,
        "adders_products": shift_adders,
        "depth_wb": wb.depth,
        "depth_wc": wc.depth,
        "width_u": u_width,
        "width_z": widest(builder, products),
        "width_v": widest(builder, outputs),
    }
    return Datapath(tuple(builder.ops), tuple(outputs), figures)


def lower_graph(graph: AdderGraph, x: Range) -> Datapath:
    """An adder graph as a datapath.

    A value takes one more adder where outputs are its negative, however many they are. Outputs
    that are equal are one value of the datapath.

    Parameters
    ----------
    graph : AdderGraph
    x : Range
        Of its inputs.

    Raises
    ------
    ValueError
        When `x` is of another number of inputs.
    UserError
        When a value may reach 2**62.
    """
    if x.channels != graph.n_in:
        raise ValueError(f"x must have {graph.n_in} channels, not {x.channels}")
    builder = Builder()
    values = builder.adders("n", graph, builder.inputs(x))
    negated = {
        node: builder.offset(f"{builder.ops[node].name}_neg", node, 0, negative=True)
        for node in dict.fromkeys(output.node for output in graph.outputs if output.negative)
        if node is not None
    }

    def make(number: int, output: Output) -> int:
        if output.node is None:
            return builder.constant(f"out{number}", 0)
        value = negated[output.node] if output.negative else values[output.node]
        return builder.shifted(f"out{number}", value, output.shift)

    made = {
        output: make(number, output) for number, output in enumerate(dict.fromkeys(graph.outputs))
    }
    return Datapath(tuple(builder.ops), tuple(made[output] for output in graph.outputs))


def small_graph(matrix: npt.NDArray[np.int8], *, deep: bool = False) -> AdderGraph:
    """A graph nearly as shallow as can be; a limit costs few adders, and saves registers.

    Where registers are of a few bits only it is not worth that: `deep` has no limit, and searches
    longer, since adders are most of what takes LUTs there.
    """
    most = _MOST_DEEP_ITERATIONS if deep else _MOST_ITERATIONS
    return optimize(
        matrix,
        iterations=min(_ITERATIONS * int(np.count_nonzero(matrix)), most),
        max_depth=None if deep else least_depth(matrix) + 1,
    )


def present(made: tuple[int, bool] | None) -> tuple[int, bool]:
    """An output of a graph, where its row of the matrix is not zero."""
    if made is None:
        raise RuntimeError("an output that is not zero has no sum; please report this")
    return made


def _product(builder: Builder, number: int, u: int, factor: int, registers: int) -> int:
    """Factor * u in a DSP block with so many registers, or by shift-and-add where it has none."""
    if registers:
        op = builder.ops[u]
        low, high = sorted((op.low * factor, op.high * factor))
        return builder.put(
            Product(
                name=f"z{number}",
                low=low,
                high=high,
                operands=(u,),
                constant=factor,
                registers=registers,
            )
        )
    value, negative = present(builder.graph(f"z{number}_", multiply_by(factor), [u])[0])
    return builder.offset(f"z{number}", value, 0, negative)


def widest(builder: Builder, values: list[int]) -> int:
    """Bits of the widest of some values."""
    return max(width(builder.ops[value].low, builder.ops[value].high)[0] for value in values)


def lower_requantize(operator: Requantize, x: Range, *, rounded: bool) -> Datapath:
    """A requantization as a datapath: wires and a saturation, no adder where `rounded`.

    Parameters
    ----------
    operator : Requantize
    x : Range
        Of its input, which holds the rounding constant already where `rounded`.
    rounded : bool
        Whether the layer before added the rounding constant.
    """
    builder = Builder()
    outputs = []
    for number, value in enumerate(builder.inputs(x)):
        source = value
        if not rounded:
            source = builder.offset(f"rounded{number}", value, operator.rounding)
        op = builder.ops[source]
        low, high = (
            min(max(end >> operator.shift, operator.low), operator.high)
            for end in (op.low, op.high)
        )
        clamp = Clamp(
            name=f"y{number}", low=low, high=high, operands=(source,), shift=operator.shift
        )
        outputs.append(builder.put(clamp))
    return Datapath(tuple(builder.ops), tuple(outputs))


def lower_argmax(x: Range) -> Datapath:
    """The index of the largest channel, by a tournament; of equal ones the lowest index wins."""
    builder = Builder()
    players = [
        (value, builder.constant(f"index{number}", number))
        for number, value in enumerate(builder.inputs(x))
    ]
    rounds = 0
    while len(players) > 1:
        winners = []
        for match, (left, right) in enumerate(zip(players[::2], players[1::2], strict=False)):
            winners.append(_match(builder, f"{rounds}_{match}", left, right))
        players = winners + (players[-1:] if len(players) % 2 else [])
        rounds += 1
    return Datapath(tuple(builder.ops), (players[0][1],))


def _match(
    builder: Builder, name: str, left: tuple[int, int], right: tuple[int, int]
) -> tuple[int, int]:
    """The greater of two players (value, index), the left one where they are equal."""
    greater = builder.put(Greater(name=f"gt{name}", low=0, high=1, operands=(right[0], left[0])))

    def choose(what: str, second: int, third: int, bounds: Any) -> int:
        pair = [builder.ops[second], builder.ops[third]]
        low, high = bounds(op.low for op in pair), max(op.high for op in pair)
        return builder.put(
            Select(name=f"{what}{name}", low=low, high=high, operands=(greater, second, third))
        )

    return choose("max", right[0], left[0], max), choose("at", right[1], left[1], min)
