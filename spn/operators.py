"""The integer operators of a network: what they give, in which range, and how to evaluate them."""

import math
from dataclasses import dataclass
from typing import ClassVar, Protocol

import numpy as np
import numpy.typing as npt

from mulbudget.spn.errors import UserError
from mulbudget.spn.exact import matrix_product
from mulbudget.spn.ranges import LIMIT, Range
from mulbudget.spn.scheme import check_ternary

Integers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Tensor:
    """What is known of a tensor: integers q that stand for q * 2**-fraction.

    Parameters
    ----------
    shape : tuple of int
        Of one sample; the first axis is the channels.
    fraction : int
        Binary places, -1000 to 1000, so that float64 can scale by them.
    range : Range
        One interval per channel.

    Raises
    ------
    UserError
        When `fraction` is beyond that.
    """

    shape: tuple[int, ...]
    fraction: int
    range: Range

    def __post_init__(self) -> None:
        if abs(self.fraction) > 1000:
            raise UserError(f"fraction is {self.fraction}, not -1000 to 1000")

    @property
    def entries(self) -> Range:
        """Of each entry, in C order."""
        times = math.prod(self.shape[1:])
        if times == 1:
            return self.range
        low, high = (
            np.repeat(np.array(side, np.int64), times).tolist()
            for side in zip(*self.range.ends, strict=True)
        )
        return Range(tuple(low), tuple(high))

    @property
    def flat(self) -> "Tensor":
        """The same entries along one axis, in C order."""
        return Tensor((math.prod(self.shape),), self.fraction, self.entries)

    def checked(self, samples: npt.ArrayLike, taker: str) -> Integers:
        """`samples` as int64, (samples, *shape), each inside the range.

        Rows of entries, (samples, entries), are brought to the shape.

        Raises
        ------
        UserError
            When they are no integers, have another shape or leave the range; names `taker`.
        """
        given = np.asarray(samples)
        if given.shape[1:] == self.shape:
            given = given.reshape(len(given), math.prod(self.shape))
        return self.entries.checked(given, taker).reshape(-1, *self.shape)


class Operator(Protocol):
    """An integer operator."""

    @property
    def arity(self) -> int:
        """How many tensors it takes."""
        ...

    def output(self, *xs: Tensor) -> Tensor:
        """Shape, fraction and exact range of the result; `UserError` where the tensors do not fit.

        It is exact where the channels are independent.
        """
        ...

    def evaluate(self, *xs: Integers) -> Integers:
        """The result for samples, first axis samples, each inside the range of its tensor."""
        ...


@dataclass(frozen=True)
class Stages:
    """Exact ranges inside a sum-product layer: u = Wb x, z = a * u, v = Wc z + bias."""

    u: Range
    z: Range
    v: Range


@dataclass(frozen=True, eq=False)
class SumProduct:
    """A dense sum-product layer, y = Wc [a * (Wb x)] + bias (StrassenNets, equation 1).

    Parameters
    ----------
    wb : int8, (r, n_in)
        -1, 0 or 1.
    a : int64, (r,)
        The multiplicands, one per product; real value a * 2**-fraction.
    wc : int8, (n_out, r)
        -1, 0 or 1.
    bias : int64, (n_out,)
        In units of the output.
    fraction : int
        Binary places of `a`; the output has those of the input and these.

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

    kind: ClassVar[str] = "sum-product"
    arity: ClassVar[int] = 1

    def __post_init__(self) -> None:
        for name, dimensions in (("wb", 2), ("a", 1), ("wc", 2), ("bias", 1)):
            array = getattr(self, name)
            if array.ndim != dimensions or 0 in array.shape:
                raise UserError(f"{name} has shape {array.shape}, not {dimensions} non-empty axes")
        if self.a.shape[0] != self.r or self.wc.shape[1] != self.r:
            raise UserError(
                f"wb makes {self.r} products, a has {self.a.shape[0]} entries and wc takes "
                f"{self.wc.shape[1]}: the three must be the same"
            )
        if self.bias.shape[0] != self.n_out:
            raise UserError(f"bias has {self.bias.shape[0]} entries for {self.n_out} outputs")
        for name in ("wb", "wc"):
            check_ternary(name, getattr(self, name))
        for name in ("a", "bias"):
            worst = max((abs(int(value)) for value in getattr(self, name)), default=0)
            if worst >= LIMIT:
                raise UserError(f"{name} has an entry of {worst}, beyond 62 bits")

    @property
    def n_in(self) -> int:
        """Inputs."""
        return self.wb.shape[1]

    @property
    def r(self) -> int:
        """Products: the layer's multiplication budget."""
        return self.wb.shape[0]

    @property
    def n_out(self) -> int:
        """Outputs."""
        return self.wc.shape[0]

    @property
    def wc_is_identity(self) -> bool:
        """Whether the layer is a ternary-weight layer: no output adders."""
        return self.r == self.n_out and bool((self.wc == np.eye(self.r, dtype=np.int8)).all())

    @property
    def products_are_alone(self) -> bool:
        """Whether each product takes one input and goes to one output, as a weight does."""
        per_row, per_column = np.count_nonzero(self.wb, 1), np.count_nonzero(self.wc, 0)
        return bool((per_row == 1).all() and (per_column == 1).all())

    def stages(self, x: Range) -> Stages:
        """Exact ranges of u, z and v for inputs in `x`."""
        u = x.linear(self.wb)
        z = u.scaled(self.a)
        return Stages(u, z, z.linear(self.wc, self.bias))

    def output(self, x: Tensor) -> Tensor:
        """(n_in,) to (n_out,)."""
        if x.shape != (self.n_in,):
            raise UserError(f"takes {self.n_in} inputs, and is given shape {x.shape}")
        return Tensor((self.n_out,), x.fraction + self.fraction, self.stages(x.range).v)

    def evaluate(self, x: Integers) -> Integers:
        """(samples, n_in) to (samples, n_out)."""
        u = matrix_product(x, self.wb.T)
        return matrix_product(u * self.a, self.wc.T) + self.bias


@dataclass(frozen=True)
class Requantize:
    """y = clamp(floor((v + 2**(shift-1)) / 2**shift), low, high); no rounding where shift is 0.

    A ReLU is low = 0. The output has `shift` binary places fewer than the input.

    Raises
    ------
    UserError
        When `shift` is not 0 to 61, or `low` exceeds `high`.
    """

    shift: int
    low: int
    high: int

    kind: ClassVar[str] = "requantize"
    arity: ClassVar[int] = 1

    def __post_init__(self) -> None:
        if not 0 <= self.shift <= 61:
            raise UserError(f"shift is {self.shift}, not 0 to 61")
        Range((self.low,), (self.high,))

    @property
    def rounding(self) -> int:
        """What is added before the shift: half a unit of the output."""
        return 1 << self.shift >> 1

    def output(self, x: Tensor) -> Tensor:
        """The same shape; the range is clamped channel by channel."""
        low = tuple(self._scalar(value) for value in x.range.low)
        high = tuple(self._scalar(value) for value in x.range.high)
        return Tensor(x.shape, x.fraction - self.shift, Range(low, high))

    def evaluate(self, x: Integers) -> Integers:
        """(samples, …) to the same shape."""
        return np.clip((x + self.rounding) >> self.shift, self.low, self.high)

    def _scalar(self, value: int) -> int:
        return min(max((value + self.rounding) >> self.shift, self.low), self.high)


@dataclass(frozen=True)
class ArgMax:
    """The index of the largest input; the lowest index of several that are equal."""

    kind: ClassVar[str] = "argmax"
    arity: ClassVar[int] = 1

    def output(self, x: Tensor) -> Tensor:
        """(n,) to (1,), from 0 to n - 1."""
        if len(x.shape) != 1:
            raise UserError(f"takes one axis, and is given shape {x.shape}")
        return Tensor((1,), 0, Range((0,), (x.shape[0] - 1,)))

    def evaluate(self, x: Integers) -> Integers:
        """(samples, n) to (samples, 1)."""
        return np.argmax(x, axis=1, keepdims=True).astype(np.int64)
