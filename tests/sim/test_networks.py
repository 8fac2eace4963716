"""Random networks of every shape the operators allow: generated hardware against `Network.run`."""

import itertools
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mulbudget.hw.families import FAMILIES
from mulbudget.hw.plan import Plan, make_plan
from mulbudget.hw.verilog import write
from mulbudget.sim.batch import Generated, LaneSimulator
from mulbudget.sim.compare import first_difference
from mulbudget.sim.inputs import random_inputs
from mulbudget.spn import Network, SumProduct, UserError
from tests.networks import networks, styles

NETWORKS = 75
PARTS = 3
"""Each part is one simulator: compiling many designs at once takes hardly longer than one."""


@dataclass(frozen=True)
class Case:
    network: Network
    plan: Plan


@st.composite
def plans(draw: st.DrawFn, network: Network, family: str | None) -> Plan:
    """Any number of DSP blocks, any pipelining, any mixture of styles."""
    dsp = draw(st.one_of(st.none(), st.integers(0, 8)))
    levels = draw(st.integers(1, 4))
    mixture = draw(styles(network))
    try:
        return make_plan(network, family=family, dsp=dsp, levels_per_stage=levels, styles=mixture)
    except UserError:  # an operand is too wide for the family's blocks, or a digit for its words
        return make_plan(network, dsp=dsp, levels_per_stage=levels)


@cache
def cases() -> list[Case]:
    drawn: list[Case] = []
    families = itertools.cycle([None, *FAMILIES])  # none is left to chance

    @settings(max_examples=NETWORKS, database=None)
    @given(st.data())
    def collect(data: st.DataObject) -> None:
        network = data.draw(networks())
        named = Network(f"net{len(drawn)}", network.input, network.nodes)
        drawn.append(Case(named, data.draw(plans(named, next(families)))))

    collect()
    return drawn


@pytest.mark.parametrize("part", range(PARTS))
def test_hardware_gives_what_the_network_gives(tmp_path: Path, part: int) -> None:
    mine = cases()[part::PARTS]
    designs = [
        Generated(tmp_path / f"{case.network.name}.v", write(case.network, case.plan, tmp_path))
        for case in mine
    ]
    hardware = LaneSimulator(designs)
    inputs = [random_inputs(case.network.input, 200, part) for case in mine]
    for stalls in (0.0, 0.4):
        results = hardware.run(inputs, stalls=stalls, seed=part)
        for case, x, design, result in zip(mine, inputs, designs, results, strict=True):
            difference = first_difference(case.network.run(x), result.y)
            assert difference is None, f"{case}: {difference}"
            if not stalls:
                idle = result.latencies[: 1 if design.sidecar.buffered else None]
                assert set(idle) == {design.sidecar.latency}, case
                assert result.interval == design.sidecar.interval, case


def test_the_networks_have_every_corner() -> None:
    drawn = [case.network for case in cases()]
    operators = [node.operator for network in drawn for node in network.nodes]
    layers = [each for each in operators if isinstance(each, SumProduct)]
    assert len(drawn) == NETWORKS
    assert any(network.input.shape == (1,) for network in drawn)
    assert any(network.output.shape == (1,) for network in drawn)
    assert any((layer.wb == 0).all(axis=1).any() for layer in layers)
    assert {case.plan.family.name for case in cases() if case.plan.family} == set(FAMILIES)
