"""A sum-product layer folded in time: which inputs are added in which clock, and by whom."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import NamedTuple

import numpy as np

from mulbudget.hw.lower import MOST_LAYERS, live_products
from mulbudget.hw.streams import Ends, hull, places
from mulbudget.spn import Range, SumProduct, width
from mulbudget.spn.operators import Integers
from mulbudget.spn.scheme import Ternary


@dataclass(frozen=True, kw_only=True, eq=False)
class Folding:
    """Rows that add `lanes` inputs a clock, and products that share `multipliers` multipliers.

    With G groups of inputs and R = ceil(rows / multipliers) steps the interval is max(G, R + 1)
    clocks.

    Parameters
    ----------
    groups : int64, (G, lanes)
        The input that each lane adds in each clock; -1 for none.
    taken : list of (low, high)
        Exact range of each lane over all clocks.
    held : bool
        Whether all inputs are there at once, to be looked at group by group; else a group comes a
        beat.
    rows : int8, (rows, n_in)
        Of Wb: a product each.
    u : list of (low, high)
        Exact range of each row's sum.
    factors : int64, (rows,)
        The multiplicand of each row.
    z : (low, high)
        Exact range of all products.
    wc : int8, (n_out, rows), or None
        None where output k is product k.
    bias : int64, (n_out,)
    ends : list of (low, high)
        Exact range of each output.
    multipliers, dsp : int
        How many products are made a clock, and how many of them in DSP blocks.
    """

    groups: Integers
    taken: Ends
    held: bool
    rows: Ternary
    u: Ends
    factors: Integers
    z: tuple[int, int]
    wc: Ternary | None
    bias: Integers
    ends: Ends
    multipliers: int
    dsp: int

    @property
    def lanes(self) -> int:
        """Inputs a clock."""
        return self.groups.shape[1]

    @property
    def steps(self) -> int:
        """R: clocks in which the products of a sample are made."""
        return -(-len(self.rows) // self.multipliers)

    @property
    def interval(self) -> int:
        """Clocks from sample to sample."""
        return max(len(self.groups), self.steps + 1)

    @property
    def beats(self) -> int:
        """Of a result: one, or `multipliers` outputs a beat."""
        return self.steps if self.wc is None else 1

    @property
    def block(self) -> int:
        """Outputs of a beat."""
        return self.multipliers if self.wc is None else len(self.ends)

    @cached_property
    def given(self) -> Ends:
        """Exact range of each entry of a beat of the result."""
        return hull(places((len(self.ends),), (self.block,)), self.ends)

    @property
    def figures(self) -> Mapping[str, int]:
        """What the sidecar says of the layer."""
        widths = [width(*each)[0] for each in (*self.u, *self.ends)]
        return {
            "dsp": self.dsp,
            "shift_add": self.multipliers - self.dsp,
            "lanes": self.lanes,
            "multipliers": self.multipliers,
            "width_u": max(widths[: len(self.u)]),
            "width_z": width(*self.z)[0],
            "width_v": max(widths[len(self.u) :]),
        }

    def per_step(self, values: Integers) -> list[list[int]]:
        """What each multiplier has of values of the rows, step by step; 0 beyond the last."""
        chosen = places((len(values),), (self.multipliers,))
        return np.append(values, 0)[chosen].T.tolist()

    def columns(self) -> Ternary:
        """Of Wb in the order in which they are used: (G, rows, lanes), 0 where there is none."""
        padded = np.concatenate([self.rows, np.zeros((len(self.rows), 1), np.int8)], axis=1)
        return padded[:, self.groups].transpose(1, 0, 2)

    def spread(self) -> Ternary:
        """Of Wc in the order in which they are used: (R, n_out, multipliers)."""
        if self.wc is None:
            raise ValueError("outputs are products: there is no Wc")
        missing = self.steps * self.multipliers - len(self.rows)
        padded = np.pad(self.wc, ((0, 0), (0, missing)))
        return padded.reshape(len(self.wc), self.steps, self.multipliers).transpose(1, 0, 2)


def fold(
    layer: SumProduct,
    x: Range,
    *,
    lanes: int,
    multipliers: int,
    beats: Integers | None = None,
    dsp: int | None = None,
) -> Folding:
    """Fold a sum-product layer.

    Where no output takes more than one product and no product goes to more than one output, there
    are no output adders, and outputs come `multipliers` a beat.

    Parameters
    ----------
    layer : SumProduct
    x : Range
        Of its input.
    lanes : int
        Inputs a clock; more than there are of any use is as many.
    multipliers : int
        Products a clock; more than there are is as many.
    beats : int64, (G, lanes), optional
        The inputs that come with each beat, -1 for none; they come all at once by default.
    dsp : int, optional
        Multipliers in DSP blocks, at most; all by default.
    """
    base = _base(layer, x)
    groups = _groups(base.rows, lanes) if beats is None else beats
    multipliers = min(multipliers, len(base.rows))
    return Folding(
        groups=groups,
        taken=hull(groups, x.ends),
        held=beats is None,
        rows=base.rows,
        u=base.u,
        factors=base.factors,
        z=base.z,
        wc=base.wc,
        bias=layer.bias,
        ends=base.v,
        multipliers=multipliers,
        dsp=multipliers if dsp is None else min(dsp, multipliers),
    )


def row_count(layer: SumProduct, x: Range) -> int:
    """The products of a folded layer, however it is folded."""
    return len(_base(layer, x).rows)


class _Base(NamedTuple):
    """What does not depend on lanes and multipliers; fields as in `Folding`."""

    rows: Ternary
    factors: Integers
    wc: Ternary | None
    u: Ends
    z: tuple[int, int]
    v: Ends


@lru_cache(maxsize=MOST_LAYERS)
def _base(layer: SumProduct, x: Range) -> _Base:
    live = live_products(layer, x)
    wc = layer.wc[:, live]
    alone = bool((np.count_nonzero(wc, 1) <= 1).all() and (np.count_nonzero(wc, 0) <= 1).all())
    rows, factors = _alone(layer, live) if alone else (layer.wb[live], layer.a[live])
    u = x.linear(rows)
    z = u.scaled(factors)
    ends = min(z.low), max(z.high)
    return _Base(rows, factors, None if alone else wc, u.ends, ends, layer.stages(x).v.ends)


def _alone(layer: SumProduct, live: Collection[int]) -> tuple[Ternary, Integers]:
    """A row and a factor for each output: those of its product, with the sign that it takes."""
    rows = np.zeros((layer.n_out, layer.n_in), np.int8)
    factors = np.zeros(layer.n_out, np.int64)
    for product in live:
        (output,) = np.flatnonzero(layer.wc[:, product])
        rows[output] = layer.wb[product]
        factors[output] = int(layer.wc[output, product]) * int(layer.a[product])
    return rows, factors


def _groups(rows: Ternary, lanes: int) -> Integers:
    """The inputs that any row takes, so many a clock; of none the first alone."""
    used: Sequence[int] = np.flatnonzero(rows.any(axis=0)).tolist() or [0]
    chosen = places((len(used),), (min(lanes, len(used)),))
    return np.array([*used, -1], np.int64)[chosen]
