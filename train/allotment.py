"""How many products each layer of a traced network gets."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from mulbudget.spn import UserError

Products = int | float | Mapping[str, int | float]
"""Of every layer, or of each by its name; a float is a multiple of the layer's outputs."""


@dataclass(frozen=True, kw_only=True)
class Need:
    """What decides on the products of a layer.

    Parameters
    ----------
    name : str
    outputs : int
        Channels.
    groups : int
        The products are a multiple of it.
    windows : int
        How often a sample needs all products.
    dense : int
        Multiplications of a window without a sum-product layer: more are of no use.
    """

    name: str
    outputs: int
    groups: int
    windows: int
    dense: int


def allot(needs: Sequence[Need], r: Products) -> list[int]:
    """Products of each layer as `r` says.

    Raises
    ------
    UserError
        When a layer is not named, or would have less than one product or no multiple of its
        groups.
    """
    return [_products(need, _of(r, need.name)) for need in needs]


def allot_budget(needs: Sequence[Need], budget: int, taken: int) -> list[int]:
    """Products of each layer in proportion to its outputs, the most that keep to a budget.

    Parameters
    ----------
    needs : sequence of Need
    budget : int
        Multiplications of the whole network, for one sample.
    taken : int
        Of them, by what is no sum-product layer.

    Raises
    ------
    UserError
        When it is too small for one product in each group.
    """
    least = taken + _cost(needs, 0.0)
    if budget < least:
        other = f" and {taken:,} of other parts" if taken else ""
        raise UserError(
            f"a budget of {budget:,} multiplications is too small: one product in each group of "
            f"{len(needs)} layers{other} make {least:,}"
        )
    low, high = 0.0, float(max((need.dense / need.outputs for need in needs), default=0.0)) + 1
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if taken + _cost(needs, middle) <= budget else (low, middle)
    return [_share(need, low) for need in needs]


def by_name(given: int | Mapping[str, int], name: str) -> int:
    """What a setting is for a layer; 1 where it is not named."""
    return given.get(name, 1) if isinstance(given, Mapping) else given


def check_names(given: int | float | Iterable[str], names: Sequence[str], what: str) -> None:
    """Raise `UserError` when a mapping or a collection names what is no layer."""
    unknown = (
        [] if isinstance(given, int | float) else [each for each in given if each not in names]
    )
    if unknown:
        raise UserError(
            f"{what} names {unknown[0]!r}, which is no layer of the model: use {', '.join(names)}"
        )


def _of(r: Products, name: str) -> int | float:
    if not isinstance(r, Mapping):
        return r
    if name not in r:
        raise UserError(f"r says nothing of layer {name}: name every layer, or give one number")
    return r[name]


def _products(need: Need, wanted: int | float) -> int:
    groups = need.groups
    if isinstance(wanted, float):
        if not math.isfinite(wanted):
            raise UserError(f"r is {wanted} for layer {need.name}: give a number")
        products = round(wanted * need.outputs / groups) * groups
        if products < 1:
            raise UserError(
                f"r = {wanted} times the {need.outputs} outputs of layer {need.name} is less than "
                f"one product in each of {groups} groups: use {groups / need.outputs:g} or more"
            )
        return products
    if wanted < 1:
        raise UserError(f"r is {wanted} for layer {need.name}: use 1 or more")
    if wanted % groups:
        raise UserError(
            f"r is {wanted} for layer {need.name}, which has {groups} groups: use a multiple of "
            f"{groups}"
        )
    return wanted


def _share(need: Need, factor: float) -> int:
    each = math.floor(min(factor * need.outputs, need.dense) / need.groups)
    return max(each, 1) * need.groups


def _cost(needs: Sequence[Need], factor: float) -> int:
    return sum(need.windows * _share(need, factor) for need in needs)
