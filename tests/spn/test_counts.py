"""Counts of the example by hand, and their sums."""

import numpy as np
from hypothesis import given

from mulbudget.spn import Counts, Network, SumProduct, layer_counts, network_counts
from tests.networks import example, networks


def layer(name: str) -> SumProduct:
    operator = next(node.operator for node in example().nodes if node.name == name)
    assert isinstance(operator, SumProduct)
    return operator


def test_counts_of_a_layer_with_output_adders() -> None:
    assert layer_counts(layer("fc1")) == Counts(
        multiplications=2,
        dense_multiplications=9,
        additions=1 + 1 + 1 + 2,  # two rows of Wb, one of Wc, two biases
        non_zeros=4 + 4,
        bits=2 * 6 + 2 * 6 + 2 * 3 + 3 * 3,  # -4 to 3 takes 3 bits, -1 to 2 takes 3
    )


def test_a_ternary_weight_layer_stores_no_wc() -> None:
    assert layer("fc2").wc_is_identity
    assert layer_counts(layer("fc2")) == Counts(
        multiplications=2,
        dense_multiplications=6,
        additions=1 + 1,
        non_zeros=3 + 2,
        bits=2 * 6 + 2 * 3 + 2 * 3,  # 0 to 5 takes 3 bits, 0 to 7 takes 3
    )


def test_a_square_wc_that_is_no_identity_is_stored() -> None:
    operator = layer("fc2")
    swapped = SumProduct(operator.wb, operator.a, operator.wc[::-1], operator.bias, 1)
    assert not swapped.wc_is_identity
    assert layer_counts(swapped).bits == layer_counts(operator).bits + 2 * 4


def test_a_network_is_the_sum_of_its_layers() -> None:
    assert network_counts(example()) == layer_counts(layer("fc1")) + layer_counts(layer("fc2"))


@given(networks())
def test_multiplications_and_non_zeros_are_those_of_the_matrices(network: Network) -> None:
    operators = [n.operator for n in network.nodes if isinstance(n.operator, SumProduct)]
    counts = network_counts(network)
    assert counts.multiplications == sum(len(each.a) for each in operators)
    assert counts.non_zeros == sum(
        int(np.abs(matrix).sum()) for each in operators for matrix in (each.wb, each.wc)
    )
