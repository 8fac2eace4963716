"""Any PyTorch model as a network of sum-product layers."""

import math
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar

import torch
from torch import Tensor, nn

from mulbudget.spn import Network, UserError
from mulbudget.train.activations import Rounding
from mulbudget.train.allotment import (
    Need,
    Products,
    allot,
    allot_budget,
    by_name,
    check_names,
)
from mulbudget.train.graph import GraphModel, Step
from mulbudget.train.identifiers import Identifiers
from mulbudget.train.images import AveragePool, Dropping, Flat, Join, LargestPool, Sum
from mulbudget.train.layers import Precision
from mulbudget.train.parts import part_of
from mulbudget.train.start import (
    Layer,
    Norm,
    dense_layer,
    geometry_of,
    outputs_of,
    spn_layer,
    start_from,
)
from mulbudget.train.trace import LAYERS, NORMS, Call, trace

_Made = TypeVar("_Made")

_SUM_BITS = 8
"""Of sums that go into a layer without a ReLU between."""


def strassenify(
    model: nn.Module,
    example_input: Tensor,
    *,
    r: Products | None = None,
    budget: int | None = None,
    p: int | Mapping[str, int] = 1,
    g: int | Mapping[str, int] = 1,
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
        (samples, ...), as the model takes it.
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
        "weights" lets each layer with p = 1, g = 1 and at least as many products as outputs begin
        as the model's; the others begin at random.
    generator : torch.Generator, optional
        Draws the initial weights.

    Raises
    ------
    UserError
        Naming the module: when the model cannot be traced, something has no integer form, or the
        numbers do not fit.
    """
    if r is not None and budget is not None:
        raise UserError("r and budget exclude each other: give the products or their sum")
    source, calls = trace(model, example_input)
    shape = tuple(example_input.shape[1:])
    plan = _Plan.of(calls, {source: shape}, activation_bits)
    names = [call.origin for call in plan.layers]
    for what, given in {"r": r or 1, "p": p, "g": g, "skip": skip}.items():
        check_names(given, names, what)
    chosen = [call for call in plan.layers if call.origin not in skip]
    needs = [_located(call, _need, call, plan, p, g) for call in chosen]
    wanted = 1.0 if r is None else {**r, **dict.fromkeys(skip, 1)} if isinstance(r, Mapping) else r
    taken = plan.multiplications(skip)
    products = allot(needs, wanted) if budget is None else allot_budget(needs, budget, taken)
    builder = _Builder({source: _Value(Network.INPUT, rounded=True)})
    counts = dict(zip([need.name for need in needs], products, strict=True))
    wanted_precision = precision or Precision()
    for call in calls:
        if call.kind != "layer":
            builder.add(call, plan.parts[call.name])
        else:
            layer, norm = plan.layer(call), plan.norms.get(call.name)
            if call.origin in skip:
                part = _located(call, dense_layer, layer, norm, wanted_precision)
            else:
                groups = _own_groups(layer, g, call.origin)
                sizes = (counts[call.origin], by_name(p, call.origin), groups)
                part = _located(call, spn_layer, layer, *sizes, wanted_precision, generator)
                part = part.to(layer.weight.device)
                if start == "weights":
                    start_from(part, layer, norm, call.result)
            builder.add(call, [part], normed=norm is not None)
    made = GraphModel(builder.steps, builder.parts, shape, input_fraction)
    return made.to(example_input.device)


@dataclass(frozen=True)
class _Plan:
    """What is known of the calls before any layer is made."""

    layers: list[Call]
    norms: dict[str, Norm]
    parts: dict[str, list[nn.Module]]
    shapes: dict[str, tuple[int, ...]]

    @classmethod
    def of(
        cls, calls: list[Call], shapes: dict[str, tuple[int, ...]], activation_bits: int
    ) -> "_Plan":
        layers = [call for call in calls if call.kind == "layer"]
        if not layers:
            raise UserError("the model has no convolution and no linear layer: nothing to learn")
        _check_used_once(layers)
        users = _users(calls)
        shapes, parts = dict(shapes), {}
        for call in calls:
            given = [shapes[each] for each in call.inputs]
            kinds = users[call.name]
            if call.kind == "reshape" and kinds == {"reshape"}:  # only the last one counts
                shapes[call.name], parts[call.name] = given[0], []
                continue
            shapes[call.name] = call.shape
            if call.kind != "layer":
                parts[call.name] = _located(call, part_of, call, given, activation_bits)
        plan = cls(layers, _norms(calls), parts, shapes)
        for call in layers:
            _located(call, plan.check, call)
        return plan

    def layer(self, call: Call) -> Layer:
        assert isinstance(call.module, LAYERS)  # noqa: S101 - what the kind says
        return call.module

    def check(self, call: Call) -> None:
        layer, shape = self.layer(call), self.shapes[call.inputs[0]]
        geometry = geometry_of(layer)
        if len(shape) != (1 if geometry is None else 1 + geometry.axes):
            raise UserError(f"it is given shape {shape}: flatten it, or give it an image")

    def multiplications(self, skip: Collection[str]) -> int:
        """Of what is no sum-product layer."""
        pools = sum(
            part.multiplications * math.prod(self.shapes[name][1:])
            for name, parts in self.parts.items()
            for part in parts
            if isinstance(part, AveragePool)
        )
        dense = [call for call in self.layers if call.origin in skip]
        return pools + sum(
            self.layer(each).weight.numel() * math.prod(each.shape[1:]) for each in dense
        )


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


def _located(call: Call, make: Callable[..., _Made], *arguments: Any) -> _Made:
    """What `make` gives; its errors name the module."""
    try:
        return make(*arguments)
    except UserError as error:
        raise UserError(f"{call.origin}: {error}") from error


def _users(calls: list[Call]) -> dict[str, set[str]]:
    """Of each call, the kinds of those that take its result."""
    users: dict[str, set[str]] = {call.name: set() for call in calls}
    for call in calls:
        for name in call.inputs:
            users.setdefault(name, set()).add(call.kind)
    return users


def _check_used_once(layers: list[Call]) -> None:
    uses = Counter(call.origin for call in layers)
    name, count = uses.most_common(1)[0]
    if count > 1:
        raise UserError(f"module {name} is used {count} times: give each use a layer of its own")


def _norms(calls: list[Call]) -> dict[str, Norm]:
    """Batch norms by the name of the layer's result that they take."""
    uses = Counter(name for call in calls for name in call.inputs)
    layers = {call.name for call in calls if call.kind == "layer"}
    norms: dict[str, Norm] = {}
    for call in calls:
        if isinstance(call.module, NORMS):
            source = call.inputs[0]
            if source not in layers or uses[source] > 1:
                raise UserError(
                    f"module {call.origin} is a batch norm that does not stand right behind a "
                    "convolution or linear layer whose result nothing else takes: move it there, "
                    "or leave it out"
                )
            norms[source] = call.module
    return norms


def _need(call: Call, plan: _Plan, p: int | Mapping[str, int], g: int | Mapping[str, int]) -> Need:
    layer = plan.layer(call)
    geometry = geometry_of(layer, by_name(p, call.origin))
    groups = _own_groups(layer, g, call.origin)
    image = plan.shapes[call.inputs[0]][1:]
    return Need(
        name=call.origin,
        outputs=outputs_of(layer),
        groups=groups * (1 if isinstance(layer, nn.Linear) else layer.groups),
        windows=1 if geometry is None else math.prod(geometry.positions(image)),
        dense=layer.weight.numel() * (1 if geometry is None else math.prod(geometry.patch)),
    )


def _own_groups(layer: Layer, g: int | Mapping[str, int], name: str) -> int:
    """Of Wb alone."""
    if isinstance(layer, nn.Linear) or layer.groups > 1:
        return 1
    groups = by_name(g, name)
    if layer.in_channels % max(groups, 1):
        raise UserError(
            f"{layer.in_channels} input channels do not make {groups} groups of the same size: "
            "give g as a mapping of the names of layers to divisors"
        )
    return groups


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
