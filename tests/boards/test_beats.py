"""What `Scatter` and `Gather` do to a sample, at their streams."""

import numpy as np
from amaranth import Module
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out
from hypothesis import given, settings
from hypothesis import strategies as st

from mulbudget.boards.beats import Scatter
from mulbudget.hw.gather import Gather
from mulbudget.hw.sidecar import carried
from mulbudget.hw.streams import Port, input_ports, output_port
from mulbudget.sim.beats import to_beats
from mulbudget.spn import Network, find_product, product_network
from tests.algorithms import STRASSEN
from tests.hw.simulate import run, run_streams


class Through(wiring.Component):
    """A result of the network scattered as one stream, and gathered again."""

    def __init__(self, network: Network) -> None:
        port = output_port(network)
        renamed = Port("beats", port.shape, port.block, port.ends)
        self._scatter = Scatter(network.output, [renamed])
        self._gather = Gather(port, network.output.entries)
        super().__init__({"i": In(self._gather.o.signature), "o": Out(self._gather.o.signature)})

    def elaborate(self, platform: object) -> Module:  # noqa: ARG002 - Amaranth's signature
        m = Module()
        m.submodules.scatter = scatter = self._scatter
        m.submodules.gather = gather = self._gather
        wiring.connect(m, wiring.flipped(self.i), scatter.sample)
        wiring.connect(m, scatter.beats, gather.i)
        wiring.connect(m, gather.o, wiring.flipped(self.o))
        return m


def samples(ends: list[tuple[int, int]], count: int) -> np.ndarray:
    low, high = zip(*ends, strict=True)
    return np.random.default_rng(0).integers(low, high, (count, len(low)), endpoint=True)


SIZES = st.tuples(*[st.integers(1, 5)] * 3)


@settings(max_examples=10)
@given(SIZES, st.floats(0, 0.7))
def test_a_result_comes_back(size: tuple[int, int, int], stalls: float) -> None:
    network = product_network(STRASSEN, name="product", bits=3, size=size)
    x = samples(network.output.range.ends, 4)
    y, _ = run(Through(network), x, stalls=stalls)
    assert (y == x).all()


@settings(max_examples=10)
@given(SIZES, st.floats(0, 0.7))
def test_each_stream_gets_the_blocks_of_its_matrix(
    size: tuple[int, int, int], stalls: float
) -> None:
    network = product_network(STRASSEN, name="product", bits=3, size=size)
    x = samples(network.input.range.ends, 3)
    cut = find_product(network).a_entries
    for index, port in enumerate(input_ports(network)):
        part = (x[:, :cut], x[:, cut:])[index]
        wanted = to_beats(part, carried(port))
        scatter = Only(network, port.name)
        y, _ = run_streams(scatter, {"i": x}, len(wanted), stalls=stalls)
        assert (y == wanted).all()


class Only(wiring.Component):
    """One stream of a scattered sample; the other is always taken."""

    def __init__(self, network: Network, name: str) -> None:
        self._scatter, self._name = Scatter(network.input, input_ports(network)), name
        out = getattr(self._scatter, name).signature
        super().__init__({"i": In(self._scatter.sample.signature.flip()), "o": Out(out)})

    def elaborate(self, platform: object) -> Module:  # noqa: ARG002 - Amaranth's signature
        m = Module()
        m.submodules.scatter = scatter = self._scatter
        wiring.connect(m, wiring.flipped(self.i), scatter.sample)
        for name in ("a", "b"):
            if name == self._name:
                wiring.connect(m, getattr(scatter, name), wiring.flipped(self.o))
            else:
                m.d.comb += getattr(scatter, name).ready.eq(1)
        return m
