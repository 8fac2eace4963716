"""`mulbudget show` prints what the counts and ranges say."""

import json
from pathlib import Path

import pytest
from hypothesis import given

from mulbudget.cli.show import describe
from mulbudget.spn import Network, network_counts, product_network, save, width
from tests.algorithms import STRASSEN
from tests.cli.conftest import Command
from tests.networks import example, networks


def test_the_tables_of_the_example(command: Command, network: Path) -> None:
    result = command("show", network)
    assert result.returncode == 0
    lines = [" ".join(line.split()) for line in result.stdout.splitlines()]
    assert "fc1 sum-product 3→2→3 2 9 5 8 33% 39" in lines
    assert "fc2 ternary-weight 3→2→2 2 6 2 5 50% 24" in lines
    assert "total 4 15 7 13 41% 63" in lines
    assert "act1 fc1 >> 1, clamped to 0 to 15 0 to 12 unsigned 4 1" in lines
    assert "fc1 sum-product of x -75 to 23 signed 8 2" in lines
    assert "recipe: none" in lines


def test_lines_fit_a_terminal_of_80_columns(command: Command, network: Path) -> None:
    lines = command("show", network).stdout.splitlines()
    assert max(map(len, lines)) <= 80


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


def test_the_description_of_the_example() -> None:
    description = describe(example())
    assert description["provenance"] == {"recipe": "none"}
    assert description["input"] == {
        "shape": [3], "low": 0, "high": 7, "bits": 3, "signed": False, "fraction": 0
    }  # fmt: skip
    assert [layer["name"] for layer in description["layers"]] == ["fc1", "act1", "fc2", "argmax"]
    assert description["layers"][1] == {
        "name": "act1",
        "operator": "requantize",
        "input": "fc1",
        "shift": 1,
        "low": 0,
        "high": 15,
        "output": {
            "shape": [3], "low": 0, "high": 12, "bits": 4, "signed": False, "fraction": 1
        },
    }  # fmt: skip
    assert description["layers"][2]["wc"] == "identity"
    assert description["total"] == {
        "multiplications": 4,
        "dense_multiplications": 15,
        "additions": 7,
        "non_zeros": 13,
        "bits": 63,
        "zeros": pytest.approx(1 - 13 / 22, abs=1e-4),
    }


@given(networks())
def test_every_description_is_json_and_sums_up(network: Network) -> None:
    description = json.loads(json.dumps(describe(network)))
    counts = network_counts(network)
    assert description["total"]["multiplications"] == counts.multiplications
    assert sum(layer.get("r", 0) for layer in description["layers"]) == counts.multiplications
    for layer in description["layers"]:
        box = network.tensors[layer["name"]].range
        assert (layer["output"]["bits"], layer["output"]["signed"]) == width(
            min(box.low), max(box.high)
        )


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
