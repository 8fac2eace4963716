"""What a network costs before any hardware is chosen."""

import math
from dataclasses import dataclass, fields

import numpy as np

from mulbudget.spn.bilinear import Bilinear
from mulbudget.spn.convolution import Convolution
from mulbudget.spn.images import Add
from mulbudget.spn.network import AnyOperator, Network
from mulbudget.spn.operators import SumProduct, Tensor
from mulbudget.spn.ranges import width


@dataclass(frozen=True, kw_only=True)
class Counts:
    """Costs of one sample through a layer or a network.

    Parameters
    ----------
    multiplications : int
        Products: r of each sum-product layer, and of each pair of blocks of a matrix product.
    dense_multiplications : int
        Of the same shape with full-precision weights: n_in * n_out; of a matrix product, those of
        rows by columns.
    additions : int
        Naive: each row of a ternary matrix by its own chain, and the non-zero biases; no sharing.
        Of a tiled matrix product also those of the blocks' products.
    paper_additions : int
        As "StrassenNets" counts (table 1): every entry of Wb and Wc, zeros too; none of a Wc that
        is the identity, and of a layer that keeps its weights one for each. Patches beyond the
        edge count in proportion, rounded.
    dense_additions : int
        Of the same shape with full-precision weights: for each output as many as it takes inputs,
        n_in or n_in * kernel, one of which is that of the bias or the batch norm. An average
        pooling has those of its window. Of a matrix product, without bias, one fewer each.
    non_zeros : int
        Of Wb and Wc, and of Wa.
    bits : int
        Stored: 2 a ternary entry (none where Wc is the identity), and a and bias in as few bits
        as hold all of the layer's.
    """

    multiplications: int = 0
    dense_multiplications: int = 0
    additions: int = 0
    paper_additions: int = 0
    dense_additions: int = 0
    non_zeros: int = 0
    bits: int = 0

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(
            **{
                each.name: getattr(self, each.name) + getattr(other, each.name)
                for each in fields(self)
            }
        )


def layer_counts(layer: SumProduct) -> Counts:
    """Counts of one sum-product layer."""
    per_row = [np.count_nonzero(matrix, axis=1) for matrix in (layer.wb, layer.wc)]
    chains = sum(int(np.maximum(row - 1, 0).sum()) for row in per_row)
    wc_bits = 0 if layer.wc_is_identity else 2 * layer.wc.size
    return Counts(
        multiplications=layer.r,
        dense_multiplications=layer.n_in * layer.n_out,
        additions=chains + int(np.count_nonzero(layer.bias)),
        paper_additions=_paper_entries(layer),
        dense_additions=layer.n_in * layer.n_out,
        non_zeros=sum(int(row.sum()) for row in per_row),
        bits=2 * layer.wb.size + wc_bits + _packed_bits(layer.a) + _packed_bits(layer.bias),
    )


def convolution_counts(layer: Convolution, x: Tensor) -> Counts:
    """Counts of a convolution of images like `x`; outputs that a patch has too many are counted.

    Dense is a convolution with the same groups where Wc is grouped as well, else with one. An
    average pooling is none in a dense network either, and by a power of two takes no products.
    """
    geometry, image = layer.geometry, x.shape[1:]
    windows, pixels = _passes(layer, x), math.prod(geometry.outputs(image))
    taken = layer.channels // (layer.groups if layer.wc_is_grouped else 1)
    dense = pixels * layer.n_out * taken * math.prod(geometry.kernel)
    one, pools = layer_counts(layer.layer), layer.averages
    shifts = pools and abs(int(layer.a[0])).bit_count() == 1
    stored = 2 * layer.wb.size + (0 if layer.layer.wc_is_identity else 2 * layer.wc.size)
    return Counts(
        multiplications=0 if shifts else windows * one.multiplications,
        dense_multiplications=0 if pools else dense,
        additions=windows * one.additions,
        paper_additions=round(pixels * _paper_entries(layer) / math.prod(geometry.patch)),
        dense_additions=dense,
        non_zeros=one.non_zeros,
        bits=stored + _packed_bits(layer.a) + _packed_bits(layer.bias),
    )


def product_counts(product: Bilinear) -> Counts:
    """Counts of one matrix product."""
    scheme, (rows, inner, columns) = product.scheme, product.size
    pairs, between = math.prod(product.blocks), _between_blocks(product)
    matrices = (scheme.wa, scheme.wb, scheme.wc)
    return Counts(
        multiplications=pairs * scheme.r,
        dense_multiplications=rows * inner * columns,
        additions=pairs * scheme.naive_additions + between,
        paper_additions=pairs * sum(matrix.size for matrix in matrices) + between,
        dense_additions=rows * (inner - 1) * columns,
        non_zeros=sum(int(np.count_nonzero(matrix)) for matrix in matrices),
        bits=2 * sum(matrix.size for matrix in matrices),
    )


def graph_additions(operator: AnyOperator, x: Tensor, adders: int) -> int:
    """Additions of one sample where adder graphs make the sums of an operator that takes `x` first.

    Biases, which hardware adds behind the graphs, are not among them.

    Parameters
    ----------
    operator : AnyOperator
    x : Tensor
    adders : int
        Of the graphs of all its ternary matrices together, for one window or pair of blocks.
    """
    match operator:
        case SumProduct() | Convolution():
            return _passes(operator, x) * adders
        case Add():
            return math.prod(x.shape)
        case Bilinear():
            return _passes(operator, x) * adders + _between_blocks(operator)
        case _:
            return 0


def operator_counts(operator: AnyOperator, x: Tensor) -> Counts | None:
    """Counts of an operator that takes `x` first; None of one that neither multiplies nor adds."""
    match operator:
        case SumProduct():
            return layer_counts(operator)
        case Convolution():
            return convolution_counts(operator, x)
        case Add():
            sums = math.prod(x.shape)
            return Counts(additions=sums, paper_additions=sums, dense_additions=sums)
        case Bilinear():
            return product_counts(operator)
        case _:
            return None


def network_counts(network: Network) -> Counts:
    """Counts of all layers together."""
    counts = (operator_counts(node.operator, network.tensors[node.input]) for node in network.nodes)
    return sum((each for each in counts if each is not None), Counts())


def _passes(operator: SumProduct | Convolution | Bilinear, x: Tensor) -> int:
    """How often a sample passes the ternary matrices: windows of an image, or pairs of blocks."""
    match operator:
        case SumProduct():
            return 1
        case Convolution(geometry=geometry):
            return math.prod(geometry.positions(x.shape[1:]))
        case Bilinear(blocks=blocks):
            return math.prod(blocks)


def _paper_entries(operator: SumProduct | Convolution) -> int:
    """Entries of the matrices of a window that take an addition each in "StrassenNets"."""
    convolved = isinstance(operator, Convolution)
    layer = operator.layer if convolved else operator
    groups = operator.groups if convolved and operator.wc_is_grouped else 1
    weights = operator.wb[0].size * layer.n_out
    if layer.r == weights and layer.products_are_alone:
        return weights
    return operator.wb.size + (0 if layer.wc_is_identity else operator.wc.size // groups)


def _between_blocks(product: Bilinear) -> int:
    """Additions that join the products of blocks."""
    pairs = math.prod(product.blocks)
    return (pairs - pairs // product.blocks[1]) * product.scheme.k * product.scheme.n


def _packed_bits(values: np.ndarray) -> int:
    return width(int(values.min()), int(values.max()))[0] * values.size
