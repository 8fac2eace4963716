# amaranth: UnusedElaboratable=no
"""Folded layers: exact for any lanes and multipliers, the interval as their formula says."""

from collections.abc import Iterable
from typing import Any

import numpy as np
import pytest
from amaranth.hdl import ClockDomain, Module
from amaranth.sim import Simulator
from hypothesis import given, settings
from hypothesis import strategies as st

from mulbudget.hw.folded import FoldedLayer
from mulbudget.hw.folding import Folding, fold
from mulbudget.hw.streams import places
from mulbudget.spn import Range, SumProduct
from tests.hw.simulate import run
from tests.networks import corners, layers, ranges


@st.composite
def foldings(draw: st.DrawFn) -> tuple[SumProduct, Range, Folding]:
    """Of any layer; its inputs come at once, or some a beat."""
    n_in = draw(st.integers(1, 9))
    layer = draw(layers(n_in, st.integers(1, 6)))
    x = draw(ranges(n_in, bits=7))
    lanes = draw(st.integers(1, 5))
    folding = fold(
        layer,
        x,
        lanes=lanes,
        multipliers=draw(st.integers(1, 4)),
        beats=places((n_in,), (lanes,)) if draw(st.booleans()) else None,
        dsp=draw(st.integers(0, 4)),
    )
    return layer, x, folding


@settings(max_examples=100)
@given(st.data())
def test_results_are_exact_for_every_folding(data: st.DataObject) -> None:
    layer, x, folding = data.draw(foldings())
    component = FoldedLayer(
        "layer",
        folding,
        x.ends if folding.held else folding.taken,
        levels_per_stage=data.draw(st.integers(1, 3)),
        registers=data.draw(st.integers(1, 2)),
        family=None,
    )
    samples = corners(x, 6)
    beats, blocks = samples, places((layer.n_out,), (folding.block,))
    if not folding.held:
        padded = np.concatenate([samples, np.zeros((6, 1), np.int64)], axis=1)
        beats = padded[:, folding.groups].reshape(-1, folding.lanes)
    stalls = data.draw(st.sampled_from([0.0, 0.4]))
    results, clocks = run(component, beats, stalls=stalls, wanted=6 * folding.beats)
    expected = np.pad(layer.evaluate(samples), ((0, 0), (0, 1)))
    assert np.array_equal(results, expected[:, blocks].reshape(len(results), -1))
    if not stalls:
        ends = clocks[folding.beats - 1 :: folding.beats]
        assert clocks[0] == len(folding.groups) - 1 + component.latency
        assert set(np.diff(ends)) == {component.interval}


@pytest.mark.parametrize("learned", [False, True])
def test_a_reset_leaves_nothing_of_a_sample(learned: bool) -> None:
    wb = np.array([[1, -1, 0, 1], [-1, -1, 1, 0], [0, 1, 1, -1]], np.int8)
    wc = np.array([[1, -1, 1], [-1, 1, 0], [1, 1, 1]], np.int8)
    wc = wc if learned else np.eye(3, dtype=np.int8)
    layer = SumProduct(wb, np.array([3, -5, 7]), wc, np.array([1, -2, 3]), 0)
    x = Range.uniform(-7, 7, 4)
    folding = fold(layer, x, lanes=1, multipliers=1, beats=places((4,), (1,)))
    component = FoldedLayer(
        "layer", folding, folding.taken, levels_per_stage=1, registers=1, family=None
    )
    m, domain = Module(), ClockDomain("sync")
    m.domains += domain
    m.submodules.layer = component
    sample = np.array([5, -3, 7, 2])
    results: list[int] = []

    async def run_into_a_reset(ctx: Any) -> None:
        fields = [component.o.payload[name] for name, _ in component.o.payload.shape()]

        async def feed(values: Iterable[int]) -> None:
            for value in values:
                ctx.set(component.i.payload, {"c0": int(value)})
                ctx.set(component.i.valid, 1)
                await ctx.tick().until(component.i.ready)
            ctx.set(component.i.valid, 0)

        await feed([*sample, *sample[:3]])  # one is among the products, and one at the sums
        ctx.set(domain.rst, 1)
        await ctx.tick()
        ctx.set(domain.rst, 0)
        await feed(sample)
        ctx.set(component.o.ready, 1)
        for _ in range(folding.beats):
            values = await ctx.tick().sample(*fields).until(component.o.valid)
            results.extend(int(value) for value in values)

    simulator = Simulator(m)
    simulator.add_clock(1e-6)
    simulator.add_testbench(run_into_a_reset)
    simulator.run_until(1e-3)
    assert results == layer.evaluate(sample[None])[0].tolist()
