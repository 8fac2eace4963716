"""The streams of a network's hardware: how a sample's tensors are cut into beats."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

import numpy as np
import numpy.typing as npt

from mulbudget.spn import Bilinear, Network, Range, Tensor

Ends = list[tuple[int, int]]


@dataclass(frozen=True)
class Port:
    """A stream that carries a tensor, a block a beat.

    Parameters
    ----------
    name : str
        "i" for the input of a network of layers, "a" and "b" for two matrices, "o" for the output.
    shape : tuple of int
        Of the tensor.
    block : tuple of int
        What a beat carries; blocks follow one another in C order, and so do their entries. Entries
        beyond the edge of the tensor are 0.
    ends : list of (low, high)
        Exact range of each entry of a block, over all blocks.
    """

    name: str
    shape: tuple[int, ...]
    block: tuple[int, ...]
    ends: Ends

    @property
    def beats(self) -> int:
        """Of a tensor."""
        return prod(-(-size // step) for size, step in zip(self.shape, self.block, strict=True))

    @property
    def hull(self) -> tuple[int, int]:
        """The range of any entry."""
        return min(low for low, _ in self.ends), max(high for _, high in self.ends)

    @property
    def range(self) -> Range:
        """Of a block."""
        low, high = zip(*self.ends, strict=True)
        return Range(low, high)


def input_ports(network: Network) -> list[Port]:
    """The streams that a network takes: its tensor, or A and B of a product of matrices."""
    product, x = network.nodes[0].operator, network.input.range
    if not isinstance(product, Bilinear):
        return [tensor_port("i", network.input)]
    (rows, inner, columns), scheme, cut = product.size, product.scheme, product.a_entries
    return [
        cut_port("a", (rows, inner), (scheme.k, scheme.m), x.ends[:cut]),
        cut_port("b", (inner, columns), (scheme.m, scheme.n), x.ends[cut:]),
    ]


def output_port(network: Network) -> Port:
    """The stream that a network gives: its tensor, or the matrix C of a tiled product."""
    product = network.nodes[0].operator
    if not isinstance(product, Bilinear) or not product.tiled:
        return tensor_port("o", network.output)
    rows, _, columns = product.size
    block = (product.scheme.k, product.scheme.n)
    return cut_port("o", (rows, columns), block, network.output.range.ends)


def block_range(ports: Sequence[Port]) -> Range:
    """Of one beat of several streams together."""
    low, high = zip(*(each for port in ports for each in port.ends), strict=True)
    return Range(low, high)


def places(shape: Sequence[int], block: Sequence[int]) -> npt.NDArray[np.int64]:
    """Which entry of a tensor, in C order, each entry of each beat is; -1 beyond the edge.

    Returns
    -------
    int64, (beats, entries of a block)
    """
    index = np.arange(prod(shape)).reshape(shape)
    edges = [(0, -size % step) for size, step in zip(shape, block, strict=True)]
    padded = np.pad(index, edges, constant_values=-1)
    pairs = [
        part
        for size, step in zip(padded.shape, block, strict=True)
        for part in (size // step, step)
    ]
    cut = padded.reshape(pairs)
    axes = [*range(0, cut.ndim, 2), *range(1, cut.ndim, 2)]
    return cut.transpose(axes).reshape(-1, prod(block))


def tensor_port(name: str, tensor: Tensor) -> Port:
    """A stream of all channels a beat: the whole of a vector, or the pixels of an image."""
    block = (tensor.shape[0], *(1 for _ in tensor.shape[1:]))
    return Port(name, tensor.shape, block, tensor.range.ends)


def cut_port(name: str, shape: tuple[int, ...], block: tuple[int, ...], ends: Ends) -> Port:
    """A stream of a tensor in blocks, where `ends` are the ranges of its entries."""
    return Port(name, shape, block, hull(places(shape, block), ends))


def hull(beats: npt.NDArray[np.int64], ends: Ends) -> Ends:
    """The range of each place over all beats; an entry of -1 is 0."""
    low, high = (np.array([*side, 0], np.int64)[beats] for side in zip(*ends, strict=True))
    return list(zip(low.min(axis=0).tolist(), high.max(axis=0).tolist(), strict=True))
