"""Bytes of the link to samples of a stream, and back."""

from itertools import accumulate, pairwise

from amaranth.hdl import Cat, Module, Shape, Signal, Value
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from mulbudget.boards.frame import Values
from mulbudget.hw.channels import layout
from mulbudget.spn import Tensor, width


class Deserialiser(wiring.Component):
    """Collects the bytes of one sample, and offers it when it is told that the sample is right.

    The channels are a shift register of their widths, which is also the register that the network
    reads: a value enters at the last channel and moves down by one at each value after it.

    Parameters
    ----------
    tensor : Tensor
        The network's input.

    Members
    -------
    i : In(stream of 8 bits, always ready)
        The values of a sample, encoded as `frame.Values` says.
    clear : In(1)
        A sample begins.
    commit : In(1)
        Offer the sample.
    out_of_range : Out(1)
        A value since `clear` lay outside the range of its channel.
    overrun : Out(1)
        Bytes since `clear` were ignored, because the sample before is still on offer.
    o : Out(stream of the tensor's layout)
    """

    def __init__(self, tensor: Tensor) -> None:
        self._tensor = tensor
        self._values = Values.of(tensor)
        super().__init__(
            {
                "i": In(stream.Signature(8, always_ready=True)),
                "clear": In(1),
                "commit": In(1),
                "out_of_range": Out(1),
                "overrun": Out(1),
                "o": Out(stream.Signature(layout(tensor.range.ends))),
            }
        )

    def elaborate(self, platform: object) -> Module:  # noqa: ARG002 - Amaranth's signature
        """The shift register, and a check of every value that enters it."""
        m = Module()
        take, complete = Signal(), Signal()
        m.d.comb += take.eq(self.i.valid & ~self.o.valid)
        value = self._assemble(m, take, complete)
        self._shift(m, complete, value)

        with m.If(self.clear):
            m.d.sync += [self.out_of_range.eq(0), self.overrun.eq(0)]
        with m.If(complete & ~self._inside(m, complete, value)):
            m.d.sync += self.out_of_range.eq(1)
        with m.If(self.i.valid & self.o.valid):
            m.d.sync += self.overrun.eq(1)

        with m.If(self.commit):
            m.d.sync += self.o.valid.eq(1)
        with m.Elif(self.o.ready):
            m.d.sync += self.o.valid.eq(0)
        return m

    def _assemble(self, m: Module, take: Signal, complete: Signal) -> Signal:
        """The value that the present byte completes; `complete` in the clock of its last byte."""
        size = self._values.size
        value = Signal(Shape(8 * size, self._values.signed))
        earlier = Signal(8 * (size - 1), reset_less=True)
        count = Signal(range(size))
        m.d.comb += [
            value.eq(Cat(earlier, self.i.payload)),
            complete.eq(take & (count == size - 1)),
        ]
        with m.If(take):
            m.d.sync += [earlier.eq(Cat(earlier, self.i.payload)[8:]), count.eq(count + 1)]
        with m.If(complete | self.clear):
            m.d.sync += count.eq(0)
        return value

    def _shift(self, m: Module, complete: Signal, value: Signal) -> None:
        channels = list(self.o.payload.shape())
        widths = [Shape.cast(field.shape).width for _, field in channels]
        # What a channel hands on passes through those below it, so they are as wide.
        registers = [
            Signal(bits, name=f"sample_{name}", reset_less=True)
            for (name, _), bits in zip(channels, accumulate(widths, max), strict=True)
        ]
        with m.If(complete):
            for register, source in zip(registers, [*registers[1:], value], strict=True):
                m.d.sync += register.eq(source)
        bits = [register[:each] for register, each in zip(registers, widths, strict=True)]
        m.d.comb += self.o.payload.as_value().eq(Cat(*bits))

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
    """Takes a sample and gives its bytes.

    Parameters
    ----------
    tensor : Tensor
        The network's output.

    Members
    -------
    i : In(stream of the tensor's layout)
        Taken while `load` is 1.
    load : In(1)
    byte : Out(8)
        The present byte of the sample, as `frame.Values` says.
    next : In(1)
        Go on to the byte after it.
    """

    def __init__(self, tensor: Tensor) -> None:
        self._tensor = tensor
        super().__init__(
            {
                "i": In(stream.Signature(layout(tensor.range.ends))),
                "load": In(1),
                "byte": Out(8),
                "next": In(1),
            }
        )

    def elaborate(self, platform: object) -> Module:  # noqa: ARG002 - Amaranth's signature
        """A shift register of the channels, each as wide as the widest."""
        m = Module()
        values = Values.of(self._tensor)
        widest = Shape(*width(min(self._tensor.range.low), max(self._tensor.range.high)))
        registers = [
            Signal(widest, name=f"result_c{index}", reset_less=True)
            for index in range(values.count)
        ]
        count = Signal(range(values.size))
        last = Signal()
        present = Signal(Shape(8 * values.size, values.signed))
        m.d.comb += [
            self.i.ready.eq(self.load),
            present.eq(registers[0]),
            self.byte.eq(present.as_unsigned().word_select(count, 8)),
            last.eq(count == values.size - 1),
        ]
        with m.If(self.load):
            m.d.sync += count.eq(0)
            for index, register in enumerate(registers):
                m.d.sync += register.eq(self.i.payload[f"c{index}"])
        with m.Elif(self.next):
            m.d.sync += count.eq(count + 1)
            with m.If(last):
                m.d.sync += count.eq(0)
                for register, source in pairwise(registers):
                    m.d.sync += register.eq(source)
        return m
