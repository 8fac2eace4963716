"""Trainable sum-product convolutions, which freeze to `spn.Convolution` bit for bit."""

import math
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor, nn

from mulbudget.spn import Convolution, Geometry, UserError
from mulbudget.train.layers import SumProductLayer, uniform
from mulbudget.train.precision import Precision, WcKind, as_array

Sizes = int | tuple[int, ...]
"""One number for all spatial axes, or one for each."""


class SPNConvolution(SumProductLayer):
    """A sum-product layer on each window of an image (StrassenNets, section 3.3).

    Wb is a ternary convolution to r channels with the window (p - 1) * stride + kernel_size and the
    stride p * stride; then come batch norm and a, one per channel; Wc, with kernel and stride p,
    makes p outputs along each axis from the products of a window.

    Parameters
    ----------
    in_channels, out_channels : int
    kernel_size : int or tuple of int
    r : int
        Products of a window, a multiple of `groups * g`.
    stride, padding : int or tuple of int
    groups : int
        Of Wb and of Wc, as a grouped convolution has them; divides both numbers of channels.
    g : int
        Further groups of Wb only; `groups * g` divides `in_channels`.
    p : int or tuple of int
        Outputs along each axis that share the products of a window.
    wc : "learned", "identity" or "terms"
        "identity" is the ternary-weight layer, without output adders; it needs r = out_channels
        and p = 1. "terms" sums r / out_channels products of its own for each output, and needs
        p = 1 as well.
    unit : int, optional
        Binary places of the activation that takes the output.
    precision : Precision, optional
    generator : torch.Generator, optional
        Draws the initial weights.

    Raises
    ------
    UserError
        When a size is out of its range, groups do not divide, or r does not fit the outputs of a
        fixed Wc.
    """

    axes: ClassVar[int]

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Sizes,
        r: int,
        stride: Sizes = 1,
        padding: Sizes = 0,
        groups: int = 1,
        p: Sizes = 1,
        wc: WcKind = "learned",
        *,
        g: int = 1,
        unit: int | None = None,
        precision: Precision | None = None,
        generator: torch.Generator | None = None,
    ) -> None:
        check_groups(in_channels, out_channels, r, groups, g)
        sizes = (kernel_size, stride, padding, p)
        geometry = Geometry(*(each_axis(size, self.axes) for size in sizes))
        patch = math.prod(geometry.patch)
        if wc == "identity" and (r != out_channels or patch != 1):
            raise UserError(
                f"an identity Wc needs r = {out_channels} and p = 1, not {r} and {geometry.patch}"
            )
        if wc == "terms" and (r % out_channels or patch != 1):
            raise UserError(
                f"a Wc of terms needs a multiple of {out_channels} products and p = 1, not {r} and "
                f"{geometry.patch}"
            )
        norm = nn.BatchNorm1d if self.axes == 1 else nn.BatchNorm2d
        super().__init__(
            uniform((r, in_channels // (groups * g), *geometry.window), generator),
            out_channels * patch,
            wc,
            norm(r),
            wc_groups=groups,
            unit=unit,
            precision=precision,
            generator=generator,
        )
        self.geometry = geometry
        self.groups = groups * g
        self.out_channels = out_channels

    def operator(self, input_fraction: int) -> Convolution:
        """The frozen layer as integers, for an input with `input_fraction` binary places."""
        a, bias = self._operator_numbers()
        patch = self.geometry.patch
        return Convolution(
            wb=as_array(self.wb, np.int8),
            a=a,
            wc=self._whole_wc(),
            bias=bias if math.prod(patch) == 1 else bias.reshape(-1, *patch),
            fraction=int(self.fraction) - input_fraction,
            geometry=self.geometry,
            groups=self.groups,
        )

    def products(self, x: Tensor, wb: Tensor) -> Tensor:
        """Wb of each window, (samples, r, *positions)."""
        return window_sums(x, wb, None, self.geometry, self.groups)

    def _outputs(self, x: Tensor, z: Tensor, wc: Tensor, bias: Tensor) -> Tensor:
        convolve = nn.functional.conv1d if self.axes == 1 else nn.functional.conv2d
        patches = convolve(z, self._each_axis(wc), bias, groups=self.wc_groups)
        if math.prod(self.geometry.patch) == 1:
            return patches
        return _joined(patches, self.geometry, tuple(x.shape[2:]))

    def _each(self, a: Tensor) -> Tensor:
        return self._each_axis(a)

    def _each_axis(self, values: Tensor) -> Tensor:
        return values.reshape(*values.shape, *(1,) * self.axes)

    def _whole_wc(self) -> np.ndarray:
        """Wc with the zeros outside its groups, (out_channels, r, *patch)."""
        count, patch = self.wc_groups, self.geometry.patch
        blocks = as_array(self.wc, np.int8).reshape(count, -1, self.r // count)
        whole = np.zeros((count, blocks.shape[1], count, blocks.shape[2]), np.int8)
        index = np.arange(count)
        whole[index, :, index] = blocks
        return np.moveaxis(whole.reshape(self.out_channels, *patch, self.r), -1, 1)


class SPNConv1d(SPNConvolution):
    """`SPNConvolution` on one spatial axis: (samples, in_channels, n) to (samples, ...)."""

    axes = 1


class SPNConv2d(SPNConvolution):
    """`SPNConvolution` on two spatial axes: (samples, in_channels, height, width)."""

    axes = 2


def window_sums(
    x: Tensor, weight: Tensor, bias: Tensor | None, geometry: Geometry, groups: int
) -> Tensor:
    """A convolution of all windows of `geometry`.

    Parameters
    ----------
    x : (samples, channels, *image)
    weight : (n_out, channels / groups, *window)
    bias : (n_out,), optional
    geometry : Geometry
    groups : int

    Returns
    -------
    (samples, n_out, *positions)
    """
    image = tuple(x.shape[2:])
    convolve = nn.functional.conv1d if geometry.axes == 1 else nn.functional.conv2d
    around = zip(image, geometry.padding, geometry.window, geometry.step, strict=True)
    found = tuple((n + 2 * pad - size) // step + 1 for n, pad, size, step in around)
    if found == geometry.positions(image):
        return convolve(x, weight, bias, geometry.step, geometry.padding, groups=groups)
    sides = zip(geometry.padding, geometry.after(image), strict=True)
    padded = nn.functional.pad(x, [each for side in reversed(list(sides)) for each in side])
    return convolve(padded, weight, bias, geometry.step, groups=groups)


def each_axis(size: Sizes, axes: int) -> tuple[int, ...]:
    """One number for each spatial axis."""
    return (size,) * axes if isinstance(size, int) else tuple(size)


def check_groups(in_channels: int, out_channels: int, r: int, groups: int, g: int) -> None:
    """Raise `UserError` unless the groups of Wb and of Wc divide what they have to."""
    least = min(in_channels, out_channels, r, groups, g)
    if least < 1:
        raise UserError(
            f"{in_channels} channels to {out_channels} by {r} products in {groups} x {g} groups: "
            "use 1 or more of each"
        )
    if in_channels % (groups * g):
        raise UserError(
            f"{in_channels} input channels do not make {groups * g} groups of the same size: use "
            "a divisor"
        )
    if out_channels % groups:
        raise UserError(
            f"{out_channels} output channels do not make {groups} groups of the same size: use a "
            "divisor"
        )
    if r % (groups * g):
        raise UserError(
            f"{r} products do not make {groups * g} groups of the same size: use a multiple of "
            f"{groups * g}"
        )


def _joined(patches: Tensor, geometry: Geometry, image: tuple[int, ...]) -> Tensor:
    """(samples, channels * patch, *positions) to (samples, channels, *outputs)."""
    axes = geometry.axes
    parts = patches.unflatten(1, (-1, *geometry.patch))
    order = [each for axis in range(axes) for each in (2 + axes + axis, 2 + axis)]
    whole = parts.permute(0, 1, *order)
    for axis in range(axes):
        whole = whole.flatten(2 + axis, 3 + axis)
    return whole[(..., *(slice(0, n) for n in geometry.outputs(image)))]
