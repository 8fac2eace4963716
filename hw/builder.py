"""A datapath in the making."""

from mulbudget.hw.adders import AdderGraph
from mulbudget.hw.datapath import Constant, Input, Offset, Op, Shift, Sum
from mulbudget.spn import Range


class Builder:
    """Operations so far, each value the number of the operation that makes it."""

    def __init__(self) -> None:
        self.ops: list[Op] = []

    def put(self, op: Op) -> int:
        """Add an operation."""
        self.ops.append(op)
        return len(self.ops) - 1

    def inputs(self, x: Range) -> list[int]:
        """The channels of a sample."""
        return [
            self.put(Input(name=f"x{channel}", low=low, high=high, channel=channel))
            for channel, (low, high) in enumerate(x.ends)
        ]

    def range_of(self, values: list[int]) -> Range:
        """Exact range of each of `values`."""
        ops = [self.ops[value] for value in values]
        return Range(tuple(op.low for op in ops), tuple(op.high for op in ops))

    def constant(self, name: str, value: int) -> int:
        """A value that is always the same."""
        return self.put(Constant(name=name, low=value, high=value))

    def adders(
        self, prefix: str, graph: AdderGraph, inputs: list[int], ranges: Range | None = None
    ) -> list[int]:
        """Add a graph's adders; gives all its values, those of its inputs first.

        `ranges` has the exact range of each value where the inputs are not independent.
        """
        ranges = ranges or graph.ranges(self.range_of(inputs))
        values = list(inputs)
        for number, add in enumerate(graph.adds):
            value = graph.n_in + number
            values.append(
                self.put(
                    Sum(
                        name=f"{prefix}{number}",
                        low=ranges.low[value],
                        high=ranges.high[value],
                        operands=(values[add.left], values[add.right]),
                        left_shift=add.left_shift,
                        right_shift=add.right_shift,
                        subtract=add.subtract,
                    )
                )
            )
        return values

    def graph(
        self, prefix: str, graph: AdderGraph, inputs: list[int], ranges: Range | None = None
    ) -> list[tuple[int, bool] | None]:
        """Add a graph's adders; gives each output's value and whether it is to be negated."""
        values = self.adders(prefix, graph, inputs, ranges)
        outputs: list[tuple[int, bool] | None] = []
        for number, output in enumerate(graph.outputs):
            if output.node is None:
                outputs.append(None)
                continue
            value = self.shifted(f"{prefix}out{number}", values[output.node], output.shift)
            outputs.append((value, output.negative))
        return outputs

    def shifted(self, name: str, value: int, shift: int) -> int:
        """A value << shift; the value itself where `shift` is 0."""
        if not shift:
            return value
        op = self.ops[value]
        low, high = op.low << shift, op.high << shift
        return self.put(Shift(name=name, low=low, high=high, operands=(value,), shift=shift))

    def offset(self, name: str, value: int, constant: int, negative: bool = False) -> int:
        """Constant + value, or constant - value; the value itself where that changes nothing."""
        if not constant and not negative:
            return value
        op = self.ops[value]
        low, high = (-op.high, -op.low) if negative else (op.low, op.high)
        return self.put(
            Offset(
                name=name,
                low=low + constant,
                high=high + constant,
                operands=(value,),
                constant=constant,
                negative=negative,
            )
        )
