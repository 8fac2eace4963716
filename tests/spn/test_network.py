"""Networks: evaluation, derived ranges, and the checks on names, graph and inputs."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given

from mulbudget.spn import ArgMax, Network, Node, Range, Requantize, Tensor, UserError
from tests.networks import example, networks, samples


def test_the_example_by_hand() -> None:
    # u = (1-2, 2+3) = (-1, 5), z = (-3, -20), v = (-3-20+2, 3, -20-1), act1 = clamp((v+1)//2)
    values = example().run_all([[1, 2, 3]])
    assert values["fc1"].tolist() == [[-21, 3, -21]]
    assert values["act1"].tolist() == [[0, 2, 0]]
    assert values["fc2"].tolist() == [[0, 7]]
    assert values["argmax"].tolist() == [[1]]
    assert example().run([[1, 2, 3], [7, 0, 0]]).tolist() == [[1], [0]]


def test_the_tensors_of_the_example() -> None:
    tensors = example().tensors
    assert list(tensors) == ["x", "fc1", "act1", "fc2", "argmax"]
    # u is -7 to 7 and 0 to 14, z is -21 to 21 and -56 to 0
    assert tensors["fc1"] == Tensor((3,), 2, Range((-75, -21, -57), (23, 21, -1)))
    assert tensors["act1"] == Tensor((3,), 1, Range((0, 0, 0), (12, 11, 0)))
    assert tensors["fc2"] == Tensor((2,), 2, Range((0, 7), (60, 7)))
    assert example().output == Tensor((1,), 0, Range((0,), (1,)))


@given(networks())
def test_every_value_stays_in_its_range(network: Network) -> None:
    x = samples(network, 50)
    for name, values in network.run_all(x).items():
        tensor = network.tensors[name]
        assert values.shape == (50, *tensor.shape)
        assert tensor.range.contains(values).all()


@given(networks())
def test_a_sample_does_not_depend_on_its_batch(network: Network) -> None:
    x = samples(network, 5)
    assert np.array_equal(network.run(x), np.concatenate([network.run(row[None]) for row in x]))
    assert network.run(x[:0]).shape == (0, *network.output.shape)


def test_a_node_may_take_any_earlier_tensor() -> None:
    network = Network(
        "forked",
        Tensor((2,), 0, Range.uniform(0, 3, 2)),
        [Node("less", Requantize(1, 0, 1), "x"), Node("which", ArgMax(), "x")],
    )
    assert network.run([[1, 3]]).tolist() == [[1]]


INPUT = Tensor((2,), 0, Range.uniform(0, 3, 2))
RELU = Requantize(0, 0, 3)


@pytest.mark.parametrize(
    ("name", "nodes", "message"),
    [
        ("9net", [Node("a", RELU, "x")], "network name '9net' is not a letter"),
        ("", [Node("a", RELU, "x")], "network name '' is not a letter"),
        ("n" * 65, [Node("a", RELU, "x")], "at most 63 letters"),
        ("net", [Node("a b", RELU, "x")], "operator name 'a b' is not a letter"),
        ("net", [Node("a\n", RELU, "x")], "operator name"),
        ("net", [Node("é", RELU, "x")], "operator name"),
        ("module", [Node("a", RELU, "x")], "network name 'module' is a keyword of Verilog"),
        ("logic", [Node("a", RELU, "x")], "network name 'logic' is a keyword of Verilog"),
        ("net", [Node("reg", RELU, "x")], "operator name 'reg' is a keyword of Verilog"),
        ("report", [Node("a", RELU, "x")], "name 'report' is that of something"),
        ("Report", [Node("a", RELU, "x")], "name 'Report' is that of something"),
        ("rPLL", [Node("a", RELU, "x")], "name 'rPLL' is that of something"),
        ("SB_LUT4", [Node("a", RELU, "x")], "all in capitals, .* such as 'sb_lut4'"),
        ("std", [Node("a", RELU, "x")], "name 'std' is that of something"),
        ("net", [], "network net has no operators"),
        ("net", [Node("x", RELU, "x")], "operator x: the name is taken"),
        ("net", [Node("a", RELU, "x"), Node("a", RELU, "a")], "operator a: the name is taken"),
        ("net", [Node("a", RELU, "b")], "operator a: its input 'b' does not exist"),
        ("net", [Node("a", RELU, "a")], "operator a: its input 'a' does not exist"),
    ],
)
def test_a_graph_that_does_not_close_is_refused(name: str, nodes: list[Node], message: str) -> None:
    with pytest.raises(UserError, match=message):
        Network(name, INPUT, nodes)


@pytest.mark.parametrize("name", ["report", "mulbudget_lanes", "Module", "registers"])
def test_operators_may_have_the_names_of_generated_things(name: str) -> None:
    assert Network("net", INPUT, [Node(name, RELU, "x")]).output.shape == (2,)


def test_errors_of_an_operator_name_it() -> None:
    with pytest.raises(UserError, match=r"operator fc1: takes 3 inputs, and is given shape \(2,\)"):
        Network("net", INPUT, [Node("fc1", example().nodes[0].operator, "x")])
    with pytest.raises(UserError, match=r"input of shape \(3,\) does not go with ranges for 2"):
        Network("net", Tensor((3,), 0, INPUT.range), [Node("a", RELU, "x")])


@pytest.mark.parametrize(
    ("x", "message"),
    [
        (np.zeros((1, 3)), "takes integers, and is given float64: quantize the input first"),
        (np.zeros((1, 3), bool), "takes integers, and is given bool"),
        (np.zeros((1, 3), object), "takes integers, and is given object"),
        (np.zeros(3, int), r"takes shape \(samples, 3\), and is given \(3,\)"),
        (np.zeros((2, 4), int), r"takes shape \(samples, 3\), and is given \(2, 4\)"),
        (np.zeros((2, 3, 1), int), r"takes shape \(samples, 3\), and is given \(2, 3, 1\)"),
        ([[0, 0, 0], [0, 8, 0]], "input 1 of sample 1 is 8, outside 0 to 7"),
        ([[-1, 0, 0]], "input 0 of sample 0 is -1, outside 0 to 7"),
        (np.full((1, 3), 2**64 - 1, np.uint64), "is 18446744073709551615, outside 0 to 7"),
    ],
)
def test_inputs_that_do_not_fit_are_refused(x: Any, message: str) -> None:
    with pytest.raises(UserError, match=message):
        example().run(x)
