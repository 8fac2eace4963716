"""The serial style: a datapath digit by digit, a sample every word."""

from collections.abc import Sequence

from amaranth import Cat, Const, Module, Mux, Signal, Value
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from mulbudget.hw.channels import layout
from mulbudget.hw.choice import choose, collect
from mulbudget.hw.datapath import Constant, Datapath, Input
from mulbudget.hw.digits import Digits, collects, word_bits
from mulbudget.hw.families import Family
from mulbudget.hw.schedule import schedule
from mulbudget.spn import width


class SerialLayer(wiring.Component):
    """A layer of digit-serial adders, products by shift-and-add among them.

    With digits of d bits a word of W bits, as many as the widest output has, is L = ceil(W / d)
    digits. The interval is L clocks. A sample is taken with its last digit, and waits until then
    where it is; its result is offered `latency` = S + 1 clocks later, S the stage of the outputs as
    `schedule` places the operations, or S + 2 where flip-flops choose the digits of the sample
    (`digits.collects`). The layer stops as a whole while its result is not taken.

    Parameters
    ----------
    name : str
        Of the layer; begins the names of its signals.
    datapath : Datapath
        Of sums, offsets and shifts.
    digit : int
        Bits of a digit, 1 to W.
    levels_per_stage : int
        Adders between registers, at least 1.
    family : Family or None
        None for portable hardware.

    Members
    -------
    i : In(stream)
        Payload c0, c1, …: the channels of a sample.
    o : Out(stream)
        Payload c0, c1, …: the channels of its result.
    """

    def __init__(
        self,
        name: str,
        datapath: Datapath,
        *,
        digit: int,
        levels_per_stage: int,
        family: Family | None = None,
    ) -> None:
        if not 1 <= digit <= word_bits(datapath):
            raise ValueError(f"digit must be 1 to {word_bits(datapath)} bits, not {digit}")
        if levels_per_stage < 1:
            raise ValueError(f"levels_per_stage must be at least 1, not {levels_per_stage}")
        self.name, self.datapath, self.digit = name, datapath, digit
        self.interval = -(-word_bits(datapath) // digit)
        self._schedule = schedule(datapath, levels_per_stage, digit=digit)
        self._collects = collects(digit, family)
        self.latency = self._schedule.latency + 1 + self._collects
        inputs = [(op.low, op.high) for op in datapath.ops if isinstance(op, Input)]
        super().__init__(
            {
                "i": In(stream.Signature(layout(inputs))),
                "o": Out(stream.Signature(layout(datapath.ends))),
            }
        )

    def elaborate(self, platform: object) -> Module:  # noqa: ARG002 - Amaranth's signature
        """A counter of digits, the adders, and registers that collect the words of the result."""
        m = Module()
        enable = Signal(name=f"{self.name}_enable")
        awake = Signal(name=f"{self.name}_awake")
        busy = Signal(name=f"{self.name}_busy")
        phase = Signal(range(self.interval), name=f"{self.name}_phase")
        whole = Signal(name=f"{self.name}_whole")
        last = phase == self.interval - 1
        m.d.sync += awake.eq(1)
        m.d.comb += [
            enable.eq(~whole | self.o.ready),
            busy.eq(self.i.valid & awake),
            self.i.ready.eq(enable & awake & last),
            self.o.valid.eq(whole),
        ]
        with m.If(enable & busy):
            m.d.sync += phase.eq(Mux(last, 0, phase + 1))
        digits = self._digits(m, enable, phase, busy)
        end = self._schedule.latency
        with m.If(enable):
            m.d.sync += whole.eq(digits.last(end))
        words = self._words(m, digits, enable)
        for (name, _), word in zip(self.o.payload.shape(), words, strict=True):
            m.d.comb += self.o.payload[name].eq(word)
        return m

    def _digits(self, m: Module, enable: Value, phase: Signal, busy: Signal) -> Digits:
        """The adders, behind what chooses the digits of the sample."""
        words = [self.i.payload[name] for name, _ in self.i.payload.shape()]
        if self._collects:
            inputs = collect(
                m,
                self.name,
                words,
                digit=self.digit,
                digits=self.interval,
                phase=phase,
                enable=enable,
            )
            phase, before = Signal.like(phase, name=f"{self.name}_collected_phase"), phase
            busy, offered = Signal(name=f"{self.name}_collected"), busy
            with m.If(enable):
                m.d.sync += [phase.eq(before), busy.eq(offered)]
        else:
            inputs = choose(words, digit=self.digit, digits=self.interval, phase=phase)
        return Digits(
            m,
            self.name,
            self.datapath,
            self._schedule,
            inputs=inputs,
            digit=self.digit,
            digits=self.interval,
            enable=enable,
            phase=phase,
            busy=busy,
        )

    def _words(self, m: Module, digits: Digits, enable: Signal) -> Sequence[Value]:
        """The words of the outputs, each of as many digits as it needs."""
        end = self._schedule.latency
        takes: dict[int, Value] = {}
        words: dict[int, Value] = {}
        for value in self.datapath.outputs:
            op = self.datapath.ops[value]
            if isinstance(op, Constant):
                words[value] = Const(op.low)
            if value in words:
                continue
            bits = width(op.low, op.high)[0]
            count = -(-bits // self.digit)
            if count not in takes:
                takes[count] = take = Signal(name=f"{self.name}_take_{count}")
                within = Const(1) if count == self.interval else digits.phase(end) < count
                m.d.comb += take.eq(enable & (digits.more(end) | digits.last(end)) & within)
            word = Signal(count * self.digit, name=f"{self.name}_{op.name}_word", reset_less=True)
            moved = Cat(word, digits.at(value, end))[self.digit :]
            m.d.sync += word.eq(Mux(takes[count], moved, word))
            words[value] = word[:bits]
        return [words[value] for value in self.datapath.outputs]
