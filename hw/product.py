"""A core that multiplies two live matrices, one pair of blocks a time."""

from amaranth import Cat, Module
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from mulbudget.hw.channels import layout
from mulbudget.hw.parallel import ParallelLayer
from mulbudget.hw.streams import Ends


class ProductCore(wiring.Component):
    """A layer behind two streams, which it takes from at the same time.

    Latency and interval are those of the layer.

    Parameters
    ----------
    layer : ParallelLayer
        Takes the entries of A, and behind them those of B.
    a, b : list of (low, high)
        Exact range of each entry.

    Members
    -------
    a, b : In(stream)
        Payload c0, c1, …: the entries of a matrix, row by row.
    o : Out(stream)
        Payload c0, c1, …: the entries of their product.
    """

    def __init__(self, layer: ParallelLayer, a: Ends, b: Ends) -> None:
        self.name, self.latency, self.interval = layer.name, layer.latency, layer.interval
        self._layer = layer
        super().__init__(
            {
                "a": In(stream.Signature(layout(a))),
                "b": In(stream.Signature(layout(b))),
                "o": Out(layer.o.signature),
            }
        )

    def elaborate(self, platform: object) -> Module:  # noqa: ARG002 - Amaranth's signature
        """The layer, and a transfer of both matrices where both are there."""
        m = Module()
        m.submodules.layer = layer = self._layer
        both = self.a.valid & self.b.valid
        m.d.comb += [
            layer.i.valid.eq(both),
            layer.i.payload.eq(Cat(self.a.payload, self.b.payload)),
            self.a.ready.eq(layer.i.ready & self.b.valid),
            self.b.ready.eq(layer.i.ready & self.a.valid),
        ]
        wiring.connect(m, layer.o, wiring.flipped(self.o))
        return m
