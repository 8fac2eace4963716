"""What traced networks have besides layers: pooling, joins of branches, flattening."""

from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from mulbudget.spn import Add, Concatenate, Convolution, Flatten, Geometry, MaxPool

_PLACES = 8
"""Binary places of one over the area of an average, below its first digit."""

_VECTOR = 16
"""Channels from which on it pays to have them in the last place."""


class LargestPool(nn.Module):
    """`spn.MaxPool` of one or two spatial axes; (samples, channels, *image)."""

    def __init__(self, geometry: Geometry) -> None:
        super().__init__()
        self.geometry = geometry

    def forward(self, x: Tensor) -> Tensor:
        """The largest entry of each window."""
        places = self.geometry
        pool = nn.functional.max_pool1d if places.axes == 1 else _largest
        return pool(x, places.kernel, places.stride, places.padding)

    def freeze(self, input_fraction: int) -> int:
        """Keep the binary places."""
        return input_fraction

    def operator(self, _: int) -> MaxPool:
        """As integers."""
        return MaxPool(self.geometry)


class AveragePool(nn.Module):
    """The mean of each window, zeros beyond the edges included: a depthwise convolution of ones.

    Where the area is a power of two the mean is the sum with as many more binary places; else the
    sum times one over the area, rounded to 8 binary places below its first digit.

    Parameters
    ----------
    geometry : Geometry
        Of one spatial axis or two, without patches.
    channels : int
    """

    def __init__(self, geometry: Geometry, channels: int) -> None:
        super().__init__()
        self.geometry = geometry
        self.channels = channels
        area = geometry.entries
        exact = area.bit_count() == 1
        self.places = area.bit_length() - 1 + (0 if exact else _PLACES)
        self.a = round(2**self.places / area)

    @property
    def multiplications(self) -> int:
        """Of a window."""
        return 0 if self.a.bit_count() == 1 else self.channels

    def forward(self, x: Tensor) -> Tensor:
        """(samples, channels, *image)."""
        places, flat = self.geometry, self.geometry.axes == 1
        kernel, stride, padding = places.kernel, places.stride, places.padding
        if flat:  # the pooling of one axis cannot leave out the division
            x, kernel, stride, padding = x[:, :, None], (1, *kernel), (1, *stride), (0, *padding)
        sums = nn.functional.avg_pool2d(x, kernel, stride, padding, divisor_override=1)
        return (sums[:, :, 0] if flat else sums) * (self.a * 2.0**-self.places)

    def freeze(self, input_fraction: int) -> int:
        """Binary places of the output."""
        return input_fraction + self.places

    def operator(self, _: int) -> Convolution:
        """As integers."""
        n, axes = self.channels, self.geometry.axes
        return Convolution(
            wb=np.ones((n, 1, *self.geometry.window), np.int8),
            a=np.full(n, self.a, np.int64),
            wc=np.eye(n, dtype=np.int8).reshape(n, n, *(1,) * axes),
            bias=np.zeros(n, np.int64),
            fraction=self.places,
            geometry=self.geometry,
            groups=n,
        )


class Sum(nn.Module):
    """`spn.Add`: two tensors of one shape."""

    def forward(self, x: Tensor, y: Tensor) -> Tensor:
        """x + y."""
        return x + y

    def freeze(self, *input_fractions: int) -> int:
        """The most binary places of the two."""
        return max(input_fractions)

    def operator(self, *input_fractions: int) -> Add:
        """As integers."""
        first, second = _shifts(input_fractions)
        return Add((first, second))


class Join(nn.Module):
    """`spn.Concatenate`: the channels of several tensors."""

    def forward(self, *xs: Tensor) -> Tensor:
        """(samples, channels, ...) of each, to (samples, all channels, ...)."""
        return torch.cat(xs, dim=1)

    def freeze(self, *input_fractions: int) -> int:
        """The most binary places of all."""
        return max(input_fractions)

    def operator(self, *input_fractions: int) -> Concatenate:
        """As integers."""
        return Concatenate(_shifts(input_fractions))


class Flat(nn.Module):
    """`spn.Flatten`."""

    def forward(self, x: Tensor) -> Tensor:
        """(samples, channels, *image) to (samples, channels * image)."""
        return x.flatten(1)

    def freeze(self, input_fraction: int) -> int:
        """Keep the binary places."""
        return input_fraction

    def operator(self, _: int) -> Flatten:
        """As integers."""
        return Flatten()


class Dropping(nn.Module):
    """Dropout, which is no operator in the hardware: nothing is left of it in evaluation mode.

    Parameters
    ----------
    dropout : nn.Module
        Of PyTorch.
    """

    def __init__(self, dropout: nn.Module) -> None:
        super().__init__()
        self.dropout = dropout

    def forward(self, x: Tensor) -> Tensor:
        """Entries at random, in training mode."""
        return self.dropout(x)

    def freeze(self, input_fraction: int) -> int:
        """Keep the binary places."""
        return input_fraction

    def operator(self, _: int) -> None:
        """None."""


def _largest(
    x: Tensor, kernel: tuple[int, ...], stride: tuple[int, ...], padding: tuple[int, ...]
) -> Tensor:
    """`max_pool2d`, with the same numbers and gradients in less time where there are channels.

    Parameters
    ----------
    x : (samples, channels, height, width)
    kernel, stride, padding : (vertical, horizontal)
    """
    if x.device.type == "cpu" and x.shape[1] >= _VECTOR:
        return _Largest.apply(x, kernel, stride, padding)
    return nn.functional.max_pool2d(x, kernel, stride, padding)


class _Largest(torch.autograd.Function):
    """Forwards with channels in the last place, where CPUs compare as vectors; backwards without.

    Of equal entries the first gets the gradient either way.
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor, *window: tuple[int, ...]) -> Tensor:
        last = x.contiguous(memory_format=torch.channels_last)
        found, where = torch.ops.aten.max_pool2d_with_indices(last, *window)
        ctx.save_for_backward(x, where.contiguous())
        ctx.window = window
        return found.contiguous()

    @staticmethod
    def backward(ctx: Any, *grad_outputs: Tensor) -> tuple[Tensor, None, None, None]:
        x, where = ctx.saved_tensors
        gradient = torch.ops.aten.max_pool2d_with_indices_backward(
            grad_outputs[0], x, *ctx.window, (1, 1), False, where
        )
        return gradient, None, None, None


def _shifts(fractions: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(max(fractions) - each for each in fractions)
