"""The frame codec that gateware and host share."""

from dataclasses import replace

import numpy as np
import pytest
from amaranth.lib.crc.catalog import CRC16_IBM_3740
from hypothesis import given
from hypothesis import strategies as st

from mulbudget.boards.frame import (
    MAX_LATENCY,
    SYNC,
    Decoder,
    Frame,
    Info,
    Kind,
    Values,
    crc,
    encode,
    fingerprint,
)
from mulbudget.spn import Range, Tensor, UserError
from tests.networks import example, ranges

bodies = st.binary(max_size=80)
frames = st.builds(Frame, st.integers(0, 255), st.integers(0, 255), bodies)
noise = st.binary(max_size=40).map(lambda noise: noise.replace(bytes([SYNC]), b""))


@given(bodies)
def test_the_crc_is_the_one_of_the_gateware(content: bytes) -> None:
    assert crc(content) == CRC16_IBM_3740().compute(content)


@given(st.lists(st.tuples(noise, frames)), st.integers(1, 9))
def test_frames_between_noise_arrive_whatever_the_pieces(
    sent: list[tuple[bytes, Frame]], piece: int
) -> None:
    content = b"".join(gap + encode(each.kind, each.tag, each.body) for gap, each in sent)
    decoder = Decoder()
    arrived = [
        frame
        for start in range(0, len(content), piece)
        for frame in decoder.feed(content[start : start + piece])
    ]
    assert arrived == [each for _, each in sent]


@given(frames, st.data())
def test_one_wrong_bit_is_noticed(frame: Frame, data: st.DataObject) -> None:
    content = bytearray(encode(frame.kind, frame.tag, frame.body))
    bit = data.draw(st.integers(0, 8 * len(content) - 1))
    content[bit // 8] ^= 1 << bit % 8
    assert frame not in list(Decoder().feed(bytes(content)))


@given(frames, frames)
def test_a_damaged_frame_does_not_swallow_the_next(damaged: Frame, frame: Frame) -> None:
    content = bytearray(encode(damaged.kind, damaged.tag, damaged.body))
    content[-1] ^= 1
    arrived = list(Decoder().feed(bytes(content) + encode(frame.kind, frame.tag, frame.body)))
    # Bytes of the damaged frame may look like the start of a longer one; then more must arrive.
    assert arrived == [frame] or SYNC in content[1:] or SYNC in frame.body


@given(st.integers(1, 8).flatmap(lambda n: ranges(n, bits=20)), st.data())
def test_samples_survive_the_link(limits: Range, data: st.DataObject) -> None:
    values = Values.of(Tensor((limits.channels,), 0, limits))
    sample = np.array(
        [data.draw(st.integers(*ends)) for ends in zip(limits.low, limits.high, strict=True)]
    )
    body = values.encode(sample)
    assert len(body) == values.length
    assert values.decode(body).tolist() == sample.tolist()


@pytest.mark.parametrize(
    ("low", "high", "size", "signed"),
    [(0, 16, 1, False), (0, 255, 1, False), (-128, 127, 1, True), (-1, 255, 2, True)],
)
def test_a_value_takes_whole_bytes(low: int, high: int, size: int, signed: bool) -> None:
    values = Values.of(Tensor((3,), 0, Range.uniform(low, high, 3)))
    assert values == Values(3, size, signed)


@pytest.mark.parametrize(
    ("size", "signed", "low", "high"),
    [
        (1, False, 0, 255),
        (2, True, -(2**15), 2**15 - 1),
        (8, False, 0, 2**62 - 1),
        (8, True, 1 - 2**62, 2**62 - 1),
    ],
)
def test_what_bytes_can_hold(size: int, signed: bool, low: int, high: int) -> None:
    assert Values(3, size, signed).range == Range.uniform(low, high, 3)


def test_a_sample_that_is_too_long_for_a_frame_is_refused() -> None:
    assert Values.of(Tensor((65534,), 0, Range.uniform(0, 255, 65534))).length == 65534
    with pytest.raises(UserError, match=r"32,768 channels takes 65,536 bytes .* holds 65,534"):
        Values.of(Tensor((32768,), 0, Range.uniform(0, 256, 32768)))


def test_a_board_says_which_network_it_holds() -> None:
    network = example()
    info = Info.of(network, latency=17)
    assert Info.decode(info.encode()) == info
    assert info.network == fingerprint(network)
    assert info.input == Values.of(network.input)


def test_another_protocol_is_refused() -> None:
    body = Info.of(example(), latency=17).encode()
    with pytest.raises(UserError, match="version 9"):
        Info.decode(b"\x09" + body[1:])
    with pytest.raises(UserError, match="version"):
        Info.decode(b"")


@pytest.mark.parametrize("values", [Values(0, 1, False), Values(3, 0, True), Values(3, 9, True)])
def test_samples_that_no_network_has_are_refused(values: Values) -> None:
    body = replace(Info.of(example(), latency=17), output=values).encode()
    with pytest.raises(UserError, match="the board describes samples that no network has"):
        Info.decode(body)


def test_kinds_are_never_the_sync_byte() -> None:
    assert SYNC not in list(Kind)


def test_a_long_latency_stands_for_every_longer_one() -> None:
    infos = [Info.of(example(), latency=clocks) for clocks in (MAX_LATENCY - 1, 1 << 20)]
    assert [Info.decode(each.encode()).latency for each in infos] == [65534, 65535]
