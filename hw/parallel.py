"""The parallel style: a whole datapath in space, a sample every interval."""

from amaranth import Cat, Module, Mux, Signal
from amaranth.lib import stream
from amaranth.lib.wiring import In, Out

from mulbudget.hw.channels import layout
from mulbudget.hw.datapath import Datapath, Input
from mulbudget.hw.families import Family
from mulbudget.hw.pipeline import Pipeline


class ParallelLayer(Pipeline):
    """A layer as a pipeline that stops as a whole while its result is not taken.

    Latency is as `schedule` places the operations: the registers of a product in a DSP block, and
    a clock for every `levels_per_stage` adders. The interval is that of the datapath: 1 clock, or
    as many as there are products for a multiplier. A sample is then taken in the first clock of an
    interval, and every stage has its fixed clock of it.

    Parameters
    ----------
    name : str
        Of the layer; begins the names of its signals.
    datapath : Datapath
    levels_per_stage : int
        Adders between registers, at least 1.
    family : Family or None
        Whose multiplier and carry chains it is built for; None for portable hardware.

    Members
    -------
    i : In(stream)
        Payload c0, c1, …: the channels of a sample.
    o : Out(stream)
        Payload c0, c1, …: the channels of its result.
    """

    def __init__(
        self, name: str, datapath: Datapath, *, levels_per_stage: int, family: Family | None = None
    ) -> None:
        inputs = [(op.low, op.high) for op in datapath.ops if isinstance(op, Input)]
        super().__init__(
            {
                "i": In(stream.Signature(layout(inputs))),
                "o": Out(stream.Signature(layout(datapath.ends))),
            },
            name=name,
            datapath=datapath,
            levels_per_stage=levels_per_stage,
            family=family,
        )

    def elaborate(self, platform: object) -> Module:  # noqa: ARG002 - Amaranth's signature
        """The datapath, and a valid bit for each of its stages."""
        m = Module()
        enable = Signal(name=f"{self.name}_enable")
        valid = Signal(self.latency, name=f"{self.name}_valid")
        m.d.comb += [enable.eq(~valid[-1] | self.o.ready), self.o.valid.eq(valid[-1])]
        ready, taken, phase = enable, self.i.valid, None
        if self.interval > 1:
            phase = self._count(m, enable, valid)
            ready, taken = enable & (phase == 0), self.i.valid & (phase == 0)
        m.d.comb += self.i.ready.eq(ready)
        with m.If(enable):
            m.d.sync += valid.eq(Cat(taken, valid))
        fields = [self.i.payload[name] for name, _ in self.i.payload.shape()]
        outputs = self._emit(m, fields, enable, phase)
        for (name, _), value in zip(self.o.payload.shape(), outputs, strict=True):
            m.d.comb += self.o.payload[name].eq(value)
        return m

    def _count(self, m: Module, enable: Signal, valid: Signal) -> Signal:
        """The clock of the interval; the first one whenever no sample is on its way."""
        phase = Signal(range(self.interval), name=f"{self.name}_phase")
        busy = (self.i.valid & (phase == 0)) | valid[:-1].any()
        with m.If(enable):
            m.d.sync += phase.eq(Mux(~busy | (phase == self.interval - 1), 0, phase + 1))
        return phase
