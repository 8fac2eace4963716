"""Where a sum-product layer can begin: as a layer whose weights are sums of ternary terms."""

from itertools import chain

import numpy as np
import torch
from torch import Tensor, nn

from mulbudget.spn import Geometry
from mulbudget.train.convolutions import SPNConvolution
from mulbudget.train.layers import SPNLinear, SumProductLayer, folded
from mulbudget.train.start import Layer, Norm, affine


def can_start(made: SumProductLayer) -> bool:
    """Whether `start_from` is possible: it needs g = 1 and a product for each output of a patch."""
    groups = made.groups if isinstance(made, SPNConvolution) else 1
    return groups == made.wc_groups and made.r >= len(made.bias)


def start_from(
    made: SPNLinear | SPNConvolution, layer: Layer, norm: Norm | None, taken: Tensor
) -> bool:
    """Let `made` begin as `layer` with its batch norm, where it `can_start`; say whether it does.

    Products beyond one for each output are further terms of the outputs, in turn; see
    `ternary_terms`.

    Parameters
    ----------
    made : SPNLinear or SPNConvolution
    layer : nn.Linear, nn.Conv1d or nn.Conv2d
        Of the same sizes.
    norm : nn.BatchNorm1d or nn.BatchNorm2d, optional
        Behind `layer`.
    taken : Tensor, (samples, ...)
        By `layer`, for an example: the means and variances that batch norms begin with are its.
    """
    if not can_start(made):
        return False
    patch = made.geometry.patch if isinstance(made, SPNConvolution) else ()
    weights = layer.weight.detach()
    if isinstance(made, SPNConvolution):
        weights = _of_patches(weights, made.geometry)
    groups = made.wc_groups
    outputs, products = len(weights) // groups, made.r // groups
    rows, factors = ternary_terms(weights.flatten(1).unflatten(0, (groups, outputs)), products)
    output_of = torch.arange(products, device=weights.device) % outputs
    slope, offset = (
        each.repeat_interleave(int(np.prod(patch, dtype=int))) for each in _affine(layer, norm)
    )
    with torch.no_grad():
        made.wb.copy_(rows.reshape(made.wb.shape))
        made.wc.copy_(torch.eye(outputs)[:, output_of.cpu()].repeat(groups, 1))
        made.a.fill_(1.0)
        made.bias.copy_(offset)
        slopes = slope.unflatten(0, (groups, outputs))[:, output_of] * factors
        _scale_only(made.norm, slopes.flatten(), made.products(taken, made.wb))
    return True


def ternary_terms(weights: Tensor, count: int) -> tuple[Tensor, Tensor]:
    """Each output's weights as a sum of factors times rows, all but the last row ternary.

    Factors and rows are fitted in turn (Xu et al. 2018, "Alternating multi-bit quantization for
    recurrent neural networks", section 3). The last row is what the others leave, over its factor:
    the sum is exact, and near the weights still when the fixed quantizer makes that row ternary.

    Parameters
    ----------
    weights : Tensor, (groups, outputs, n)
    count : int
        Rows of a group, at least `outputs`; row k is one of output k mod `outputs`.

    Returns
    -------
    rows : Tensor, (groups, count, n)
    factors : Tensor, (groups, count)
    """
    outputs = weights.shape[1]
    terms, further = divmod(count, outputs)
    longer, shorter = (
        _fitted(part, number)
        for part, number in ((weights[:, :further], terms + 1), (weights[:, further:], terms))
    )
    rows, factors = (
        torch.cat([*chain(*zip(long, short, strict=False)), long[-1]], dim=1)
        for long, short in zip(longer, shorter, strict=True)
    )
    return rows, factors


def _fitted(weights: Tensor, terms: int) -> tuple[Tensor, Tensor]:
    """Rows and factors of as many terms; (terms, *weights.shape) and (terms, groups, outputs)."""
    # Each a third of the one before, as in the balanced ternary system.
    thirds = 3.0 ** torch.arange(terms, device=weights.device, dtype=weights.dtype)
    factors = weights.abs().amax(2) / 2 / thirds[:, None, None]
    for _ in range(_ROUNDS):
        columns = _entries(weights, factors, terms).permute(1, 2, 3, 0)
        squares = columns.mT @ columns + _LEAST * torch.eye(terms, device=weights.device)
        fitted = torch.linalg.solve(squares, (columns.mT @ weights[..., None])[..., 0])
        factors = fitted.abs().sort(dim=2, descending=True).values.permute(2, 0, 1)
    rows = _entries(weights, factors, terms - 1)
    rest = weights - (factors[:-1, ..., None] * rows).sum(0)
    factors = factors.clamp(min=_LEAST)
    return torch.cat([rows, (rest / factors[-1, ..., None])[None]]), factors


_ROUNDS = 30
"""In which rows and factors are fitted; more change little."""

_LEAST = 1e-6
"""Of a factor, and what keeps sums of squares from being singular: weights may all be 0."""


def _entries(weights: Tensor, factors: Tensor, terms: int) -> Tensor:
    """The nearest ternary entries of the first terms, each to what the terms before it leave."""
    rows, rest = [], weights
    for factor in factors[:terms, ..., None]:
        rows.append(nn.functional.hardshrink(rest / factor.clamp(min=_LEAST), _FIXED).sign())
        rest = rest - factor * rows[-1]
    return torch.stack(rows) if rows else weights.new_empty(0, *weights.shape)


_FIXED = 0.5
"""Threshold of the fixed quantizer, as it is customary: halfway to the factor."""


def _of_patches(weight: Tensor, geometry: Geometry) -> Tensor:
    """(n_out, channels, *kernel) to (n_out * patch, channels, *window): each output's own place."""
    whole = weight.new_zeros(len(weight), *geometry.patch, weight.shape[1], *geometry.window)
    for place in np.ndindex(geometry.patch):
        starts = zip(place, geometry.stride, geometry.kernel, strict=True)
        window = [slice(each * step, each * step + size) for each, step, size in starts]
        whole[(slice(None), *place, slice(None), *window)] = weight
    return whole.flatten(0, geometry.axes)


def _affine(layer: Layer, norm: Norm | None) -> tuple[Tensor, Tensor]:
    """What the sums of `layer` without its bias are multiplied by, and what is then added."""
    bias = layer.weight.new_zeros(len(layer.weight)) if layer.bias is None else layer.bias.detach()
    if norm is None:
        return torch.ones_like(bias), bias
    slope, offset = (each.detach() for each in folded(affine(norm)))
    return slope, offset + slope * bias


def _scale_only(norm: nn.BatchNorm1d | nn.BatchNorm2d, factors: Tensor, given: Tensor) -> None:
    """Let a batch norm multiply by `factors`, with means and variances of what it is given."""
    values = given.transpose(0, 1).flatten(1)
    mean, variance = values.mean(dim=1), values.var(dim=1, unbiased=False)
    norm.get_buffer("running_mean").copy_(mean)
    norm.get_buffer("running_var").copy_(variance)
    norm.weight.copy_(factors * torch.sqrt(variance + norm.eps))
    norm.bias.copy_(factors * mean)
