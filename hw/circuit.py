"""An adder graph as hardware of its own: one port for each input and output."""

from amaranth import Const, Module
from amaranth.lib.wiring import In, Out

from mulbudget.hw.adders import AdderGraph
from mulbudget.hw.channels import shape
from mulbudget.hw.families import Family
from mulbudget.hw.lower import lower_graph
from mulbudget.hw.pipeline import Pipeline
from mulbudget.spn import Range


class Circuit(Pipeline):
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
        datapath = lower_graph(graph, x)
        super().__init__(
            {f"i{number}": In(shape(*ends)) for number, ends in enumerate(x.ends)}
            | {f"o{number}": Out(shape(*ends)) for number, ends in enumerate(datapath.ends)},
            name=name,
            datapath=datapath,
            levels_per_stage=levels_per_stage,
            family=family,
        )

    def elaborate(self, platform: object) -> Module:  # noqa: ARG002 - Amaranth's signature
        """The datapath between the ports."""
        m = Module()
        ports = {name: getattr(self, name) for name in self.signature.members}
        inputs = [port for name, port in ports.items() if name.startswith("i")]
        outputs = self._emit(m, inputs, Const(1))
        ends = [port for name, port in ports.items() if name.startswith("o")]
        m.d.comb += [port.eq(value) for port, value in zip(ends, outputs, strict=True)]
        return m
