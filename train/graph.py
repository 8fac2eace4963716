"""A network of any graph: its steps, and its phases as a whole."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, cast

from torch import Tensor, nn

from mulbudget.spn import AnyOperator, Network, UserError
from mulbudget.train.activations import Rounding
from mulbudget.train.dense import DenseLayer
from mulbudget.train.layers import Phase, SumProductLayer
from mulbudget.train.phased import PhasedModel
from mulbudget.train.precision import Multiplicands


class Part(Protocol):
    """What the module of a step can do: an operator of `spn` that can be trained."""

    def freeze(self, *input_fractions: int) -> int:
        """Become integers, for inputs of so many binary places; gives those of the output."""
        ...

    def operator(self, *input_fractions: int) -> AnyOperator | None:
        """The integers, once frozen; None of what is nothing in evaluation mode."""
        ...


@dataclass(frozen=True)
class Step:
    """One module of a graph and the tensors it takes.

    Parameters
    ----------
    name : str
        Of the module and of the tensor it gives; a Verilog identifier.
    inputs : tuple of str
        Names of earlier steps, or "x".
    shape : tuple of int
        Of what it gives for one sample.
    origin : str
        Name of the module in the model that was traced; empty where there was none.
    normed : bool
        Whether a batch norm stood behind it.
    """

    name: str
    inputs: tuple[str, ...]
    shape: tuple[int, ...]
    origin: str = ""
    normed: bool = False


class GraphModel(PhasedModel):
    """The modules of a traced network, in the order they run, and its phases.

    It takes integers times 2**-input_fraction, and in phase "frozen" and evaluation mode gives
    exactly what the integers of the exported network give, in float64.

    Parameters
    ----------
    steps : sequence of Step
        The last one gives the output.
    parts : sequence of nn.Module
        One for each step.
    input_shape : tuple of int
        Of one sample.
    input_fraction : int
        Binary places of the input.
    """

    def __init__(
        self,
        steps: Sequence[Step],
        parts: Sequence[nn.Module],
        input_shape: tuple[int, ...],
        input_fraction: int = 0,
    ) -> None:
        super().__init__()
        self.steps = tuple(steps)
        self.parts = nn.ModuleDict(
            {step.name: part for step, part in zip(steps, parts, strict=True)}
        )
        self.input_shape = tuple(input_shape)
        self.input_fraction = input_fraction

    def forward(self, x: Tensor) -> Tensor:
        """(samples, *input_shape) to (samples, *shape of the last step)."""
        return self.run_all(x)[self.steps[-1].name]

    def run_all(self, x: Tensor) -> dict[str, Tensor]:
        """What every step gives, by name."""
        values = {Network.INPUT: x}
        for step in self.steps:
            values[step.name] = self.parts[step.name](*map(values.__getitem__, step.inputs))
        return values

    def part(self, step: Step) -> Part:
        """The module of a step."""
        return cast(Part, self.parts[step.name])

    def spn_layers(self) -> list[SumProductLayer]:
        """The sum-product layers in order."""
        return [part for part in self.parts.values() if isinstance(part, SumProductLayer)]

    def inputs(self, x: Tensor) -> Tensor:
        """The integers `x`, (samples, entries), as images times 2**-input_fraction."""
        return x.view(-1, *self.input_shape) * 2.0**-self.input_fraction

    def enter(self, phase: Phase, *, folded: bool = False) -> None:
        """Set the phase of every part; `folded` says that the weights are frozen ones already.

        Raises
        ------
        UserError
            Naming the module, when one cannot freeze, or the model is frozen and should go back.
        """
        if self.phase == "frozen" and not folded:
            raise UserError(
                f"the model is frozen, and cannot enter phase {phase}: its batch norms are folded"
            )
        self.phase = phase
        for part in self.parts.values():
            if phase == "frozen":
                if folded and isinstance(part, SumProductLayer | DenseLayer | Rounding):
                    part.mark_frozen()
            elif isinstance(part, Multiplicands):
                part.phase = phase
            elif isinstance(part, Rounding):
                part.exact = phase == "full"
        if phase == "frozen" and not folded:
            self._freeze()

    def _freeze(self) -> None:
        fractions = {Network.INPUT: self.input_fraction}
        for step in self.steps:
            inputs = map(fractions.__getitem__, step.inputs)
            try:
                fractions[step.name] = self.part(step).freeze(*inputs)
            except UserError as error:
                raise UserError(f"{step.origin or step.name} cannot be frozen: {error}") from error
        units = self._units(fractions)
        for step in self.steps:
            part = self.parts[step.name]
            if isinstance(part, Multiplicands):
                part.unit = min(units[step.name], fractions[step.name])

    def _units(self, fractions: dict[str, int]) -> dict[str, int]:
        """The most binary places that any rounding keeps of a tensor, or the output has."""
        units = dict.fromkeys(fractions, -1000)
        units[self.steps[-1].name] = fractions[self.steps[-1].name]
        for step in reversed(self.steps):
            rounds = isinstance(self.parts[step.name], Rounding)
            kept = fractions[step.name] if rounds else units[step.name]
            for name in step.inputs:
                units[name] = max(units[name], kept)
        return units
