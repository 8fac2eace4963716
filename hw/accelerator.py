"""A network as one stream component."""

from itertools import pairwise
from math import prod

from amaranth import Module
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from mulbudget.hw.channels import layout
from mulbudget.hw.flow import Folds, Held, sources
from mulbudget.hw.joins import Fork
from mulbudget.hw.layers import Layer, Queues, build
from mulbudget.hw.outlet import Outlet, is_cheap
from mulbudget.hw.parallel import ParallelLayer
from mulbudget.hw.plan import Plan
from mulbudget.hw.streams import Port, output_port
from mulbudget.hw.timing import Timing, timing
from mulbudget.spn import Network, width


class Accelerator(wiring.Component):
    """A network as its layers, stream to stream.

    Where every layer takes a beat a sample from one stream, and takes it at once, latency is the
    sum of the layers' latencies and the interval the longest of theirs. Else both are those of
    `timing`, the interval hardly ever longer than the longest of the layers'.

    A pipeline of parallel layers alone, that takes a sample every clock, never stops where its
    result has few bits and the family is ECP5 or open: `outlet.Outlet` keeps results that are not
    taken.

    Parameters
    ----------
    network : Network
    plan : Plan
        Made for this network.

    Members
    -------
    i : In(stream)
        Payload c0, c1, …: the channels of the network's input; of an image, of a pixel of it, row
        by row. A product of matrices has streams `a` and `b` instead: the entries of a block of
        each, row by row.
    o : Out(stream)
        Payload c0, c1, …: the channels of its output, or of a pixel of it, or the entries of a
        block of it.
    """

    def __init__(self, network: Network, plan: Plan) -> None:
        names = [node.name for node in network.nodes]
        planned = [layer.node.name for layer in plan.layers]
        if names != planned:
            raise ValueError(f"plan must be for operators {names}, not {planned}")
        self.inputs, self.output = plan.inputs, output_port(network)
        self.layers, queues = build(network, plan)
        self._source = network.INPUT
        family = plan.family
        self._outlet = (family is None or family.outlet) and _is_short_pipeline(
            self.layers, self.output, self._source
        )
        self._timing = _timing(self.layers, queues, network)
        streams = {port.name: In(stream.Signature(layout(port.ends))) for port in self.inputs}
        super().__init__(streams | {"o": Out(stream.Signature(layout(self.output.ends)))})

    @property
    def latency(self) -> int:
        """Clocks from the first beat of a sample taken to the last of its result offered."""
        return self._timing.latency

    @property
    def interval(self) -> int:
        """Clocks from sample to sample."""
        return self._timing.interval

    def elaborate(self, platform: object) -> Module:  # noqa: ARG002 - Amaranth's signature
        """Layers connected stream to stream, with a fork where several take one."""
        m = Module()
        if self._outlet:
            return self._never_stops(m)
        layers = {layer.flow.name: layer for layer in self.layers}
        for name, layer in layers.items():
            m.submodules[name] = layer.component
        takers = sources([layer.flow for layer in self.layers])
        if self.layers[0].ports == ("a", "b"):
            for port in ("a", "b"):
                component = self.layers[0].component
                wiring.connect(m, wiring.flipped(getattr(self, port)), getattr(component, port))
            takers = {name: each for name, each in takers.items() if name != self._source}
        for name, each in takers.items():
            own = name == self._source
            made = wiring.flipped(self.i) if own else layers[name].component.o
            targets = [getattr(layers[to].component, layers[to].ports[at]) for to, at in each]
            if len(targets) > 1:
                fork = Fork(made.payload.shape(), len(targets))
                m.submodules[f"{name}_fork"] = fork
                wiring.connect(m, made, fork.i)
                sides = [getattr(fork, f"o{number}") for number in range(len(targets))]
            else:
                sides = [made]
            for side, target in zip(sides, targets, strict=True):
                wiring.connect(m, side, target)
        wiring.connect(m, self.layers[-1].component.o, wiring.flipped(self.o))
        return m

    def _never_stops(self, m: Module) -> Module:
        """Layers whose results are always taken, by an outlet that says when a sample may enter."""
        layers = [layer.component for layer in self.layers]
        for layer, component in zip(self.layers, layers, strict=True):
            m.submodules[layer.flow.name] = component
        for one, other in pairwise(layers):
            wiring.connect(m, one.o, other.i)
        first, last = layers[0], layers[-1]
        m.submodules.outlet = outlet = Outlet(last.o.payload.shape(), self.latency)
        m.d.comb += [
            first.i.payload.eq(self.i.payload),
            first.i.valid.eq(self.i.valid & outlet.room),
            self.i.ready.eq(outlet.room),
            outlet.entered.eq(first.i.valid),
            outlet.i.payload.eq(last.o.payload),
            outlet.i.valid.eq(last.o.valid),
            last.o.ready.eq(1),
        ]
        wiring.connect(m, outlet.o, wiring.flipped(self.o))
        return m


def _is_short_pipeline(layers: list[Layer], output: Port, source: str) -> bool:
    """Whether layers are one pipeline that takes a sample every clock, and its result is short."""
    names = [source, *(layer.flow.name for layer in layers)]
    row = all(layer.flow.inputs == (name,) for name, layer in zip(names, layers, strict=False))
    parallel = all(
        isinstance(layer.component, ParallelLayer) and layer.interval == 1 for layer in layers
    )
    bits = sum(width(*ends)[0] for ends in output.ends)
    return row and parallel and is_cheap(sum(layer.latency for layer in layers), bits)


def _timing(layers: list[Layer], queues: Queues, network: Network) -> Timing:
    """Of all layers together."""
    tensors = network.tensors.values()
    plain = all(len(tensor.shape) == 1 for tensor in tensors)
    held = any(isinstance(stage, Held | Folds) for layer in layers for stage in layer.flow.stages)
    takers = sources([layer.flow for layer in layers])
    if plain and not held and all(len(each) == 1 for each in takers.values()):
        return Timing(
            sum(layer.latency for layer in layers), max(layer.interval for layer in layers)
        )
    flows = [layer.flow for layer in layers]
    return timing(flows, network.INPUT, queues, results=prod(network.output.shape[1:]))
