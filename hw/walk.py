"""The order in which the blocks of two matrices are multiplied."""

from amaranth import Module, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out


class Walk(wiring.Component):
    """For each block of C, row by row, the pairs of blocks whose products make it.

    Parameters
    ----------
    blocks : tuple of three int
        Of the rows of A, of its columns, and of the columns of B.

    Members
    -------
    step : In(1)
        Go on to the next pair.
    a, b : Out
        Where the pair's blocks stand in their matrices.
    last : Out(1)
        It is the last pair.
    """

    def __init__(self, blocks: tuple[int, int, int]) -> None:
        self._blocks = rows, inner, columns = blocks
        super().__init__(
            {
                "step": In(1),
                "a": Out(range(rows * inner)),
                "b": Out(range(inner * columns)),
                "last": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Module:  # noqa: ARG002 - Amaranth's signature
        """Three counters, and addresses that follow them by additions."""
        m = Module()
        rows, inner, columns = self._blocks
        row, deep, column = Signal(range(rows)), Signal(range(inner)), Signal(range(columns))
        start = Signal.like(self.a)  # of the row in A
        at_end = [row == rows - 1, deep == inner - 1, column == columns - 1]
        m.d.comb += self.last.eq(at_end[0] & at_end[1] & at_end[2])
        with m.If(self.step):
            with m.If(~at_end[1]):
                m.d.sync += [deep.eq(deep + 1), self.a.eq(self.a + 1), self.b.eq(self.b + columns)]
            with m.Elif(~at_end[2]):
                m.d.sync += [deep.eq(0), column.eq(column + 1)]
                m.d.sync += [self.a.eq(start), self.b.eq(column + 1)]
            with m.Elif(~at_end[0]):
                m.d.sync += [deep.eq(0), column.eq(0), row.eq(row + 1)]
                m.d.sync += [start.eq(start + inner), self.a.eq(start + inner), self.b.eq(0)]
            with m.Else():
                m.d.sync += [each.eq(0) for each in (row, deep, column, start, self.a, self.b)]
        return m
