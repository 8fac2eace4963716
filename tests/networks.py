"""Random networks for the tests: every corner that the operators allow, and inputs for them."""

import numpy as np
import numpy.typing as npt
from hypothesis import strategies as st

from mulbudget.hw.styles import Folded, Parallel, Serial, Style
from mulbudget.spn import ArgMax, Convolution, Network, Node, Range, Requantize, SumProduct, Tensor

WIDEST = 2**30
"""Values that may reach this are requantized before the next layer, so that ranges stay legal."""


@st.composite
def networks(
    draw: st.DrawFn,
    *,
    max_layers: int = 3,
    max_width: int = 8,
    input_bits: int = 10,
    a_bits: int = 10,
) -> Network:
    """Chains of sum-product layers, with and without Requantize between them and ArgMax at the end.

    Parameters
    ----------
    max_layers : int
        Sum-product layers, at least one.
    max_width : int
        Inputs, products and outputs of a layer, each at least one.
    input_bits, a_bits : int
        Magnitudes of inputs and multiplicands stay below 2**bits.
    """
    width = st.integers(1, max_width)
    n_in = draw(width)
    tensor = Tensor((n_in,), draw(st.integers(0, 4)), draw(ranges(n_in, bits=input_bits)))
    network = Network("net", tensor, [Node("fc1", draw(layers(n_in, width, a_bits=a_bits)), "x")])
    for number in range(1, draw(st.integers(1, max_layers)) + 1):
        if number > 1:
            layer = draw(layers(network.output.shape[0], width, a_bits=a_bits))
            network = append(network, f"fc{number}", layer)
        if network.output.range.magnitude >= WIDEST or draw(st.booleans()):
            operator = draw(requantizers(network.output.range.magnitude))
            network = append(network, f"act{number}", operator)
    if draw(st.booleans()):
        network = append(network, "argmax", ArgMax())
    return network


@st.composite
def layers(
    draw: st.DrawFn, n_in: int, width: st.SearchStrategy[int], *, a_bits: int = 10
) -> SumProduct:
    """Sum-product layers of `n_in` inputs whose r and n_out are drawn from `width`."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    r = draw(width)
    identity = draw(st.booleans())
    density = draw(st.sampled_from([0.3, 0.7, 1.0, 0.0]))
    wb = ternary(rng, r, n_in, density)
    wc = np.eye(r, dtype=np.int8) if identity else ternary(rng, draw(width), r, density)
    for matrix in (wb,) if identity else (wb, wc):
        if draw(st.booleans()):
            matrix[draw(st.integers(0, matrix.shape[0] - 1))] = 0
        if draw(st.booleans()):
            matrix[:, draw(st.integers(0, matrix.shape[1] - 1))] = 0
    largest = 2**a_bits - 1
    multiplicand = st.one_of(
        st.integers(-largest, largest),
        st.integers(0, a_bits - 1).map(lambda bit: 1 << bit),
        st.integers(0, a_bits - 1).map(lambda bit: -1 << bit),
        st.just(0),
    )
    a = np.array(draw(st.lists(multiplicand, min_size=r, max_size=r)), np.int64)
    n_out = wc.shape[0]
    bias = np.array(draw(st.lists(biases, min_size=n_out, max_size=n_out)), np.int64)
    return SumProduct(wb, a, wc, bias, draw(st.integers(0, 8)))


biases = st.one_of(
    st.just(0),
    st.integers(-1000, 1000),
    st.builds(lambda sign, bit: sign << bit, st.sampled_from([-1, 1]), st.integers(0, 20)),
    st.builds(lambda odd, zeros: odd << zeros, st.integers(-15, 15), st.integers(0, 16)),
)
"""Small, or with many trailing zeros: a bias may have more of them than its sum has bits."""


def ternary(
    rng: np.random.Generator, rows: int, columns: int, density: float
) -> npt.NDArray[np.int8]:
    """A random ternary matrix; `density` is the chance that an entry is not zero."""
    signs = rng.choice(np.array([-1, 1], np.int8), (rows, columns))
    return signs * (rng.random((rows, columns)) < density).astype(np.int8)


@st.composite
def ranges(draw: st.DrawFn, channels: int, *, bits: int) -> Range:
    """One range for all channels or one each: unsigned, signed, negative or a single value."""
    largest = 2**bits - 1
    interval = st.one_of(
        st.integers(0, largest).map(lambda high: (0, high)),
        st.tuples(st.integers(-largest, largest), st.integers(-largest, largest)).map(
            lambda ends: (min(ends), max(ends))
        ),
    )
    if draw(st.booleans()):
        return Range.uniform(*draw(interval), channels)
    low, high = zip(*draw(st.lists(interval, min_size=channels, max_size=channels)), strict=True)
    return Range(low, high)


@st.composite
def requantizers(draw: st.DrawFn, magnitude: int) -> Requantize:
    """Requantize for values up to `magnitude`: a ReLU, signed, or wide enough to clamp nothing."""
    shift = draw(st.integers(max(magnitude.bit_length() - 20, 0), magnitude.bit_length()))
    bits = draw(st.integers(1, 21))
    return Requantize(shift, draw(st.sampled_from([0, -(2**bits)])), 2**bits - 1)


@st.composite
def styles(draw: st.DrawFn, network: Network) -> dict[str, Style]:
    """A style for some of the sum-product layers; a digit may be too long for its layer."""
    style = st.one_of(
        st.just(Parallel()),
        st.builds(Serial, st.sampled_from([1, 1, 2, 3, 5])),
        st.builds(Folded, st.integers(1, 5), st.integers(1, 4)),
    )
    layers = [
        node.name for node in network.nodes if isinstance(node.operator, SumProduct | Convolution)
    ]
    return {layer: draw(style) for layer in layers if draw(st.booleans())}


def append(network: Network, name: str, operator: SumProduct | Requantize | ArgMax) -> Network:
    """`network` with one more operator at its end."""
    node = Node(name, operator, network.nodes[-1].name)
    return Network(network.name, network.input, [*network.nodes, node], network.provenance)


def samples(network: Network, count: int, seed: int = 0) -> npt.NDArray[np.int64]:
    """Random inputs of a network; see `corners`."""
    return corners(network.input.range, count, seed)


def corners(x: Range, count: int, seed: int = 0) -> npt.NDArray[np.int64]:
    """Random samples over a whole range; the first is its lower end, the second its upper end."""
    low, high = np.array(x.low), np.array(x.high)
    rows = np.random.default_rng(seed).integers(low, high, (count, len(low)), endpoint=True)
    for row, ends in zip(rows, (low, high), strict=False):
        row[:] = ends
    return rows


def example() -> Network:
    """A small network that uses every operator; ranges are small enough to check by hand."""
    fc1 = SumProduct(
        np.array([[1, -1, 0], [0, 1, 1]], np.int8),
        np.array([3, -4]),
        np.array([[1, 1], [-1, 0], [0, 1]], np.int8),
        np.array([2, 0, -1]),
        2,
    )
    fc2 = SumProduct(
        np.array([[1, 0, -1], [0, 0, 1]], np.int8),
        np.array([5, 2]),
        np.eye(2, dtype=np.int8),
        np.array([0, 7]),
        1,
    )
    nodes = [
        Node("fc1", fc1, "x"),
        Node("act1", Requantize(1, 0, 15), "fc1"),
        Node("fc2", fc2, "act1"),
        Node("argmax", ArgMax(), "fc2"),
    ]
    return Network("example", Tensor((3,), 0, Range.uniform(0, 7, 3)), nodes, {"recipe": "none"})
