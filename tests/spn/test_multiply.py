import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mulbudget.spn import (
    Bilinear,
    Network,
    Node,
    Range,
    Tensor,
    UserError,
    find_product,
    product_network,
    standard,
)
from mulbudget.spn.multiply import multiply, runs
from tests.algorithms import STRASSEN

NETWORK = product_network(STRASSEN, name="product")
PRODUCT, X = find_product(NETWORK), NETWORK.input.range
SIZES = st.tuples(*[st.integers(1, 9)] * 3)


@given(SIZES, SIZES)
def test_matrices_of_any_size_are_multiplied(
    size: tuple[int, int, int], core: tuple[int, int, int]
) -> None:
    network = product_network(STRASSEN, name="product", size=core)
    random = np.random.default_rng(0)
    a, b = (random.integers(-128, 128, shape) for shape in (size[:2], size[1:]))
    pairs = []

    def run(x: np.ndarray) -> np.ndarray:
        pairs.append(len(x))
        return network.run(x)

    product = find_product(network)
    assert (multiply(product, network.input.range, a, b, run) == a @ b).all()
    assert sum(pairs) == runs(product, a, b)


@pytest.mark.parametrize(
    ("a", "b", "message"),
    [
        (np.zeros((3, 4), int), np.zeros((5, 2), int), "A is 3x4 and B is 5x2: A must have as"),
        (np.zeros((3, 4)), np.zeros((4, 2), int), "A is of .* type float64"),
        (np.zeros((3, 4), int), np.zeros(4, int), r"B is of shape \(4,\)"),
        (np.zeros((0, 4), int), np.zeros((4, 2), int), r"A is of shape \(0, 4\)"),
        (np.full((3, 4), 128), np.zeros((4, 2), int), "A has an entry of 128, outside -128 to 127"),
        (np.zeros((3, 4), int), np.full((4, 2), -129), "B has an entry of -129, outside"),
        (np.full((1, 1), 2**64 - 1, np.uint64), np.ones((1, 1), int), "of 18446744073709551615, "),
        (np.ones((1, 1), int), np.full((1, 1), 2**63, np.uint64), "B has an entry of 92233720368"),
    ],
)
def test_matrices_that_do_not_go_together_are_refused(
    a: np.ndarray, b: np.ndarray, message: str
) -> None:
    with pytest.raises(UserError, match=message):
        multiply(PRODUCT, X, a, b, NETWORK.run)


@pytest.mark.parametrize("dtype", [np.uint8, np.int8, np.uint64, np.int32])
def test_any_type_of_integers_is_multiplied(dtype: type) -> None:
    a, b = (np.arange(12).reshape(shape).astype(dtype) for shape in ((3, 4), (4, 3)))
    c = a.astype(int) @ b.astype(int)
    assert (multiply(PRODUCT, X, a, b, NETWORK.run) == c).all()


def test_sums_beyond_62_bits_are_refused() -> None:
    network = product_network(standard(1, 1, 1), name="product", bits=31)
    product, x = find_product(network), network.input.range
    low = np.full((1, 16), -(1 << 30))
    assert multiply(product, x, low[:, :3], low.T[:3], network.run) == 3 << 60
    with pytest.raises(UserError, match=r"sums of 16 products .* 1073741824 .* leave 62 bits"):
        multiply(product, x, low, low.T, network.run)


def test_zeros_at_the_edges_that_a_block_cannot_hold_are_refused() -> None:
    operator = Bilinear(STRASSEN, (2, 2, 2))
    tensor = Tensor((8,), 0, Range((0, 0, 0, 1, 0, 0, 0, 0), (9,) * 8))
    network = Network("product", tensor, [Node("product", operator, "x")])
    a, b = np.full((4, 2), 2), np.full((2, 3), 3)
    assert (multiply(operator, tensor.range, a, b, network.run) == a @ b).all()
    with pytest.raises(UserError, match=r"A is 3x2, .* use a multiple of 2 rows and of 2 columns"):
        multiply(operator, tensor.range, a[:3], b, network.run)
