"""When each operation of a datapath happens: pipeline stages of at most so many adders."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from mulbudget.hw.datapath import Constant, Datapath, Product, Shift
from mulbudget.hw.retiming import Soonest, few_registers
from mulbudget.spn import width


@dataclass(frozen=True)
class Schedule:
    """The shortest pipeline, with registers where `levels_per_stage` adders are full.

    Parameters
    ----------
    stages : tuple of int
        The stage in which each value is made; a value made in stage s has passed s registers.
    last : tuple of int
        The stage in which it is last used; from stage s to there it is kept in registers.
    latency : int
        Stage of the outputs, at least 1: clocks from a sample taken to its result offered.
    register_bits : int
        Flip-flops that hold values, those inside DSP blocks and of valid bits not counted.
    blocks : mapping
        The multiplier that makes each product, by value: products share one where they start in
        stages that differ modulo the datapath's interval.
    """

    stages: tuple[int, ...]
    last: tuple[int, ...]
    latency: int
    register_bits: int
    blocks: Mapping[int, int] = field(default_factory=dict)


def schedule(datapath: Datapath, levels_per_stage: int, *, digit: int | None = None) -> Schedule:
    """Place each operation; `levels_per_stage` >= 1. The interval is that of the datapath.

    The latency is the least: that of operations as soon as they can, and of products as soon as one
    of ceil(products / interval) multipliers is free. Within it operations come when values wait in
    few flip-flops; one behind the logic that makes its bit shares a cell with it, and is taken as
    nearly free. With a `digit` of so many bits a register holds one of a value, not the whole.
    """
    bits = [digit or width(op.low, op.high)[0] for op in datapath.ops]
    soonest = _as_soon_as_possible(datapath, levels_per_stage)
    stages, latency = few_registers(datapath, soonest, bits), soonest.latency
    uses = _Uses(datapath, stages, latency)
    uses.move_shifts()
    last = [max(stages[value], uses.last(value)) for value in range(len(stages))]
    held = sum(
        registers(last[value] - stages[value], datapath.interval) * size
        for value, size in enumerate(bits)
    )
    return Schedule(tuple(stages), tuple(last), latency, held, soonest.blocks)


def registers(stages: int, interval: int) -> int:
    """How many registers keep a value for so many stages: each keeps it until the next sample's."""
    return -(-stages // interval)


def unregistered(datapath: Datapath) -> Schedule:
    """All operations between two clock edges, which are somebody else's: no register, latency 0."""
    stages = (0,) * len(datapath.ops)
    return Schedule(stages, stages, 0, 0)


def _as_soon_as_possible(datapath: Datapath, levels_per_stage: int) -> Soonest:
    ops = datapath.ops
    multipliers = _Multipliers(datapath)
    stages, levels = [0] * len(ops), [0] * len(ops)
    for value, op in enumerate(ops):
        moving = [each for each in op.operands if not isinstance(ops[each], Constant)]
        stage = max((stages[each] for each in moving), default=0)
        level = max((levels[each] for each in moving if stages[each] == stage), default=0)
        if level + op.levels > levels_per_stage and level:
            stage, level = stage + 1, 0
        if isinstance(op, Product):
            stage = multipliers.reserve(value, stage)
        stages[value] = stage + op.clocks
        levels[value] = 0 if op.clocks else level + op.levels
    ends = [value for value in datapath.outputs if not isinstance(ops[value], Constant)]
    latency = max((stages[value] + (levels[value] > 0) for value in ends), default=0)
    return Soonest(stages, levels, max(latency, 1), multipliers.blocks)


class _Multipliers:
    """Which multiplier is taken in which clock of the interval."""

    def __init__(self, datapath: Datapath) -> None:
        products = sum(isinstance(op, Product) for op in datapath.ops)
        self._interval = datapath.interval
        self._count = -(-products // self._interval)
        self._taken = [0] * self._interval
        self.blocks: dict[int, int] = {}

    def reserve(self, value: int, stage: int) -> int:
        """A multiplier for a product whose operands are there in `stage`; gives its first stage."""
        while self._taken[stage % self._interval] == self._count:
            stage += 1
        clock = stage % self._interval
        self.blocks[value] = self._taken[clock]
        self._taken[clock] += 1
        return stage


class _Uses:
    """Who takes each value in which stage, while `stages` changes."""

    def __init__(self, datapath: Datapath, stages: list[int], latency: int) -> None:
        self._ops, self._stages, self._latency = datapath.ops, stages, latency
        self._outputs = set(datapath.outputs)
        self._users: list[list[int]] = [[] for _ in datapath.ops]
        for value, op in enumerate(datapath.ops):
            for operand in op.operands:
                self._users[operand].append(value)

    def at(self, value: int) -> list[int]:
        """The stages in which a value is taken; none of a constant, which waits for nothing."""
        if isinstance(self._ops[value], Constant):
            return []
        taken = [self._stages[user] - self._ops[user].clocks for user in self._users[value]]
        return [*taken, self._latency] if value in self._outputs else taken

    def last(self, value: int) -> int:
        """The stage in which a value is last taken."""
        return max(self.at(value), default=0)

    def move_shifts(self) -> None:
        """Move shifts, which are wires, into the very stage of their first use."""
        for value in reversed(range(len(self._ops))):
            if isinstance(self._ops[value], Shift):
                self._stages[value] = min(self.at(value), default=self._stages[value])
