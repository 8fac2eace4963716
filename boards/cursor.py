"""Where the entries of a tensor travel: from C order to beats and places."""

from math import prod

from amaranth.hdl import Cat, Const, Module, Mux, Signal, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from mulbudget.hw.streams import Port


class Cursor(wiring.Component):
    """Walks over the entries of a tensor in C order, one at each `step`.

    Parameters
    ----------
    port : Port
        How the tensor travels.

    Members
    -------
    step : In(1)
        Go on to the next entry, from the last one to the first.
    clear : In(1)
        Go to the first entry.
    beat, place : Out
        The beat in which the entry travels, and its place there.
    last : Out(1)
        It is the last entry.
    """

    def __init__(self, port: Port) -> None:
        self.axes = _merged(port)
        super().__init__(
            {
                "step": In(1),
                "clear": In(1),
                "beat": Out(range(port.beats)),
                "place": Out(range(prod(port.block))),
                "last": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Module:  # noqa: ARG002 - Amaranth's signature
        """For each axis a counter of blocks, and one inside the block."""
        m = Module()
        beat: Value = Const(0)
        place: Value = Const(0)
        moves: Value = self.step
        ends: list[Value] = []
        for axis, (size, step) in reversed(list(enumerate(self.axes))):
            block = Signal(range(-(-size // step)), name=f"block{axis}")
            inside = Signal(range(step), name=f"inside{axis}")
            end = (block == (size - 1) // step) & (inside == (size - 1) % step)
            wraps = end | (inside == step - 1)
            with m.If(self.clear):
                m.d.sync += [block.eq(0), inside.eq(0)]
            with m.Elif(moves):
                m.d.sync += inside.eq(Mux(wraps, 0, inside + 1))
                with m.If(wraps):
                    m.d.sync += block.eq(Mux(end, 0, block + 1))
            behind = self.axes[axis + 1 :]
            beat += block * prod(-(-n // each) for n, each in behind)
            place += inside * prod(each for _, each in behind)
            moves = moves & end
            ends.append(end)
        m.d.comb += [self.beat.eq(beat), self.place.eq(place), self.last.eq(Cat(*ends).all())]
        return m


def _merged(port: Port) -> list[tuple[int, int]]:
    """Size and block of each axis; neighbours that are both whole, or both cut to ones, are one."""
    axes: list[tuple[int, int]] = []
    for size, step in zip(port.shape, port.block, strict=True):
        if axes and step in (1, size) and axes[-1][1] == (1 if step == 1 else axes[-1][0]):
            size, step = axes[-1][0] * size, axes[-1][1] * step
            axes.pop()
        axes.append((size, step))
    return axes
