import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mulbudget.spn import (
    ArgMax,
    Bilinear,
    Network,
    Node,
    Range,
    Tensor,
    UserError,
    dumps,
    find_product,
    loads,
    network_counts,
    product_network,
    standard,
)
from tests.algorithms import STRASSEN, product

SIZES = st.tuples(*[st.integers(1, 5)] * 3)


@given(SIZES, st.integers(2, 31))
def test_it_is_the_product_of_matrices_of_any_size(size: tuple[int, int, int], bits: int) -> None:
    network = product_network(STRASSEN, name="product", bits=bits, size=size)
    operator = find_product(network)
    random = np.random.default_rng(0)
    end = 1 << bits - 1
    a, b = (
        random.integers(-end, end, (7, *shape), dtype=np.int64) for shape in (size[:2], size[1:])
    )
    a[0], b[0], b[1] = -end, -end, end - 1
    y = network.run(operator.join(a, b))
    assert (y == (a.astype(object) @ b.astype(object)).reshape(7, -1)).all()
    assert network.output.range.contains(y).all()
    assert y[0].max() == network.output.range.high[0]


@given(st.data())
def test_the_range_is_that_of_the_corners(data: st.DataObject) -> None:
    size = (1, data.draw(st.integers(1, 3)), 1)
    ends = data.draw(
        st.lists(
            st.tuples(st.integers(-9, 9), st.integers(-9, 9)),
            min_size=2 * size[1],
            max_size=2 * size[1],
        )
    )
    low, high = zip(*(sorted(pair) for pair in ends), strict=True)
    operator = Bilinear(standard(1, 1, 1), size)
    output = operator.output(Tensor((operator.n_in,), 3, Range(low, high)))
    corners = np.stack(np.meshgrid(*zip(low, high, strict=True)), -1).reshape(-1, operator.n_in)
    values = operator.evaluate(corners.astype(np.int64))
    assert (output.range.low[0], output.range.high[0]) == (values.min(), values.max())
    assert (output.shape, output.fraction) == ((1,), 6)


def test_the_scheme_gives_the_same_integers() -> None:
    network = product_network(STRASSEN, name="product")
    operator = find_product(network)
    x = np.random.default_rng(1).integers(-128, 128, (50, 8))
    a, b = operator.split(x)
    assert (network.run(x) == product(STRASSEN, a, b).reshape(50, 4)).all()
    assert (operator.join(a, b) == x).all()


def test_a_file_keeps_it_and_refuses_what_is_inexact() -> None:
    content = dumps(product_network(STRASSEN, name="product", size=(3, 5, 7), bits=5))
    assert dumps(loads(content)) == content
    header = 8 + int.from_bytes(content[:8], "little")
    damaged = bytearray(content)
    damaged[header] ^= 1  # an entry of a matrix: 0 to 1, or 1 to 0
    with pytest.raises(UserError, match="operator product: the algorithm is not exact: c"):
        loads(bytes(damaged))
    wrong_size = content.replace(b"[3,5,7]", b"[3,0,7]")
    with pytest.raises(UserError, match=r"operator product: sizes are \(3, 0, 7\)"):
        loads(wrong_size)


def test_counts_of_a_tiled_product() -> None:
    counts = network_counts(product_network(STRASSEN, name="product", size=(4, 6, 8)))
    assert counts.multiplications == 2 * 3 * 4 * 7
    assert counts.dense_multiplications == 4 * 6 * 8
    assert counts.additions == 2 * 3 * 4 * 18 + 2 * 4 * 2 * 4


def test_matrices_of_another_size_are_refused() -> None:
    operator = Bilinear(STRASSEN, (2, 2, 2))
    square, wide = np.zeros((3, 2, 2), int), np.zeros((3, 2, 4), int)
    with pytest.raises(UserError, match="A is of 2x4, and the product 2x2 by 2x2 takes 2x2"):
        operator.join(wide, square)
    with pytest.raises(UserError, match="B is of 2x4"):
        operator.join(square, wide)
    with pytest.raises(UserError, match="3 matrices A and 1 matrices B"):
        operator.join(square, square[:1])


@pytest.mark.parametrize("bits", [1, 32])
def test_widths_that_are_not_possible_are_refused(bits: int) -> None:
    with pytest.raises(UserError, match="use 2 to 31"):
        product_network(STRASSEN, name="product", bits=bits)


def test_sums_beyond_62_bits_are_refused() -> None:
    product_network(standard(1, 1, 1), name="product", bits=31)
    with pytest.raises(UserError, match="sums of 8 products"):
        product_network(standard(1, 1, 1), name="product", bits=31, size=(1, 8, 1))


def test_inputs_of_another_number_are_refused() -> None:
    tensor = Tensor((7,), 0, Range.uniform(-1, 1, 7))
    with pytest.raises(UserError, match="takes 8 inputs"):
        Network("net", tensor, [Node("product", Bilinear(STRASSEN, (2, 2, 2)), "x")])


def test_a_network_that_does_more_is_no_product() -> None:
    network = product_network(STRASSEN, name="product")
    more = Network("net", network.input, [*network.nodes, Node("argmax", ArgMax(), "product")])
    with pytest.raises(UserError, match="no product of two matrices alone: it has bilinear, argm"):
        find_product(more)


@pytest.mark.parametrize(
    "size", [(60000, 1, 60000), (1, 1 << 22, 2), ((1 << 22) + 1, 1, 1), (9**99,) * 3]
)
def test_matrices_that_are_too_large_are_refused(size: tuple[int, int, int]) -> None:
    with pytest.raises(UserError, match="a matrix of more than 4,194,304 entries"):
        Bilinear(standard(4, 1, 1), size)


@given(st.data())
def test_the_range_holds_every_product(data: st.DataObject) -> None:
    operator = Bilinear(STRASSEN, data.draw(SIZES))
    ends = st.tuples(st.integers(-9, 9), st.integers(-9, 9)).map(sorted)
    low, high = zip(*(data.draw(ends) for _ in range(operator.n_in)), strict=True)
    y = operator.output(Tensor((operator.n_in,), 0, Range(low, high))).range
    random = np.random.default_rng(0)
    x = random.integers(low, high, (50, operator.n_in), endpoint=True)
    assert y.contains(operator.evaluate(x)).all()
    rows, _, columns = operator.size
    (a_low, b_low), (a_high, b_high) = (operator.split(np.array([each])) for each in (low, high))
    for row, column in np.ndindex(rows, columns):
        corners = [a[0, row] * b[0, :, column] for a in (a_low, a_high) for b in (b_low, b_high)]
        entry = row * columns + column
        assert y.ends[entry] == (np.min(corners, 0).sum(), np.max(corners, 0).sum())
