"""An adder graph as hardware of its own: one port for each input and output."""

from amaranth import Const, Module
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from mulbudget.hw.adders import AdderGraph
from mulbudget.hw.channels import shape
from mulbudget.hw.emit import emit
from mulbudget.hw.families import Family
from mulbudget.hw.lower import lower_graph
from mulbudget.hw.polarity import complemented
from mulbudget.hw.schedule import schedule, unregistered
from mulbudget.spn import Range


class Circuit(wiring.Component):
    """A graph's adders, with or without pipeline registers; it takes a sample every clock.

    Latency is ceil(depth / levels_per_stage), at least 1, for `depth` adders on the longest way to
    an output, the one that negates it included; 0 without registers. The interval is 1.

    The results of a sample are at the outputs `latency` rising edges of the clock after it was at
    the inputs. Registers have no reset: before the first results, outputs are of no sample.

    Parameters
    ----------
    name : str
        Begins the names of its signals.
    graph : AdderGraph
    x : Range
        Of its inputs.
    levels_per_stage : int, optional
        Adders between registers, at least 1; by default there are no registers, and no clock.
    family : Family, optional
        Whose carry chains it is built for.

    Members
    -------
    i0, i1, … : In
        The graph's inputs, each as wide as its range needs; signed where that has negative values.
    o0, o1, … : Out
        Its outputs, alike.

    Raises
    ------
    ValueError
        When `x` is of another number of inputs, or `levels_per_stage` is less than 1.
    UserError
        When a value may reach 2**62.
    """

    def __init__(
        self,
        name: str,
        graph: AdderGraph,
        x: Range,
        *,
        levels_per_stage: int | None = None,
        family: Family | None = None,
    ) -> None:
        if levels_per_stage is not None and levels_per_stage < 1:
            raise ValueError(f"levels_per_stage must be at least 1, not {levels_per_stage}")
        self.name = name
        self.datapath = lower_graph(graph, x)
        self._family = family
        self._schedule = (
            unregistered(self.datapath)
            if levels_per_stage is None
            else schedule(self.datapath, levels_per_stage)
        )
        super().__init__(
            {f"i{number}": In(shape(*ends)) for number, ends in enumerate(x.ends)}
            | {f"o{number}": Out(shape(*ends)) for number, ends in enumerate(self.datapath.ends)}
        )

    @property
    def latency(self) -> int:
        """Clocks from a sample to its results."""
        return self._schedule.latency

    @property
    def interval(self) -> int:
        """Clocks from sample to sample."""
        return 1

    def elaborate(self, platform: object) -> Module:  # noqa: ARG002 - Amaranth's signature
        """The datapath between the ports."""
        m = Module()
        ports = {name: getattr(self, name) for name in self.signature.members}
        outputs = emit(
            m,
            self.name,
            self.datapath,
            self._schedule,
            inputs=[port for name, port in ports.items() if name.startswith("i")],
            enable=Const(1),
            family=self._family,
            complements=complemented(self.datapath, self._family),
        )
        ends = [port for name, port in ports.items() if name.startswith("o")]
        m.d.comb += [port.eq(value) for port, value in zip(ends, outputs, strict=True)]
        return m
