# amaranth: UnusedElaboratable=no
"""A graph as hardware of its own gives what the graph gives, as many clocks later as it says."""

import re
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from amaranth import ClockDomain, Module
from amaranth.sim import Simulator
from hypothesis import given, settings
from hypothesis import strategies as st

from mulbudget.hw.adders import Add, AdderGraph, Output
from mulbudget.hw.circuit import Circuit
from mulbudget.hw.datapath import Offset
from mulbudget.hw.families import find_family
from mulbudget.hw.verilog import convert_circuit
from mulbudget.spn import Range, UserError
from tests.hw.graphs import graphs
from tests.networks import corners, ranges

GRAPH = AdderGraph(
    3,
    (Add(0, 1), Add(3, 0, subtract=True, left_shift=1)),
    (Output(4, shift=2), Output(3, negative=True), Output(None), Output(3, negative=True, shift=1)),
)
"""x0 + x1 and 2 (x0 + x1) - x0; x2 is not used, and two outputs are negated."""

X = Range((-8, 0, 0), (7, 15, 15))


def results(circuit: Circuit, x: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """One sample a clock in, and one a clock out, `latency` clocks later."""
    ports = {name: getattr(circuit, name) for name in circuit.signature.members}
    outputs = [port for name, port in ports.items() if name.startswith("o")]
    rows: list[list[int]] = []

    async def feed(ctx: Any) -> None:
        for clock in range(len(x) + circuit.latency):
            for number, value in enumerate(x[min(clock, len(x) - 1)]):
                ctx.set(ports[f"i{number}"], int(value))
            if clock >= circuit.latency:
                rows.append([int(ctx.get(port)) for port in outputs])
            await ctx.tick()

    top = Module()
    top.domains.sync = ClockDomain()  # which a circuit without registers does not ask for
    top.submodules.circuit = circuit
    simulator = Simulator(top)
    simulator.add_clock(1e-6)
    simulator.add_testbench(feed)
    simulator.run()
    return np.array(rows)


@pytest.mark.parametrize("family", [None, "ecp5", "ice40-up"])
@pytest.mark.parametrize("levels", [None, 1, 2, 5])
@settings(max_examples=12)
@given(graph=graphs(), data=st.data())
def test_the_hardware_is_the_graph(
    levels: int | None, family: str | None, graph: AdderGraph, data: st.DataObject
) -> None:
    x = data.draw(ranges(graph.n_in, bits=7))
    chosen = None if family is None else find_family(family)
    circuit = Circuit("sums", graph, x, levels_per_stage=levels, family=chosen)
    samples = corners(x, 24)
    assert np.array_equal(results(circuit, samples), graph(samples))


@pytest.mark.parametrize(("levels", "latency"), [(None, 0), (1, 2), (2, 1), (3, 1)])
def test_latency_is_a_clock_for_every_so_many_adders(levels: int | None, latency: int) -> None:
    circuit = Circuit("sums", GRAPH, X, levels_per_stage=levels)
    assert (circuit.latency, circuit.interval) == (latency, 1)


def test_the_adder_that_negates_is_a_level_of_its_own_and_shared() -> None:
    graph = AdderGraph(2, (Add(0, 1),), (Output(2, negative=True), Output(2, True, 3)))
    circuit = Circuit("sums", graph, Range.uniform(0, 7, 2), levels_per_stage=1)
    assert circuit.latency == 2
    assert sum(isinstance(op, Offset) for op in circuit.datapath.ops) == 1


@pytest.mark.parametrize("levels", [None, 2])
def test_the_verilog_has_a_port_for_each_input_and_output(levels: int | None) -> None:
    text = convert_circuit(Circuit("sums", GRAPH, X, levels_per_stage=levels))
    found = re.findall(r"^  (input|output) (?:\[(\d+):0\] )?(\w+);", text, re.M)
    clock = {("input", "", "clk")} if levels else set()
    assert set(found) == clock | {
        *(("input", "3", name) for name in ("i0", "i1", "i2")),
        *(("output", *port) for port in (("8", "o0"), ("5", "o1"), ("", "o2"), ("6", "o3"))),
    }
    assert "module sums(" in text


def test_the_same_graph_gives_the_same_verilog() -> None:
    texts = {convert_circuit(Circuit("sums", GRAPH, X, levels_per_stage=1)) for _ in range(2)}
    assert len(texts) == 1


def test_a_range_of_other_inputs_is_refused() -> None:
    with pytest.raises(ValueError, match="x must have 3 channels, not 2"):
        Circuit("sums", GRAPH, Range.uniform(0, 1, 2))


def test_no_level_in_a_stage_is_refused() -> None:
    with pytest.raises(ValueError, match="levels_per_stage must be at least 1, not 0"):
        Circuit("sums", GRAPH, X, levels_per_stage=0)


def test_values_beyond_62_bits_are_refused() -> None:
    with pytest.raises(UserError, match="beyond 62 bits"):
        Circuit("sums", GRAPH, Range.uniform(0, 2**61, 3))
