"""The product of two live matrices as a datapath: r products of sums, and sums of them."""

import numpy as np

from mulbudget.hw.adders import AdderGraph
from mulbudget.hw.builder import Builder
from mulbudget.hw.datapath import Datapath, Product
from mulbudget.hw.lower import present, small_graph, widest
from mulbudget.spn import Range, Scheme
from mulbudget.spn.scheme import Ternary


def lower_bilinear(scheme: Scheme, x: Range, *, dsp: int, registers: int = 2) -> Datapath:
    """One product of blocks, vec(C) = Wc [(Wb vec(B)) * (Wa vec(A))], as a datapath.

    Each value behind the products is a sum of products of an entry of A and an entry of B, which
    bounds it closer than the products' own ranges do: those are not independent.

    Parameters
    ----------
    scheme : Scheme
    x : Range
        Of vec(A), and behind it vec(B).
    dsp : int
        DSP blocks, at most. With fewer than products the interval is ceil(r / dsp) clocks, and
        each block makes a product a clock. With none, logic makes the products.
    registers : int
        Of a multiplier.
    """
    builder = Builder()
    live = live_rows(scheme)
    graphs, sums = [], []
    inputs = builder.inputs(x)
    cut = scheme.k * scheme.m
    for name, values in (("wa", inputs[:cut]), ("wb", inputs[cut:])):
        graph = small_graph(getattr(scheme, name)[live])
        graphs.append(graph)
        sums.append([present(made) for made in builder.graph(name, graph, values)])
    pairs = [
        (u, w, u_turned != w_turned) for (u, u_turned), (w, w_turned) in zip(*sums, strict=True)
    ]
    signs = np.array([-1 if turned else 1 for *_, turned in pairs], np.int8)
    wc = small_graph(scheme.wc[:, live] * signs)
    ranges = _ranges(
        x,
        scheme.wa[live] * signs[:, None],
        scheme.wb[live],
        wc,
        z=_products(*(builder.range_of([pair[side] for pair in pairs]) for side in (0, 1))),
    )
    products = [
        builder.put(
            Product(
                name=f"m{number + 1}",
                low=ranges.low[number],
                high=ranges.high[number],
                operands=(u, w),
                registers=registers,
                dsp=dsp > 0,
            )
        )
        for number, (u, w, _) in enumerate(pairs)
    ]
    outputs = []
    for number, made in enumerate(builder.graph("wc", wc, products, ranges)):
        value, turned = present(made)
        outputs.append(builder.offset(f"c{number}", value, 0, turned))
    interval = -(-len(live) // dsp) if dsp else 1
    figures = {
        "dsp": -(-len(live) // interval) if dsp else 0,
        "shift_add": 0 if dsp else len(live),
        "width_u": widest(builder, [each for u, w, _ in pairs for each in (u, w)]),
        "width_z": widest(builder, products),
        "width_v": widest(builder, outputs),
    }
    for name, graph in zip(("wa", "wb", "wc"), (*graphs, wc), strict=True):
        figures |= {f"adders_{name}": graph.adders, f"depth_{name}": graph.depth}
    return Datapath(tuple(builder.ops), tuple(outputs), figures, interval)


def live_rows(scheme: Scheme) -> list[int]:
    """The products that can be other than zero and reach an output; no others become hardware."""
    used = scheme.wa.any(axis=1) & scheme.wb.any(axis=1) & scheme.wc.any(axis=0)
    return np.flatnonzero(used).tolist()


def _products(u: Range, w: Range) -> Range:
    """Of u * w, channel by channel, where the two are independent."""
    corners = [
        [left * right for left in one for right in other]
        for one, other in zip(u.ends, w.ends, strict=True)
    ]
    return Range(tuple(map(min, corners)), tuple(map(max, corners)))


def _ranges(x: Range, wa: Ternary, wb: Ternary, wc: AdderGraph, z: Range) -> Range:
    """Of each value of the graph of Wc, products first.

    Both bounds hold: that of the products in `z`, as if they were independent, and that of the
    terms a_i b_j, of which the value has a number each.
    """
    cut = wa.shape[1]
    pairs = [(a, b) for a in x.ends[:cut] for b in x.ends[cut:]]
    terms = _products(_of_ends([a for a, _ in pairs]), _of_ends([b for _, b in pairs]))
    forms = (wa[:, :, None].astype(np.int64) * wb[:, None, :]).reshape(len(wa), -1)
    one, other = wc.ranges(z), terms.linear(wc.coefficients() @ forms)
    return Range(
        tuple(map(max, one.low, other.low)),
        tuple(map(min, one.high, other.high)),
    )


def _of_ends(ends: list[tuple[int, int]]) -> Range:
    low, high = zip(*ends, strict=True)
    return Range(low, high)
