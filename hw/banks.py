"""Two banks of block RAM: one is filled while the other is read."""

from amaranth import Module, Mux, Shape, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from mulbudget.hw.memory import memory_of


class Banks(wiring.Component):
    """Takes so many words, and gives any of them until they are freed.

    A word is there the clock after its address, while `enable` is 1. After the last word of a bank
    `full` is 1 from the next clock on; the bank after it is filled meanwhile.

    Parameters
    ----------
    width : int
        Bits of a word.
    count : int
        Words of a bank, at least 1.

    Members
    -------
    i : In(stream)
    full : Out(1)
        The bank may be read.
    free : In(1)
        Is read for the last time in this clock.
    enable : In(1), address : In
        Read word `address`, 0 to count - 1.
    word : Out
    """

    def __init__(self, width: int, count: int) -> None:
        self._count = count
        super().__init__(
            {
                "i": In(stream.Signature(width)),
                "full": Out(1),
                "free": In(1),
                "enable": In(1),
                "address": In(range(count)),
                "word": Out(width),
            }
        )

    def elaborate(self, platform: object) -> Module:  # noqa: ARG002 - Amaranth's signature
        """A memory of two banks, and how many of them are full."""
        m = Module()
        count, shape = self._count, Shape(len(self.word))
        m.submodules.memory = memory = memory_of(shape, 2 * count)
        write, read = memory.write_port(), memory.read_port()
        at, filled, base = Signal(range(2 * count)), Signal(range(3)), Signal(range(count + 1))
        taken, complete = Signal(), Signal()
        m.d.comb += [
            self.i.ready.eq(filled != 2),
            taken.eq(self.i.valid & self.i.ready),
            complete.eq(taken & ((at == count - 1) | (at == 2 * count - 1))),
            write.en.eq(taken),
            write.addr.eq(at),
            write.data.eq(self.i.payload),
            read.en.eq(self.enable),
            read.addr.eq(base + self.address),
            self.word.eq(read.data),
            self.full.eq(filled != 0),
        ]
        with m.If(taken):
            m.d.sync += at.eq(Mux(at == 2 * count - 1, 0, at + 1))
        with m.If(self.free):
            m.d.sync += base.eq(Mux(base == 0, count, 0))
        with m.If(complete & ~self.free):
            m.d.sync += filled.eq(filled + 1)
        with m.Elif(self.free & ~complete):
            m.d.sync += filled.eq(filled - 1)
        return m
