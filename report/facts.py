"""What a page says, before it has a form."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from mulbudget.boards.catalogue import Board
from mulbudget.boards.report import Report
from mulbudget.hw.settled import layer_of
from mulbudget.report.planned import Planned
from mulbudget.report.runs import Run, accuracy_of
from mulbudget.spn import (
    Bilinear,
    Convolution,
    Counts,
    Network,
    Node,
    SumProduct,
    Tensor,
    graph_additions,
    kind_title,
    matrices_of,
    operator_counts,
    shape_title,
    width,
)


@dataclass(frozen=True, kw_only=True)
class Facts:
    """All that a page is made of.

    Parameters
    ----------
    network : Network
    digest : str
        `mulbudget.spn.digest` of it.
    runs : sequence of Run
        What its accuracy is drawn beside: its teacher, published networks, other runs.
    adders : mapping or None
        What the adder graphs of each layer add, by its name.
    board : Board or None
        What it is built on.
    planned : Planned or None
        How, where there is a choice.
    built : Report or None
        What place-and-route made of it on that board.
    proofs : sequence of pairs of str
        What was simulated, and the outcome.
    notes : sequence of str
        What was found and left out, and why.
    """

    network: Network
    digest: str
    runs: Sequence[Run] = ()
    adders: Mapping[str, int] | None = None
    board: Board | None = None
    planned: Planned | None = None
    built: Report | None = None
    proofs: Sequence[tuple[str, str]] = ()
    notes: Sequence[str] = field(default=())

    @property
    def is_product(self) -> bool:
        """Whether it multiplies two live matrices, and learns nothing."""
        return any(isinstance(node.operator, Bilinear) for node in self.network.nodes)

    @property
    def accuracy(self) -> float | None:
        """Share of the test set that its integers are right about, as the file says."""
        return accuracy_of(self.network)


@dataclass(frozen=True, kw_only=True)
class Layer:
    """A row of the table of layers.

    Parameters
    ----------
    node : Node
    kind, shape : str
        In words.
    r : int or None
        Products of one window or vector, where it has some.
    counts : Counts or None
        Of one sample, where it multiplies or adds.
    entries : int
        Of its ternary matrices.
    sums : int
        Additions of one sample that adder graphs can save: each row of a matrix by itself, without
        biases.
    adders : int or None
        What its adder graphs add for one sample, where they were looked for.
    bits : str
        Widths of u = Wb x, z = a * u and v = Wc z + bias; of the result where there are none.
    """

    node: Node
    kind: str
    shape: str
    r: int | None
    counts: Counts | None
    entries: int
    sums: int
    adders: int | None
    bits: str


def layers_of(facts: Facts) -> list[Layer]:
    """Every operator of a network, in order."""
    network, adders = facts.network, facts.adders
    rows: list[Layer] = []
    for node in network.nodes:
        counts = operator_counts(node.operator, network.tensors[node.input])
        rows.append(
            Layer(
                node=node,
                kind=kind_title(node.operator),
                shape=shape_title(node.operator, network.tensors[node.name]),
                r=products_of(node),
                counts=counts,
                entries=sum(matrix.size for _, matrix in matrices_of(node.operator)),
                sums=_sums(network, node),
                adders=None if adders is None or counts is None else adders[node.name],
                bits=_bits(network, node),
            )
        )
    return rows


def products_of(node: Node) -> int | None:
    """Products of a vector, of a window, or of a pair of blocks; None of other operators."""
    match node.operator:
        case SumProduct() | Convolution():
            return node.operator.r
        case Bilinear(scheme=scheme):
            return scheme.r
        case _:
            return None


def width_title(tensor: Tensor) -> str:
    """Like "4 bits" and "15 bits, signed"."""
    bits, signed = width(min(tensor.range.low), max(tensor.range.high))
    return f"{bits} bit{'' if bits == 1 else 's'}{', signed' if signed else ''}"


def _sums(network: Network, node: Node) -> int:
    rows = [np.count_nonzero(matrix, axis=1) for _, matrix in matrices_of(node.operator)]
    chains = sum(int(np.maximum(row - 1, 0).sum()) for row in rows)
    return graph_additions(node.operator, network.tensors[node.input], chains)


def _bits(network: Network, node: Node) -> str:
    x, output = network.tensors[node.input], network.tensors[node.name]
    if not isinstance(node.operator, SumProduct | Convolution):
        return str(width(min(output.range.low), max(output.range.high))[0])
    layer, entering = layer_of(network, node, x)
    stages = layer.stages(entering)
    ranges = (stages.u, stages.z, stages.v)
    return " · ".join(str(width(min(each.low), max(each.high))[0]) for each in ranges)
