"""A network as one stream component."""

from itertools import pairwise

from amaranth import Module
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from mulbudget.hw.channels import layout
from mulbudget.hw.parallel import ParallelLayer
from mulbudget.hw.plan import LayerPlan, Plan
from mulbudget.hw.product import ProductCore
from mulbudget.hw.streams import input_ports, output_port
from mulbudget.hw.tiles import TiledProduct
from mulbudget.spn import Bilinear, Network

AnyLayer = ParallelLayer | ProductCore | TiledProduct


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
        Payload c0, c1, …: the channels of the network's input. A product of matrices has streams
        `a` and `b` instead: the entries of a block of each, row by row.
    o : Out(stream)
        Payload c0, c1, …: the channels of its output, or the entries of a block of it.
    """

    def __init__(self, network: Network, plan: Plan) -> None:
        names = [node.name for node in network.nodes]
        planned = [layer.node.name for layer in plan.layers]
        if names != planned:
            raise ValueError(f"plan must be for operators {names}, not {planned}")
        self.layers = [_layer(network, plan, layer) for layer in plan.layers]
        self.inputs, self.output = input_ports(network), output_port(network)
        streams = {port.name: In(stream.Signature(layout(port.ends))) for port in self.inputs}
        super().__init__(streams | {"o": Out(stream.Signature(layout(self.output.ends)))})

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
        for layer in self.layers:
            m.submodules[layer.name] = layer
        for port in self.inputs:
            source = wiring.flipped(getattr(self, port.name))
            wiring.connect(m, source, getattr(self.layers[0], port.name))
        for before, after in pairwise(self.layers):
            wiring.connect(m, before.o, after.i)
        wiring.connect(m, self.layers[-1].o, wiring.flipped(self.o))
        return m


def _layer(network: Network, plan: Plan, layer: LayerPlan) -> AnyLayer:
    """The hardware of an operator."""
    pipeline = ParallelLayer(
        layer.node.name,
        layer.datapath,
        levels_per_stage=plan.levels_per_stage,
        family=plan.family,
    )
    product = layer.node.operator
    if not isinstance(product, Bilinear):
        return pipeline
    a, b = input_ports(network)
    if not product.tiled:
        return ProductCore(pipeline, a.ends, b.ends)
    return TiledProduct(pipeline, product.blocks, a, b, output_port(network))
