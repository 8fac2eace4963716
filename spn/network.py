"""A network of integer operators: the one definition of right."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy.typing as npt

from mulbudget.spn.bilinear import Bilinear
from mulbudget.spn.convolution import Convolution
from mulbudget.spn.errors import UserError
from mulbudget.spn.images import Add, Concatenate, Flatten, MaxPool
from mulbudget.spn.names import check_name, check_network_name
from mulbudget.spn.operators import ArgMax, Integers, Requantize, SumProduct, Tensor

AnyOperator = (
    SumProduct
    | Convolution
    | Bilinear
    | Requantize
    | ArgMax
    | MaxPool
    | Add
    | Concatenate
    | Flatten
)


@dataclass(frozen=True, init=False)
class Node:
    """An operator in a network.

    Parameters
    ----------
    name : str
        Of the layer and of the tensor it makes; unique in the network, a Verilog identifier.
    operator : AnyOperator
    *inputs : str
        The names of the tensors it takes: the network's input or earlier nodes.
    """

    name: str
    operator: AnyOperator
    inputs: tuple[str, ...]

    def __init__(self, name: str, operator: AnyOperator, *inputs: str) -> None:
        object.__setattr__(self, "name", name)
        object.__setattr__(self, "operator", operator)
        object.__setattr__(self, "inputs", inputs)

    @property
    def input(self) -> str:
        """The first tensor it takes."""
        return self.inputs[0]


@dataclass(frozen=True, eq=False)
class Network:
    """Integer operators in the order they run, with everything derived from the input on.

    Parameters
    ----------
    name : str
        A Verilog identifier; names the generated files and module, so nothing else of them.
    input : Tensor
        Of the first tensor, which is named "x".
    nodes : iterable of Node
        In order; the last one makes the network's output.
    provenance : mapping, optional
        Where it comes from (recipe, seed, accuracy): JSON values, not used in evaluation.

    Raises
    ------
    UserError
        Naming the operator, when names clash, an input does not exist, a shape does not fit or a
        range leaves 62 bits.
    """

    name: str
    input: Tensor
    nodes: tuple[Node, ...]
    provenance: Mapping[str, Any] = field(default_factory=dict)
    tensors: Mapping[str, Tensor] = field(init=False, repr=False)

    INPUT = "x"

    def __init__(
        self,
        name: str,
        input: Tensor,
        nodes: Iterable[Node],
        provenance: Mapping[str, Any] | None = None,
    ) -> None:
        check_network_name(name)
        object.__setattr__(self, "name", name)
        object.__setattr__(self, "input", input)
        object.__setattr__(self, "nodes", tuple(nodes))
        object.__setattr__(self, "provenance", dict(provenance or {}))
        object.__setattr__(self, "tensors", self._derive())

    def _derive(self) -> dict[str, Tensor]:
        if not self.nodes:
            raise UserError(f"network {self.name} has no operators")
        shape = self.input.shape
        if not shape or shape[0] != self.input.range.channels or min(shape) < 1:
            raise UserError(
                f"network {self.name}: an input of shape {self.input.shape} does not go with "
                f"ranges for {self.input.range.channels} channels"
            )
        tensors = {self.INPUT: self.input}
        for node in self.nodes:
            check_name(node.name, "operator")
            if node.name in tensors:
                raise UserError(f"operator {node.name}: the name is taken")
            for name in node.inputs:
                if name not in tensors:
                    raise UserError(f"operator {node.name}: its input {name!r} does not exist")
            if len(node.inputs) != node.operator.arity:
                raise UserError(
                    f"operator {node.name}: it takes {node.operator.arity} tensors, not "
                    f"{len(node.inputs)}"
                )
            try:
                tensors[node.name] = node.operator.output(*map(tensors.__getitem__, node.inputs))
            except UserError as error:
                raise UserError(f"operator {node.name}: {error}") from error
        return tensors

    @property
    def output(self) -> Tensor:
        """The tensor that the last operator makes."""
        return self.tensors[self.nodes[-1].name]

    def run(self, x: npt.ArrayLike) -> Integers:
        """Evaluate samples; hardware and PyTorch give the same integers.

        Parameters
        ----------
        x : integers, (samples, *input.shape) or (samples, entries of the input)
            Inside the input's range; a row of entries is in C order.

        Returns
        -------
        int64, (samples, *output.shape)

        Raises
        ------
        UserError
            When `x` is not of integers, has another shape, or leaves the input's range.
        """
        return self.run_all(x)[self.nodes[-1].name]

    def run_all(self, x: npt.ArrayLike) -> dict[str, Integers]:
        """Evaluate samples and keep every tensor, by name; see `run`."""
        values = {self.INPUT: self.input.checked(x, f"network {self.name}")}
        for node in self.nodes:
            values[node.name] = node.operator.evaluate(*map(values.__getitem__, node.inputs))
        return values
