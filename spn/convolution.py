"""Sum-product convolution: a sum-product layer of every window of an image."""

import math
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from mulbudget.spn.errors import UserError
from mulbudget.spn.exact import matrix_product
from mulbudget.spn.geometry import Axes, Geometry
from mulbudget.spn.operators import Integers, SumProduct, Tensor
from mulbudget.spn.ranges import Range

_AT_ONCE = 1 << 24
"""Entries of windows that are unfolded at a time."""


@dataclass(frozen=True, eq=False)
class Convolution:
    """A sum-product layer on each window of an image (StrassenNets, section 3.3).

    For window w of the image, with r products,

        patch = Wc [a * (Wb w)] + bias

    where Wb may be grouped: each product takes the channels of one group, the first r / groups
    products those of the first. A patch has all output channels of its outputs.

    Parameters
    ----------
    wb : int8, (r, channels / groups, *window)
        -1, 0 or 1.
    a : int64, (r,)
    wc : int8, (n_out, r, *patch)
        -1, 0 or 1.
    bias : int64, (n_out,) or (n_out, *patch)
        The same for all outputs of a patch, or one for each: what batch norm adds to each product
        reaches each output of a patch by its own entries of Wc.
    fraction : int
        Binary places of `a`.
    geometry : Geometry
        Of one spatial axis or two.
    groups : int
        Of Wb; divides the channels and r.

    Raises
    ------
    UserError
        When a shape does not fit the others, or an entry is not ternary.
    """

    wb: npt.NDArray[np.int8]
    a: Integers
    wc: npt.NDArray[np.int8]
    bias: Integers
    fraction: int
    geometry: Geometry
    groups: int = 1
    layer: SumProduct = field(init=False, repr=False)
    """The same for one window: from (channels, *window) to (n_out, *patch), both flattened."""

    kind: ClassVar[str] = "convolution"
    arity: ClassVar[int] = 1

    def __post_init__(self) -> None:
        geometry = self.geometry
        if not 1 <= geometry.axes <= 2:
            raise UserError(f"there are {geometry.axes} spatial axes: 1 and 2 are possible")
        for name, sizes in (("wb", geometry.window), ("wc", geometry.patch)):
            shape = getattr(self, name).shape
            if len(shape) != 2 + geometry.axes or shape[2:] != sizes or 0 in shape:
                raise UserError(
                    f"{name} has shape {shape}, and with kernel {geometry.kernel}, stride "
                    f"{geometry.stride} and patch {geometry.patch} it ends in {sizes}"
                )
        if self.groups < 1 or self.r % self.groups:
            raise UserError(f"{self.r} products do not make {self.groups} groups of the same size")
        if self.bias.shape not in ((self.n_out,), (self.n_out, *geometry.patch)):
            raise UserError(
                f"bias has shape {self.bias.shape}, and wc has {self.n_out} outputs in patches of "
                f"{geometry.patch}"
            )
        object.__setattr__(self, "layer", self._layer())

    @property
    def channels(self) -> int:
        """Of the input."""
        return self.wb.shape[1] * self.groups

    @property
    def r(self) -> int:
        """Products of a patch."""
        return self.wb.shape[0]

    @property
    def n_out(self) -> int:
        """Channels of the output."""
        return self.wc.shape[0]

    @property
    def wc_is_grouped(self) -> bool:
        """Whether each output takes products of one group only, as a grouped convolution does."""
        if self.n_out % self.groups:
            return False
        taken = self.wc.any(axis=tuple(range(2, self.wc.ndim)))
        blocks = taken.reshape(self.groups, -1, self.groups, self.r // self.groups)
        index = np.arange(self.groups)
        inside = np.zeros_like(blocks)
        inside[index, :, index] = True
        return not (blocks & ~inside).any()

    @property
    def averages(self) -> bool:
        """Whether it is an average pooling: the same multiple of the sum of each channel."""
        alone = self.groups == self.channels == self.r and self.layer.wc_is_identity
        same = self.wb.all() and (self.wb == self.wb.flat[0]).all() and (self.a == self.a[0]).all()
        return bool(alone and same and not self.bias.any())

    def window_range(self, x: Tensor) -> Range:
        """Of the entries of a window of `x`, (channels, *window) flattened."""
        hull = _with_zero(x.range) if self.geometry.reaches_out(x.shape[1:]) else x.range
        times = self.geometry.entries
        return Range(
            tuple(np.repeat(hull.low, times).tolist()), tuple(np.repeat(hull.high, times).tolist())
        )

    def output(self, x: Tensor) -> Tensor:
        """(channels, *image) to (n_out, *outputs)."""
        check_image(x, self.geometry, self.channels)
        outputs = self.geometry.outputs(x.shape[1:])
        v = self.layer.stages(self.window_range(x)).v
        ends = [np.reshape(side, (self.n_out, -1)) for side in (v.low, v.high)]
        hull = Range(tuple(ends[0].min(axis=1).tolist()), tuple(ends[1].max(axis=1).tolist()))
        return Tensor((self.n_out, *outputs), x.fraction + self.fraction, hull)

    def evaluate(self, x: Integers) -> Integers:
        """(samples, channels, *image) to (samples, n_out, *outputs)."""
        image = x.shape[2:]
        windows = math.prod(self.geometry.positions(image))
        step = max(1, _AT_ONCE // (windows * self.channels * self.geometry.entries))
        parts = [self._part(x[start : start + step]) for start in range(0, len(x), step)]
        outputs = self.geometry.outputs(image)
        return np.concatenate(parts) if parts else np.zeros((0, self.n_out, *outputs), np.int64)

    def _layer(self) -> SumProduct:
        each = self.r // self.groups
        wb = np.zeros((self.groups, each, self.groups, self.wb[0].size), np.int8)
        index = np.arange(self.groups)
        wb[index, :, index] = self.wb.reshape(self.groups, each, -1)
        wc = np.moveaxis(self.wc, 1, -1).reshape(-1, self.wc.shape[1])
        times = math.prod(self.geometry.patch) if self.bias.ndim == 1 else 1
        bias = np.repeat(self.bias.reshape(-1), times)
        return SumProduct(wb.reshape(self.r, -1), self.a, wc, bias, self.fraction)

    def _part(self, x: Integers) -> Integers:
        geometry, image = self.geometry, x.shape[2:]
        windows = geometry.windows(x, np.zeros(x.shape[1], np.int64))
        positions = windows.shape[1 : 1 + geometry.axes]
        groups = windows.reshape(-1, self.groups, self.wb[0].size).swapaxes(0, 1)
        wb = self.wb.reshape(self.groups, -1, self.wb[0].size).swapaxes(1, 2)
        z = matrix_product(groups, wb).swapaxes(0, 1).reshape(-1, self.r) * self.a
        v = matrix_product(z, self.layer.wc.T) + self.layer.bias
        return self._joined(v.reshape(len(x), *positions, self.n_out, *geometry.patch), image)

    def _joined(self, patches: Integers, image: Axes) -> Integers:
        """(samples, *positions, n_out, *patch) to (samples, n_out, *outputs)."""
        axes = self.geometry.axes
        order = [0, axes + 1]
        for axis in range(axes):
            order += [1 + axis, axes + 2 + axis]
        sizes = [
            count * p
            for count, p in zip(patches.shape[1 : 1 + axes], self.geometry.patch, strict=True)
        ]
        whole = patches.transpose(order).reshape(len(patches), self.n_out, *sizes)
        return whole[(..., *(slice(0, n) for n in self.geometry.outputs(image)))]


def check_image(x: Tensor, geometry: Geometry, channels: int | None = None) -> None:
    """Raise `UserError` unless `x` has spatial axes behind so many channels."""
    if len(x.shape) != 1 + geometry.axes or channels not in (None, x.shape[0]):
        wanted = "channels" if channels is None else f"{channels} channels"
        raise UserError(
            f"takes {wanted} and {geometry.axes} spatial axes, and is given shape {x.shape}"
        )


def _with_zero(x: Range) -> Range:
    return Range(tuple(min(low, 0) for low in x.low), tuple(max(high, 0) for high in x.high))
