"""The walk of a window over an image, pixel by pixel, with what lies beyond the edges."""

from dataclasses import dataclass
from math import prod

import numpy as np
import numpy.typing as npt

from mulbudget.spn import Geometry

Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Raster:
    """Rows of pixels from the first padding on, as far as image or windows reach.

    Parameters
    ----------
    image : tuple of int
        Height and width.
    geometry : Geometry
        Of two axes.
    """

    image: tuple[int, int]
    geometry: Geometry

    @classmethod
    def of(cls, image: tuple[int, ...], geometry: Geometry) -> "Raster":
        """For an image of one axis or two; one axis is a row."""
        if len(image) == 2:
            return cls((image[0], image[1]), geometry)
        lifted = Geometry(
            (1, *geometry.kernel),
            (1, *geometry.stride),
            (0, *geometry.padding),
            (1, *geometry.patch),
        )
        return cls((1, image[0]), lifted)

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        rows, columns = (
            pad + n + max(after, 0)
            for pad, n, after in zip(
                self.geometry.padding, self.image, self.geometry.after(self.image), strict=True
            )
        )
        return rows, columns

    @property
    def clocks(self) -> int:
        """Pixels of the walk."""
        return self.shape[0] * self.shape[1]

    def interval(self, window: int) -> int:
        """Clocks of an image, where each window takes so many."""
        walk = self.clocks + prod(self.positions) * (window - 1)
        return max(walk, prod(self.geometry.outputs(self.image)))

    @property
    def positions(self) -> tuple[int, int]:
        """Windows down and across."""
        down, across = self.geometry.positions(self.image)
        return down, across

    def inside(self) -> Flags:
        """Which pixels of the walk are of the image, (rows * columns,)."""
        axes = [
            (np.arange(size) >= pad) & (np.arange(size) < pad + n)
            for size, pad, n in zip(self.shape, self.geometry.padding, self.image, strict=True)
        ]
        return np.outer(*axes).ravel()

    def complete(self) -> Flags:
        """Which pixels of the walk are the last one of a window, (rows * columns,)."""
        axes = []
        parts = zip(
            self.shape, self.geometry.window, self.geometry.step, self.positions, strict=True
        )
        for size, window, step, count in parts:
            last = np.zeros(size, bool)
            last[window - 1 + step * np.arange(count)] = True
            axes.append(last)
        return np.outer(*axes).ravel()
