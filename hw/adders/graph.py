"""Adder graphs: matrices of constants as shared two-input additions."""

import heapq
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from mulbudget.spn import Range

if TYPE_CHECKING:
    from mulbudget.hw.cost import Cost
    from mulbudget.hw.families import Family


@dataclass(frozen=True, slots=True)
class Add:
    """One adder: (x[left] << left_shift) + (x[right] << right_shift), or - with `subtract`."""

    left: int
    right: int
    subtract: bool = False
    left_shift: int = 0
    right_shift: int = 0


@dataclass(frozen=True, slots=True)
class Output:
    """One output: x[node] << shift, negated where `negative`; zero where `node` is None."""

    node: int | None
    negative: bool = False
    shift: int = 0


class Term(NamedTuple):
    """value << shift in a sum, negated where `negative`; `depth` is that of the value."""

    depth: int
    value: int
    negative: bool
    shift: int = 0


def join(left: Term, right: Term, n_in: int, adds: list[Add]) -> Term:
    """Append the adder of two terms to `adds`; gives their sum, negative only where both are.

    The values after the `n_in` inputs are those of `adds`.
    """
    if left.negative and not right.negative:
        left, right = right, left
    shift = min(left.shift, right.shift)
    subtract = left.negative != right.negative
    adds.append(Add(left.value, right.value, subtract, left.shift - shift, right.shift - shift))
    depth = 1 + max(left.depth, right.depth)
    return Term(depth, n_in + len(adds) - 1, left.negative, shift)


def add_up(terms: list[Term], n_in: int, adds: list[Add]) -> Term | None:
    """Append the adders of a sum to `adds`, shallow terms first; gives the sum, None of nothing.

    `terms` is used up.
    """
    heapq.heapify(terms)
    while len(terms) > 1:
        heapq.heappush(terms, join(heapq.heappop(terms), heapq.heappop(terms), n_in, adds))
    return terms[0] if terms else None


def as_output(total: Term | None) -> Output:
    """A sum as an output of a graph."""
    return Output(None) if total is None else Output(total.value, total.negative, total.shift)


@dataclass(frozen=True)
class AdderGraph:
    """A matrix as a flat list of two-input adders, each assigned once.

    Value i is input i for i < n_in, and the adder `adds[i - n_in]` from there on. An adder takes
    only values before it.

    Parameters
    ----------
    n_in : int
        Inputs.
    adds : tuple of Add
    outputs : tuple of Output
    """

    n_in: int
    adds: tuple[Add, ...]
    outputs: tuple[Output, ...]

    def __call__(self, x: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """(…, n_in) integers to (…, n_out), exact within the type of `x`.

        Raises
        ------
        ValueError
            When `x` has another number of channels.
        """
        if x.shape[-1:] != (self.n_in,):
            raise ValueError(f"x of shape {x.shape} must have {self.n_in} channels")
        values = self._values(np.moveaxis(x, -1, 0))
        rows = [
            np.zeros_like(values[0])
            if output.node is None
            else (values[output.node] << output.shift) * (-1 if output.negative else 1)
            for output in self.outputs
        ]
        return np.stack(rows, axis=-1)

    @property
    def adders(self) -> int:
        """How many adders."""
        return len(self.adds)

    @cached_property
    def depths(self) -> tuple[int, ...]:
        """Adders on the longest way to each value."""
        depths = [0] * self.n_in
        for add in self.adds:
            depths.append(1 + max(depths[add.left], depths[add.right]))
        return tuple(depths)

    @property
    def depth(self) -> int:
        """Adders on the longest way to an output."""
        nodes = [output.node for output in self.outputs if output.node is not None]
        return max((self.depths[node] for node in nodes), default=0)

    def matrix(self) -> npt.NDArray[np.int64]:
        """The matrix it computes, (n_out, n_in)."""
        return self(np.eye(self.n_in, dtype=np.int64)).T

    def transpose(self) -> "AdderGraph":
        """The graph of the transposed matrix: every value becomes the sum of what used it.

        It has `n_in` - `n_out` adders less, not counting inputs and outputs without use.
        """
        return _Transposed(self).graph()

    def ranges(self, x: Range) -> Range:
        """Exact range of each value, inputs first, for independent inputs in `x`."""
        return x.linear(self.coefficients())

    def spans(self, x: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """Highest less lowest of each value, inputs first, where `x`, (n_in,), has the inputs'."""
        return np.abs(self.coefficients()) @ x

    def cost(
        self, family: "Family | str", x: Range, *, levels_per_stage: int | None = None
    ) -> "Cost":
        """What the adders take of a device, as `mulbudget.hw.circuit.Circuit` builds them.

        It is counted, not synthesised: within 10 % of what Yosys makes of graphs whose inputs have
        4 bits or more. Adders of 4 bits and less become logic that Yosys merges further on ECP5.

        Parameters
        ----------
        family : Family or str
            Or its name.
        x : Range
            Of the inputs, whose flip-flops count where they wait for later stages.
        levels_per_stage : int, optional
            Adders between pipeline registers, at most; by default there are no registers.

        Raises
        ------
        UserError
            When there is no such family, or a value may reach 2**62.
        ValueError
            When `x` is of another number of inputs.
        """
        from mulbudget.hw.cost import graph_cost  # which needs this module first

        graph: Any = self  # for Pyright this file and the installed module are two
        return graph_cost(graph, family, x, levels_per_stage=levels_per_stage)

    def coefficients(self) -> npt.NDArray[np.int64]:
        """What each value has of each input, (values, n_in), inputs first."""
        return np.stack(self._values(np.eye(self.n_in, dtype=np.int64)))

    def _values(self, inputs: npt.NDArray[Any]) -> list[npt.NDArray[Any]]:
        values = list(inputs)
        for add in self.adds:
            left = values[add.left] << add.left_shift
            right = values[add.right] << add.right_shift
            values.append(left - right if add.subtract else left + right)
        return values


class _Transposed:
    """Goes through a graph backwards, adding up at each value what its uses give."""

    def __init__(self, graph: AdderGraph) -> None:
        self._graph = graph
        self._adds: list[Add] = []
        self._terms: list[list[Term]] = [[] for _ in range(graph.n_in + graph.adders)]

    def graph(self) -> AdderGraph:
        """The transposed one."""
        graph = self._graph
        for number, output in enumerate(graph.outputs):
            if output.node is not None:
                term = Term(0, number, output.negative, output.shift)
                self._terms[output.node].append(term)
        for node in reversed(range(graph.n_in, len(self._terms))):
            add, total = graph.adds[node - graph.n_in], self._sum(node)
            if total is not None:
                depth, value, negative, shift = total
                left, right = shift + add.left_shift, shift + add.right_shift
                self._terms[add.left].append(Term(depth, value, negative, left))
                self._terms[add.right].append(Term(depth, value, negative != add.subtract, right))
        outputs = tuple(as_output(self._sum(value)) for value in range(graph.n_in))
        return AdderGraph(len(graph.outputs), tuple(self._adds), outputs)

    def _sum(self, node: int) -> Term | None:
        return add_up(self._terms[node], len(self._graph.outputs), self._adds)
