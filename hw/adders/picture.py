"""Adder graphs as drawings."""

from collections.abc import Iterator
from html import escape
from itertools import groupby
from typing import NamedTuple

from mulbudget.hw.adders.graph import AdderGraph

_COLUMN, _ROW, _MARGIN, _TITLE = 120, 34, 40, 40
_RADIUS, _BEND = 11, 8

_STYLE = """
.ground { fill: #ffffff }
text { font: 12px sans-serif; text-anchor: middle; fill: #1b1f24 }
.title { font-size: 15px; text-anchor: start }
.wire { fill: none; stroke: #57606a }
.minus { stroke-dasharray: 5 4 }
.shift { font-size: 10px; paint-order: stroke; stroke: #ffffff; stroke-width: 3px }
circle { fill: #ddf4ff; stroke: #0969da }
rect.input, rect.output { fill: #f6f8fa; stroke: #57606a }
@media (prefers-color-scheme: dark) {
.ground { fill: #0d1117 }
text { fill: #e6edf3 }
.wire { stroke: #9198a1 }
.shift { stroke: #0d1117 }
circle { fill: #0c2d6b; stroke: #58a6ff }
rect.input, rect.output { fill: #21262d; stroke: #9198a1 }
}
"""


class _Point(NamedTuple):
    x: float
    y: float


class _Wire(NamedTuple):
    """From one value to another node, both by number."""

    start: int
    end: int
    minus: bool
    shift: int
    bend: int
    """How far down it bends, so that two wires from one node to another are apart."""


def draw(graph: AdderGraph, title: str) -> str:
    """An adder graph as SVG: inputs to the left, adders by their depth, outputs to the right.

    A dashed wire is subtracted, and `<<n` on it shifts it to the left. The same graph gives the
    same bytes.

    Parameters
    ----------
    graph : AdderGraph
    title : str
        Of the drawing, in one line.
    """
    wires = list(_wires(graph))
    places, height = _places(graph, wires)
    width = max(_COLUMN * _outputs_depth(graph) + 2 * _MARGIN, 2 * _MARGIN + 8 * len(title))
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
            f'width="{width}" height="{height}" role="img">',
            f"<title>{escape(title)}</title>",
            f"<style>{_STYLE}</style>",
            f'<rect class="ground" width="{width}" height="{height}"/>',
            _text(title, _Point(_MARGIN / 2, _TITLE / 2), ' class="title"'),
            *(_wire(wire, places) for wire in wires),
            *(_label(wire, places) for wire in wires if wire.shift),
            *_nodes(graph, places),
            "</svg>\n",
        ]
    )


def _outputs_depth(graph: AdderGraph) -> int:
    """The depth of the outputs' column: behind all adders, those without use included."""
    return max(graph.depths, default=0) + 1


def _wires(graph: AdderGraph) -> Iterator[_Wire]:
    """Into adders, then into outputs, whose numbers follow those of the values."""
    for node, add in enumerate(graph.adds, graph.n_in):
        bend = _BEND if add.left == add.right else 0
        yield _Wire(add.left, node, False, add.left_shift, -bend)
        yield _Wire(add.right, node, add.subtract, add.right_shift, bend)
    for node, output in enumerate(graph.outputs, graph.n_in + graph.adders):
        if output.node is not None:
            yield _Wire(output.node, node, output.negative, output.shift, 0)


def _places(graph: AdderGraph, wires: list[_Wire]) -> tuple[list[_Point], int]:
    """Where each node is, and the height of it all; an adder is near the height of its operands."""
    depths = [*graph.depths, *[_outputs_depth(graph)] * len(graph.outputs)]
    depth_of = depths.__getitem__
    in_order = sorted(range(len(depths)), key=depth_of)
    columns = [list(column) for _, column in groupby(in_order, depth_of)]
    rows = max(map(len, columns))
    sources: list[list[int]] = [[] for _ in depths]
    for wire in wires:
        sources[wire.end].append(wire.start)
    places = [_Point(0, 0)] * len(depths)
    for column in columns:
        if graph.n_in <= column[0] < graph.n_in + graph.adders:
            column.sort(key=lambda node: sum(places[each].y for each in sources[node]))
        for row, node in enumerate(column):
            x = _MARGIN + _COLUMN * depths[node]
            y = _TITLE + _ROW * rows * (row + 0.5) / len(column)
            places[node] = _Point(x, y)
    return places, _TITLE + _ROW * rows + _MARGIN // 2


def _wire(wire: _Wire, places: list[_Point]) -> str:
    start, end = places[wire.start], places[wire.end]
    middle = (start.x + end.x) / 2
    kind = "wire minus" if wire.minus else "wire"
    curve = f"C{middle} {start.y + wire.bend:.1f} {middle} {end.y + wire.bend:.1f}"
    return f'<path class="{kind}" d="M{start.x} {start.y:.1f}{curve} {end.x} {end.y:.1f}"/>'


def _label(wire: _Wire, places: list[_Point]) -> str:
    """Three quarters along the wire, where those of an adder's two operands are apart."""
    start, end = places[wire.start], places[wire.end]
    part = 0.75
    x = start.x + (end.x - start.x) * (1.5 * (part - part**2) + part**3)
    y = (
        start.y
        + (end.y - start.y) * (3 * part**2 - 2 * part**3)
        + wire.bend * 3 * part * (1 - part)
    )
    return _text(f"<<{wire.shift}", _Point(x, y), ' class="shift"')


def _nodes(graph: AdderGraph, places: list[_Point]) -> Iterator[str]:
    behind = graph.n_in + graph.adders
    for node in range(graph.n_in):
        yield _box("input", f"i{node}", places[node])
    for node in range(graph.n_in, behind):
        x, y = places[node]
        yield f'<circle class="adder" cx="{x}" cy="{y:.1f}" r="{_RADIUS}"/>'
        yield _text("+", places[node])
    for number, output in enumerate(graph.outputs):
        zero = " = 0" if output.node is None else ""
        yield _box("output", f"o{number}{zero}", places[behind + number])


def _box(kind: str, text: str, place: _Point) -> str:
    x, y = place
    width = 8 * len(text) + 12
    box = f'x="{x - width / 2}" y="{y - _RADIUS:.1f}" width="{width}" height="{2 * _RADIUS}" rx="4"'
    return f'<rect class="{kind}" {box}/>{_text(text, place)}'


def _text(text: str, place: _Point, attributes: str = "") -> str:
    """A line of text, its middle at the height of a place."""
    x, y = place
    return f'<text{attributes} x="{x:.1f}" y="{y:.1f}" dy=".35em">{escape(text)}</text>'
