import numpy as np
import pytest

from mulbudget.spn import (
    Bilinear,
    Network,
    Node,
    Range,
    Tensor,
    UserError,
    find_product,
    nested,
    product_network,
    standard,
    tiled,
    with_standard_scheme,
)
from tests.algorithms import STRASSEN
from tests.networks import example

CORE = product_network(STRASSEN, name="core", bits=5, provenance={"source": "a test"})


def test_entries_have_so_many_bits() -> None:
    assert set(CORE.input.range.ends) == {(-16, 15)}
    assert find_product(CORE).size == (2, 2, 2)


def test_a_tiled_product_has_the_entries_of_its_core() -> None:
    x = Tensor((8,), 3, Range((0, 0, 0, -1, -5, 0, 0, 0), (1, 7, 1, 1, 0, 0, 0, 0)))
    core = Network("core", x, [Node("product", Bilinear(STRASSEN, (2, 2, 2)), "x")])
    network = tiled(core, (3, 1, 2), name="wide")
    assert network.input.range.ends == [(-1, 7)] * 3 + [(-5, 0)] * 2
    assert network.input.fraction == 3
    assert find_product(network).size == (3, 1, 2)
    assert tiled(CORE, (4, 4, 4), name="wide").provenance == {"tiles": "core", "source": "a test"}


def test_algorithms_nest() -> None:
    inner = product_network(standard(1, 3, 2), name="inner", bits=7)
    network = nested(CORE, inner, name="both")
    product = find_product(network)
    assert (product.size, product.scheme.r) == ((2, 6, 4), 42)
    assert set(network.input.range.ends) == {(-64, 63)}
    assert network.provenance == {"outer": {"source": "a test"}, "inner": {}}


def test_the_standard_algorithm_gives_the_same() -> None:
    network = tiled(CORE, (3, 5, 2), name="wide")
    other = with_standard_scheme(network, name="other")
    assert find_product(other).scheme.r == 8
    x = np.random.default_rng(0).integers(-16, 16, (9, find_product(network).n_in))
    assert (network.run(x) == other.run(x)).all()


def test_other_networks_are_none() -> None:
    for call in (
        lambda: tiled(example(), (2, 2, 2), name="x"),
        lambda: nested(CORE, example(), name="x"),
        lambda: with_standard_scheme(example(), name="x"),
    ):
        with pytest.raises(UserError, match="is no product of two matrices alone"):
            call()
