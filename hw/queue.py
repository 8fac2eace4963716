"""A stream's first-in first-out memory."""

from amaranth import Module, Mux, Signal
from amaranth.hdl import ShapeLike
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from mulbudget.hw.memory import memory_of


class Queue(wiring.Component):
    """`depth` beats in block RAM, and one more in its output register; a beat passes in 2 clocks.

    Amaranth's own buffered FIFO is not used, because the timing of a network is computed to the
    clock, and so has to be known.

    Parameters
    ----------
    shape : ShapeLike
        Of a payload.
    depth : int
        At least 1.

    Members
    -------
    i : In(stream)
    o : Out(stream)
    """

    def __init__(self, shape: ShapeLike, depth: int) -> None:
        self.depth = depth
        super().__init__({"i": In(stream.Signature(shape)), "o": Out(stream.Signature(shape))})

    def elaborate(self, platform: object) -> Module:  # noqa: ARG002 - Amaranth's signature
        """A memory, where to write and to read, and how many beats it holds."""
        m = Module()
        bits = len(self.i.payload.as_value())
        m.submodules.memory = memory = memory_of(bits, self.depth)
        write, read = memory.write_port(), memory.read_port()
        level, valid = Signal(range(self.depth + 1)), Signal()
        put, take = Signal(), Signal()
        m.d.comb += [
            self.i.ready.eq(level != self.depth),
            put.eq(self.i.valid & self.i.ready),
            take.eq((~valid | self.o.ready) & (level != 0)),
            write.en.eq(put),
            write.data.eq(self.i.payload),
            read.en.eq(take),
            self.o.valid.eq(valid),
            self.o.payload.eq(read.data),
        ]
        for port, moves in ((write, put), (read, take)):
            at = Signal(range(self.depth))
            m.d.comb += port.addr.eq(at)
            with m.If(moves):
                m.d.sync += at.eq(Mux(at == self.depth - 1, 0, at + 1))
        with m.If(put & ~take):
            m.d.sync += level.eq(level + 1)
        with m.Elif(take & ~put):
            m.d.sync += level.eq(level - 1)
        with m.If(take | self.o.ready):
            m.d.sync += valid.eq(take)
        return m
