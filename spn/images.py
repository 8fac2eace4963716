"""What image networks have besides convolutions: pooling, joins of branches, flattening."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from mulbudget.spn.convolution import check_image
from mulbudget.spn.errors import UserError
from mulbudget.spn.geometry import Geometry
from mulbudget.spn.operators import Integers, Tensor
from mulbudget.spn.ranges import Range

_MOST_SHIFT = 61


@dataclass(frozen=True)
class MaxPool:
    """The largest entry of each window, channel by channel; what is beyond the edges never is.

    Parameters
    ----------
    geometry : Geometry
        Without patches; padding at most half of the kernel, so that no window is empty.

    Raises
    ------
    UserError
        When the padding is larger, or there are patches.
    """

    geometry: Geometry

    kind: ClassVar[str] = "max-pool"
    arity: ClassVar[int] = 1

    def __post_init__(self) -> None:
        geometry = self.geometry
        if any(p != 1 for p in geometry.patch):
            raise UserError(f"patch is {geometry.patch}: pooling has none")
        if any(2 * pad > size for pad, size in zip(geometry.padding, geometry.kernel, strict=True)):
            raise UserError(
                f"padding of {geometry.padding} is more than half of the kernel {geometry.kernel}"
            )

    def output(self, x: Tensor) -> Tensor:
        """(channels, *image) to (channels, *outputs), of the same range."""
        check_image(x, self.geometry)
        outputs = self.geometry.outputs(x.shape[1:])
        return Tensor((x.shape[0], *outputs), x.fraction, x.range)

    def evaluate(self, x: Integers) -> Integers:
        """(samples, channels, *image) to (samples, channels, *outputs)."""
        lowest = np.full(x.shape[1], np.iinfo(np.int64).min)
        windows = self.geometry.windows(x, lowest)
        inside = tuple(range(windows.ndim - self.geometry.axes, windows.ndim))
        return np.ascontiguousarray(np.moveaxis(windows.max(axis=inside), -1, 1))


@dataclass(frozen=True)
class Add:
    """The sum of two tensors, x << shifts[0] plus y << shifts[1].

    Parameters
    ----------
    shifts : tuple of two int
        0 to 61, of which one is 0: they bring both to the larger number of binary places.

    Raises
    ------
    UserError
        When they are others.
    """

    shifts: tuple[int, int]

    kind: ClassVar[str] = "add"
    arity: ClassVar[int] = 2

    def __post_init__(self) -> None:
        _check_shifts(self.shifts, 2)

    def output(self, x: Tensor, y: Tensor) -> Tensor:
        """The same shape, and the larger fraction."""
        if x.shape != y.shape:
            raise UserError(f"adds tensors of one shape, and is given {x.shape} and {y.shape}")
        fraction = _common_fraction(self.shifts, (x, y))
        one, other = self.shifts
        low, high = (
            tuple((p << one) + (q << other) for p, q in zip(*sides, strict=True))
            for sides in ((x.range.low, y.range.low), (x.range.high, y.range.high))
        )
        return Tensor(x.shape, fraction, Range(low, high))

    def evaluate(self, x: Integers, y: Integers) -> Integers:
        """(samples, ...) twice, to the same."""
        return (x << self.shifts[0]) + (y << self.shifts[1])


@dataclass(frozen=True)
class Concatenate:
    """The channels of several tensors, one behind the other, x << shift each.

    Parameters
    ----------
    shifts : tuple of int
        One for each tensor, two or more; 0 to 61, of which one is 0: they bring all to the largest
        number of binary places.

    Raises
    ------
    UserError
        When they are others.
    """

    shifts: tuple[int, ...]

    kind: ClassVar[str] = "concatenate"

    def __post_init__(self) -> None:
        _check_shifts(self.shifts, len(self.shifts))

    @property
    def arity(self) -> int:
        """How many tensors."""
        return len(self.shifts)

    def output(self, *xs: Tensor) -> Tensor:
        """The channels of all; the other axes are the same."""
        if len({x.shape[1:] for x in xs}) > 1:
            shapes = ", ".join(str(x.shape) for x in xs)
            raise UserError(f"joins channels of images of one size, and is given {shapes}")
        fraction = _common_fraction(self.shifts, xs)
        low, high = (
            tuple(
                end << shift
                for x, shift in zip(xs, self.shifts, strict=True)
                for end in getattr(x.range, side)
            )
            for side in ("low", "high")
        )
        channels = sum(x.shape[0] for x in xs)
        return Tensor((channels, *xs[0].shape[1:]), fraction, Range(low, high))

    def evaluate(self, *xs: Integers) -> Integers:
        """(samples, channels, ...) of each, to (samples, all channels, ...)."""
        return np.concatenate([x << shift for x, shift in zip(xs, self.shifts, strict=True)], 1)


@dataclass(frozen=True)
class Flatten:
    """(channels, *image) as one axis: channel by channel, each row by row."""

    kind: ClassVar[str] = "flatten"
    arity: ClassVar[int] = 1

    def output(self, x: Tensor) -> Tensor:
        """(channels * image,)."""
        return x.flat

    def evaluate(self, x: Integers) -> Integers:
        """(samples, channels, *image) to (samples, channels * image)."""
        return x.reshape(len(x), -1)


def _check_shifts(shifts: tuple[int, ...], count: int) -> None:
    if len(shifts) != count or count < 2 or min(shifts) != 0 or max(shifts) > _MOST_SHIFT:
        raise UserError(
            f"shifts are {shifts}, not one for each of two or more tensors, 0 to {_MOST_SHIFT}, "
            "with a 0 among them"
        )


def _common_fraction(shifts: tuple[int, ...], xs: tuple[Tensor, ...]) -> int:
    fractions = [x.fraction + shift for x, shift in zip(xs, shifts, strict=True)]
    if len(set(fractions)) > 1:
        raise UserError(
            f"tensors of {', '.join(str(x.fraction) for x in xs)} binary places and shifts of "
            f"{shifts} do not have the same places"
        )
    return fractions[0]
