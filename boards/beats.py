"""A whole sample of the link as beats of a network's streams, and back."""

from collections.abc import Sequence

from amaranth.hdl import Array, Cat, Const, Module, Mux, Signal, Value
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from mulbudget.hw.channels import layout, resized
from mulbudget.hw.streams import Port, places
from mulbudget.spn import Tensor, width


class Scatter(wiring.Component):
    """Gives each stream its part of a sample, a block a beat, each as fast as it takes them.

    Parameters
    ----------
    tensor : Tensor
        A sample: the tensors of the streams, one behind the other.
    ports : sequence of Port
        The streams.

    Members
    -------
    sample : In(stream of the tensor's layout)
        Taken with the last beat.
    i, or a, b, … : Out(stream)
        As the ports say.
    """

    def __init__(self, tensor: Tensor, ports: Sequence[Port]) -> None:
        self._ports = ports
        streams = {port.name: Out(stream.Signature(layout(port.ends))) for port in ports}
        super().__init__({"sample": In(stream.Signature(layout(tensor.entries.ends))), **streams})

    def elaborate(self, platform: object) -> Module:  # noqa: ARG002 - Amaranth's signature
        """For each stream a counter of its beats, and whether it has had its part."""
        m = Module()
        entries = [self.sample.payload[name] for name, _ in self.sample.payload.shape()]
        first, complete = 0, []
        for port in self._ports:
            beats = places(port.shape, port.block)
            part = entries[first : first + beats.max() + 1]
            first += len(part)
            complete.append(self._send(m, port, beats.tolist(), part))
        m.d.comb += self.sample.ready.eq(Cat(last for _, last in complete).all())
        with m.If(self.sample.valid & self.sample.ready):
            m.d.sync += [had.eq(0) for had, _ in complete]
        return m

    def _send(
        self, m: Module, port: Port, beats: list[list[int]], part: Sequence[Value]
    ) -> tuple[Signal, Signal]:
        """Whether a stream has had its part before this clock, and whether with this clock."""
        target = getattr(self, port.name)
        beat = Signal(range(len(beats)), name=f"{port.name}_beat")
        had, last = Signal(name=f"{port.name}_had"), Signal(name=f"{port.name}_last")
        taken = target.valid & target.ready
        blocks = Array(Cat(_entries(port, part, each)) for each in beats)
        m.d.comb += [
            target.valid.eq(self.sample.valid & ~had),
            target.payload.eq(blocks[beat]),
            last.eq(had | (taken & (beat == len(beats) - 1))),
        ]
        with m.If(taken):
            m.d.sync += [beat.eq(Mux(beat == len(beats) - 1, 0, beat + 1)), had.eq(last)]
        return had, last


def _entries(port: Port, part: Sequence[Value], beat: Sequence[int]) -> list[Value]:
    """The entries of a block, each as wide as in any block; 0 beyond the edge."""
    chosen = [part[entry] if entry >= 0 else Const(0, 1) for entry in beat]
    return [resized(value, width(*ends)[0]) for value, ends in zip(chosen, port.ends, strict=True)]
