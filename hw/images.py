"""Operators on images as datapaths: those that are no sum-product layers."""

from collections.abc import Sequence

from mulbudget.hw.builder import Builder
from mulbudget.hw.datapath import Datapath, Greater, Select, Sum
from mulbudget.spn import Add, Range


def lower_max_pool(x: Range, entries: int) -> Datapath:
    """The largest of so many entries of each channel, (channels, entries) flattened."""
    builder = Builder()
    values, outputs = builder.inputs(x), []
    for channel in range(len(values) // entries):
        players, number = values[channel * entries :][:entries], 0
        while len(players) > 1:
            winners = []
            for left, right in zip(players[::2], players[1::2], strict=False):
                winners.append(_larger(builder, f"{channel}_{number}", left, right))
                number += 1
            players = winners + (players[-1:] if len(players) % 2 else [])
        outputs.append(players[0])
    return Datapath(tuple(builder.ops), tuple(outputs))


def lower_add(operator: Add, inputs: Sequence[Range]) -> Datapath:
    """The sum of two tensors, channel by channel."""
    builder = Builder()
    values = builder.inputs(_joined(inputs))
    count, outputs = inputs[0].channels, []
    left_shift, right_shift = operator.shifts
    for channel in range(count):
        left, right = (builder.ops[values[channel + count * side]] for side in (0, 1))
        outputs.append(
            builder.put(
                Sum(
                    name=f"sum{channel}",
                    low=(left.low << left_shift) + (right.low << right_shift),
                    high=(left.high << left_shift) + (right.high << right_shift),
                    operands=(values[channel], values[channel + count]),
                    left_shift=left_shift,
                    right_shift=right_shift,
                )
            )
        )
    return Datapath(tuple(builder.ops), tuple(outputs))


def lower_concatenate(shifts: Sequence[int], inputs: Sequence[Range]) -> Datapath:
    """The channels of all tensors, shifted."""
    builder = Builder()
    values = builder.inputs(_joined(inputs))
    each = [shift for shift, x in zip(shifts, inputs, strict=True) for _ in range(x.channels)]
    outputs = [
        builder.shifted(f"y{number}", value, shift)
        for number, (value, shift) in enumerate(zip(values, each, strict=True))
    ]
    return Datapath(tuple(builder.ops), tuple(outputs))


def _joined(inputs: Sequence[Range]) -> Range:
    low, high = zip(*(pair for x in inputs for pair in x.ends), strict=True)
    return Range(low, high)


def _larger(builder: Builder, name: str, left: int, right: int) -> int:
    ops = [builder.ops[left], builder.ops[right]]
    greater = builder.put(Greater(name=f"gt{name}", low=0, high=1, operands=(left, right)))
    low, high = max(op.low for op in ops), max(op.high for op in ops)
    return builder.put(
        Select(name=f"max{name}", low=low, high=high, operands=(greater, left, right))
    )
