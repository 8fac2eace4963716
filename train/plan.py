"""What is known of a traced model before any layer of the new network is made."""

import math
from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar, cast

from torch import nn

from mulbudget.spn import UserError
from mulbudget.train.allotment import Need, by_name
from mulbudget.train.images import AveragePool
from mulbudget.train.parts import part_of
from mulbudget.train.start import Layer, Norm, geometry_of, outputs_of
from mulbudget.train.trace import NORMS, Call

_Made = TypeVar("_Made")

ByName = int | Mapping[str, int]
"""A number for every layer, or for each by its name."""


@dataclass(frozen=True)
class Plan:
    """The calls of a model, and what becomes of those that are no layers.

    Parameters
    ----------
    layers : list of Call
        Convolutions and linear layers.
    norms : dict
        Batch norms, by the name of the layer's result that they take.
    parts : dict
        What becomes of every other call, by the name of its result.
    shapes : dict
        Of each result for one sample, by its name.
    """

    layers: list[Call]
    norms: dict[str, Norm]
    parts: dict[str, list[nn.Module]]
    shapes: dict[str, tuple[int, ...]]

    @classmethod
    def of(cls, source: str, shape: tuple[int, ...], calls: list[Call], bits: int) -> "Plan":
        """The plan for the calls of a model, whose input is named `source`.

        Raises
        ------
        UserError
            Naming the module that has no integer form, or stands where it has none.
        """
        layers = [call for call in calls if call.kind == "layer"]
        if not layers:
            raise UserError("the model has no convolution and no linear layer: nothing to learn")
        _check_used_once(layers)
        plan = cls(layers, _norms(calls), {}, {source: shape})
        users = _users(calls)
        for call in calls:
            given = [plan.shapes[each] for each in call.inputs]
            if call.kind == "reshape" and users[call.name] == {"reshape"}:  # the last one counts
                plan.shapes[call.name], plan.parts[call.name] = given[0], []
                continue
            plan.shapes[call.name] = call.shape
            located(call, _check_layer, call, given[0])
            if call.kind != "layer":
                plan.parts[call.name] = located(call, part_of, call, given, bits)
        return plan

    def needs(self, skip: Collection[str], p: ByName, g: ByName) -> list[Need]:
        """What decides on the products of each layer that is not skipped."""
        chosen = [call for call in self.layers if call.origin not in skip]
        return [located(call, self._need, call, p, g) for call in chosen]

    def multiplications(self, skip: Collection[str]) -> int:
        """Of what is no sum-product layer, for one sample."""
        pools = sum(
            part.multiplications * math.prod(self.shapes[name][1:])
            for name, parts in self.parts.items()
            for part in parts
            if isinstance(part, AveragePool)
        )
        dense = [call for call in self.layers if call.origin in skip]
        return pools + sum(
            layer_of(each).weight.numel() * math.prod(each.shape[1:]) for each in dense
        )

    def _need(self, call: Call, p: ByName, g: ByName) -> Need:
        layer = layer_of(call)
        geometry = geometry_of(layer, by_name(p, call.origin))
        image = self.shapes[call.inputs[0]][1:]
        return Need(
            name=call.origin,
            outputs=outputs_of(layer),
            groups=own_groups(layer, g, call.origin)
            * (1 if isinstance(layer, nn.Linear) else layer.groups),
            windows=1 if geometry is None else math.prod(geometry.positions(image)),
            dense=layer.weight.numel() * (1 if geometry is None else math.prod(geometry.patch)),
        )


def layer_of(call: Call) -> Layer:
    """The module of a call that is a layer."""
    return cast(Layer, call.module)


def located(call: Call, make: Callable[..., _Made], *arguments: Any) -> _Made:
    """What `make` gives; its errors name the module."""
    try:
        return make(*arguments)
    except UserError as error:
        raise UserError(f"{call.origin}: {error}") from error


def own_groups(layer: Layer, g: ByName, name: str) -> int:
    """Of Wb alone: 1 where the convolution has groups of its own, and in linear layers."""
    if isinstance(layer, nn.Linear) or layer.groups > 1:
        return 1
    groups = by_name(g, name)
    if layer.in_channels % max(groups, 1):
        raise UserError(
            f"{layer.in_channels} input channels do not make {groups} groups of the same size: "
            "give g as a mapping of the names of layers to divisors"
        )
    return groups


def _check_layer(call: Call, shape: tuple[int, ...]) -> None:
    if call.kind != "layer":
        return
    geometry = geometry_of(layer_of(call))
    if len(shape) != (1 if geometry is None else 1 + geometry.axes):
        raise UserError(f"it is given shape {shape}: flatten it, or give it an image")


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
