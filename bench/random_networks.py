"""Networks with random ternary weights, of the sizes and densities that training leaves."""

from itertools import pairwise

import numpy as np

from mulbudget.spn import (
    ArgMax,
    Convolution,
    Flatten,
    Geometry,
    MaxPool,
    Network,
    Node,
    Range,
    Requantize,
    SumProduct,
    Tensor,
)
from mulbudget.spn.scheme import Ternary


def dense(
    sizes: tuple[int, ...], *, density: float, learned: bool = False, seed: int = 0
) -> Network:
    """Layers of so many neurons, 4 bits between them; with a learned Wc or none."""
    rng = np.random.default_rng(seed)
    x = Tensor((sizes[0],), 0, Range.uniform(0, 15, sizes[0]))
    network = Network("dense", x, [Node("fc1", _layer(rng, sizes[:2], density, learned), "x")])
    for number, pair in enumerate(pairwise(sizes[1:]), 2):
        network = _activated(network, f"act{number - 1}")
        network = _with(network, f"fc{number}", _layer(rng, pair, density, learned))
    return _with(network, "argmax", ArgMax())


def images(
    channels: tuple[int, ...], side: int, *, density: float, learned: bool = False, seed: int = 0
) -> Network:
    """Convolutions of 3 x 3 with poolings of 2 x 2 between them, and a dense layer."""
    rng = np.random.default_rng(seed)
    x = Tensor((channels[0], side, side), 0, Range.uniform(0, 15, channels[0]))
    first = _convolution(rng, channels[:2], density, learned)
    network = Network("images", x, [Node("conv1", first, "x")])
    for number, pair in enumerate(pairwise(channels[1:]), 2):
        network = _activated(network, f"act{number - 1}")
        network = _with(network, f"pool{number - 1}", MaxPool(Geometry.plain((2, 2), (2, 2))))
        network = _with(network, f"conv{number}", _convolution(rng, pair, density, learned))
    network = _with(_activated(network, "act"), "pool", MaxPool(Geometry.plain((2, 2), (2, 2))))
    network = _with(network, "flatten", Flatten())
    entries = network.output.shape[0]
    network = _with(network, "fc", _layer(rng, (entries, 10), density, False))
    return _with(network, "argmax", ArgMax())


def _activated(network: Network, name: str) -> Network:
    """A requantization to 4 bits that clips few values."""
    shift = max(int(network.output.range.magnitude).bit_length() - 5, 0)
    return _with(network, name, Requantize(shift, 0, 15))


def _with(network: Network, name: str, operator: object) -> Network:
    node = Node(name, operator, network.nodes[-1].name)  # pyright: ignore[reportArgumentType]
    return Network(network.name, network.input, [*network.nodes, node])


def _ternary(rng: np.random.Generator, shape: tuple[int, ...], density: float) -> Ternary:
    signs = rng.choice(np.array([-1, 1], np.int8), shape)
    return signs * (rng.random(shape) < density).astype(np.int8)


def _layer(
    rng: np.random.Generator, sizes: tuple[int, ...], density: float, learned: bool
) -> SumProduct:
    n_in, n_out = sizes
    wc = _ternary(rng, (n_out, n_out), density) if learned else np.eye(n_out, dtype=np.int8)
    a, bias = rng.integers(1, 32, n_out), rng.integers(-99, 99, n_out)
    return SumProduct(_ternary(rng, (n_out, n_in), density), a, wc, bias, 0)


def _convolution(
    rng: np.random.Generator, sizes: tuple[int, ...], density: float, learned: bool
) -> Convolution:
    n_in, n_out = sizes
    wc = _ternary(rng, (n_out, n_out), density) if learned else np.eye(n_out, dtype=np.int8)
    return Convolution(
        _ternary(rng, (n_out, n_in, 3, 3), density),
        rng.integers(1, 32, n_out),
        wc[..., None, None],
        rng.integers(-99, 99, n_out),
        0,
        Geometry.plain((3, 3), (1, 1), (1, 1)),
    )
