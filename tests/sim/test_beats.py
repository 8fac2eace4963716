"""Tensors become blocks and tensors again."""

import math

import msgspec
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from mulbudget.hw.sidecar import Channel, Stream
from mulbudget.sim.beats import from_beats, input_range, split, strays, to_beats
from tests.sim.cores import ACCUMULATOR


def stream(shape: list[int], block: list[int]) -> Stream:
    return Stream("a", shape, block, [Channel(k, 1, False, 0, 1) for k in range(math.prod(block))])


@st.composite
def streams(draw: st.DrawFn) -> Stream:
    axes = draw(st.integers(1, 3))
    sizes = st.lists(st.integers(1, 6), min_size=axes, max_size=axes)
    return stream(draw(sizes), draw(sizes))


def numbered(samples: int, of: Stream) -> np.ndarray:
    """No two entries alike, and none is 0."""
    return 1 + np.arange(samples * of.entries).reshape(samples, of.entries)


def test_a_matrix_of_3_by_5_in_blocks_of_2_by_2() -> None:
    blocks = to_beats(numbered(1, stream([3, 5], [2, 2])), stream([3, 5], [2, 2]))
    assert blocks.tolist() == [
        *([1, 2, 6, 7], [3, 4, 8, 9], [5, 0, 10, 0]),
        *([11, 12, 0, 0], [13, 14, 0, 0], [15, 0, 0, 0]),
    ]


@given(streams(), st.integers(0, 3))
def test_the_round_trip(of: Stream, samples: int) -> None:
    rows = numbered(samples, of)
    beats = to_beats(rows, of)
    assert beats.shape == (samples * of.beats, len(of.channels))
    assert np.array_equal(from_beats(beats, of), rows)
    assert np.count_nonzero(beats) == rows.size
    assert not strays(beats, of).any()


@given(streams())
def test_every_entry_lies_in_the_beat_of_its_block(of: Stream) -> None:
    beats = to_beats(numbered(1, of), of)
    for place in np.ndindex(*of.shape):
        block = [index // size for index, size in zip(place, of.block, strict=True)]
        inside = [index % size for index, size in zip(place, of.block, strict=True)]
        beat = np.ravel_multi_index(block, of.blocks)
        entry = np.ravel_multi_index(inside, of.block)
        assert beats[beat, entry] == 1 + np.ravel_multi_index(place, of.shape)


@given(streams(), st.data())
def test_strays_are_found_beyond_the_edge_only(of: Stream, data: st.DataObject) -> None:
    beats = to_beats(numbered(3, of), of)
    beat = data.draw(st.integers(0, len(beats) - 1))
    entry = data.draw(st.integers(0, beats.shape[1] - 1))
    inside = beats[beat, entry] != 0
    beats[beat, entry] = 9
    expected = [not inside and sample == beat // of.beats for sample in range(3)]
    assert strays(beats, of).tolist() == expected


def test_a_row_holds_the_inputs_one_after_the_other() -> None:
    a, b = split(np.arange(32).reshape(2, 16), ACCUMULATOR.sidecar)
    assert a.tolist() == [list(range(15)), list(range(16, 31))]
    assert b.tolist() == [[15], [31]]


def test_the_range_of_an_entry_is_that_of_the_channel_that_carries_it() -> None:
    cut = Stream("a", [3], [2], [Channel(0, 4, True, -8, 0), Channel(4, 3, False, 0, 7)])
    limits = input_range(msgspec.structs.replace(ACCUMULATOR.sidecar, inputs=[cut]))
    assert limits.ends == [(-8, 0), (0, 7), (-8, 0)]
