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
    SumProduct,
    Tensor,
)

_BAND = 5.5
"""Pixels of the band for each doubling of what flows."""

_LANE = 13
"""Pixels between branches that run beside the band."""

_TOP = 8
_SUM_PRODUCT, _OTHER, _END = 62, 40, 30
"""Heights in pixels."""


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
    rows, bottom = [_Row(None, network.input, _TOP, _TOP + _END)], _TOP + _END
    for layer in layers:
        top, bottom = bottom, bottom + _height(layer)
        rows.append(_Row(layer, network.tensors[layer.node.name], top, bottom))
    at = {network.INPUT: 0} | {layer.node.name: number for number, layer in enumerate(layers, 1)}
    lanes = _lanes(rows, at)
    left = 8 + _LANE * (max(lanes.values(), default=-1) + 1)
    widest = max(_band(row.tensor) for row in rows)
    centre = left + widest / 2
    picture = Picture(width, bottom + _END + 4, _said(network, layers))
    for row in rows:
        _row(picture, row, rows, at, centre)
    _out(picture, rows[-1], centre)
    for (source, target), lane in lanes.items():
        _branch(picture, rows[source], rows[target], centre, left - _LANE * (lane + 0.5))
    texts = left + widest + 18
    _words(picture, (texts, _TOP + 19), "input", _shape(network.input), width, None)
    for row in rows[1:]:
        if row.layer is not None:
            middle = (row.top + row.bottom) / 2
            _words(picture, (texts, middle + 4), row.layer.node.name, "", width, row)
    return picture


def _height(layer: Layer) -> float:
    return _SUM_PRODUCT if layer.r is not None else _OTHER


def _band(tensor: Tensor) -> float:
    return _wide(math.prod(tensor.shape))


def _wide(count: int) -> float:
    return 10 + _BAND * math.log2(max(count, 1))


def _lanes(rows: Sequence[_Row], at: Mapping[str, int]) -> dict[tuple[int, int], int]:
    """The lane of each branch that passes layers: the nearest that is free, short ones first."""
    branches = {
        (at[name], target)
        for target, row in enumerate(rows)
        if row.layer is not None
        for name in row.layer.node.inputs
        if at[name] != target - 1
    }
    lanes: dict[tuple[int, int], int] = {}
    for branch in sorted(branches, key=lambda each: (each[1] - each[0], each)):
        taken = {lane for other, lane in lanes.items() if _meet(branch, other)}
        lanes[branch] = next(lane for lane in range(len(branches)) if lane not in taken)
    return lanes


def _meet(one: tuple[int, int], other: tuple[int, int]) -> bool:
    return one[0] < other[1] and other[0] < one[1]


def _row(
    picture: Picture, row: _Row, rows: Sequence[_Row], at: Mapping[str, int], centre: float
) -> None:
    layer = row.layer
    if layer is None:
        band = _band(row.tensor)
        _trapezoid(picture, centre, (row.top, row.bottom - 4), (band, band), "flow")
        return
    into, out = _band(rows[at[layer.node.input]].tensor), _band(row.tensor)
    top, bottom = row.top, row.bottom - 4
    match layer.node.operator:
        case SumProduct() | Convolution() | Bilinear():
            waist = _wide(_products(layer))
            middle = (top + bottom) / 2
            _trapezoid(picture, centre, (top, middle - 2), (into, waist), "ternary")
            _trapezoid(picture, centre, (middle + 2, bottom), (waist, out), "ternary")
            picture.add(
                "rect",
                x=centre - waist / 2,
                y=middle - 2,
                width=waist,
                height=4,
                class_="products",
                title=f"{layer.r:,} products",
            )
        case Add() | Concatenate():
            _trapezoid(picture, centre, (top, bottom), (out, out), "flow")
            picture.add("circle", cx=centre, cy=(top + bottom) / 2, r=9, class_="join")
            sign = "+" if isinstance(layer.node.operator, Add) else "‖"
            picture.text((centre, (top + bottom) / 2 + 5), sign, "label strong", "middle")
        case Flatten():
            _trapezoid(picture, centre, (top, bottom), (out, out), "flow")
        case _:
            _trapezoid(picture, centre, (top, bottom), (into, out), "other")


def _products(layer: Layer) -> int:
    """Of a whole sample, as the band counts."""
    return layer.counts.multiplications if layer.counts else 1


def _trapezoid(
    picture: Picture,
    centre: float,
    ends: tuple[float, float],
    widths: tuple[float, float],
    classes: str,
) -> None:
    (top, bottom), (upper, lower) = ends, (widths[0] / 2, widths[1] / 2)
    corners = [
        (centre - upper, top),
        (centre + upper, top),
        (centre + lower, bottom),
        (centre - lower, bottom),
    ]
    picture.path(corners, classes, closed=True)


def _out(picture: Picture, row: _Row, centre: float) -> None:
    """The arrow at the end."""
    top = row.bottom + 1
    picture.path([(centre - 7, top), (centre + 7, top), (centre, top + 9)], "arrow", closed=True)


def _branch(picture: Picture, source: _Row, target: _Row, centre: float, lane: float) -> None:
    """From the end of a row to the beginning of a later one, beside the band."""
    start, end = source.bottom - 2, (target.top + target.bottom) / 2
    near, far = centre - _band(source.tensor) / 2, centre - _band(target.tensor) / 2
    bend = 8
    picture.add(
        "path",
        d=f"M{near:.1f} {start:.1f} H{lane + bend:.1f} Q{lane:.1f} {start:.1f} {lane:.1f} "
        f"{start + bend:.1f} V{end - bend:.1f} Q{lane:.1f} {end:.1f} {lane + bend:.1f} {end:.1f} "
        f"H{far:.1f}",
        class_="branch",
    )


def _words(
    picture: Picture,
    at: tuple[float, float],
    name: str,
    what: str,
    width: float,
    row: _Row | None,
) -> None:
    """The name, what it is, and on a second line or in a second column its shape and bits."""
    x, y = at
    wide = width > 500
    if row is None or row.layer is None:
        picture.text((x, y), name, "label strong")
        picture.text((x + (190 if wide else 42), y), what, "muted")
        return
    layer = row.layer
    column = x + 190
    room = (180 if wide else width - x) - 2
    first, second = layer.kind, f"{layer.shape}, {width_title(row.tensor)}"
    if layer.r is None:
        second = _shape(row.tensor)
    if wide:
        picture.text((x, y), shortened(name, room, 13.5), "label strong")
        picture.text((column, y), shortened(first, 150, 13), "muted")
        picture.text((column + 160, y), shortened(second, width - column - 162, 13), "muted")
    else:
        picture.text((x, y - 7), shortened(name, room, 13.5), "label strong")
        small = first if layer.r is None and layer.kind in ("flatten", "argmax") else second
        picture.text((x, y + 9), shortened(small, room, 12), "muted")


def _shape(tensor: Tensor) -> str:
    return f"{' x '.join(map(str, tensor.shape))}, {width_title(tensor)}"


def _said(network: Network, layers: Sequence[Layer]) -> str:
    names = ", ".join(f"{layer.node.name} ({layer.kind} {layer.shape})" for layer in layers)
    return f"Network {network.name}, from input to output: {names}"
