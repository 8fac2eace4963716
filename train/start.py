"""A layer of a model as a sum-product layer, or with its weights as they are."""

import torch
from torch import nn

from mulbudget.spn import Geometry, UserError
from mulbudget.train.convolutions import SPNConv1d, SPNConv2d, SPNConvolution, each_axis
from mulbudget.train.dense import DenseLayer
from mulbudget.train.layers import Precision, SPNLinear

Layer = nn.Conv1d | nn.Conv2d | nn.Linear
Norm = nn.BatchNorm1d | nn.BatchNorm2d


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
    made.norm = None if norm is None else affine(norm)
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


def affine(norm: Norm) -> Norm:
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
