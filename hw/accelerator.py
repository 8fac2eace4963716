"""A network as one stream component."""

from amaranth import Module
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from mulbudget.hw.channels import layout
from mulbudget.hw.parallel import ParallelLayer
from mulbudget.hw.plan import Plan
from mulbudget.spn import Network


class Accelerator(wiring.Component):
    """A network as its layers in a row.

    Latency is the sum of the layers' latencies, the interval the longest of theirs.

    Parameters
    ----------
    network : Network
    plan : Plan
        Made for this network.

    Members
    -------
    i : In(stream)
        Payload c0, c1, …: the channels of the network's input.
    o : Out(stream)
        Payload c0, c1, …: the channels of its output.
    """

    def __init__(self, network: Network, plan: Plan) -> None:
        names = [node.name for node in network.nodes]
        planned = [layer.node.name for layer in plan.layers]
        if names != planned:
            raise ValueError(f"plan must be for operators {names}, not {planned}")
        self.layers = [
            ParallelLayer(
                layer.node.name,
                layer.datapath,
                levels_per_stage=plan.levels_per_stage,
                family=plan.family,
            )
            for layer in plan.layers
        ]
        super().__init__(
            {
                "i": In(stream.Signature(layout(network.input.range.ends))),
                "o": Out(stream.Signature(layout(network.output.range.ends))),
            }
        )

    @property
    def latency(self) -> int:
        """Clocks from a sample taken to its result offered."""
        return sum(layer.latency for layer in self.layers)

    @property
    def interval(self) -> int:
        """Clocks from sample to sample."""
        return max(layer.interval for layer in self.layers)

    def elaborate(self, platform: object) -> Module:  # noqa: ARG002 - Amaranth's signature
        """Layers connected stream to stream."""
        m = Module()
        source = wiring.flipped(self.i)
        for layer in self.layers:
            m.submodules[layer.name] = layer
            wiring.connect(m, source, layer.i)
            source = layer.o
        wiring.connect(m, source, wiring.flipped(self.o))
        return m
