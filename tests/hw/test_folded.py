# amaranth: UnusedElaboratable=no
"""Folded layers: exact for any lanes and multipliers, the interval as their formula says."""

import numpy as np
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
        rounding=draw(st.integers(0, 8)),
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
    rounding = folding.bias - layer.bias
    expected = np.pad(layer.evaluate(samples) + rounding, ((0, 0), (0, 1)))
    assert np.array_equal(results, expected[:, blocks].reshape(len(results), -1))
    if not stalls:
        ends = clocks[folding.beats - 1 :: folding.beats]
        assert clocks[0] == len(folding.groups) - 1 + component.latency
        assert set(np.diff(ends)) == {component.interval}
