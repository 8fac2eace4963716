import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mulbudget.spn import UserError, find_product, product_network
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
    ],
)
def test_matrices_that_do_not_go_together_are_refused(
    a: np.ndarray, b: np.ndarray, message: str
) -> None:
    with pytest.raises(UserError, match=message):
        multiply(PRODUCT, X, a, b, NETWORK.run)
