"""A drawing has each node once, and a wire for each operand."""

from xml.etree import ElementTree

import numpy as np
from hypothesis import given

from mulbudget.hw.adders import Add, AdderGraph, Output
from mulbudget.hw.adders.picture import draw
from tests.hw.graphs import graphs, random_graph

SVG = "{http://www.w3.org/2000/svg}"
GRAPH = AdderGraph(
    2,
    (Add(0, 0, subtract=True, left_shift=3), Add(1, 2, right_shift=1)),
    (Output(3), Output(None), Output(2, negative=True, shift=4)),
)


def drawn(graph: AdderGraph, title: str = "graph") -> ElementTree.Element:
    return ElementTree.fromstring(draw(graph, title))


def of_class(root: ElementTree.Element, name: str) -> list[ElementTree.Element]:
    return [each for each in root if name in each.get("class", "").split()]


def texts(root: ElementTree.Element) -> list[str | None]:
    return [each.text for each in root.iter(f"{SVG}text")]


@given(graphs())
def test_every_node_and_wire_is_drawn_once(graph: AdderGraph) -> None:
    root = drawn(graph)
    assert len(of_class(root, "input")) == graph.n_in
    assert len(of_class(root, "adder")) == graph.adders
    assert len(of_class(root, "output")) == len(graph.outputs)
    live = [output for output in graph.outputs if output.node is not None]
    assert len(of_class(root, "wire")) == 2 * graph.adders + len(live)
    subtracted = sum(add.subtract for add in graph.adds) + sum(each.negative for each in live)
    assert len(of_class(root, "minus")) == subtracted


@given(graphs())
def test_wires_lead_to_the_right(graph: AdderGraph) -> None:
    for wire in of_class(drawn(graph), "wire"):
        start, _, end = wire.get("d", "").partition("C")
        assert float(start[1:].split()[0]) < float(end.split()[-2])


@given(graphs())
def test_nodes_are_apart_and_inside(graph: AdderGraph) -> None:
    root = drawn(graph)
    width, height = (float(root.get(name, "")) for name in ("width", "height"))
    centres = [(float(e.get("cx", "")), float(e.get("cy", ""))) for e in of_class(root, "adder")]
    for kind in ("input", "output"):
        for box in of_class(root, kind):
            x, y, wide, high = (float(box.get(name, "")) for name in ("x", "y", "width", "height"))
            centres.append((x + wide / 2, y + high / 2))
    assert len(set(centres)) == len(centres)
    assert all(0 < x < width and 0 < y < height for x, y in centres)
    for x, y in centres:
        assert all(x != other or y == each or abs(y - each) > 30 for other, each in centres)


def test_labels_say_shifts_and_zeros() -> None:
    found = texts(drawn(GRAPH))
    assert [text for text in found if text and text.startswith("<<")] == ["<<3", "<<1", "<<4"]
    assert found[-3:] == ["o0", "o1 = 0", "o2"]


def test_two_wires_from_the_same_node_differ() -> None:
    first, second, *_ = of_class(drawn(GRAPH), "wire")
    assert first.get("d") != second.get("d")


def test_the_title_is_escaped() -> None:
    root = drawn(GRAPH, "<&>.csv")
    assert root.findtext(f"{SVG}title") == "<&>.csv"
    assert texts(root)[0] == "<&>.csv"


def test_it_has_colours_for_dark_backgrounds() -> None:
    assert "prefers-color-scheme: dark" in (drawn(GRAPH).findtext(f"{SVG}style") or "")


def test_the_same_graph_gives_the_same_bytes() -> None:
    graph = random_graph(np.random.default_rng(0), 16, 2000, 16)
    text = draw(graph, "large")
    assert text == draw(graph, "large")
    assert len(of_class(ElementTree.fromstring(text), "adder")) == 2000
