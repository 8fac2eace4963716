"""The end of a pipeline that never stops: where results wait that nobody takes yet."""

from amaranth import Cat, Module, Mux, Signal
from amaranth.hdl import ShapeLike
from amaranth.lib import stream, wiring
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out

_WORDS, _MOST_BITS = 16, 512
"""Of a memory in LUTs: how many a LUT holds of a bit at least, and what is worth its price."""


def outlet_depth(latency: int) -> int:
    """Samples that may be on their way or wait; so many let one pass every clock."""
    return 1 << latency.bit_length()


def is_cheap(latency: int, bits: int) -> bool:
    """Whether there is little to store, for results of so many bits."""
    return max(outlet_depth(latency), _WORDS) * bits <= _MOST_BITS


class Outlet(wiring.Component):
    """Lets as many samples into a pipeline as there is room for their results.

    So the pipeline need not stop when a result is not taken, and its registers need no clock
    enable, whose wires to all of them would be what limits its clock. A result that is taken at
    once passes in no clock, so latency and interval are those of the pipeline.

    Parameters
    ----------
    shape : ShapeLike
        Of a result.
    latency : int
        Of the pipeline, in clocks.

    Members
    -------
    room : Out(1)
        Whether a sample may enter.
    entered : In(1)
        A sample enters.
    i : In(stream)
        What the pipeline makes of the samples, in order; it is always taken.
    o : Out(stream)
    """

    def __init__(self, shape: ShapeLike, latency: int) -> None:
        self.depth = outlet_depth(latency)
        super().__init__(
            {
                "room": Out(1),
                "entered": In(1),
                "i": In(stream.Signature(shape, always_ready=True)),
                "o": Out(stream.Signature(shape)),
            }
        )

    def elaborate(self, platform: object) -> Module:  # noqa: ARG002 - Amaranth's signature
        """A memory in LUTs, where to write and to read, and how many samples it has room for."""
        m = Module()
        bits = len(self.i.payload.as_value())
        m.submodules.memory = memory = Memory(shape=bits, depth=self.depth, init=[])
        write, read = memory.write_port(), memory.read_port(domain="comb")
        inside, waiting = Signal(range(self.depth + 1)), Signal(self.depth)
        at, end = Signal(range(self.depth)), Signal(range(self.depth))
        waits = waiting[0]  # as many ones as results: no count has to be compared in this clock
        leaves, put, take = Signal(), Signal(), Signal()
        m.d.comb += [
            self.room.eq(~inside[-1]),
            self.o.valid.eq(waits | self.i.valid),
            self.o.payload.eq(Mux(waits, read.data, self.i.payload.as_value())),
            leaves.eq(self.o.valid & self.o.ready),
            put.eq(self.i.valid & (waits | ~self.o.ready)),
            take.eq(waits & self.o.ready),
            write.addr.eq(end),
            write.data.eq(self.i.payload),
            write.en.eq(put),
            read.addr.eq(at),
        ]
        with m.If(self.entered & ~leaves):
            m.d.sync += inside.eq(inside + 1)
        with m.Elif(leaves & ~self.entered):
            m.d.sync += inside.eq(inside - 1)
        with m.If(put):
            m.d.sync += end.eq(end + 1)
        with m.If(take):
            m.d.sync += at.eq(at + 1)
        with m.If(put & ~take):
            m.d.sync += waiting.eq(Cat(1, waiting))
        with m.Elif(take & ~put):
            m.d.sync += waiting.eq(waiting[1:])
        return m
