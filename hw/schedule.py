"""When each operation of a datapath happens: pipeline stages of at most so many adders."""

from dataclasses import dataclass

from mulbudget.hw.datapath import Constant, Datapath
from mulbudget.spn import width


@dataclass(frozen=True)
class Schedule:
    """As soon as possible, registers where `levels_per_stage` adders are full.

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
    """

    stages: tuple[int, ...]
    last: tuple[int, ...]
    latency: int
    register_bits: int


def schedule(datapath: Datapath, levels_per_stage: int) -> Schedule:
    """Place each operation; `levels_per_stage` >= 1. The interval is 1 clock."""
    ops = datapath.ops
    fixed = [isinstance(op, Constant) for op in ops]
    stages, levels = [0] * len(ops), [0] * len(ops)
    last = [0] * len(ops)
    for value, op in enumerate(ops):
        moving = [each for each in op.operands if not fixed[each]]
        stage = max((stages[each] for each in moving), default=0)
        level = max((levels[each] for each in moving if stages[each] == stage), default=0)
        if level + op.levels > levels_per_stage and level:
            stage, level = stage + 1, 0
        for each in moving:
            last[each] = max(last[each], stage)
        stages[value] = last[value] = stage + op.clocks
        levels[value] = 0 if op.clocks else level + op.levels
    ends = [value for value in datapath.outputs if not fixed[value]]
    latency = max((stages[value] + (levels[value] > 0) for value in ends), default=0)
    latency = max(latency, 1)
    for value in ends:
        last[value] = latency
    bits = sum(
        (last[value] - stages[value]) * width(op.low, op.high)[0] for value, op in enumerate(ops)
    )
    return Schedule(tuple(stages), tuple(last), latency, bits)
