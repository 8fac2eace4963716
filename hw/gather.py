"""The beats of a tensor, collected to one."""

from amaranth import Module, Mux, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from mulbudget.hw.channels import layout
from mulbudget.hw.streams import Port, places
from mulbudget.spn import Range


class Gather(wiring.Component):
    """A register for each entry.

    The interval is as many clocks as there are beats, and the latency from the first one as many.

    Parameters
    ----------
    port : Port
        The stream that carries the tensor.
    entries : Range
        Of each entry, in C order.

    Members
    -------
    i : In(stream)
        As the port says.
    o : Out(stream)
        Payload c0, c1, …: the entries.
    """

    def __init__(self, port: Port, entries: Range) -> None:
        self._beats = places(port.shape, port.block).tolist()
        super().__init__(
            {
                "i": In(stream.Signature(layout(port.ends))),
                "o": Out(stream.Signature(layout(entries.ends))),
            }
        )

    @property
    def beats(self) -> int:
        """Of a tensor."""
        return len(self._beats)

    def elaborate(self, platform: object) -> Module:  # noqa: ARG002 - Amaranth's signature
        """A counter of beats, and whether the tensor is whole."""
        m = Module()
        beat, whole = Signal(range(self.beats)), Signal()
        taken, last = self.i.valid & self.i.ready, beat == self.beats - 1
        m.d.comb += [self.i.ready.eq(~whole | self.o.ready), self.o.valid.eq(whole)]
        with m.If(taken):
            m.d.sync += [beat.eq(Mux(last, 0, beat + 1)), whole.eq(last)]
        with m.Elif(self.o.ready):
            m.d.sync += whole.eq(0)
        kept = Signal.like(self.o.payload, name="kept", reset_less=True)
        m.d.comb += self.o.payload.eq(kept)
        for number, entries in enumerate(self._beats):
            with m.If(taken & (beat == number)):
                for place, entry in enumerate(entries):
                    if entry >= 0:
                        m.d.sync += kept[f"c{entry}"].eq(self.i.payload[f"c{place}"])
        return m
