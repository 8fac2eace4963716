"""The parallel style: a whole datapath in space, a sample a clock."""

from amaranth import Cat, Module, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from mulbudget.hw.channels import layout
from mulbudget.hw.datapath import Datapath, Input
from mulbudget.hw.emit import emit
from mulbudget.hw.families import Family
from mulbudget.hw.polarity import complemented
from mulbudget.hw.schedule import schedule


class ParallelLayer(wiring.Component):
    """A layer as a pipeline that stops as a whole while its result is not taken.

    Latency is as `schedule` places the operations: the registers of a product in a DSP block, and
    a clock for every `levels_per_stage` adders. The interval is 1 clock.

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
        if levels_per_stage < 1:
            raise ValueError(f"levels_per_stage must be at least 1, not {levels_per_stage}")
        self.name = name
        self.datapath = datapath
        self._family = family
        self._schedule = schedule(datapath, levels_per_stage)
        inputs = [(op.low, op.high) for op in datapath.ops if isinstance(op, Input)]
        super().__init__(
            {
                "i": In(stream.Signature(layout(inputs))),
                "o": Out(stream.Signature(layout(datapath.ends))),
            }
        )

    @property
    def latency(self) -> int:
        """Clocks from a sample taken to its result offered."""
        return self._schedule.latency

    @property
    def interval(self) -> int:
        """Clocks from sample to sample."""
        return 1

    def elaborate(self, platform: object) -> Module:  # noqa: ARG002 - Amaranth's signature
        """The datapath, and a valid bit for each of its stages."""
        m = Module()
        enable = Signal(name=f"{self.name}_enable")
        valid = Signal(self.latency, name=f"{self.name}_valid")
        m.d.comb += [
            enable.eq(~valid[-1] | self.o.ready),
            self.i.ready.eq(enable),
            self.o.valid.eq(valid[-1]),
        ]
        with m.If(enable):
            m.d.sync += valid.eq(Cat(self.i.valid, valid))
        fields = [self.i.payload[name] for name, _ in self.i.payload.shape()]
        family = self._family
        outputs = emit(
            m,
            self.name,
            self.datapath,
            self._schedule,
            inputs=fields,
            enable=enable,
            family=family,
            complements=complemented(self.datapath, family),
        )
        for (name, _), value in zip(self.o.payload.shape(), outputs, strict=True):
            m.d.comb += self.o.payload[name].eq(value)
        return m
