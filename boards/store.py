"""Samples and results of several beats, in block RAM."""

from math import prod

from amaranth.hdl import Cat, Module, Mux, Shape, Signal, Value
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from mulbudget.boards.cursor import Cursor
from mulbudget.hw.channels import layout, resized, shape
from mulbudget.hw.memory import memory_of
from mulbudget.hw.streams import Port


def entry_shape(port: Port) -> Shape:
    """Of any entry of a stream."""
    return shape(*port.hull)


class SampleStore(wiring.Component):
    """Takes the entries of a tensor in C order, and gives it beat by beat.

    A beat is a word, whose entries are written one at a time; those beyond the edge stay 0.

    Parameters
    ----------
    port : Port

    Members
    -------
    value : In, write : In(1)
        The next entry.
    clear : In(1)
        The next entry is the first.
    last : Out(1)
        The next entry is the last.
    send : In(1)
        Give the tensor.
    sending : Out(1)
        Beats are still to be read, so no entry may be written.
    o : Out(stream)
        As the port says.
    """

    def __init__(self, port: Port) -> None:
        self._port = port
        self._entry = entry_shape(port)
        super().__init__(
            {
                "value": In(self._entry),
                "write": In(1),
                "clear": In(1),
                "last": Out(1),
                "send": In(1),
                "sending": Out(1),
                "o": Out(stream.Signature(layout(port.ends))),
            }
        )

    def elaborate(self, platform: object) -> Module:  # noqa: ARG002 - Amaranth's signature
        """A memory, and the beat that is read next."""
        m = Module()
        bits, count = self._entry.width, prod(self._port.block)
        m.submodules.cursor = cursor = Cursor(self._port)
        m.submodules.memory = memory = memory_of(bits * count, self._port.beats)
        write, read = memory.write_port(granularity=bits), memory.read_port()
        fetch, at = Signal(), Signal(range(self._port.beats))
        m.d.comb += [
            cursor.step.eq(self.write),
            cursor.clear.eq(self.clear),
            self.last.eq(cursor.last),
            write.addr.eq(cursor.beat),
            write.data.eq(self.value.as_unsigned().replicate(count)),
            write.en.eq(Mux(self.write, 1 << cursor.place, 0)),
            fetch.eq(self.sending & (~self.o.valid | self.o.ready)),
            read.addr.eq(at),
            read.en.eq(fetch),
        ]
        for number, (name, field) in enumerate(self.o.payload.shape()):
            width = Shape.cast(field.shape).width
            m.d.comb += self.o.payload[name].eq(read.data.word_select(number, bits)[:width])
        with m.If(fetch):
            m.d.sync += [self.o.valid.eq(1), at.eq(Mux(at == self._port.beats - 1, 0, at + 1))]
        with m.Elif(self.o.ready):
            m.d.sync += self.o.valid.eq(0)
        with m.If(self.send):
            m.d.sync += self.sending.eq(1)
        with m.Elif(fetch & (at == self._port.beats - 1)):
            m.d.sync += self.sending.eq(0)
        return m


class ResultStore(wiring.Component):
    """Takes a tensor beat by beat, and gives its entries in C order.

    Parameters
    ----------
    port : Port

    Members
    -------
    i : In(stream)
        As the port says; taken while `load` is 1.
    load : In(1)
    whole : Out(1)
        All beats were taken since `load` rose.
    value : Out
        The present entry, 2 clocks after `next`.
    next : In(1)
        Go on to the entry after it.
    """

    def __init__(self, port: Port) -> None:
        self._port = port
        self._entry = entry_shape(port)
        super().__init__(
            {
                "i": In(stream.Signature(layout(port.ends))),
                "load": In(1),
                "whole": Out(1),
                "value": Out(self._entry),
                "next": In(1),
            }
        )

    def elaborate(self, platform: object) -> Module:  # noqa: ARG002 - Amaranth's signature
        """A memory, and the beat that is written next."""
        m = Module()
        bits, count = self._entry.width, prod(self._port.block)
        m.submodules.cursor = cursor = Cursor(self._port)
        m.submodules.memory = memory = memory_of(bits * count, self._port.beats)
        write, read = memory.write_port(), memory.read_port()
        at, place = Signal(range(self._port.beats)), Signal.like(cursor.place)
        fields: list[Value] = [self.i.payload[name] for name, _ in self.i.payload.shape()]
        last = at == self._port.beats - 1
        m.d.comb += [
            cursor.step.eq(self.next),
            cursor.clear.eq(self.load),
            self.i.ready.eq(self.load & ~self.whole),
            write.en.eq(self.i.valid & self.i.ready),
            write.addr.eq(at),
            write.data.eq(Cat(resized(field, bits) for field in fields)),
            read.addr.eq(cursor.beat),
            self.value.eq(read.data.word_select(place, bits)),
        ]
        m.d.sync += place.eq(cursor.place)
        with m.If(write.en):
            m.d.sync += [at.eq(Mux(last, 0, at + 1)), self.whole.eq(last)]
        with m.Elif(~self.load):
            m.d.sync += self.whole.eq(0)
        return m
