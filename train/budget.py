"""The multiplication budget, split over the layers of a recipe."""

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

from mulbudget.spn import UserError
from mulbudget.train.recipe import DenseRecipe


@dataclass(frozen=True, kw_only=True)
class Shape:
    """Sizes of a network.

    Parameters
    ----------
    widths : tuple of int
        Inputs, hidden units, outputs.
    r : tuple of int
        Products of each layer.
    """

    widths: tuple[int, ...]
    r: tuple[int, ...]

    @property
    def multiplications(self) -> int:
        """What the network takes of a budget."""
        return sum(self.r)


def split(
    recipe: DenseRecipe,
    n_in: int,
    n_out: int,
    *,
    multipliers: int | None = None,
    r: Sequence[int] | None = None,
) -> Shape:
    """The shape that a recipe has under a budget.

    A layer whose Wc is the identity has as many outputs as products: the last one takes `n_out` of
    the budget first, and a hidden one has as many units as it gets.

    Parameters
    ----------
    recipe : DenseRecipe
    n_in, n_out : int
    multipliers : int, optional
        Split over the layers in the proportions of the recipe's r; each gets at least one product
        and at most what it takes dense.
    r : sequence of int, optional
        The products of each layer, instead of a budget. Without both, the recipe's own.

    Raises
    ------
    UserError
        When the budget is below one product a layer or beyond dense, or r does not fit the layers.
    """
    if multipliers is not None and r is not None:
        raise UserError("--multipliers and --r exclude each other: give the budget or its split")
    if multipliers is not None:
        r = _shares(recipe, n_in, n_out, multipliers)
    return _shape(recipe, n_in, n_out, tuple(recipe.r if r is None else r))


def _shares(recipe: DenseRecipe, n_in: int, n_out: int, budget: int) -> list[int]:
    kinds = recipe.of_layers("wc")
    widths = [n_in, *recipe.hidden, n_out]
    least = [1] * recipe.layers
    most = [a * b for a, b in itertools.pairwise(widths)]
    if kinds[-1] == "identity":
        least[-1] = most[-1] = n_out
    if budget < 1:
        raise UserError(f"a budget of {budget} multiplications is none: give {sum(least)} or more")
    if budget < sum(least):
        cure = "; with --set wc=learned it can have fewer" if kinds[-1] == "identity" else ""
        raise UserError(
            f"a budget of {budget} is too small: recipe {recipe.name} has {recipe.layers} layers, "
            f"which take {sum(least)} multiplications at least{cure}"
        )
    if budget > sum(most):
        raise UserError(
            f"a budget of {budget:,} is more than the {sum(most):,} multiplications that recipe "
            f"{recipe.name} can use: give {sum(most):,} or fewer"
        )
    return _proportional(recipe.r, least, most, budget)


def _proportional(
    weights: Sequence[int], least: Sequence[int], most: Sequence[int], total: int
) -> list[int]:
    """Integers that sum to `total`, inside their bounds, near the proportions of `weights`.

    Bisection finds the factor on the weights; what rounding down leaves goes to those that lost
    most, the first of several that lost the same.
    """

    def scaled(factor: float) -> list[float]:
        each = zip(weights, least, most, strict=True)
        return [min(max(weight * factor, low), high) for weight, low, high in each]

    low, high = 0.0, float(total + max(most))
    for _ in range(200):
        middle = (low + high) / 2
        low, high = (middle, high) if sum(scaled(middle)) <= total else (low, middle)
    wanted = scaled(low)
    shares = [math.floor(value + 1e-9) for value in wanted]
    order = sorted(range(len(shares)), key=lambda layer: shares[layer] - wanted[layer])
    while sum(shares) < total:
        for layer in order:
            if sum(shares) < total and shares[layer] < most[layer]:
                shares[layer] += 1
    return shares


def _shape(recipe: DenseRecipe, n_in: int, n_out: int, r: tuple[int, ...]) -> Shape:
    if len(r) != recipe.layers:
        raise UserError(
            f"r has {len(r)} values, and recipe {recipe.name} has {recipe.layers} layers: give "
            f"{recipe.layers}"
        )
    kinds = recipe.of_layers("wc")
    widths = [n_in, *recipe.hidden, n_out]
    for layer, (products, kind) in enumerate(zip(r, kinds, strict=True), start=1):
        if products < 1:
            raise UserError(f"layer {layer} has {products} products: give 1 or more")
        if kind == "identity" and layer == len(r) and products != n_out:
            raise UserError(
                f"layer {layer} has {products} products for {n_out} outputs, and its Wc is the "
                f"identity: give {n_out}, or set wc"
            )
        if kind == "terms" and products % widths[layer]:
            raise UserError(
                f"layer {layer} has {products} products for {widths[layer]} outputs, and its Wc "
                f"sums as many for each: give a multiple of {widths[layer]} with --r, or set wc"
            )
        dense = widths[layer - 1] * widths[layer]
        if products > dense:
            raise UserError(
                f"layer {layer} has {products:,} products, and takes {dense:,} multiplications "
                f"dense: give {dense:,} or fewer"
            )
        if kind == "identity":
            widths[layer] = products
    return Shape(widths=tuple(widths), r=r)
