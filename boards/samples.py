"""Bytes of the link to samples of a network's streams, and results to bytes."""

from collections.abc import Sequence
from itertools import accumulate, pairwise

from amaranth.hdl import Cat, Module, Mux, Shape, Signal, Value
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from mulbudget.boards.frame import Values
from mulbudget.boards.store import ResultStore, SampleStore, entry_shape
from mulbudget.hw.channels import layout
from mulbudget.hw.streams import Port
from mulbudget.spn import Tensor


class Deserialiser(wiring.Component):
    """Collects the bytes of one sample, and offers it when it is told that the sample is right.

    Where all streams take their part in a beat, it is in a shift register of the channels' widths,
    which is also the register that the network reads: a value enters at the last channel and moves
    down by one at each value after it. Else each stream has its part in block RAM.

    Parameters
    ----------
    tensor : Tensor
        The network's input, flat: the tensors of the streams, one behind the other.
    ports : sequence of Port
        The streams.

    Members
    -------
    bytes : In(stream of 8 bits, always ready)
        The values of a sample, encoded as `frame.Values` says.
    clear : In(1)
        A sample begins.
    commit : In(1)
        Offer the sample.
    out_of_range : Out(1)
        A value since `clear` lay outside the range of its channel.
    overrun : Out(1)
        Bytes since `clear` were ignored, because the sample before is still on offer.
    i, or a, b : Out(stream)
        As the ports say.
    """

    def __init__(self, tensor: Tensor, ports: Sequence[Port]) -> None:
        self._tensor, self._ports = tensor, ports
        self._values = Values.of(tensor)
        super().__init__(
            {
                "bytes": In(stream.Signature(8, always_ready=True)),
                "clear": In(1),
                "commit": In(1),
                "out_of_range": Out(1),
                "overrun": Out(1),
                **{port.name: Out(stream.Signature(layout(port.ends))) for port in ports},
            }
        )

    def elaborate(self, platform: object) -> Module:  # noqa: ARG002 - Amaranth's signature
        """Where the values go, and a check of every one of them."""
        m = Module()
        take, complete, busy = Signal(), Signal(), Signal()
        m.d.comb += take.eq(self.bytes.valid & ~busy)
        value = self._assemble(m, take, complete)
        if all(port.beats == 1 for port in self._ports):
            m.d.comb += busy.eq(self._shift(m, complete, value))
        else:
            m.d.comb += busy.eq(self._store(m, complete, value))

        with m.If(self.clear):
            m.d.sync += [self.out_of_range.eq(0), self.overrun.eq(0)]
        with m.If(complete & ~self._inside(m, complete, value)):
            m.d.sync += self.out_of_range.eq(1)
        with m.If(self.bytes.valid & busy):
            m.d.sync += self.overrun.eq(1)
        return m

    def _assemble(self, m: Module, take: Signal, complete: Signal) -> Signal:
        """The value that the present byte completes; `complete` in the clock of its last byte."""
        size = self._values.size
        value = Signal(Shape(8 * size, self._values.signed))
        earlier = Signal(8 * (size - 1), reset_less=True)
        count = Signal(range(size))
        m.d.comb += [
            value.eq(Cat(earlier, self.bytes.payload)),
            complete.eq(take & (count == size - 1)),
        ]
        with m.If(take):
            m.d.sync += [
                earlier.eq(Cat(earlier, self.bytes.payload)[8:]),
                count.eq(count + 1),
            ]
        with m.If(complete | self.clear):
            m.d.sync += count.eq(0)
        return value

    def _shift(self, m: Module, complete: Signal, value: Signal) -> Value:
        """A register of all channels; gives whether some of them are on offer."""
        channels = [
            (f"{port.name}_{name}", Shape.cast(field.shape).width)
            for port in self._ports
            for name, field in getattr(self, port.name).payload.shape()
        ]
        widths = [bits for _, bits in channels]
        # What a channel hands on passes through those below it, so they are as wide.
        registers = [
            Signal(bits, name=f"sample_{name}", reset_less=True)
            for (name, _), bits in zip(channels, accumulate(widths, max), strict=True)
        ]
        with m.If(complete):
            for register, source in zip(registers, [*registers[1:], value], strict=True):
                m.d.sync += register.eq(source)
        bits = [register[:each] for register, each in zip(registers, widths, strict=True)]
        offers: list[Value] = []
        for port in self._ports:
            out, count = getattr(self, port.name), len(port.ends)
            part, bits = bits[:count], bits[count:]
            m.d.comb += out.payload.as_value().eq(Cat(*part))
            with m.If(self.commit):
                m.d.sync += out.valid.eq(1)
            with m.Elif(out.ready):
                m.d.sync += out.valid.eq(0)
            offers.append(out.valid)
        return Cat(*offers).any()

    def _store(self, m: Module, complete: Signal, value: Signal) -> Value:
        """Block RAM for each stream, one filled behind the other; gives whether one is read."""
        turn = Signal(range(len(self._ports)))
        stores: list[SampleStore] = []
        for number, port in enumerate(self._ports):
            m.submodules[f"{port.name}_store"] = store = SampleStore(port)
            m.d.comb += [
                store.value.eq(value),
                store.write.eq(complete & (turn == number)),
                store.clear.eq(self.clear),
                store.send.eq(self.commit),
            ]
            connect(m, store.o, flipped(getattr(self, port.name)))
            stores.append(store)
            if number < len(self._ports) - 1:
                with m.If(store.write & store.last):
                    m.d.sync += turn.eq(number + 1)
        with m.If(self.clear):
            m.d.sync += turn.eq(0)
        return Cat(*(store.sending for store in stores)).any()

    def _inside(self, m: Module, complete: Signal, value: Signal) -> Value:
        """Whether `value` is in the range of the channel it is for."""
        bounds = self._tensor.range.ends
        if len(set(bounds)) == 1:
            low, high = bounds[0]
            return (value >= low) & (value <= high)
        low, high = Signal(value.shape()), Signal(value.shape())
        channel = Signal(range(len(bounds)))
        with m.If(complete):
            m.d.sync += channel.eq(channel + 1)
        with m.If(self.clear):
            m.d.sync += channel.eq(0)
        with m.Switch(channel):
            for index, each in enumerate(bounds):
                with m.Case(index):
                    m.d.comb += [low.eq(each[0]), high.eq(each[1])]
        return (value >= low) & (value <= high)


class Serialiser(wiring.Component):
    """Takes a result and gives its bytes.

    Parameters
    ----------
    tensor : Tensor
        The network's output, flat.
    port : Port
        The stream that brings it.

    Members
    -------
    i : In(stream)
        As the port says; taken while `load` is 1.
    load : In(1)
    loaded : Out(1)
        The result is taken whole with this clock, or was with one before.
    byte : Out(8)
        The present byte of the result, as `frame.Values` says; 2 clocks after `next` at most.
    next : In(1)
        Go on to the byte after it.
    """

    def __init__(self, tensor: Tensor, port: Port) -> None:
        self._tensor, self._port = tensor, port
        super().__init__(
            {
                "i": In(stream.Signature(layout(port.ends))),
                "load": In(1),
                "loaded": Out(1),
                "byte": Out(8),
                "next": In(1),
            }
        )

    def elaborate(self, platform: object) -> Module:  # noqa: ARG002 - Amaranth's signature
        """A counter of bytes, and the values in a shift register or in block RAM."""
        m = Module()
        values = Values.of(self._tensor)
        count = Signal(range(values.size))
        last = count == values.size - 1
        present = Signal(Shape(8 * values.size, values.signed))
        m.d.comb += self.byte.eq(present.as_unsigned().word_select(count, 8))
        with m.If(self.load):
            m.d.sync += count.eq(0)
        with m.Elif(self.next):
            m.d.sync += count.eq(Mux(last, 0, count + 1))
        if self._port.beats == 1:
            m.d.comb += present.eq(self._shift(m, self.next & last))
        else:
            m.d.comb += present.eq(self._store(m, self.next & last))
        return m

    def _shift(self, m: Module, after: Value) -> Value:
        """A shift register of the channels, each as wide as the widest; gives the first."""
        registers = [
            Signal(entry_shape(self._port), name=f"result_{name}", reset_less=True)
            for name, _ in self.i.payload.shape()
        ]
        m.d.comb += [self.i.ready.eq(self.load), self.loaded.eq(self.i.valid)]
        with m.If(self.load):
            for register, (name, _) in zip(registers, self.i.payload.shape(), strict=True):
                m.d.sync += register.eq(self.i.payload[name])
        with m.Elif(after):
            for register, source in pairwise(registers):
                m.d.sync += register.eq(source)
        return registers[0]

    def _store(self, m: Module, after: Value) -> Value:
        """Block RAM; gives the present entry."""
        m.submodules.store = store = ResultStore(self._port)
        connect(m, flipped(self.i), store.i)
        m.d.comb += [store.load.eq(self.load), store.next.eq(after), self.loaded.eq(store.whole)]
        return store.value
