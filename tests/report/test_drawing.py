"""The drawing of a network: all layers in order, branches beside them, inside its frame."""

import re
from xml.etree import ElementTree as Xml

import pytest

from mulbudget.report.axes import NARROW, WIDE
from mulbudget.report.drawing import drawing
from mulbudget.report.facts import Facts, layers_of
from mulbudget.report.svg import Picture
from mulbudget.spn import Network, digest
from tests.images import image_network
from tests.networks import example

WIDTHS = pytest.mark.parametrize("width", [WIDE, NARROW])


def drawn(network: Network, width: int) -> Picture:
    return drawing(network, layers_of(Facts(network=network, digest=digest(network))), width)


@WIDTHS
def test_layers_stand_below_each_other(width: int) -> None:
    network = image_network()
    texts = list(Xml.fromstring(str(drawn(network, width))).iter("text"))
    at = {each.text: float(each.attrib["y"]) for each in texts}
    places = [at[name] for name in ("input", *(node.name for node in network.nodes))]
    assert places == sorted(places)
    assert len(set(places)) == len(places)


@WIDTHS
def test_branches_run_beside_the_layers_that_they_pass(width: int) -> None:
    """act1 passes conv2 to the sum, pool passes conv3 and act3 to where they are joined."""
    root = Xml.fromstring(str(drawn(image_network(), width)))
    branches = [each.attrib["d"] for each in root.iter("path") if each.get("class") == "branch"]
    assert len(branches) == 2
    band = [each for each in root.iter("path") if each.get("class") in ("flow", "ternary")]
    left = min(float(x) for each in band for x in re.findall(r"[ML]([\d.]+)", each.attrib["d"]))
    for branch in branches:
        bend = float(re.findall(r"H([\d.]+)q", branch)[0]) - 8
        assert 0 < bend < left


@WIDTHS
def test_nothing_leaves_the_frame(width: int) -> None:
    for network in (example(), image_network(16)):
        picture = drawn(network, width)
        root = Xml.fromstring(str(picture))
        for each in root.iter("text"):
            assert 0 <= float(each.attrib["x"]) < width
            assert 0 < float(each.attrib["y"]) < picture.height
        for each in root.iter("path"):
            numbers = [float(n) for n in re.findall(r"[ML ]([\d.]+) ([\d.]+)", each.attrib["d"])[0]]
            assert 0 <= numbers[0] <= width and 0 <= numbers[1] <= picture.height


def test_a_layer_that_does_not_take_the_one_before_stands_apart() -> None:
    network = image_network()
    nodes = {node.name: node for node in network.nodes}
    aside = Network(
        "aside", network.input, [nodes["conv1"], nodes["act1"], nodes["conv2"], nodes["sum"]]
    )
    apart = Network(
        "apart",
        network.input,
        [
            nodes["conv1"],
            nodes["act1"],
            type(nodes["act1"])("act5", nodes["act1"].operator, "conv1"),
        ],
    )
    heights = [drawn(each, WIDE).height for each in (aside, apart)]
    # 62 and 40 pixels of the layers, 38 of the input, 14 of the arrow; 16 between them.
    assert heights == [38 + 62 + 40 + 62 + 40 + 14, 38 + 62 + 40 + 16 + 40 + 14]


def test_a_picture_says_what_it_shows() -> None:
    label = Xml.fromstring(str(drawn(example(), WIDE))).attrib["aria-label"]
    assert label.startswith("Network example, from input to output: fc1 (sum-product 3→2→3), act1")
