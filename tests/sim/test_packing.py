"""Samples become payloads bit by bit as Python's own integers say."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from mulbudget.hw.sidecar import Channel
from mulbudget.sim.packing import pack, payload_bits, payload_words, unpack


@st.composite
def payloads(draw: st.DrawFn) -> tuple[list[Channel], list[list[int]]]:
    channels, offset = [], 0
    for _ in range(draw(st.integers(1, 12))):
        width, signed = draw(st.integers(1, 62)), draw(st.booleans())
        low, high = (-(1 << width - 1), (1 << width - 1) - 1) if signed else (0, (1 << width) - 1)
        channels.append(Channel(offset, width, signed, low, high))
        offset += width + draw(st.integers(0, 3))
    value = [
        st.one_of(st.sampled_from([each.low, each.high, 0]), st.integers(each.low, each.high))
        for each in channels
    ]
    return channels, draw(st.lists(st.tuples(*value).map(list), min_size=1, max_size=5))


@given(payloads())
def test_payloads_hold_each_channel_at_its_place(
    example: tuple[list[Channel], list[list[int]]],
) -> None:
    channels, values = example
    words = pack(np.array(values, np.int64), channels)
    assert words.dtype == np.uint32
    assert words.shape == (len(values), payload_words(channels))
    for row, sample in zip(words, values, strict=True):
        expected = 0
        for channel, value in zip(channels, sample, strict=True):
            expected |= value % (1 << channel.width) << channel.offset
        assert int.from_bytes(row.tobytes(), "little") == expected
    assert unpack(words, channels).tolist() == values


def test_bits_outside_a_channel_do_not_matter() -> None:
    channels = [Channel(3, 4, True, -8, 7), Channel(60, 6, False, 0, 63)]
    words = np.full((1, payload_words(channels)), 0xFFFFFFFF, np.uint32)
    assert payload_bits(channels) == 66
    assert unpack(words, channels).tolist() == [[-1, 63]]
