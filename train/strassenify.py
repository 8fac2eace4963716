"""Any PyTorch model as a network of sum-product layers."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal

import torch
from torch import Tensor, nn

from mulbudget.spn import Network, UserError
from mulbudget.train.activations import Rounding
from mulbudget.train.allotment import Products, allot, allot_budget, by_name, check_names
from mulbudget.train.decompose import start_from
from mulbudget.train.graph import GraphModel, Step
from mulbudget.train.identifiers import Identifiers
from mulbudget.train.images import AveragePool, Dropping, Flat, Join, LargestPool, Sum
from mulbudget.train.layers import Precision
from mulbudget.train.plan import ByName, Plan, layer_of, located, own_groups
from mulbudget.train.start import dense_layer, spn_layer
from mulbudget.train.trace import Call, trace

_SUM_BITS = 8
"""Of sums that go into a layer without a ReLU between."""


def strassenify(
    model: nn.Module,
    example_input: Tensor,
    *,
    r: Products | None = None,
    budget: int | None = None,
    p: ByName = 1,
    g: ByName = 1,
    skip: Collection[str] = (),
    activation_bits: int = 4,
    precision: Precision | None = None,
    input_fraction: int = 0,
    start: Literal["random", "weights"] = "random",
    generator: torch.Generator | None = None,
) -> GraphModel:
    """A network like `model` whose convolutions and linear layers are sum-product layers.

    The model is traced, and stays as it is. A batch norm right behind a layer becomes the one
    between Wb and a. A ReLU rounds to integers with a power of two that it chooses itself; sums
    that go into a layer without a ReLU between are rounded to 8 bits, with a sign where they need
    one.

    Parameters
    ----------
    model : nn.Module
        Of Conv1d, Conv2d, Linear, batch norm right behind these, ReLU, ReLU6, max and average
        pooling, means over images, additions, torch.cat of channels, flattening and dropout.
    example_input : Tensor
        (samples, ...), as the model takes it. With `start` "weights" give a whole batch: batch
        norms begin with its means and variances.
    r : int, float or mapping of a module's name to these, optional
        Products of each layer; a float is a multiple of its outputs. One for each output where
        neither `r` nor `budget` is given.
    budget : int, optional
        Multiplications of the whole network for one sample, instead of `r`: split in proportion to
        the outputs of the layers.
    p : int or mapping of a module's name to int
        Outputs along each axis of a convolution that share its products.
    g : int or mapping of a module's name to int
        Groups of Wb in convolutions that have no groups of their own.
    skip : collection of str
        Names of layers that keep a multiplication for each of their weights.
    activation_bits : int
        2 to 8, of what a ReLU gives.
    precision : Precision, optional
        Of every layer.
    input_fraction : int
        The network takes integers times 2**-input_fraction.
    start : "random" or "weights"
        "weights" lets each layer with g = 1 and at least p**axes products an output begin as the
        model's, which it then is in full precision; further products make it nearer to that when
        its entries become ternary. The other layers begin at random.
    generator : torch.Generator, optional
        Draws the initial weights.

    Raises
    ------
    UserError
        Naming the module: when the model cannot be traced, something has no integer form, the
        numbers do not fit, or one that the model computes for the example is not finite.
    """
    if r is not None and budget is not None:
        raise UserError("r and budget exclude each other: give the products or their sum")
    if start not in ("random", "weights"):
        raise UserError(f"start is {start!r}: use 'random' or 'weights'")
    source, calls = trace(model, example_input)
    _check_finite(example_input, calls)
    shape = tuple(example_input.shape[1:])
    plan = Plan.of(source, shape, calls, activation_bits)
    names = [call.origin for call in plan.layers]
    for what, given in {"r": r or 1, "p": p, "g": g, "skip": skip}.items():
        check_names(given, names, what)
    needs = plan.needs(skip, p, g)
    products = (
        allot(needs, 1.0 if r is None else r)
        if budget is None
        else allot_budget(needs, budget, plan.multiplications(skip))
    )
    results = {source: example_input} | {call.name: call.result for call in calls}
    counts = dict(zip([need.name for need in needs], products, strict=True))

    def layer_part(call: Call) -> nn.Module:
        layer, norm, chosen = layer_of(call), plan.norms.get(call.name), precision or Precision()
        if call.origin in skip:
            return dense_layer(layer, norm, chosen)
        groups = own_groups(layer, g, call.origin)
        sizes = (counts[call.origin], by_name(p, call.origin), groups)
        part = spn_layer(layer, *sizes, chosen, generator).to(layer.weight.device)
        if start == "weights":
            start_from(part, layer, norm, results[call.inputs[0]])
        return part

    builder = _Builder({source: _Value(Network.INPUT, rounded=True)})
    for call in calls:
        if call.kind == "layer":
            part = located(call, layer_part, call)
            builder.add(call, [part], normed=call.name in plan.norms)
        else:
            builder.add(call, plan.parts[call.name])
    made = GraphModel(builder.steps, builder.parts, shape, input_fraction)
    return made.to(example_input.device)


@dataclass(frozen=True)
class _Value:
    """A tensor of the new network: whether it is rounded to few bits, and may be negative."""

    name: str
    rounded: bool = False
    signed: bool = True


@dataclass
class _Builder:
    """Collects the steps of the new network, by the names of the results of the traced calls."""

    values: dict[str, _Value]
    steps: list[Step] = field(default_factory=list)
    parts: list[nn.Module] = field(default_factory=list)
    names: Identifiers = field(default_factory=Identifiers)
    roundings: dict[str, _Value] = field(default_factory=dict)

    def add(self, call: Call, parts: Iterable[nn.Module], *, normed: bool = False) -> None:
        """`call` becomes `parts`, one behind the other; without any it changes nothing."""
        values = [self.values[each] for each in call.inputs]
        for part in parts:
            if call.kind in ("layer", "dropout"):  # dropout would change what the scale suits
                values = [self._rounded(value) for value in values]
            shape = _shape(part, call)
            origin = call.origin if call.module is not None else ""
            name = self._step(call.origin, part, values, shape, origin, normed)
            values = [_Value(name, *_kept(part, values))]
        self.values[call.name] = values[0]

    def _rounded(self, value: _Value) -> _Value:
        if value.rounded:
            return value
        if value.name not in self.roundings:
            part = Rounding(_SUM_BITS, signed=value.signed)
            shape = next(step.shape for step in self.steps if step.name == value.name)
            name = self._step(f"{value.name}_round", part, [value], shape, "", False)
            self.roundings[value.name] = _Value(name, rounded=True, signed=value.signed)
        return self.roundings[value.name]

    def _step(
        self,
        wanted: str,
        part: nn.Module,
        values: list[_Value],
        shape: tuple[int, ...],
        origin: str,
        normed: bool,
    ) -> str:
        name = self.names.new(wanted)
        inputs = tuple(value.name for value in values)
        self.steps.append(Step(name, inputs, shape, origin, normed))
        self.parts.append(part)
        return name


def _shape(part: nn.Module, call: Call) -> tuple[int, ...]:
    """Of what `part` gives for one sample, as one of those that `call` becomes."""
    if isinstance(part, AveragePool) and len(call.shape) == 1:
        return (*call.shape, *(1,) * part.geometry.axes)
    return call.shape


def _kept(part: nn.Module, values: list[_Value]) -> tuple[bool, bool]:
    """Whether what `part` gives is rounded, and whether it may be negative."""
    signed = any(value.signed for value in values)
    match part:
        case Rounding():
            return True, part.low < 0
        case LargestPool() | Flat() | Dropping() | Join():
            return all(value.rounded for value in values), signed
        case AveragePool() | Sum():
            return False, signed
        case _:
            return False, True


def _check_finite(example_input: Tensor, calls: Sequence[Call]) -> None:
    """Raise `UserError` where NaN or infinity comes in."""
    if example_input.is_meta:
        return
    if not bool(example_input.isfinite().all()):
        raise UserError("the example has numbers that are not finite: look at the data")
    for call in calls:
        if not bool(call.result.isfinite().all()):
            raise UserError(
                f"module {call.origin} gives numbers that are not finite for the example: look at "
                "its weights"
            )
