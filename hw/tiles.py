"""A product of matrices of any size around one core that multiplies blocks."""

from math import prod

from amaranth import Cat, Module, Mux, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from mulbudget.hw.banks import Banks
from mulbudget.hw.channels import layout
from mulbudget.hw.parallel import ParallelLayer
from mulbudget.hw.streams import Port
from mulbudget.hw.walk import Walk


class TiledProduct(wiring.Component):
    """Two matrices in block RAM, a pair of blocks of them to the core as often as it takes one.

    With matrices of I x L and L x J blocks and a core of interval T and latency t, the interval is
    I * L * J * T clocks and the latency, from the first block of A or B to the last block of C,
    max(I * L, L * J) + (I * L * J - 1) * T + t + 2. The next matrices are loaded while these are
    multiplied, so that the core never waits for them.

    Parameters
    ----------
    core : ParallelLayer
        Takes the entries of a block of A, and behind them those of a block of B.
    blocks : tuple of three int
        I, L and J, each at least 1.
    a, b, o : Port
        The streams.

    Members
    -------
    a, b : In(stream)
        The blocks of a matrix, row by row; payload c0, c1, …: the entries of a block, alike.
    o : Out(stream)
        The blocks of their product.
    """

    def __init__(
        self, core: ParallelLayer, blocks: tuple[int, int, int], a: Port, b: Port, o: Port
    ) -> None:
        self.name = core.name
        self._core, self._blocks, self._o = core, blocks, o
        super().__init__(
            {
                "a": In(stream.Signature(layout(a.ends))),
                "b": In(stream.Signature(layout(b.ends))),
                "o": Out(stream.Signature(layout(o.ends))),
            }
        )

    @property
    def interval(self) -> int:
        """Clocks from product to product."""
        return prod(self._blocks) * self._core.interval

    @property
    def latency(self) -> int:
        """Clocks from the first block taken to the last block of the product offered."""
        rows, inner, columns = self._blocks
        load = max(rows * inner, inner * columns)
        return load + self.interval - self._core.interval + self._core.latency + 2

    def elaborate(self, platform: object) -> Module:  # noqa: ARG002 - Amaranth's signature
        """Banks of RAM, the walk through them, the core, and sums of its blocks."""
        m = Module()
        rows, inner, columns = self._blocks
        m.submodules.core = core = self._core
        m.submodules.walk = walk = Walk(self._blocks)
        m.submodules.a_banks = a = _filled(m, self.a, rows * inner)
        m.submodules.b_banks = b = _filled(m, self.b, inner * columns)
        ready, read, valid = Signal(), Signal(), Signal()
        m.d.comb += [
            ready.eq(~valid | core.i.ready),
            read.eq(ready & a.full & b.full),
            walk.step.eq(read),
            core.i.valid.eq(valid),
            core.i.payload.eq(Cat(a.word, b.word)),
        ]
        for banks, address in ((a, walk.a), (b, walk.b)):
            m.d.comb += [
                banks.enable.eq(ready),
                banks.address.eq(address),
                banks.free.eq(read & walk.last),
            ]
        with m.If(ready):
            m.d.sync += valid.eq(read)
        self._accumulate(m, inner)
        return m

    def _accumulate(self, m: Module, terms: int) -> None:
        """Add up so many blocks that the core gives, and give their sum.

        A sum of some of them may leave the range of C, and then comes back: sums wrap around.
        """
        core, done = self._core, Signal()
        term, taken = Signal(range(terms)), Signal()
        m.d.comb += [
            core.o.ready.eq(~done | self.o.ready),
            taken.eq(core.o.valid & core.o.ready),
            self.o.valid.eq(done),
        ]
        with m.If(taken):
            m.d.sync += [
                term.eq(Mux(term == terms - 1, 0, term + 1)),
                done.eq(term == terms - 1),
            ]
        with m.Elif(self.o.ready):
            m.d.sync += done.eq(0)
        for name, shape in self.o.payload.shape():
            total = Signal(shape.shape, name=f"{self.name}_{name}", reset_less=True)
            value = core.o.payload[name]
            with m.If(taken):
                m.d.sync += total.eq(value + Mux(term == 0, 0, total) if terms > 1 else value)
            m.d.comb += self.o.payload[name].eq(total)


def _filled(m: Module, source: wiring.PureInterface, count: int) -> Banks:
    """Banks of so many payloads of a stream."""
    banks = Banks(len(source.payload.as_value()), count)
    m.d.comb += [
        banks.i.payload.eq(source.payload),
        banks.i.valid.eq(source.valid),
        source.ready.eq(banks.i.ready),
    ]
    return banks
