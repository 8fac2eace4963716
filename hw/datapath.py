"""A layer as a flat list of operations on exact ranges: what the schedule and the Verilog read.

Operation i makes value i from values before it. Which clock it happens in is the schedule's matter.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar


@dataclass(frozen=True, kw_only=True)
class Op:
    """One value of a datapath.

    Parameters
    ----------
    name : str
        Unique in the datapath, a Verilog identifier.
    low, high : int
        Exact range of the value, inclusive.
    operands : tuple of int
        The values it is made from.
    """

    name: str
    low: int
    high: int
    operands: tuple[int, ...] = ()

    levels: ClassVar[int] = 1
    """How many adders deep it is."""

    @property
    def clocks(self) -> int:
        """How many pipeline registers it holds."""
        return 0


@dataclass(frozen=True, kw_only=True)
class Input(Op):
    """Channel `channel` of the sample."""

    channel: int
    levels = 0


@dataclass(frozen=True, kw_only=True)
class Constant(Op):
    """The value `low`, which is also `high`."""

    levels = 0


@dataclass(frozen=True, kw_only=True)
class Sum(Op):
    """(left << left_shift) + (right << right_shift), or their difference with `subtract`."""

    left_shift: int = 0
    right_shift: int = 0
    subtract: bool = False


@dataclass(frozen=True, kw_only=True)
class Offset(Op):
    """constant + x, or constant - x where `negative`."""

    constant: int
    negative: bool = False


@dataclass(frozen=True, kw_only=True)
class Shift(Op):
    """x << shift."""

    shift: int
    levels = 0


@dataclass(frozen=True, kw_only=True)
class Product(Op):
    """x * constant, or x * y of two operands where there is none.

    Parameters
    ----------
    constant : int or None
    registers : int
        1 at the result, 2 at the operands too.
    dsp : bool
        Whether a DSP block makes it; else logic does.
    """

    constant: int | None = None
    registers: int = 2
    dsp: bool = True
    levels = 0

    @property
    def clocks(self) -> int:
        """How many pipeline registers it holds."""
        return self.registers


@dataclass(frozen=True, kw_only=True)
class Clamp(Op):
    """x >> shift, held between `low` and `high`."""

    shift: int


@dataclass(frozen=True, kw_only=True)
class Greater(Op):
    """1 where the first operand is greater than the second, else 0."""


@dataclass(frozen=True, kw_only=True)
class Select(Op):
    """The second operand where the first is 1, else the third."""


@dataclass(frozen=True)
class Datapath:
    """Operations in order, and which values are the outputs.

    Parameters
    ----------
    ops : tuple of Op
    outputs : tuple of int
        Values, one per channel.
    figures : mapping
        What the sidecar says of the layer: fields of `sidecar.Layer`.
    interval : int
        Clocks from sample to sample: so many products may share a multiplier.
    """

    ops: tuple[Op, ...]
    outputs: tuple[int, ...]
    figures: Mapping[str, int] = field(default_factory=dict)
    interval: int = 1

    @property
    def ends(self) -> list[tuple[int, int]]:
        """Exact range of each output."""
        return [(self.ops[value].low, self.ops[value].high) for value in self.outputs]
