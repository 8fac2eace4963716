"""Counts of the example by hand, their sums, and the additions that are published."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mulbudget.spn import (
    Add,
    ArgMax,
    Convolution,
    Counts,
    Geometry,
    Network,
    Range,
    SumProduct,
    Tensor,
    convolution_counts,
    graph_additions,
    layer_counts,
    network_counts,
    product_network,
)
from tests.algorithms import STRASSEN
from tests.images import convolution, image_network
from tests.networks import example, networks

RESNET_18 = [
    (3, 64, 7, 2, 224, 1),
    (64, 64, 3, 1, 56, 4),
    (64, 128, 3, 2, 56, 1),
    (128, 128, 3, 1, 28, 3),
    (64, 128, 1, 2, 56, 1),
    (128, 256, 3, 2, 28, 1),
    (256, 256, 3, 1, 14, 3),
    (128, 256, 1, 2, 28, 1),
    (256, 512, 3, 2, 14, 1),
    (512, 512, 3, 1, 7, 3),
    (256, 512, 1, 2, 14, 1),
]
"""Convolutions: channels, outputs, kernel, stride, rows and columns, and how many there are."""

PUBLISHED = [
    (1, 1, 1, 2.11e9),
    (1, 2, 1, 4.22e9),
    (1, 4, 1, 8.44e9),
    (2, 1, 1, 1.18e9),
    (2, 2, 1, 2.36e9),
    (2, 4, 1, 4.71e9),
    (1, 1, 4, 8.6e8),
    (1, 2, 4, 1.7e9),
    (1, 4, 4, 3.4e9),
]
"""p, r / c_out, groups of the convolutions of 3 x 3, additions (StrassenNets, table 1)."""


def layer(name: str) -> SumProduct:
    operator = next(node.operator for node in example().nodes if node.name == name)
    assert isinstance(operator, SumProduct)
    return operator


def test_counts_of_a_layer_with_output_adders() -> None:
    assert layer_counts(layer("fc1")) == Counts(
        multiplications=2,
        dense_multiplications=9,
        additions=1 + 1 + 1 + 2,  # two rows of Wb, one of Wc, two biases
        paper_additions=6 + 6,
        dense_additions=9,
        non_zeros=4 + 4,
        bits=2 * 6 + 2 * 6 + 2 * 3 + 3 * 3,  # -4 to 3 takes 3 bits, -1 to 2 takes 3
    )


def test_a_ternary_weight_layer_stores_no_wc() -> None:
    assert layer("fc2").wc_is_identity
    assert layer_counts(layer("fc2")) == Counts(
        multiplications=2,
        dense_multiplications=6,
        additions=1 + 1,
        paper_additions=6,  # Wc is no additions
        dense_additions=6,
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


@pytest.mark.parametrize(("p", "r", "groups", "published"), PUBLISHED)
def test_resnet_18_has_the_published_additions(
    p: int, r: int, groups: int, published: float
) -> None:
    total = Counts()
    for channels, n_out, kernel, stride, size, times in RESNET_18:
        geometry = Geometry((kernel,) * 2, (stride,) * 2, (kernel // 2,) * 2, (p, p))
        split = groups if kernel == 3 else 1
        layer = full_convolution(channels, r * n_out, n_out, geometry, split)
        x = Tensor((channels, size, size), 0, Range.uniform(0, 1, channels))
        for _ in range(times):
            total += convolution_counts(layer, x)
    assert total.paper_additions == pytest.approx(published, rel=0.01)
    assert total.dense_additions == pytest.approx(1.816e9, rel=0.002)
    assert total.dense_additions == total.dense_multiplications


def full_convolution(
    channels: int, r: int, n_out: int, geometry: Geometry, groups: int
) -> Convolution:
    """Without zeros."""
    wb = np.ones((r, channels // groups, *geometry.window), np.int8)
    wc = np.ones((n_out, r, *geometry.patch), np.int8)
    a, bias = np.ones(r, np.int64), np.ones(n_out, np.int64)
    return Convolution(wb, a, wc, bias, 0, geometry, groups)


def test_without_zeros_the_naive_additions_are_those_of_the_paper() -> None:
    """A chain of n entries takes n - 1, and the batch norm of a product, now in a, one more."""
    layer = full_convolution(4, 6, 5, Geometry.plain((3, 3), padding=(1, 1)), 2)
    counts = convolution_counts(layer, Tensor((4, 8, 8), 0, Range.uniform(0, 1, 4)))
    assert counts.paper_additions == 64 * (6 * 2 * 9 + 5 * 6)
    assert counts.additions + 64 * 6 == counts.paper_additions


def test_a_patch_beyond_the_edge_counts_in_proportion_in_the_paper() -> None:
    patched = convolution(4, 6, 5, Geometry((3, 3), (1, 1), (1, 1), (2, 2)))
    counts = convolution_counts(patched, Tensor((4, 7, 7), 0, Range.uniform(0, 1, 4)))
    assert counts.paper_additions == 7 * 7 * (6 * 4 * 16 + 5 * 6 * 4) / 4
    assert counts.dense_additions == 7 * 7 * 5 * 4 * 9


@pytest.mark.parametrize("groups", [1, 2])
def test_a_layer_that_keeps_its_weights_has_the_dense_additions(groups: int) -> None:
    n_out, taken = 6, 4 // groups * 9
    wb = np.tile(np.eye(taken, dtype=np.int8), (n_out, 1)).reshape(-1, 4 // groups, 3, 3)
    wc = np.repeat(np.eye(n_out, dtype=np.int8), taken, axis=1).reshape(n_out, -1, 1, 1)
    a, bias = np.arange(n_out * taken), np.ones(n_out, np.int64)
    layer = Convolution(wb, a, wc, bias, 0, Geometry.plain((3, 3)), groups)
    counts = convolution_counts(layer, Tensor((4, 8, 8), 0, Range.uniform(0, 1, 4)))
    assert counts.paper_additions == counts.dense_additions == 36 * n_out * taken
    assert counts.additions == counts.dense_additions


def test_matrices_of_zeros_only_count_densely() -> None:
    zeros = np.zeros((2, 2), np.int8)
    layer = SumProduct(zeros, np.ones(2, np.int64), zeros, np.zeros(2, np.int64), 0)
    counts = layer_counts(layer)
    assert (counts.additions, counts.non_zeros) == (0, 0)
    assert (counts.paper_additions, counts.dense_additions) == (8, 4)


def test_additions_of_matrix_products() -> None:
    counts = network_counts(product_network(STRASSEN, name="product", size=(4, 6, 8)))
    blocks, between = 2 * 3 * 4, 2 * 4 * 2 * 4
    assert counts.paper_additions == blocks * 3 * 7 * 4 + between
    assert counts.dense_additions == 4 * 8 * (6 - 1)


def test_additions_by_adder_graphs() -> None:
    x = Tensor((4, 7, 7), 0, Range.uniform(0, 1, 4))
    patched = convolution(4, 6, 5, Geometry((3, 3), (1, 1), (1, 1), (2, 2)))
    assert graph_additions(patched, x, 10) == 4 * 4 * 10
    assert graph_additions(Add((0, 0)), x, 0) == 4 * 7 * 7
    assert graph_additions(ArgMax(), x.flat, 0) == 0
    dense = example().nodes[0].operator
    assert graph_additions(dense, example().input, 10) == 10
    product = product_network(STRASSEN, name="product", size=(4, 6, 8))
    assert graph_additions(product.nodes[0].operator, product.input, 15) == 24 * 15 + 64


@given(st.one_of(networks(), st.builds(image_network, st.integers(6, 9), st.integers(0, 99))))
def test_naive_additions_are_never_more_than_entries(network: Network) -> None:
    """Where no patch is beyond the edge: those count whole, and in the paper in proportion."""
    for node in network.nodes:
        match node.operator:
            case SumProduct() as layer:
                counts = layer_counts(layer)
                assert counts.dense_additions == layer.n_in * layer.n_out
            case Convolution() as layer if max(layer.geometry.patch) == 1:
                counts = convolution_counts(layer, network.tensors[node.input])
            case _:
                continue
        assert counts.additions <= counts.paper_additions
        assert counts.dense_additions == counts.dense_multiplications
