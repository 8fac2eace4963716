"""The network, drawn: layers in order down a band that is as wide as what flows is large."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mulbudget.report.facts import Layer, width_title
from mulbudget.report.svg import Picture, shortened
from mulbudget.spn import (
    Add,
    Bilinear,
    Concatenate,
    Convolution,
    Flatten,
    Network,
    Node,
    SumProduct,
    Tensor,
)

_DOUBLING, _DOUBLING_NARROW = 11.0, 5.5
"""Pixels of the band for each doubling of what flows."""

_LANE = 13
"""Pixels between branches that run beside the band."""

_TOP = 8
_SUM_PRODUCT, _OTHER, _END, _GAP = 62, 40, 30, 16
"""Heights in pixels; the last is above a layer that does not take what the one before it gives."""

_MANY, _LESS = 24, 0.62
"""Layers, from which on a desk each has so much of its height."""

Ends = tuple[float, float]
Branch = tuple[int, int]
"""The numbers of the rows that it leads from and to."""


@dataclass(frozen=True)
class _Row:
    """A tensor, and what makes it, from `top` to `bottom`; the network's input has no layer."""

    layer: Layer | None
    tensor: Tensor
    top: float
    bottom: float


def drawing(network: Network, layers: Sequence[Layer], width: float) -> Picture:
    """Every layer of a network, with shapes, products and bits.

    Parameters
    ----------
    network : Network
    layers : sequence of Layer
        Of `layers_of`.
    width : float
        In pixels.
    """
    at = {network.INPUT: 0} | {layer.node.name: number for number, layer in enumerate(layers, 1)}
    wide = width > 500
    rows = _rows(network, layers, at, _LESS if wide and len(layers) >= _MANY else 1)
    lanes = _lanes(rows, at)
    doubling = _DOUBLING if wide else _DOUBLING_NARROW
    left = 8 + _LANE * (max(lanes.values(), default=-1) + 1)
    widest = max(_band(math.prod(row.tensor.shape), doubling) for row in rows)
    picture = Picture(width, rows[-1].bottom + 14, _said(network, layers))
    band = _Band(picture, left + widest / 2, doubling)
    band.flow(rows[0])
    for row in rows[1:]:
        band.layer(row, rows[at[_node(row).input]].tensor)
    band.end(rows[-1])
    for (source, target), lane in lanes.items():
        band.branch(rows[source], rows[target], left - _LANE * (lane + 0.5))
    for row in rows:
        _words(picture, row, left + widest + (28 if wide else 14))
    return picture


def _rows(
    network: Network, layers: Sequence[Layer], at: Mapping[str, int], part: float
) -> list[_Row]:
    rows = [_Row(None, network.input, _TOP, _TOP + _END)]
    for number, layer in enumerate(layers, 1):
        follows = number - 1 in (at[name] for name in layer.node.inputs)
        top = rows[-1].bottom + (0 if follows else _GAP)
        height = _OTHER if layer.r is None else _SUM_PRODUCT
        rows.append(_Row(layer, network.tensors[layer.node.name], top, top + part * height))
    return rows


def _node(row: _Row) -> Node:
    if row.layer is None:
        raise RuntimeError("the input of a network has no layer; please report this")
    return row.layer.node


def _lanes(rows: Sequence[_Row], at: Mapping[str, int]) -> dict[Branch, int]:
    """The lane of each branch that passes layers: the nearest that is free, short ones first."""
    branches = {
        (at[name], target)
        for target, row in enumerate(rows)
        if row.layer is not None
        for name in row.layer.node.inputs
        if at[name] != target - 1
    }
    lanes: dict[Branch, int] = {}
    for branch in sorted(branches, key=lambda each: (each[1] - each[0], each)):
        taken = {lane for other, lane in lanes.items() if _meet(branch, other)}
        lanes[branch] = next(lane for lane in range(len(branches)) if lane not in taken)
    return lanes


def _meet(one: Branch, other: Branch) -> bool:
    return one[0] < other[1] and other[0] < one[1]


def _band(count: int, doubling: float) -> float:
    """How wide the band is where so many numbers flow."""
    return 10 + doubling * math.log2(max(count, 1))


@dataclass(frozen=True)
class _Band:
    """What is drawn around a line from top to bottom."""

    picture: Picture
    centre: float
    doubling: float

    def _wide(self, tensor: Tensor) -> float:
        return _band(math.prod(tensor.shape), self.doubling)

    def flow(self, row: _Row) -> None:
        """A tensor as it is."""
        band = self._wide(row.tensor)
        self._trapezoid((row.top, row.bottom - 4), (band, band), "flow")

    def layer(self, row: _Row, taken: Tensor) -> None:
        """An operator that takes such a tensor first."""
        into, out = self._wide(taken), self._wide(row.tensor)
        top, bottom = row.top, row.bottom - 4
        match _node(row).operator:
            case SumProduct() | Convolution() | Bilinear():
                self._products(row, (into, out))
            case Add() | Concatenate() as operator:
                self.flow(row)
                middle = (top + bottom) / 2
                self.picture.add("circle", cx=self.centre, cy=middle, r=9, class_="join")
                sign = "+" if isinstance(operator, Add) else "‖"
                self.picture.text((self.centre, middle + 5), sign, "strong", "middle")
            case Flatten():
                self.flow(row)
            case _:
                self._trapezoid((top, bottom), (into, out), "other")

    def _products(self, row: _Row, widths: Ends) -> None:
        """Additions, a waist of multiplications, and additions."""
        counts = row.layer and row.layer.counts
        waist = _band(counts.multiplications if counts else 1, self.doubling)
        top, bottom = row.top, row.bottom - 4
        middle = (top + bottom) / 2
        self._trapezoid((top, middle - 2), (widths[0], waist), "ternary")
        self._trapezoid((middle + 2, bottom), (waist, widths[1]), "ternary")
        self.picture.add(
            "rect",
            x=self.centre - waist / 2,
            y=middle - 2,
            width=waist,
            height=4,
            class_="products",
            title=f"{counts.multiplications:,} multiplications" if counts else "",
        )

    def _trapezoid(self, ends: Ends, widths: Ends, classes: str) -> None:
        (top, bottom), (upper, lower) = ends, (widths[0] / 2, widths[1] / 2)
        corners = [
            (self.centre - upper, top),
            (self.centre + upper, top),
            (self.centre + lower, bottom),
            (self.centre - lower, bottom),
        ]
        self.picture.path(corners, classes, closed=True)

    def end(self, row: _Row) -> None:
        """An arrow out of the last row."""
        top, x = row.bottom + 1, self.centre
        self.picture.path([(x - 7, top), (x + 7, top), (x, top + 9)], "arrow", closed=True)

    def branch(self, source: _Row, target: _Row, lane: float) -> None:
        """From the end of a row to the middle of a later one, beside the band."""
        start, end = source.bottom - 8, (target.top + target.bottom) / 2 - 2
        near, far = (self.centre - self._wide(row.tensor) / 2 for row in (source, target))
        self.picture.add(
            "path",
            d=f"M{near:.1f} {start:.1f}H{lane + 8:.1f}q-8 0 -8 8V{end - 8:.1f}q0 8 8 8H{far:.1f}",
            class_="branch",
        )


def _words(picture: Picture, row: _Row, x: float) -> None:
    """Name, operator and shape beside a row: in columns, or in two lines where it is narrow."""
    y, room = (row.top + row.bottom) / 2 + 2, picture.width - x - 2
    layer = row.layer
    name, kind = ("input", "") if layer is None else (layer.node.name, layer.kind)
    shape = " x ".join(map(str, row.tensor.shape))
    if layer is not None and layer.r is not None:
        shape = layer.shape
    bits = width_title(row.tensor)
    if picture.width > 500:
        shape = f"{shape}, {bits}"
        picture.text((x, y), shortened(name, 180, 14), "strong")
        picture.text((x + 190, y), shortened(kind, 150, 13), "muted")
        picture.text((x + 350, y), shortened(shape, room - 350, 13), "muted")
    else:
        picture.text((x, y - 7), shortened(name, room, 14), "strong")
        shape = f"{shape}, {bits.partition(',')[0]}"
        picture.text((x, y + 9), shortened(shape, room, 12), "tick")


def _said(network: Network, layers: Sequence[Layer]) -> str:
    names = ", ".join(f"{layer.node.name} ({layer.kind} {layer.shape})" for layer in layers)
    return f"Network {network.name}, from input to output: {names}"
