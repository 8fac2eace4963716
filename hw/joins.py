"""Streams that part and join."""

from collections.abc import Sequence

from amaranth import Cat, Module, Signal
from amaranth.hdl import ShapeLike
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from mulbudget.hw.channels import layout
from mulbudget.hw.parallel import ParallelLayer
from mulbudget.hw.queue import Queue
from mulbudget.hw.streams import Ends


class Fork(wiring.Component):
    """Gives every beat to several streams, each as soon as that takes it; no clock passes.

    Parameters
    ----------
    shape : ShapeLike
        Of a payload.
    count : int
        How many streams, o0, o1, ….

    Members
    -------
    i : In(stream)
        Taken when all have it.
    o0, o1, … : Out(stream)
    """

    def __init__(self, shape: ShapeLike, count: int) -> None:
        self._count = count
        outputs = {f"o{number}": Out(stream.Signature(shape)) for number in range(count)}
        super().__init__({"i": In(stream.Signature(shape)), **outputs})

    def elaborate(self, platform: object) -> Module:  # noqa: ARG002 - Amaranth's signature
        """For each stream, whether it has had the beat."""
        m = Module()
        had, has = Signal(self._count), Signal(self._count)
        for number in range(self._count):
            target = getattr(self, f"o{number}")
            m.d.comb += [
                target.payload.eq(self.i.payload),
                target.valid.eq(self.i.valid & ~had[number]),
                has[number].eq(had[number] | target.ready),
            ]
        m.d.comb += self.i.ready.eq(has.all())
        with m.If(self.i.valid):
            m.d.sync += had.eq(has & ~has.all().replicate(self._count))
        return m


class JoinedLayer(wiring.Component):
    """A layer that takes a beat of each of several streams, from a queue each.

    Latency and interval are those of the layer, and 2 clocks of the queues.

    Parameters
    ----------
    layer : ParallelLayer
        Takes the channels of all streams, one behind the other.
    inputs : sequence of list of (low, high)
        Exact range of each channel of each stream.
    depths : sequence of int
        Of the queues; from `flow.depths`.

    Members
    -------
    i0, i1, … : In(stream)
        Payload c0, c1, …: the channels of a stream.
    o : Out(stream)
        As the layer's.
    """

    def __init__(self, layer: ParallelLayer, inputs: Sequence[Ends], depths: Sequence[int]) -> None:
        self.name, self._layer, self._depths = layer.name, layer, depths
        streams = {
            f"i{number}": In(stream.Signature(layout(ends))) for number, ends in enumerate(inputs)
        }
        super().__init__({**streams, "o": Out(layer.o.signature)})

    def elaborate(self, platform: object) -> Module:  # noqa: ARG002 - Amaranth's signature
        """Queues, and a beat of all where all have one."""
        m = Module()
        m.submodules.layer = layer = self._layer
        outputs = []
        for number, depth in enumerate(self._depths):
            source = getattr(self, f"i{number}")
            m.submodules[f"queue{number}"] = queue = Queue(source.payload.shape(), depth)
            wiring.connect(m, wiring.flipped(source), queue.i)
            outputs.append(queue.o)
        m.d.comb += [
            layer.i.valid.eq(Cat(each.valid for each in outputs).all()),
            layer.i.payload.eq(Cat(each.payload for each in outputs)),
        ]
        m.d.comb += [each.ready.eq(layer.i.valid & layer.i.ready) for each in outputs]
        wiring.connect(m, layer.o, wiring.flipped(self.o))
        return m


class Chain(wiring.Component):
    """Components with a stream in and one out, one behind the other.

    Members
    -------
    i : In(stream)
        Of the first.
    o : Out(stream)
        Of the last.
    """

    def __init__(self, name: str, parts: Sequence[wiring.Component]) -> None:
        self.name, self._parts = name, parts
        first, last = (part.signature.members for part in (parts[0], parts[-1]))
        super().__init__({"i": first["i"], "o": last["o"]})

    def elaborate(self, platform: object) -> Module:  # noqa: ARG002 - Amaranth's signature
        """The parts, stream to stream."""
        m = Module()
        for number, part in enumerate(self._parts):
            m.submodules[f"part{number}"] = part
        source = wiring.flipped(self.i)
        for part in self._parts:
            wiring.connect(m, source, part.i)
            source = part.o
        wiring.connect(m, source, wiring.flipped(self.o))
        return m
