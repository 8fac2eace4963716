"""Where a sum-product layer can begin: as a layer whose weights are sums of ternary terms."""

import numpy as np
import torch
from torch import Tensor, nn

from mulbudget.spn import Geometry
from mulbudget.train.convolutions import SPNConvolution
from mulbudget.train.layers import SPNLinear, folded
from mulbudget.train.quantizers import ternary
from mulbudget.train.start import Layer, Norm, affine

_TERNARY = 0.7
"""Threshold over mean magnitude that fits weights best (Li et al. 2016, "Ternary weight networks",
section 2.2)."""

_FIXED = 0.5
"""Threshold of the fixed quantizer, as it is customary."""


def start_from(
    made: SPNLinear | SPNConvolution, layer: Layer, norm: Norm | None, taken: Tensor
) -> bool:
    """Let `made` begin as `layer` with its batch norm, and say whether that is possible.

    It needs g = 1 and a product for each output of a patch. Further products are further terms of
    the outputs, in turn; see `ternary_terms`.

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
    patch = made.geometry.patch if isinstance(made, SPNConvolution) else ()
    weights = layer.weight.detach()
    if isinstance(made, SPNConvolution):
        weights = _of_patches(weights, made.geometry)
    groups = made.wc_groups
    outputs, products = len(weights) // groups, made.r // groups
    if made.wb[0].shape != weights[0].shape or products < outputs:
        return False
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

    A row that is not the last is the ternary matrix that is nearest to what the rows before leave;
    the last is the rest, at a scale at which the fixed quantizer's threshold does the same. So the
    sum is exact, and the more rows an output has, the nearer it stays where all become ternary.

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
    rest, rows, factors = weights, [], []
    for first in range(0, count, outputs):
        going_on = max(0, min(outputs, count - first - outputs))
        last = min(outputs, count - first)
        entries, factor = _nearest(rest[:, :going_on])
        scale = rest[:, going_on:last].abs().mean(2).clamp(min=_LEAST) * (_TERNARY / _FIXED)
        rows += [entries, rest[:, going_on:last] / scale[..., None]]
        factors += [factor, scale]
        rest = rest[:, :going_on] - factor[..., None] * entries
    return torch.cat(rows, dim=1), torch.cat(factors, dim=1)


_LEAST = 1e-12
"""Of a scale: weights may all be 0."""


def _nearest(weights: Tensor) -> tuple[Tensor, Tensor]:
    """Ternary entries near each row, and what they are to be multiplied by."""
    mean = weights.abs().mean(2, keepdim=True).clamp(min=_LEAST)
    entries = ternary(weights / mean, quantizer="fixed", factor=_TERNARY, alive=2)
    kept = entries.abs()
    return entries, (weights.abs() * kept).sum(2) / kept.sum(2)


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
