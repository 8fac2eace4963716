"""How the tensors of a network are cut into beats."""

import numpy as np

from mulbudget.hw.streams import block_range, input_ports, output_port, places
from mulbudget.spn import Bilinear, Network, Node, Range, Tensor, product_network
from tests.algorithms import STRASSEN
from tests.networks import example


def test_blocks_follow_one_another_in_c_order_with_nothing_beyond_the_edge() -> None:
    assert places((3, 3), (2, 2)).tolist() == [
        [0, 1, 3, 4],
        [2, -1, 5, -1],
        [6, 7, -1, -1],
        [8, -1, -1, -1],
    ]
    assert places((4,), (4,)).tolist() == [[0, 1, 2, 3]]
    assert places((2, 1, 2), (1, 1, 2)).tolist() == [[0, 1], [2, 3]]


def test_a_chain_has_a_stream_in_and_one_out() -> None:
    network = example()
    (port,), out = input_ports(network), output_port(network)
    assert (port.name, port.shape, port.ends) == (
        "i",
        network.input.shape,
        network.input.range.ends,
    )
    assert (out.name, out.shape, out.ends) == ("o", network.output.shape, network.output.range.ends)


def test_a_product_has_a_stream_for_each_matrix() -> None:
    network = product_network(STRASSEN, name="product", bits=4, size=(3, 4, 5))
    a, b = input_ports(network)
    out = output_port(network)
    assert [(each.name, each.shape, each.block) for each in (a, b, out)] == [
        ("a", (3, 4), (2, 2)),
        ("b", (4, 5), (2, 2)),
        ("o", (3, 5), (2, 2)),
    ]
    core = output_port(product_network(STRASSEN, name="product"))
    assert (core.shape, core.block) == ((4,), (4,))


def test_an_entry_of_a_block_is_what_it_can_be_in_any_block() -> None:
    low = np.array([[1, -2, 3], [4, 5, -6]])  # A is 2 x 3, in two blocks, the second filled up
    ends = [*low.ravel().tolist(), *[0] * 6], [*(low.ravel() + 1).tolist(), *[0] * 6]
    x = Tensor((12,), 0, Range(*map(tuple, ends)))
    network = Network("product", x, [Node("product", Bilinear(STRASSEN, (2, 3, 2)), "x")])
    a, b = input_ports(network)
    assert a.ends == [(1, 4), (-2, 0), (-6, 5), (0, 6)]
    assert block_range([a, b]).ends == [*a.ends, *b.ends]
