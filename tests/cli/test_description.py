"""The description of a network as JSON values."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mulbudget.cli.description import DENSE, describe
from mulbudget.spn import (
    ArgMax,
    Network,
    Node,
    Range,
    SumProduct,
    Tensor,
    network_counts,
    product_network,
    width,
)
from tests.algorithms import STRASSEN
from tests.images import image_network
from tests.networks import example, networks


def test_the_description_of_the_example() -> None:
    description = describe(example())
    assert description["provenance"] == {"recipe": "none"}
    assert description["published"] is None
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
        "paper_additions": 18,
        "dense_additions": 15,
        "non_zeros": 13,
        "bits": 63,
        "zeros": pytest.approx(1 - 13 / 22, abs=1e-4),
    }
    assert description["ratio_to_dense"] == pytest.approx(
        {"multiplications": 4 / 15, "paper_additions": 18 / 15, "additions": 7 / 15}, abs=1e-6
    )


@given(st.one_of(networks(), st.builds(image_network, st.integers(6, 8), st.integers(0, 99))))
def test_every_description_is_json_and_sums_up(network: Network) -> None:
    graphs = {node.name: number for number, node in enumerate(network.nodes)}
    description = json.loads(json.dumps(describe(network, graphs)))
    counts, total = network_counts(network), description["total"]
    assert total["multiplications"] == counts.multiplications
    for key in {*DENSE, *DENSE.values()} - {"graph_additions"}:
        assert sum(layer.get(key, 0) for layer in description["layers"]) == total[key]
    for layer in description["layers"]:
        assert ("graph_additions" in layer) == ("additions" in layer)
        assert layer.get("graph_additions") in (None, graphs[layer["name"]])
        box = network.tensors[layer["name"]].range
        assert (layer["output"]["bits"], layer["output"]["signed"]) == width(
            min(box.low), max(box.high)
        )


@given(networks())
def test_multiplications_of_dense_networks_are_the_r_of_their_layers(network: Network) -> None:
    description = describe(network)
    products = sum(layer.get("r", 0) for layer in description["layers"])
    assert description["total"]["multiplications"] == products


def test_a_network_without_layers_has_no_ratios() -> None:
    tensor = Tensor((3,), 0, Range.uniform(0, 7, 3))
    description = describe(Network("net", tensor, [Node("argmax", ArgMax(), "x")]), {"argmax": 0})
    assert description["total"]["graph_additions"] == 0
    assert set(description["ratio_to_dense"]) == set(DENSE)
    assert set(description["ratio_to_dense"].values()) == {None}


def test_a_layer_of_zeros() -> None:
    zeros = np.zeros((2, 2), np.int8)
    layer = SumProduct(zeros, np.zeros(2, np.int64), zeros, np.zeros(2, np.int64), 0)
    tensor = Tensor((2,), 0, Range.uniform(0, 7, 2))
    description = describe(Network("net", tensor, [Node("fc", layer, "x")]), {"fc": 0})
    shown = description["layers"][0]
    assert (shown["additions"], shown["graph_additions"]) == (0, 0)
    assert (shown["paper_additions"], shown["dense_additions"]) == (8, 4)
    assert description["ratio_to_dense"]["graph_additions"] == 0


def test_a_product_of_matrices() -> None:
    shown = describe(product_network(STRASSEN, name="core"))["layers"][0]
    assert (shown["additions"], shown["paper_additions"], shown["dense_additions"]) == (18, 84, 4)


@pytest.mark.parametrize("recipe", ["cifar10-resnet20", "cifar10", ["cifar10-resnet20"], None])
def test_only_the_recipe_of_that_name_has_published_figures(recipe: object) -> None:
    net = example()
    described = describe(Network(net.name, net.input, net.nodes, {"recipe": recipe}))
    if recipe == "cifar10-resnet20":
        assert described["published"]["test_accuracy"]["frozen phase"] == 0.9079
    else:
        assert described["published"] is None
