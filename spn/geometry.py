"""Where windows stand on an image: kernel, stride, padding and patch."""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mulbudget.spn.errors import UserError

Axes = tuple[int, ...]
"""A number for each spatial axis."""

_MOST = 1 << 16
"""Of every number: so no product of them leaves 64 bits."""


@dataclass(frozen=True)
class Geometry:
    """Windows of a convolution or a pooling on the spatial axes of a tensor.

    Each window makes a patch of outputs. Without patches that is one output, and the window is the
    kernel; a patch of p outputs along an axis shares a window of (p - 1) * stride + kernel entries,
    and windows are p * stride apart (StrassenNets, section 3.3). Beyond the edges are `padding`
    zeros on both sides, and as many more at the end as the last patch needs; its outputs beyond
    the last one are left out.

    Parameters
    ----------
    kernel, stride, patch : tuple of int
        For each spatial axis; 1 or more.
    padding : tuple of int
        0 or more, and less than the kernel.

    Raises
    ------
    UserError
        When a number is out of its range, or there are not as many of each.
    """

    kernel: Axes
    stride: Axes
    padding: Axes
    patch: Axes

    def __post_init__(self) -> None:
        named = {"kernel": 1, "stride": 1, "padding": 0, "patch": 1}
        for name, least in named.items():
            values = getattr(self, name)
            if len(values) != len(self.kernel) or not values:
                raise UserError(f"{name} is {values}, not a number for each axis of {self.kernel}")
            if not all(least <= each <= _MOST for each in values):
                raise UserError(f"{name} is {values}: use {least} to {_MOST} for each axis")
        if any(pad >= size for pad, size in zip(self.padding, self.kernel, strict=True)):
            raise UserError(
                f"padding of {self.padding} is not less than the kernel {self.kernel}: use less"
            )

    @classmethod
    def plain(
        cls, kernel: Axes, stride: Axes | None = None, padding: Axes | None = None
    ) -> "Geometry":
        """Without patches; stride 1 and no padding by default."""
        ones = (1,) * len(kernel)
        return cls(kernel, stride or ones, padding or (0,) * len(kernel), ones)

    @property
    def axes(self) -> int:
        """How many spatial axes."""
        return len(self.kernel)

    @property
    def window(self) -> Axes:
        """What makes a patch: (patch - 1) * stride + kernel entries along each axis."""
        parts = zip(self.kernel, self.stride, self.patch, strict=True)
        return tuple((p - 1) * step + size for size, step, p in parts)

    @property
    def step(self) -> Axes:
        """From window to window: patch * stride."""
        return tuple(p * step for p, step in zip(self.patch, self.stride, strict=True))

    def outputs(self, image: Axes) -> Axes:
        """Outputs along each axis, floor((n + 2 * padding - kernel) / stride) + 1.

        Raises
        ------
        UserError
            When the image is of other axes, or smaller than the kernel.
        """
        if len(image) != self.axes:
            raise UserError(f"takes {self.axes} spatial axes, and is given {len(image)}")
        sizes = zip(image, self.kernel, self.stride, self.padding, strict=True)
        result = tuple((n + 2 * pad - size) // step + 1 for n, size, step, pad in sizes)
        if min(result) < 1:
            raise UserError(
                f"an image of {image} with padding {self.padding} is smaller than the kernel "
                f"{self.kernel}"
            )
        return result

    def positions(self, image: Axes) -> Axes:
        """Windows along each axis: outputs by patch, rounded up."""
        return tuple(
            -(-count // p) for count, p in zip(self.outputs(image), self.patch, strict=True)
        )

    def after(self, image: Axes) -> Axes:
        """Zeros after the end of each axis; negative where the last entries are in no window."""
        sizes = zip(image, self.positions(image), self.step, self.window, self.padding, strict=True)
        return tuple((count - 1) * step + size - pad - n for n, count, step, size, pad in sizes)

    def reaches_out(self, image: Axes) -> bool:
        """Whether a window has entries beyond the edges."""
        return max(*self.padding, *self.after(image)) > 0

    def windows(self, x: npt.NDArray, fill: npt.NDArray) -> npt.NDArray:
        """All windows of images.

        Parameters
        ----------
        x : (samples, channels, *image)
        fill : (channels,)
            What stands beyond the edges.

        Returns
        -------
        (samples, *positions, channels, *window)
            A view of a copy of `x`.
        """
        image = x.shape[2:]
        after = self.after(image)
        grown = tuple(
            pad + n + max(more, 0) for n, pad, more in zip(image, self.padding, after, strict=True)
        )
        filled = np.empty((*x.shape[:2], *grown), x.dtype)
        filled[...] = fill.reshape(-1, *(1,) * self.axes)
        inside = tuple(slice(pad, pad + n) for n, pad in zip(image, self.padding, strict=True))
        filled[(..., *inside)] = x
        spatial = tuple(range(2, 2 + self.axes))
        views = np.lib.stride_tricks.sliding_window_view(filled, self.window, spatial)
        places = tuple(
            slice(0, (count - 1) * step + 1, step)
            for count, step in zip(self.positions(image), self.step, strict=True)
        )
        return np.moveaxis(views[(slice(None), slice(None), *places)], 1, 1 + self.axes)

    @property
    def entries(self) -> int:
        """Of a window, a channel."""
        return math.prod(self.window)
