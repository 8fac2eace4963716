"""A layer of a model as a sum-product layer, from its weights where that is possible."""

import torch
from torch import Tensor, nn

from mulbudget.spn import Geometry, UserError
from mulbudget.train.convolutions import SPNConv1d, SPNConv2d, SPNConvolution, each_axis
from mulbudget.train.dense import DenseLayer
from mulbudget.train.layers import Precision, SPNLinear, SumProductLayer

Layer = nn.Conv1d | nn.Conv2d | nn.Linear
Norm = nn.BatchNorm1d | nn.BatchNorm2d

_EXTRA = 0.1
"""Largest entry of Wc of a product that the model's weights leave over."""


def geometry_of(layer: Layer, p: int = 1) -> Geometry | None:
    """Windows of a convolution of PyTorch, in patches of p outputs along each axis; None of others.

    Raises
    ------
    UserError
        When it is dilated or padded with something else than zeros.
    """
    if isinstance(layer, nn.Linear):
        return None
    axes = len(layer.kernel_size)
    if any(each != 1 for each in layer.dilation):
        raise UserError(f"dilation is {layer.dilation}: use 1")
    if layer.padding_mode != "zeros":
        raise UserError(f"padding_mode is {layer.padding_mode!r}: use 'zeros'")
    return Geometry(
        tuple(layer.kernel_size), tuple(layer.stride), _padding(layer), each_axis(p, axes)
    )


def outputs_of(layer: Layer) -> int:
    """Channels or features."""
    return layer.out_features if isinstance(layer, nn.Linear) else layer.out_channels


def dense_layer(layer: Layer, norm: Norm | None, precision: Precision) -> DenseLayer:
    """With the weights of `layer`, and the batch norm behind it."""
    groups = 1 if isinstance(layer, nn.Linear) else layer.groups
    made = DenseLayer(layer.weight, layer.bias, geometry_of(layer), groups, precision)
    made.norm = None if norm is None else _affine(norm)
    return made


def spn_layer(
    layer: Layer,
    r: int,
    p: int,
    g: int,
    precision: Precision,
    generator: torch.Generator | None,
) -> SPNLinear | SPNConvolution:
    """A sum-product layer in place of `layer`, with random weights."""
    if isinstance(layer, nn.Linear):
        sizes = (layer.in_features, layer.out_features, r)
        return SPNLinear(*sizes, precision=precision, generator=generator)
    kind = SPNConv1d if isinstance(layer, nn.Conv1d) else SPNConv2d
    return kind(
        layer.in_channels,
        layer.out_channels,
        tuple(layer.kernel_size),
        r,
        tuple(layer.stride),
        _padding(layer),
        layer.groups,
        p,
        g=g,
        precision=precision,
        generator=generator,
    )


def start_from(made: SumProductLayer, layer: Layer, norm: Norm | None, result: Tensor) -> bool:
    """Let `made` begin as `layer` with its batch norm, and say whether that is possible.

    It needs p = 1, g = 1 and at least as many products as outputs: then the first products of each
    group are the outputs themselves, through an identity in Wc.

    Parameters
    ----------
    made : SumProductLayer
    layer : nn.Conv1d, nn.Conv2d or nn.Linear
    norm : nn.BatchNorm1d or nn.BatchNorm2d, optional
        Behind `layer`.
    result : Tensor, (samples, n_out, ...)
        Of `layer` for an example: without a batch norm, mean and deviation are its own.
    """
    count, n_out = made.wc_groups, outputs_of(layer)
    fits = made.wb[0].shape == layer.weight[0].shape and len(made.wc) == n_out
    if not fits or made.r < n_out:
        return False
    each, outputs = made.r // count, n_out // count
    index = (torch.arange(count)[:, None] * each + torch.arange(outputs)).flatten()
    factor = 1.0 / max(float(layer.weight.detach().abs().max()), 1e-12)
    mean, variance, slope, offset, least = _statistics(layer, norm, result)
    with torch.no_grad():
        made.wb[index] = layer.weight * factor
        made.wc.mul_(_EXTRA)
        rows = torch.eye(outputs).repeat(count, 1).to(made.wc)
        made.wc[:, :outputs] = rows
        made.a.fill_(1.0)
        made.norm.get_buffer("running_mean")[index] = mean * factor
        made.norm.get_buffer("running_var")[index] = variance * factor**2
        made.norm.weight[index] = slope
        made.norm.bias[index] = offset
        made.norm.eps = least * factor**2
    return True


def _statistics(
    layer: Layer, norm: Norm | None, result: Tensor
) -> tuple[Tensor, Tensor, Tensor, Tensor, float]:
    """Mean and variance of the sums without bias, slope, offset, and what is added to variances."""
    bias = layer.weight.new_zeros(len(layer.weight)) if layer.bias is None else layer.bias.detach()
    if norm is not None:
        norm = _affine(norm)
        mean, variance = (norm.get_buffer(f"running_{each}") for each in ("mean", "var"))
        return mean - bias, variance, norm.weight, norm.bias, norm.eps
    values = result.transpose(0, 1).flatten(1)
    mean = values.mean(dim=1)
    variance = values.var(dim=1, unbiased=False) + 1e-5
    # Without a batch norm in the model, this one begins as none.
    return mean - bias, variance, torch.sqrt(variance), mean, 1e-8


def _affine(norm: Norm) -> Norm:
    """A batch norm like `norm` that has factors, offsets and running statistics of its own."""
    made = type(norm)(norm.num_features, norm.eps, norm.momentum)
    made.load_state_dict(norm.state_dict(), strict=False)
    return made


def _padding(layer: nn.Conv1d | nn.Conv2d) -> tuple[int, ...]:
    padding = layer.padding
    if not isinstance(padding, str):
        return tuple(padding)
    if padding == "valid":
        return (0,) * len(layer.kernel_size)
    if all(size % 2 for size in layer.kernel_size):
        return tuple(size // 2 for size in layer.kernel_size)
    raise UserError(f"padding is 'same' for a kernel of {layer.kernel_size}: use odd sizes")
