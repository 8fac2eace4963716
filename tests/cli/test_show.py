"""`mulbudget show` prints what the counts and ranges say."""

import json
import math
import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import pytest

from mulbudget.cli.description import describe
from mulbudget.hw import sidecar
from mulbudget.spn import (
    Add,
    Convolution,
    Geometry,
    Network,
    Node,
    Range,
    Tensor,
    product_network,
    save,
)
from tests.algorithms import STRASSEN
from tests.cli.conftest import Command, chunks
from tests.images import convolution, image_network
from tests.networks import example


def test_the_tables_of_the_example(command: Command, network: Path) -> None:
    result = command("show", network)
    assert result.returncode == 0
    lines = [" ".join(line.split()) for line in result.stdout.splitlines()]
    assert "fc1 sum-product 3→2→3 8 33% 39" in lines
    assert "fc2 ternary-weight 3→2→2 5 50% 24" in lines
    assert "total 13 41% 63" in lines
    assert "layer cations layers all entries naive layers" in lines
    assert "fc1 2 9 12 5 9" in lines
    assert "fc2 2 6 6 2 6" in lines
    assert "total 4 15 18 7 15" in lines
    assert "of dense 26.7% 120.0% 46.7%" in lines
    assert "act1 fc1 >> 1, clamped to 0 to 15 0 to 12 unsigned 4 1" in lines
    assert "fc1 sum-product of x -75 to 23 signed 8 2" in lines
    assert "recipe: none" in lines


def test_lines_fit_a_terminal_of_80_columns(command: Command, network: Path) -> None:
    lines = command("show", network).stdout.splitlines()
    assert max(map(len, lines)) <= 80


def test_adder_graphs_are_those_of_the_verilog(command: Command, tmp_path: Path) -> None:
    """Each pixel passes the graphs once; a residual sum takes an adder for each entry."""
    network = image_network()
    save(network, tmp_path / "images.spn")
    result = command("show", tmp_path / "images.spn", "--adders", "--json")
    assert result.returncode == 0, result.stderr
    assert not result.stderr  # no bar where there is no terminal
    shown = json.loads(result.stdout)
    written = command("verilog", tmp_path / "images.spn", "--out", tmp_path / "verilog")
    assert written.returncode == 0, written.stderr
    built = {each.name: each for each in sidecar.load(tmp_path / "verilog" / "images.json").layers}
    expected = {}
    for node in network.nodes:
        x, adders = network.tensors[node.input], built[node.name].adders_wb
        adders += built[node.name].adders_wc
        match node.operator:
            case Convolution(geometry=geometry):
                expected[node.name] = math.prod(geometry.positions(x.shape[1:])) * adders
            case Add():
                expected[node.name] = math.prod(x.shape)
            case _ if "additions" in described(shown, node):
                expected[node.name] = adders
    assert expected["conv1"] > 0 and expected["fc"] > 0
    given = {
        each["name"]: each["graph_additions"]
        for each in shown["layers"]
        if "graph_additions" in each
    }
    assert given == expected
    assert shown["total"]["graph_additions"] == sum(expected.values())
    assert shown["ratio_to_dense"]["graph_additions"] == pytest.approx(
        sum(expected.values()) / shown["total"]["dense_additions"], abs=1e-6
    )


def described(shown: dict, node: Node) -> dict:
    return next(each for each in shown["layers"] if each["name"] == node.name)


def test_adder_graphs_are_a_column(command: Command, network: Path) -> None:
    lines = [
        " ".join(line.split()) for line in command("show", network, "--adders").stdout.split("\n")
    ]
    assert "layer cations layers all entries naive graphs layers" in lines
    assert "fc1 2 9 12 5 3 9" in lines
    assert "of dense 26.7% 120.0% 46.7% 26.7%" in lines


def on_a_terminal(*words: object) -> str:
    """What `mulbudget` prints to a terminal of 80 columns, without colours."""
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "mulbudget.cli.main", *map(str, words)]
    environment = os.environ | {"COLUMNS": "80", "TERM": "xterm"}
    with subprocess.Popen(command, env=environment, stdout=theirs, stderr=theirs) as process:
        os.close(theirs)
        shown = b"".join(chunks(ours)).decode()
    os.close(ours)
    assert process.returncode == 0, shown
    return re.sub(r"\x1b\[[0-9;]*m", "", shown)


def test_a_terminal_shows_which_layer_the_search_is_at(tmp_path: Path) -> None:
    save(image_network(), tmp_path / "images.spn")
    shown = on_a_terminal("show", tmp_path / "images.spn", "--adders")
    assert "adder graphs of conv1 " in shown


def test_layers_of_a_resnet_20_fit_a_terminal_of_80_columns(tmp_path: Path) -> None:
    layer = convolution(16, 16, 16, Geometry.plain((3, 3), padding=(1, 1)))
    x = Tensor((16, 32, 32), 0, Range.uniform(0, 15, 16))
    nodes = [
        Node("layer1_0_conv1", layer, "x"),
        Node("layer1_0_add", Add((0, 2)), "layer1_0_conv1", "x"),
    ]
    save(Network("net", x, nodes), tmp_path / "net.spn")
    shown = on_a_terminal("show", tmp_path / "net.spn")
    lines = [" ".join(line.split()) for line in shown.splitlines()]
    row = next(line for line in lines if line.startswith("layer1_0_conv1 16,384"))
    assert row.startswith("layer1_0_conv1 16,384 2,359,296 2,621,440 1,")
    assert row.endswith("2,359,296")
    assert any(line.startswith("layer1_0_conv1 convolution 16→16→16, 3x3 ") for line in lines)


def test_adder_graphs_of_what_has_no_hardware_are_refused(command: Command, tmp_path: Path) -> None:
    net = example()
    forked = [*net.nodes, Node("again", net.nodes[0].operator, "x")]
    save(Network(net.name, net.input, forked), tmp_path / "forked.spn")
    assert command("show", tmp_path / "forked.spn").returncode == 0
    result = command("show", tmp_path / "forked.spn", "--adders")
    assert result.returncode == 2
    assert "operator argmax: nothing takes what it makes" in result.stderr


def test_published_accuracies_stand_beside_its_own(command: Command, tmp_path: Path) -> None:
    net = example()
    for accuracy, shown in ((0.9012, "this network 90.12%"), ("unknown", None)):
        provenance = {"recipe": "cifar10-resnet20", "test_accuracy": accuracy}
        save(Network(net.name, net.input, net.nodes, provenance), tmp_path / "net.spn")
        result = command("show", tmp_path / "net.spn")
        assert result.returncode == 0, result.stderr
        lines = [" ".join(line.split()) for line in result.stdout.splitlines()]
        assert "published, full precision 91.37%" in lines
        assert "published, ternary phase 90.51%" in lines
        assert "published, frozen phase 90.79%" in lines
        own = [line for line in lines if line.startswith("this network")]
        assert own == ([] if shown is None else [shown])


def test_json_is_the_description(command: Command, network: Path) -> None:
    result = command("show", network, "--json")
    assert result.returncode == 0
    assert json.loads(result.stdout) == describe(example())


def test_what_a_terminal_might_obey_is_replaced(command: Command, tmp_path: Path) -> None:
    net = example()
    provenance = {"recipe": "a\x1b[2Jb\nc", "\x9bkey": ["\x7f"]}
    save(Network(net.name, net.input, net.nodes, provenance), tmp_path / "foreign.spn")
    result = command("show", tmp_path / "foreign.spn")
    assert result.returncode == 0, result.stderr
    assert "recipe: a\N{REPLACEMENT CHARACTER}[2Jb\N{REPLACEMENT CHARACTER}c\n" in result.stdout
    assert all(character.isprintable() for line in result.stdout.split("\n") for character in line)


@pytest.mark.parametrize("ending", ["svg", "png", "pdf"])
def test_the_matrices_are_drawn_the_same_each_time(
    command: Command, network: Path, tmp_path: Path, ending: str
) -> None:
    core = tmp_path / "core.spn"
    save(product_network(STRASSEN, name="core"), core)
    for file in (network, core):
        pictures = [tmp_path / f"{file.stem}{number}.{ending}" for number in range(2)]
        for picture in pictures:
            result = command("show", file, "--picture", picture)
            assert result.returncode == 0, result.stderr
        assert pictures[0].read_bytes() == pictures[1].read_bytes()
    assert pictures[0].read_bytes()[:4] in (b"<?xm", b"\x89PNG", b"%PDF")


def test_a_picture_in_no_known_format_is_refused(
    command: Command, network: Path, tmp_path: Path
) -> None:
    result = command("show", network, "--picture", tmp_path / "x.bmp")
    assert result.returncode == 2
    assert "names no format of pictures: end it in svg, png, pdf" in result.stderr


def test_a_product_of_matrices(command: Command, tmp_path: Path) -> None:
    core = tmp_path / "core.spn"
    save(product_network(STRASSEN, name="core", size=(4, 2, 3)), core)
    assert "4x2 · 2x3 in 2x2, 2x2" in command("show", core).stdout
    shown = json.loads(command("show", core, "--json").stdout)["layers"][0]
    assert (shown["size"], shown["block"], shown["r"]) == ([4, 2, 3], [2, 2, 2], 7)
    assert (shown["multiplications"], shown["dense_multiplications"]) == (28, 24)
